"""What Hearth knew when it stopped, read back."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import orjson

from agent.model.driver import Transaction
from agent.model.events import Resource
from agent.model.picture import Session
from agent.model.readings import DeviceId
from agent.store.documents import decode_document, decode_override
from agent.store.packing import unpack
from agent.store.rows import decode_action, decode_charge, decode_entry, decode_session
from agent.store.values import Persisted

log = logging.getLogger(__name__)

T = TypeVar("T")
JOURNAL_KEPT_AT_HAND = 50

_FINISHED = """SELECT doc FROM action AS a WHERE state <> 'PENDING' AND id =
(SELECT id FROM action AS b WHERE b.device = a.device AND b.state <> 'PENDING'
 ORDER BY b.finished_s DESC, b.rowid DESC LIMIT 1)"""
_JOURNAL = f"""SELECT doc FROM
(SELECT id, doc FROM journal ORDER BY id DESC LIMIT {JOURNAL_KEPT_AT_HAND}) ORDER BY id"""  # noqa: S608

MONTH_AT_MOST = timedelta(days=40)
_OF = "CASE WHEN json_valid(doc) THEN json_extract(doc, '$.{}') END"
_LATELY = f"SELECT doc FROM session WHERE NOT open AND {_OF.format('plugged_out_at')} >= ?"  # noqa: S608
_LAST_AT_CHARGER = """SELECT doc, max(plugged_in_s) FROM session WHERE NOT open GROUP BY charger"""
_LAST_OF_CAR = f"""SELECT doc, max(plugged_in_s), {_OF.format("vehicle")} AS car FROM session
WHERE NOT open GROUP BY car HAVING car IS NOT NULL"""  # noqa: S608


def load(db: sqlite3.Connection) -> Persisted:
    finished = _decode(db, _FINISHED, decode_action)
    meta = dict(db.execute("SELECT key, value FROM meta"))
    last_at_s = meta.get("last_at_s")
    last_at = None if last_at_s is None else datetime.fromtimestamp(last_at_s, UTC)
    return Persisted(
        pending=tuple(_decode(db, "SELECT doc FROM action WHERE state = 'PENDING'", decode_action)),
        finished={action.device: action for action in finished},
        memory=meta.get("memory"),
        settings={
            key: orjson.loads(doc) for key, doc in db.execute("SELECT key, doc FROM setting")
        },
        sessions=tuple(
            _decode(db, "SELECT doc FROM session WHERE open ORDER BY plugged_in_s", decode_session)
        ),
        counters={
            (DeviceId(device), name): orjson.loads(doc)
            for device, name, doc in db.execute("SELECT device, name, doc FROM counter")
        },
        journal=tuple(_decode(db, _JOURNAL, decode_entry)),
        resources=tuple(_resources(db)),
        documents=tuple(_decode(db, "SELECT doc FROM document", decode_document)),
        overrides=tuple(_decode(db, "SELECT doc FROM override WHERE open", decode_override)),
        pairing=meta.get("pairing"),
        last_at=last_at,
        ended=ended_lately(db, last_at),
    )


def ended_lately(db: sqlite3.Connection, last_at: datetime | None) -> tuple[Session, ...]:
    """Sessions that ended in the month of `last_at`, and some before; and the last one at each
    charger and of each car, however old. Oldest first.

    Args:
        last_at: the last trusted stamp: Hearth has seen nothing since, whatever month it is now.
    """
    since = "" if last_at is None else (last_at - MONTH_AT_MOST).isoformat()
    found = {
        session.id: session
        for sql, params in ((_LATELY, (since,)), (_LAST_AT_CHARGER, ()), (_LAST_OF_CAR, ()))
        for session in _decode(db, sql, decode_session, params)
    }
    return tuple(sorted(found.values(), key=lambda each: each.plugged_in_at))


def all_sessions(db: sqlite3.Connection) -> Iterator[Session]:
    """Oldest first, the running ones among them."""
    return _decode(db, "SELECT doc FROM session ORDER BY plugged_in_s", decode_session)


def open_charges(db: sqlite3.Connection) -> dict[int, tuple[str, Transaction]]:
    """Transactions without a stop, with their dedupe keys, by id."""
    rows = db.execute("SELECT id, dedupe, doc FROM charge WHERE open ORDER BY id")
    return {number: (dedupe, decode_charge(doc)) for number, dedupe, doc in rows}


def find_charge(
    db: sqlite3.Connection, *, number: int | None = None, dedupe: str | None = None
) -> tuple[str, Transaction] | None:
    row = db.execute(
        "SELECT dedupe, doc FROM charge WHERE id = ? OR dedupe = ?", (number, dedupe)
    ).fetchone()
    return None if row is None else (row[0], decode_charge(row[1]))


def _resources(db: sqlite3.Connection) -> Iterator[Resource]:
    for kind, id_, rev, doc in db.execute("SELECT type, id, rev, doc FROM resource"):
        try:
            body = None if doc is None else unpack(doc)
        except ValueError as error:
            log.warning("what was told of %s %s cannot be read (%s)", kind, id_, error)
            body = b"{}"
        yield Resource(type=kind, id=id_, rev=rev, body=body)


def _decode(
    db: sqlite3.Connection, sql: str, decode: Callable[[str], T], params: tuple[str, ...] = ()
) -> Iterator[T]:
    for doc, *_ in db.execute(sql, params):
        try:
            yield decode(doc)
        except (KeyError, TypeError, ValueError) as error:
            log.warning("a stored record cannot be read (%s) and is left alone: %s", error, doc)
