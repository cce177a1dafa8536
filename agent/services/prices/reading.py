"""What all answers have in common: JSON that may be anything, and stamps without an end."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, Final

import orjson

from agent.model.tariffs import PricePoint
from agent.services.prices.source import BadAnswer

HOUR: Final = timedelta(hours=1)


def json_of(body: bytes) -> Any:
    """Raises:
    BadAnswer: it is no JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        start = body[:40].decode("ascii", "replace").strip()
        raise BadAnswer(f"the answer is no JSON; it begins with {start!r}") from None


def rows_of(tree: Any, *path: str) -> list[Mapping[str, Any]]:
    """The objects of a list below a path of keys.

    Raises:
        BadAnswer: there is no such list.
    """
    here = tree
    for key in path:
        here = here.get(key) if isinstance(here, dict) else None
    if not isinstance(here, list) or not all(isinstance(row, dict) for row in here):
        raise BadAnswer(f"the answer has no list of objects under {'/'.join(path) or 'its top'}")
    return here


def figure(value: object) -> float | None:
    """A number, also as text; None where there is none.

    Raises:
        BadAnswer: it is something else.
    """
    if value is None or (isinstance(value, str) and value.strip() in {"", "-", "null"}):
        return None
    try:
        found = float(value.replace(",", ".") if isinstance(value, str) else value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        found = float("nan")
    if not isfinite(found) or isinstance(value, bool):
        raise BadAnswer(f"{value!r} is no price")
    return found


def instant(value: object, *, naive_is_utc: bool = False) -> datetime:
    """An ISO 8601 stamp in UTC.

    Raises:
        BadAnswer: it is none, or nobody knows its zone.
    """
    try:
        found = datetime.fromisoformat(str(value))
        if found.tzinfo is None and naive_is_utc:
            found = found.replace(tzinfo=UTC)
        if found.tzinfo is None:
            raise BadAnswer(f"the time {value!r} has no zone")
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadAnswer(f"{value!r} is no time") from None


def epoch(value: object, per_second: float = 1.0) -> datetime:
    """Raises:
    BadAnswer: it is no number of (milli)seconds since 1970.
    """
    seconds = figure(value)
    try:
        if seconds is None:
            raise BadAnswer("a time is missing")
        return datetime.fromtimestamp(seconds / per_second, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadAnswer(f"{value!r} is no time") from None


def point(start: datetime, end: datetime, per_kwh: float) -> PricePoint:
    """Raises:
    BadAnswer: it ends before it begins, or is longer than a day.
    """
    if not timedelta() < end - start <= timedelta(days=1):
        raise BadAnswer(f"a price holds from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}")
    return PricePoint(start=start, end=end, per_kwh=per_kwh)


def from_starts(
    starts: Sequence[datetime], prices: Iterable[float | None], only: timedelta = HOUR
) -> tuple[PricePoint, ...]:
    """Points of which only the beginnings are told; one without a price ends the one before it.

    A point is as long as the shorter of the distances to its neighbours, so neither a gap nor a
    change from hours to quarters stretches it.

    Args:
        only: the length of a single one.
    """
    pairs = sorted(dict(reversed(list(zip(starts, prices, strict=True)))).items())
    found = []
    for index, (start, per_kwh) in enumerate(pairs):
        near = [pairs[i][0] for i in (index - 1, index + 1) if 0 <= i < len(pairs)]
        length = min((abs(other - start) for other in near), default=only)
        if per_kwh is not None:
            found.append(point(start, start + min(length, HOUR), per_kwh))
    return tuple(found)
