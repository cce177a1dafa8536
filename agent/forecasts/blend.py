"""A service's forecast, corrected by what own metering says of it.

Services do not know the chimney, the dust and the real peak power. So what one had said of the
last weeks is compared with what came, by hour of day; the same errors are the band. The last hour
and a half corrects the next few. Where the service says nothing, the own forecast stands in.
"""

import math
from dataclasses import dataclass
from datetime import datetime

from agent.forecasts.outlook import Outlook
from agent.forecasts.plausible import Plant
from agent.forecasts.quarters import (
    PER_DAY,
    PER_HOUR,
    QUARTER_S,
    Quarters,
    quarter_of,
    start_of,
)
from agent.forecasts.sky import todays_sky
from agent.forecasts.spread import Bounds, bounds_by_hour
from agent.model.forecasts import Band

TRUE_FOR_S = 2 * 86_400.0
"""A forecast of the weather that is older than this says no more than the own history."""

PAST_DAYS = 28
_HALVES_DAYS = 10.0
_PRIOR = 1.0
"""Hours of the plant at half its best for which the service is believed before it is measured."""
_LEAST, _MOST = 0.2, 3.0
_UNTRIED = (0.4, 1.5)
_WIDER = 1.3  # from the 10 % and 90 % of a service to 5 % and 95 %


@dataclass(frozen=True, slots=True)
class _Learned:
    """
    Args:
        ratios: came by said, by hour of day (UTC).
        errors: quarter, error by the best power of that hour, weight.
    """

    ratios: tuple[float, ...]
    best_w: tuple[float, ...]
    errors: tuple[tuple[int, float, float], ...]


def blend(
    outlook: Outlook, past: Quarters, plant: Plant, own: Band | None, now: datetime, count: int
) -> Band | None:
    """The service's forecast for this house, for `count` quarters from the one of `now`.

    Args:
        past: what the service had said of quarters that are over, at the beginning of their day.
        own: the own forecast, in the same quarters; without it the result ends where the service
            does, and is None where that says nothing of now.
    """
    here = quarter_of(now)
    learned = _learn(past, plant.produced, here)

    def corrected_w(quarter: int) -> float:
        said_w = (past if quarter < here else outlook.quarters).get(quarter, 0.0)
        return said_w * learned.ratios[_hour(quarter)]

    peak_w = max(learned.best_w) or max(outlook.quarters.values(), default=0.0) or 1.0
    measured = {q: w for q, w in plant.produced.items() if q in past}
    factor = todays_sky(measured, corrected_w, peak_w, here, lasts=0.0)
    bounds = bounds_by_hour(learned.errors)
    rows: list[tuple[float, float, float]] = []
    for n in range(count):
        quarter = here + n
        if quarter in outlook.quarters:
            mean_w = corrected_w(quarter) * factor(quarter)
            rows.append(_row(outlook, learned, bounds, quarter, mean_w))
        elif own is not None:
            rows.append((own.low_w[n], own.mean_w[n], own.high_w[n]))
        else:
            break
    if not rows:
        return None
    low_w, means_w, high_w = zip(*rows, strict=True)
    return Band(
        start=start_of(here),
        step_s=float(QUARTER_S),
        mean_w=means_w,
        low_w=low_w,
        high_w=high_w,
        source=outlook.source,
    )


def _row(
    outlook: Outlook, learned: _Learned, bounds: Bounds | None, quarter: int, mean_w: float
) -> tuple[float, float, float]:
    """Low, mean and high power of one quarter; where the service says night it is night."""
    if outlook.quarters[quarter] <= 0:
        return 0.0, 0.0, 0.0
    if bounds is None:
        low_w, high_w = _untried(outlook, quarter, mean_w)
    else:
        low, high = bounds[_hour(quarter)]
        best_w = learned.best_w[_hour(quarter)]
        low_w, high_w = mean_w + low * best_w, mean_w + high * best_w
    return max(0.0, min(low_w, mean_w)), mean_w, max(mean_w, high_w)


def still_true(outlook: Outlook, now: datetime) -> bool:
    """Whether a forecast that was fetched some time ago may still be used."""
    age_s = (now - outlook.made_at).total_seconds()
    return age_s < TRUE_FOR_S and any(q >= quarter_of(now) for q in outlook.quarters)


def _learn(past: Quarters, came: Quarters, here: int) -> _Learned:
    both = [q for q in past if q in came and here - PAST_DAYS * PER_DAY <= q < here]
    said, real, best_w = [0.0] * 24, [0.0] * 24, [0.0] * 24
    for quarter in both:
        weight = 2 ** ((quarter - here) / PER_DAY / _HALVES_DAYS)
        said[_hour(quarter)] += weight * past[quarter]
        real[_hour(quarter)] += weight * came[quarter]
        best_w[_hour(quarter)] = max(best_w[_hour(quarter)], came[quarter], past[quarter])
    prior = _PRIOR * PER_HOUR * max(best_w) / 2 or 1.0
    whole = _ratio(math.fsum(real), math.fsum(said), 1.0, prior)
    ratios = tuple(_ratio(r, s, whole, prior) for r, s in zip(real, said, strict=True))
    errors = tuple(
        (
            quarter,
            (came[quarter] - past[quarter] * ratios[_hour(quarter)]) / best_w[_hour(quarter)],
            2 ** ((quarter - here) / PER_DAY / _HALVES_DAYS),
        )
        for quarter in both
        if best_w[_hour(quarter)] > 0
    )
    return _Learned(ratios, tuple(best_w), errors)


def _ratio(real: float, said: float, usual: float, prior: float) -> float:
    return min(_MOST, max(_LEAST, (real + usual * prior) / (said + prior)))


def _untried(outlook: Outlook, quarter: int, mean_w: float) -> tuple[float, float]:
    """The band of a service that was never compared with the meter yet."""
    spread, said_w = outlook.spread.get(quarter), outlook.quarters[quarter]
    if spread is None or said_w <= 0:
        return mean_w * _UNTRIED[0], mean_w * _UNTRIED[1]
    low_w, high_w = (mean_w + _WIDER * (bound - said_w) * mean_w / said_w for bound in spread)
    return low_w, high_w


def _hour(quarter: int) -> int:
    return quarter % PER_DAY // PER_HOUR
