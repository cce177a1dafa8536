"""How late a car tells of what happened to it.

The share of cars' reports by their delay against the charger's clock, hand-set after simulated
household-months: most name the minute; clouds that stamp cached data anew are up to 20 min late;
a few tell only hours later; a clock that is off may even be early. The rest never comes. The
shares are learned for each car (see reporting).
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

MINUTE_S = 60.0
LATE_S = 1200.0
AT_ONCE_S = 10.0
_AT_S = (-1200.0, -MINUTE_S, -AT_ONCE_S, AT_ONCE_S, MINUTE_S, LATE_S, 36_000.0)

Curve = tuple[float, ...]
"""The share of reports that are no later than each of the instants above."""


def curve(shares: Sequence[float]) -> Curve:
    """
    Args:
        shares: between each two of the instants above, and never.
    """
    return (0.0, *accumulate(shares[:-1]))


def by(of: Curve, delay_s: float) -> float:
    """The share of reports that are no later than `delay_s`; straight between the points."""
    index = bisect_right(_AT_S, delay_s)
    if index == 0:
        return 0.0
    if index == len(_AT_S):
        return of[-1]
    from_s, to_s = _AT_S[index - 1], _AT_S[index]
    low, high = of[index - 1], of[index]
    return low + (high - low) * (delay_s - from_s) / (to_s - from_s)


def between(of: Curve, from_s: float, to_s: float) -> float:
    """The share whose delay lies in (from_s, to_s]."""
    return by(of, to_s) - by(of, from_s)


def parts(of: Curve, from_s: float, to_s: float) -> tuple[float, ...]:
    """How a report whose delay lies in (from_s, to_s] is shared out among the kinds of delay."""
    masses = [
        max(0.0, between(of, max(from_s, low), min(to_s, high))) if from_s < high and to_s > low
        else 0.0
        for low, high in pairwise(_AT_S)
    ]  # fmt: skip
    total = sum(masses)
    return tuple(mass / total for mass in masses) if total > 0 else (0.0,) * len(masses)
