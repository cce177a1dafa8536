"""What travels: topics, payloads and their fields, as docs/cloud-protocol.md has them.

Times are whole microseconds since 1970 inside, RFC 3339 on the wire.
"""

import gzip
import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

BASE = "hearth/v1"
DROPPED = "system:events-dropped"
HEARTBEAT = "system:heartbeat"
LONGEST_PAYLOAD = 128 * 1024
MOST_UNPACKED = 8 * 1024 * 1024
_GZIP = b"\x1f\x8b"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_RESOURCES = {"user", "status", "dropped"}

Json = dict[str, Any]


class Malformed(ValueError):
    """The payload is not what the protocol says; the message names what is wrong."""


@dataclass(frozen=True, slots=True)
class Message:
    """One publication.

    Args:
        parts: the topic after the agent's id, e.g. ("state", "charger", "...").
        retained: the broker had kept it; nobody said it just now.
    """

    agent: str
    parts: tuple[str, ...]
    payload: bytes
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One envelope.

    Args:
        from_seq: equals `seq`, but for events that went the first of the range.
        resource: its key and id, e.g. "charger/6f..."; None where there is none.
    """

    seq: int
    from_seq: int
    event_id: str
    kind: str
    boot_id: str | None
    resource: str | None
    resource_rev: int | None
    dropped: int
    body: Json


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of samples of one resource; instants in microseconds since 1970."""

    from_us: int
    to_us: int
    to_text: str
    samples: tuple[tuple[str, int, float | None], ...]
    gap: tuple[int, int, str] | None


def message(topic: str, payload: bytes, *, retained: bool) -> Message | None:
    """None for a topic outside the base."""
    parts = topic.split("/")
    if "/".join(parts[:2]) != BASE or len(parts) < 4:
        return None
    return Message(parts[2], tuple(parts[3:]), payload, retained)


def unpack(payload: bytes) -> Any:
    """The JSON inside, whether gzip or not.

    Raises:
        Malformed: neither, or too large.
    """
    if len(payload) > LONGEST_PAYLOAD:
        raise Malformed(f"the payload has {len(payload)} bytes, more than {LONGEST_PAYLOAD}")
    try:
        if payload.startswith(_GZIP):
            # A member at a time with a limit: a small payload must not fill the memory.
            plain = zlib.decompressobj(wbits=31).decompress(payload, MOST_UNPACKED)
        else:
            plain = payload
        return json.loads(plain)
    except (ValueError, zlib.error, RecursionError) as error:
        raise Malformed(f"no JSON: {error}") from None


def pack(body: Any, *, compress: bool = False) -> bytes:
    plain = json.dumps(body, separators=(",", ":")).encode()
    return gzip.compress(plain, 6, mtime=0) if compress else plain


def envelopes(payload: bytes) -> list[Json]:
    """One envelope, or an array of them.

    Raises:
        Malformed: something else.
    """
    body = unpack(payload)
    found = body if isinstance(body, list) else [body]
    if not all(isinstance(each, dict) for each in found):
        raise Malformed("an event is a JSON object or an array of them")
    return found


def event(body: Json) -> Event:
    """Raises:
    Malformed: a field is missing or wrong.
    """
    kind, seq = _text(body, "event"), _whole(body, "seq")
    from_seq = _whole(body, "fromSeq") if kind == DROPPED else seq
    if not 1 <= from_seq <= seq:
        raise Malformed(f"{kind}: fromSeq {from_seq} and seq {seq} are no range from 1 up")
    rev = body.get("resourceRev")
    dropped = body.get("dropped")
    return Event(
        seq=seq,
        from_seq=from_seq,
        event_id=_text(body, "eventId"),
        kind=kind,
        boot_id=body["bootId"] if isinstance(body.get("bootId"), str) else None,
        resource=_resource(body),
        resource_rev=rev if isinstance(rev, int) else None,
        dropped=int(dropped.get("count", 0)) if isinstance(dropped, dict) else 0,
        body=body,
    )


def stretch(payload: bytes) -> Stretch:
    """Raises:
    Malformed: a field is missing or wrong.
    """
    body = unpack(payload)
    if not isinstance(body, dict) or not isinstance(body.get("series"), dict):
        raise Malformed("telemetry has no series")
    from_us, to_us = micros(body.get("from")), micros(body.get("to"))
    if from_us > to_us:
        raise Malformed(f"telemetry from {body['from']} to {body['to']} runs backwards")
    gap = body.get("gap")
    hole = None
    if isinstance(gap, dict):
        hole = micros(gap.get("from")), micros(gap.get("to")), str(gap.get("reason", ""))
    samples = tuple(_samples(body["series"], from_us))
    return Stretch(from_us, to_us, body["to"], samples, hole)


def _samples(series: Json, from_us: int) -> Iterator[tuple[str, int, float | None]]:
    for name, column in series.items():
        if not isinstance(column, dict):
            raise Malformed(f"series {name} is no object with t and v")
        times, values = column.get("t"), column.get("v")
        if not isinstance(times, list) or not isinstance(values, list):
            raise Malformed(f"series {name} lacks t or v")
        if len(times) != len(values):
            raise Malformed(f"series {name} has {len(times)} instants and {len(values)} values")
        for t_s, value in zip(times, values, strict=True):
            if not _number(t_s) or not (value is None or isinstance(value, str) or _number(value)):
                raise Malformed(f"series {name} holds {t_s!r}: {value!r}")
            yield name, from_us + round(t_s * 1e6), value


def _number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def micros(text: object) -> int:
    """Raises:
    Malformed: no RFC 3339 stamp with a zone.
    """
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Malformed(f"{text!r} is no time in UTC")
    return (at - _EPOCH) // timedelta(microseconds=1)


def stamp(unix_s: float) -> str:
    text = datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _resource(body: Json) -> str | None:
    status = body.get("smartChargingStatus")  # it is told together with its vehicle
    if isinstance(status, dict):
        return f"smartChargingStatus/{status.get('vehicleId') or status.get('chargerId')}"
    for key, value in body.items():
        if key not in _NO_RESOURCES and isinstance(value, dict) and "id" in value:
            return f"{key}/{value['id']}"
    return None


def _text(body: Json, key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise Malformed(f"{key} is {value!r} instead of a text")
    return value


def _whole(body: Json, key: str) -> int:
    value = body.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed(f"{key} is {value!r} instead of a whole number")
    return value
