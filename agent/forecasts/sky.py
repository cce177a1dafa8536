"""How much better or worse the sky is than it was expected to be."""

import math
from collections.abc import Callable

from agent.forecasts.quarters import PER_DAY, PER_HOUR, Quarters

_LATELY = 6  # quarters
_LATELY_PRIOR = 0.07  # quarters at the highest power; keeps dawn from deciding about noon
_FADES_H = 4.0
_DAY_PRIOR = 0.45
_WORST, _BEST = 0.2, 2.0

Factor = Callable[[int], float]


def todays_sky(
    came: Quarters,
    expected_w: Callable[[int], float],
    peak_w: float,
    here: int,
    lasts: float = 0.3,
) -> Factor:
    """A function from a coming quarter to what its expected power is to be multiplied with.

    The last hour and a half counts most and fades; what the last day was like stays a little.

    Args:
        came: what was produced; only the last day before `here` is looked at.
        expected_w: what had been expected of a quarter without looking at the sky.
        peak_w: the highest power of the plant, > 0.
        lasts: so much of the last day's sky comes again tomorrow, in logarithms; 0 for a forecast
            that knows the weather.
    """
    now = _ratio(came, expected_w, range(here - _LATELY, here), _LATELY_PRIOR * peak_w)
    day = _ratio(came, expected_w, range(here - PER_DAY, here), _DAY_PRIOR * peak_w)
    lasting: float = day**lasts

    def factor(quarter: int) -> float:
        fading = math.exp((here - quarter) / PER_HOUR / _FADES_H)
        return lasting + (now - lasting) * fading

    return factor


def _ratio(
    came: Quarters, expected_w: Callable[[int], float], quarters: range, prior_w: float
) -> float:
    known = [q for q in quarters if q in came]
    expected = math.fsum(expected_w(q) for q in known)
    if expected + prior_w == 0:
        return 1.0  # a plant so small that its share is lost in rounding
    ratio = (math.fsum(came[q] for q in known) + prior_w) / (expected + prior_w)
    return min(_BEST, max(_WORST, ratio))
