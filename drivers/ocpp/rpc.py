"""OCPP-J framing that forgives: any bytes in, a frame or a reason out; never an exception.

A charger keeps a transaction message at the head of its queue until it is confirmed (OCPP 1.6
§3.7.1), so whatever can be understood is understood, and oddities are counted, not refused.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import orjson

MAX_DEPTH = 32
"""The deepest OCPP 1.6 message nests 6 levels."""
MAX_ID_CHARS = 256
MAX_LOGGED_CHARS = 2000
_INT64 = 2**63

CALL, RESULT, FAULT = 2, 3, 4
RESULT_FAULT, SEND = 5, 6
"""Of OCPP 2.1: an answer of ours that the charger rejects, and a message that wants no answer."""

MessageId = str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request of the charger; `oddities` are the deviations that were overlooked."""

    id: MessageId
    action: str
    payload: dict[str, Any]
    oddities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The charger's answer to one of our requests."""

    id: MessageId
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The charger's CallError to one of our requests; `code` may be outside the standard."""

    id: MessageId
    code: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """What is no frame. `id` is set if the sender waits for an answer to it."""

    why: str
    id: MessageId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """What wants no answer; `what` is it in a few words, None if it is nothing to wonder at."""

    what: str | None = None


Frame = Call | Result | Fault | Aside | Unreadable


def read_frame(data: bytes) -> Frame:
    """Make the best of one WebSocket message."""
    message = _loads(data)
    if not isinstance(message, list) or not message:
        return Unreadable(why="the frame is no JSON list")
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and _depth_exceeds(message, MAX_DEPTH):
        return Unreadable(why="the frame is nested too deeply")
    kind = message[0]
    if isinstance(kind, str) and kind.isascii() and kind.isdigit() and len(kind) == 1:
        kind = int(kind)
    if kind == CALL:
        return _read_call(message)
    if kind == RESULT and len(message) > 1:
        payload = message[2] if len(message) > 2 else {}  # noqa: PLR2004
        return Result(id=_id(message[1]), payload=payload if isinstance(payload, dict) else {})
    if kind == FAULT and len(message) > 1:
        code, description = ([*message[2:4], "", ""])[:2]
        return Fault(id=_id(message[1]), code=_words(code), description=_words(description))
    if kind == SEND:
        return Aside()
    if kind == RESULT_FAULT:
        return Aside(what="it rejects an answer of Hearth")
    return Unreadable(why="the frame is neither request nor answer")


def call_frame(message_id: MessageId, action: str, payload: dict[str, Any]) -> bytes:
    return orjson.dumps([CALL, message_id, action, payload])


def result_frame(message_id: MessageId, payload: dict[str, Any]) -> bytes:
    return orjson.dumps([RESULT, message_id, payload])


def fault_frame(message_id: MessageId, code: str, description: str) -> bytes:
    """A short CallError: small chargers have buffers of 1 to 2 KiB."""
    return orjson.dumps([FAULT, message_id, code, description, {}])


def masked(data: bytes) -> str:
    """The frame for a log: without keys and certificates, of cards only the last 4 digits."""
    text = data.decode("utf-8", "replace")
    if _SECRET.search(text):
        return f"<{len(text)} characters, masked because they may hold a key>"
    shown = _TAG.sub(lambda found: f"{found[1]}...{found[2][-4:]}{found[3]}", text)
    return shown if len(shown) <= MAX_LOGGED_CHARS else shown[:MAX_LOGGED_CHARS] + "..."


_SECRET = re.compile(r"AuthorizationKey|BasicAuthPassword|PRIVATE KEY|SetupKey", re.IGNORECASE)
_TAG = re.compile(r'("(?:idTag|parentIdTag|(?:additionalI|i)dToken)"\s*:\s*")((?:[^"\\]|\\.)*)(")')


def _loads(data: bytes) -> object:
    """The JSON value; None if there is none.

    The fast parser is strict; the second chance takes NaN, lone surrogates, huge integers and
    text in another encoding, all of which chargers have sent.
    """
    try:
        return orjson.loads(data)
    except ValueError:
        pass
    try:
        value: object = json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return value


def _depth_exceeds(value: list[Any] | dict[str, Any], limit: int) -> bool:
    level: list[Any] = [value]
    for _ in range(limit):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _read_call(message: list[Any]) -> Frame:
    if len(message) < 3:  # noqa: PLR2004
        return Unreadable(why="the request names no action")
    message_id, action = _id(message[1]), message[2]
    if not isinstance(action, str) or not action:
        return Unreadable(why="the request's action is no name", id=message_id)
    payload = message[3] if len(message) > 3 else None  # noqa: PLR2004
    oddities = []
    if len(message) > 4:  # noqa: PLR2004
        oddities.append("extra elements in a request")
    if not isinstance(payload, dict):
        oddities.append(f"{_words(action)} without fields")
        payload = {}
    if message_id is not message[1]:
        oddities.append("odd message id")
    return Call(id=message_id, action=_words(action), payload=payload, oddities=tuple(oddities))


def _id(value: object) -> MessageId:
    """The message id such that it can be echoed."""
    if isinstance(value, str) and len(value) <= MAX_ID_CHARS and _is_unicode(value):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _INT64:
        return value
    return _words(value)


def _words(value: object) -> str:
    """Any value as short, printable text."""
    text = value if isinstance(value, str) else repr(value)[: MAX_ID_CHARS * 2]
    return text[:MAX_ID_CHARS].encode("utf-8", "replace").decode()


def _is_unicode(text: str) -> bool:
    return text.isascii() or text.encode("utf-8", "replace").decode() == text
