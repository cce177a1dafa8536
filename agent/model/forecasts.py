"""What sun and house are expected to do."""

from dataclasses import dataclass
from datetime import datetime


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
class Forecasts:
    """None = nobody knows."""

    sun: Band | None = None
    load: Band | None = None
