"""95 % intervals by drawing households anew, since plug-ins of one household are alike."""

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

DRAWS = 1000
T = TypeVar("T")


def bootstrap(
    houses: Sequence[T], figure: Callable[[Sequence[T]], float], draws: int = DRAWS
) -> tuple[float, float]:
    """The 2.5th and the 97.5th percentile of `figure` over as many houses, drawn with return."""
    dice = Random("bootstrap")
    found = sorted(figure(dice.choices(houses, k=len(houses))) for _ in range(draws))
    return found[int(0.025 * draws)], found[int(0.975 * draws) - 1]


def none_seen(count: int) -> float:
    """The upper 95 % bound of a rate when nothing was seen `count` times (rule of three)."""
    return 3 / max(1, count)
