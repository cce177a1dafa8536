"""History in quarters of an hour, and the local clock of the house.

A quarter is named by its Unix time / 900. What is absent is not known; it is never 0.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

QUARTER_S = 900
PER_HOUR = 4
PER_DAY = 96
LARGEST_W = 1e7
_EPOCH_DAY = datetime(1970, 1, 1, tzinfo=UTC).toordinal()

Quarters = Mapping[int, float]
"""Mean power in W by quarter."""


def quarter_of(at: datetime) -> int:
    """The quarter in which an aware instant lies."""
    return int(at.timestamp() // QUARTER_S)


def start_of(quarter: int) -> datetime:
    """When a quarter begins, aware UTC."""
    return datetime.fromtimestamp(quarter * QUARTER_S, UTC)


def local_clock(timezone: tzinfo) -> Callable[[int], int]:
    """A function from a quarter to the same on the local clock: // 96 is the day, % 96 the time.

    Zones change their offset at full quarters of an hour; each hour is looked up once.
    """
    known: dict[int, int] = {}

    def local(quarter: int) -> int:
        hour = quarter // PER_HOUR
        shift = known.get(hour)
        if shift is None:
            offset = start_of(hour * PER_HOUR).astimezone(timezone).utcoffset() or timedelta()
            shift = known[hour] = round(offset.total_seconds() / QUARTER_S)
        return quarter + shift

    return local


def weekday_of(local_day: int) -> int:
    """0 = Monday."""
    return (local_day + _EPOCH_DAY - 1) % 7


def steps_of(values: Sequence[float], per_step: int) -> tuple[float, ...]:
    """Means over `per_step` quarters each; a rest that fills no step is left out."""
    whole = len(values) // per_step * per_step
    return tuple(math.fsum(values[i : i + per_step]) / per_step for i in range(0, whole, per_step))


def quantile(values: Sequence[tuple[float, float]], share: float) -> float:
    """The least value below which `share` of the weight lies.

    Args:
        values: value and weight > 0, not empty, in any order.
        share: 0 to 1.
    """
    ordered = sorted(values)
    wanted = share * math.fsum(weight for _, weight in ordered)
    for value, weight in ordered:
        wanted -= weight
        if wanted <= 0:
            return value
    return ordered[-1][0]


def sensible(quarters: Quarters, start: int, end: int) -> dict[int, float]:
    """What is known from `start` to before `end`, ascending, without what no house can do."""
    return {
        q: max(0.0, quarters[q])
        for q in sorted(quarters)
        if start <= q < end and abs(quarters[q]) < LARGEST_W
    }
