"""From rows and samples to payloads: JSON, packed where that pays."""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from agent.bridges.wire import instant
from agent.store.outbox_reading import OutboxRow
from agent.store.telemetry import Gap, Stretch

PACK_FROM: Final = 1024  # bytes
MOST_EVENTS: Final = 100
MOST_BYTES: Final = 96 * 1024
"""Of one message before it is packed, well below the 128 KiB that receivers take."""

PLAIN, PACKED = "application/json", "application/json+gzip"


@dataclass(frozen=True, slots=True)
class Payload:
    body: bytes
    content_type: str


def packed(body: bytes) -> Payload:
    """Gzip where it pays; the same bytes for the same body."""
    if len(body) <= PACK_FROM:
        return Payload(body, PLAIN)
    return Payload(gzip.compress(body, compresslevel=6, mtime=0), PACKED)


def envelope(row: OutboxRow) -> bytes:
    """An event as it goes over the wire; or what stands for those that were dropped."""
    if row.dropped is not None:
        head: dict[str, Any] = {
            "eventId": row.dropped.id,
            "event": "system:events-dropped",
            "version": "1",
            "fromSeq": row.dropped.from_seq,
            "dropped": {"count": row.dropped.count},
        }
        body = orjson.dumps(head)
    else:
        body = row.body
    stamp = {"seq": row.seq, "bootId": row.run_id, "createdAt": instant(row.at)}
    return orjson.dumps(stamp)[:-1] + b"," + body[1:]


def batches(rows: Iterable[OutboxRow]) -> Iterator[tuple[int, Payload]]:
    """Messages of at most 100 events, each with the last number in it."""
    waiting: list[bytes] = []
    size, last = 0, 0
    for row in rows:
        event = envelope(row)
        if waiting and (len(waiting) >= MOST_EVENTS or size + len(event) > MOST_BYTES):
            yield last, _joined(waiting)
            waiting, size = [], 0
        waiting.append(event)
        size, last = size + len(event) + 1, row.seq
    if waiting:
        yield last, _joined(waiting)


def _joined(events: Sequence[bytes]) -> Payload:
    return packed(events[0] if len(events) == 1 else b"[" + b",".join(events) + b"]")


def telemetry(stretch: Stretch) -> Payload | None:
    """The samples of one device; columns, because rows are nine times as long.

    None where they are too many for one message.
    """
    series = {}
    for name, changes in stretch.series.items():
        times = [t - stretch.from_s for t, _ in changes]
        series[_camel(name)] = {"t": times, "v": [value for _, value in changes]}
    document: dict[str, Any] = {
        "from": _moment(stretch.from_s),
        "to": _moment(stretch.to_s),
        "series": series,
    }
    if stretch.gaps:
        document["gap"] = _gap(stretch.gaps)
    body = orjson.dumps(document)
    return packed(body) if len(body) <= MOST_BYTES else None


def _gap(gaps: Sequence[Gap]) -> dict[str, str]:
    first, last = min(g.from_s for g in gaps), max(g.to_s for g in gaps)
    reasons = sorted({gap.reason for gap in gaps})
    return {"from": _moment(first), "to": _moment(last), "reason": ", ".join(reasons)}


def _moment(unix_s: int) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat().replace("+00:00", "Z")


def _camel(name: str) -> str:
    """power_l1_w -> powerL1W"""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
