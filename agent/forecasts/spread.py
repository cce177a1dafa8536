"""From errors of the past to the bounds of what is to come."""

from collections.abc import Iterable

from agent.forecasts.quarters import PER_DAY, PER_HOUR, quantile

ENOUGH_ERRORS = 24
_LOW, _HIGH = 0.05, 0.95

Bounds = list[tuple[float, float]]
"""By hour of day: what is added to the mean, at most 0 and at least 0."""


def bounds_by_hour(errors: Iterable[tuple[int, float, float]]) -> Bounds | None:
    """The 5 % and 95 % quantiles of errors by hour of day; None while there are hardly any.

    An hour of which too little is known takes the errors of all.

    Args:
        errors: quarter (on the clock whose hours are meant), error, weight > 0.
    """
    by_hour: list[list[tuple[float, float]]] = [[] for _ in range(24)]
    for quarter, error, weight in errors:
        by_hour[quarter % PER_DAY // PER_HOUR].append((error, weight))
    every = [error for some in by_hour for error in some]
    if len(every) < ENOUGH_ERRORS:
        return None
    found = []
    for some in by_hour:
        these = some if len(some) >= ENOUGH_ERRORS else every
        found.append((min(0.0, quantile(these, _LOW)), max(0.0, quantile(these, _HIGH))))
    return found
