"""How late a car tells of what happened to it.

The share of cars' reports by their delay against the charger's clock, hand-set after simulated
household-months: most name the minute; clouds that stamp cached data anew are up to 20 min late;
a few tell only hours later; a clock that is off may even be early. The rest never comes.
"""

from bisect import bisect_right

MINUTE_S = 60.0
LATE_S = 1200.0
_CURVE = ((-1200.0, 0.0), (-60.0, 0.004), (60.0, 0.854), (LATE_S, 0.954), (36_000.0, 0.984))
_AT_S = [at_s for at_s, _ in _CURVE]


def by(delay_s: float) -> float:
    """The share of reports that are no later than `delay_s`; straight between the points."""
    index = bisect_right(_AT_S, delay_s)
    if index == 0:
        return 0.0
    if index == len(_CURVE):
        return _CURVE[-1][1]
    (from_s, low), (to_s, high) = _CURVE[index - 1], _CURVE[index]
    return low + (high - low) * (delay_s - from_s) / (to_s - from_s)


def between(from_s: float, to_s: float) -> float:
    """The share whose delay lies in (from_s, to_s]."""
    return by(to_s) - by(from_s)
