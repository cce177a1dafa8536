"""Means over any stretch of steps, at the cost of two look-ups."""

from collections.abc import Sequence
from itertools import accumulate


class Sums:
    """
    Args:
        values: None = not known. before: how many of them precede step 0.
    """

    def __init__(self, values: Sequence[float | None], before: int) -> None:
        self._before, self._last = before, len(values)
        self._sums = [0.0, *accumulate(v or 0.0 for v in values)]
        self._counts = [0, *accumulate(v is not None for v in values)]

    def mean(self, first: int, behind: int) -> float | None:
        """Of what is known in steps first..behind-1, counted from `from`; None if nothing is."""
        a = min(max(first + self._before, 0), self._last)
        b = min(max(behind + self._before, 0), self._last)
        known = self._counts[b] - self._counts[a]
        return (self._sums[b] - self._sums[a]) / known if known else None

    def whole(self, first: int, behind: int) -> bool:
        """Whether all of it is known."""
        a, b = first + self._before, behind + self._before
        return a >= 0 and b <= self._last and self._counts[b] - self._counts[a] == b - a
