"""From the bytes of a message to a value: texts, numbers, yes and no, instants. Never raises.

None everywhere means that the message does not tell: an empty payload is a deleted topic or a
nil, never zero and never "no".
"""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

LARGEST_BYTES = 65_536
"""No car has more to say; what is longer is somebody's picture."""

NOT_KNOWN = frozenset({"", "unknown", "unavailable", "nil", "null", "none", "nan", "undefined"})
"""Home Assistant, TeslaMate and evcc write these where they know nothing."""

_YES = frozenset({"true", "yes", "on", "1", "connected", "plugged", "plugged_in", "charging"})
_YES_TOO = frozenset({"online", "active", "open", "home"})
_NO = frozenset({"false", "no", "off", "0", "disconnected", "unplugged", "not_charging", "idle"})
_NO_TOO = frozenset({"offline", "inactive", "closed", "not_plugged_in", "not_home"})
_EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 1e11
"""A Unix time above this counts milliseconds: in seconds it would be the year 5138."""


def text_of(payload: bytes) -> str | None:
    """The text without the quotes that some gateways put around it; None = not known."""
    if len(payload) > LARGEST_BYTES:
        return None
    return known(payload.decode("utf-8", "replace"))


def known(text: str) -> str | None:
    """The text, or None where it is one of the words for "not known"."""
    bare = text.strip()
    if len(bare) > 1 and bare[0] == bare[-1] == '"':
        bare = bare[1:-1].strip()
    return None if bare.lower() in NOT_KNOWN else bare


def json_of(payload: bytes) -> Any:
    """What a JSON message holds; None if it is none."""
    if len(payload) > LARGEST_BYTES:
        return None
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


def at_pointer(document: Any, pointer: str) -> Any:
    """The part of a JSON document under a JSON Pointer (RFC 6901); None where there is none."""
    here = document
    for raw in pointer.strip("/").split("/"):
        key = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(here, Mapping):
            here = here.get(key)
        elif isinstance(here, list) and key.isdecimal() and int(key) < len(here):
            here = here[int(key)]
        else:
            return None
    return here


def as_text(value: Any) -> str | None:
    """A JSON value as the text that a plain topic would have; None for null and for groups."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | str):
        return known(str(value))
    return None


def number(text: str | None) -> float | None:
    """A finite number; a percent sign behind it does not matter."""
    if text is None:
        return None
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def flag(text: str | None) -> bool | None:
    """Yes or no in one of the words that gateways use."""
    word = (text or "").strip().lower().replace(" ", "_")
    if word in _YES or word in _YES_TOO:
        return True
    if word in _NO or word in _NO_TOO:
        return False
    return None


def moment(text: str | None) -> datetime | None:
    """An instant as ISO 8601 (UTC where no zone is given) or Unix time in s or ms."""
    seconds = number(text)
    try:
        if seconds is not None:
            seconds = seconds / 1000 if seconds > _MILLISECONDS_FROM else seconds
            at = datetime.fromtimestamp(seconds, UTC)
        else:
            at = datetime.fromisoformat(text or "")
            at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at >= _EARLIEST else None
