"""What a source of solar forecasts is, to those who ask it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Protocol

import orjson

from agent.forecasts.outlook import Outlook
from agent.model.clock import Now
from agent.services.fetching import Web

KEPT_BACK = 40


class BadAnswer(Exception):
    """What came back is not what the service is known to send; the text says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """Modules that look the same way.

    Args:
        tilt_deg: 0 = flat, 90 = upright.
        azimuth_deg: 0 = south, -90 = east, 90 = west.
        peak_w: under standard test conditions.
    """

    tilt_deg: float
    azimuth_deg: float
    peak_w: float


class SunSource(Protocol):
    """One service.

    Args:
        name: for people.
        every_s: how often it may be asked.
    """

    name: str
    every_s: float

    async def fetch(self, web: Web, now: datetime) -> Outlook:
        """Raises:
        Down, Declined: see Web.
        BadAnswer: what came back cannot be read.
        """


Judge = Callable[[Outlook], str | None]
"""Why a forecast cannot be of this house, with the remedy; None when it can."""


class Feed(Protocol):
    """Where forecasts of the sun come from, whether they are asked for or sent.

    Attributes:
        trouble: why there is nothing new, with the remedy; None = all is well.
    """

    trouble: str | None

    def remember(self, made_at: datetime, now: Now) -> None:
        """There is a good forecast from before the start."""

    async def ask(self, judge: Judge) -> Outlook | None:
        """A new forecast that was found plausible; None when there is none."""


def json_of(body: bytes) -> Any:
    """Raises:
    BadAnswer: it is no JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        start = body[:KEPT_BACK].decode("ascii", "replace").strip()
        raise BadAnswer(f"the answer is no JSON; it begins with {start!r}") from None


def below(tree: Any, *path: str) -> Any:
    """What stands under a path of keys; None where nothing does."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree


def figure(value: object) -> float | None:
    """A number, also as text; None where there is none.

    Raises:
        BadAnswer: it is something else.
    """
    if value is None or isinstance(value, bool):
        return None
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        found = float("nan")
    if not isfinite(found):
        raise BadAnswer(f"{value!r} is no power")
    return found


def instant(value: object) -> datetime:
    """An ISO 8601 stamp or Unix seconds, in UTC; without a zone it is taken as UTC.

    Raises:
        BadAnswer: it is none.
    """
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(str(value))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise BadAnswer(f"{value!r} is no time") from None
