"""The outbox as it is read back from the disk."""

import logging
import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID, uuid5

from agent.model.events import Executed
from agent.store.connection import number
from agent.store.documents import decode_answer
from agent.store.overflow import hidden
from agent.store.packing import unpack

log = logging.getLogger(__name__)

SEQ_AHEAD = "seq_ahead"
"""Key in `meta`: numbers above ours may have been given out by a database that is gone."""

_PAGE = """SELECT seq, at_s, mono_s IS NULL, run_id, name, body, coalesce(from_seq, seq), dropped
FROM outbox LEFT JOIN run ON run.id = outbox.run WHERE seq > ?1
AND seq <= coalesce((SELECT min(seq) FROM outbox WHERE seq >= ?2), ?2) AND seq <= ?3
ORDER BY seq LIMIT ?4"""
_EXECUTED = "SELECT request_id, fingerprint, at_s, doc FROM executed WHERE request_id = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Events that were let go; the numbers from `from_seq` to the row's own are theirs.

    Args:
        id: a UUID of this very stretch.
        count: how many events they were.
    """

    id: str
    from_seq: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """Args:
    at: aware UTC; stamped anew once the clock is trusted, if not `trusted`.
    run_id: the `run_id` of the Store that took the event.
    name, body: of the Event; empty if `dropped` stands in their place.
    """

    seq: int
    at: datetime
    trusted: bool
    run_id: str
    name: str = ""
    body: bytes = b""
    dropped: Dropped | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxStart:
    """Args:
    hidden: how many more numbers than rows there are.
    ahead: whether numbers above `last_seq` may have been given out.
    """

    last_seq: int
    acked_seq: int
    last_run: int
    hidden: int
    unstamped: bool
    ahead: bool


def read_outbox_start(db: sqlite3.Connection) -> OutboxStart:
    meta = dict(db.execute("SELECT key, value FROM meta WHERE key IN ('acked_seq', 'seq_ahead')"))
    acked = int(meta.get("acked_seq") or 0)
    return OutboxStart(
        last_seq=max(acked, number(db, "SELECT coalesce(max(seq), 0) FROM outbox")),
        acked_seq=acked,
        last_run=number(db, "SELECT coalesce(max(id), 0) FROM run"),
        hidden=hidden(db),
        unstamped=bool(number(db, "SELECT EXISTS (SELECT 1 FROM outbox WHERE mono_s IS NOT NULL)")),
        ahead=bool(meta.get(SEQ_AHEAD)),
    )


def mark_seq_ahead(db: sqlite3.Connection) -> None:
    """Numbers above those in `db` may have been given out: it is a new one or an old copy."""
    db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, 1)", (SEQ_AHEAD,))


def read_page(
    db: sqlite3.Connection, *, after: int, to: int, last: int, limit: int
) -> list[OutboxRow]:
    rows = db.execute(_PAGE, (after, to, last, limit))
    return [_row(*row) for row in rows]


def _row(
    seq: int,
    at_s: float,
    trusted: int,
    run_id: str | None,
    name: str,
    body: bytes | None,
    first: int,
    dropped: int | None,
) -> OutboxRow:
    at, run_id = datetime.fromtimestamp(at_s, UTC), run_id or str(UUID(int=0))
    if body is not None:
        try:
            text = unpack(body)
        except ValueError as error:
            log.error("event %d cannot be sent: %s", seq, error)  # noqa: TRY400
        else:
            return OutboxRow(
                seq=seq, at=at, trusted=bool(trusted), run_id=run_id, name=name, body=text
            )
    gone = Dropped(
        id=str(uuid5(UUID(run_id), f"dropped {first} {seq}")),
        from_seq=first,
        count=1 if dropped is None else dropped,
    )
    return OutboxRow(seq=seq, at=at, trusted=True, run_id=run_id, dropped=gone)


def beyond(row: OutboxRow, acked: int) -> OutboxRow:
    """The row without what the cloud has; the disk may not know of that yet."""
    gone = row.dropped
    if gone is None or gone.from_seq > acked:
        return row
    rest = replace(gone, from_seq=acked + 1, count=min(gone.count, row.seq - acked))
    return replace(row, dropped=rest)


def find_executed(db: sqlite3.Connection, request_id: str) -> Executed | None:
    row = db.execute(_EXECUTED, (request_id,)).fetchone()
    if row is None:
        return None
    try:
        answer = decode_answer(row[3])
    except (KeyError, TypeError, ValueError) as error:
        log.warning("the outcome of command %s cannot be read (%s)", request_id, error)
        return None
    at = datetime.fromtimestamp(row[2], UTC)
    return Executed(request_id=row[0], fingerprint=row[1], answer=answer, at=at)
