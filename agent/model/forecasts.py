"""What sun and house are expected to do."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A forecast in equal steps.

    Args:
        start: aware UTC.
        step_s: length of every step.
        mean_w: mean power of each step, never negative.
        low_w, high_w: of the same length; in one of twenty steps it is less, or more.
        source: where it came from, in a householder's words.
    """

    start: datetime
    step_s: float
    mean_w: tuple[float, ...]
    low_w: tuple[float, ...]
    high_w: tuple[float, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How a forecast that was made at midnight did on one day.

    Args:
        day: on the local clock.
        error_w: mean absolute error of a quarter of an hour.
        bias_w: forecast less what came.
        error_percent: mean absolute error by the mean power that came; None where nothing came.
        inside_percent: of the quarters that lay inside the band; 90 is meant.
        known_percent: of the day's quarters in which it is known what came.
        source: whose forecast it was.
    """

    day: date
    what: Literal["sun", "load"]
    error_w: float
    bias_w: float
    error_percent: float | None
    inside_percent: float
    known_percent: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecasts:
    """None = nobody knows.

    Args:
        sun_today_wh: what came since midnight together with what is still expected today.
        sun_tomorrow_wh: what is expected of the next day on the local clock.
        trouble: why the service is not used, with the remedy; None = it is, or there is none.
        scores: of the last days, oldest first.
    """

    sun: Band | None = None
    load: Band | None = None
    sun_today_wh: float | None = None
    sun_tomorrow_wh: float | None = None
    trouble: str | None = None
    scores: tuple[Score, ...] = ()
