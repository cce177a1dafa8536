"""A figure beside its baseline, and the little statistics that figures need."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

__all__ = ["Baseline", "Figure", "Missing", "median", "percentile", "rounded", "typical"]


class Missing(Exception):
    """This machine lacks something that a part needs; the message names it and the remedy."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What somebody would get without Hearth, measured in the same run."""

    name: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row of the table and of results.json.

    Args:
        name: stable; programs look for it.
        aim: what Hearth promises for this figure; None where it promises nothing.
        part: what to write after ONLY= to measure it again.
    """

    name: str
    value: float
    unit: str
    better: Literal["lower", "higher"] = "lower"
    baseline: Baseline
    aim: float | None = None
    part: str

    @property
    def ratio(self) -> float | None:
        """Value by baseline; None where the baseline is nothing."""
        return rounded(self.value / self.baseline.value) if self.baseline.value else None

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None where there is none."""
        if self.aim is None:
            return None
        return self.value <= self.aim if self.better == "lower" else self.value >= self.aim

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": rounded(self.value),
            "unit": self.unit,
            "better": self.better,
            "baseline": self.baseline.name,
            "baselineValue": rounded(self.baseline.value),
            "ratio": self.ratio,
            "command": f"make bench ONLY={self.part}",
        }


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of them do not exceed (nearest rank).

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def typical(rounds: Sequence[Sequence[float]], percent: float) -> float:
    """The percentile of each round, and of these the median: one round in which something else
    kept the machine busy does not count."""
    return median(percentile(values, percent) for values in rounds)


def rounded(value: float) -> float:
    """Three significant digits, or whole numbers where there are more."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, max(0, 2 - math.floor(math.log10(abs(value)))))
