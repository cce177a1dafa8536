"""What a service expects of the sun, in rows of any length, brought to quarters of an hour."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from agent.forecasts.quarters import QUARTER_S, quarter_of

_COVERED = 0.5
"""A quarter of which less is told stays unknown; sunrise comes in the middle of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Mean power over a stretch of time.

    Args:
        start, end: aware, inclusive and exclusive.
        low_w, high_w: bounds that the service gives, usually of 10 % and 90 %.
    """

    start: datetime
    end: datetime
    mean_w: float
    low_w: float | None = None
    high_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """
    Args:
        source: who says so, for people.
        made_at: aware, when it was fetched.
        quarters: mean power in W by quarter; absent = not told.
        spread: by quarter the low and the high bound in W, where the service gives them.
    """

    source: str
    made_at: datetime
    quarters: Mapping[int, float]
    spread: Mapping[int, tuple[float, float]]


def outlook_of(
    source: str, made_at: datetime, plants: Iterable[Iterable[Row]], limit_w: float | None = None
) -> Outlook:
    """One outlook from the rows of each part of the plant.

    A quarter is known where all parts tell of it. Their sum is cut at `limit_w`, as the inverter
    does it.
    """
    parts = [_spread(rows) for rows in plants]
    common = set.intersection(*(set(part) for part in parts)) if parts else set()
    sums = {
        q: tuple(math.fsum(values) for values in zip(*(part[q] for part in parts), strict=True))
        for q in sorted(common)
    }

    def cut(power_w: float) -> float:
        return power_w if limit_w is None else min(limit_w, power_w)

    return Outlook(
        source=source,
        made_at=made_at,
        quarters={q: cut(mean_w) for q, (mean_w, _, _) in sums.items()},
        spread={
            q: (cut(low_w), cut(high_w))
            for q, (mean_w, low_w, high_w) in sums.items()
            if not low_w == mean_w == high_w
        },
    )


def _spread(rows: Iterable[Row]) -> dict[int, tuple[float, float, float]]:
    """Mean, low and high by quarter; rows may overlap quarters and each other."""
    sums: dict[int, list[float]] = {}
    for row in rows:
        low_w = row.mean_w if row.low_w is None else row.low_w
        high_w = row.mean_w if row.high_w is None else row.high_w
        start_s, end_s = row.start.timestamp(), row.end.timestamp()
        for quarter in range(quarter_of(row.start), math.ceil(end_s / QUARTER_S)):
            begins_s = quarter * QUARTER_S
            share_s = min(end_s, begins_s + QUARTER_S) - max(start_s, begins_s)
            if share_s > 0:
                whole = sums.setdefault(quarter, [0.0, 0.0, 0.0, 0.0])
                for index, value in enumerate((row.mean_w, low_w, high_w, 1.0)):
                    whole[index] += share_s * value
    return {
        q: (mean / known_s, low / known_s, high / known_s)
        for q, (mean, low, high, known_s) in sums.items()
        if known_s >= _COVERED * QUARTER_S
    }
