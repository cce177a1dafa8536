"""What a device said over time, folded into runs of one value.

Between two samples of one value nothing else is assumed to have happened, unless they lie far
apart; between two samples of different values the change happened at an instant that nobody
knows. Samples may come late and out of order. All instants are monotonic seconds.
"""

from itertools import pairwise
from math import inf
from typing import NamedTuple

KEEP = 24
LONGEST_GAP_S = 1800.0
"""Two equal samples that are further apart say nothing of the time between them."""


class Run(NamedTuple):
    """
    Args:
        since_s, until_s: its first and last sample.
        hole_s: the longest time between two samples of it; what lasts no longer than that may
            have come and gone unseen.
    """

    value: float
    since_s: float
    until_s: float
    hole_s: float = 0.0


Runs = tuple[Run, ...]


class Flip(NamedTuple):
    """The value became `value` after `after_s` and not after `by_s`."""

    value: float
    after_s: float
    by_s: float


def push(
    runs: Runs,
    value: float,
    at_s: float,
    *,
    slack: float = 0.0,
    keep: int = KEEP,
    gap_s: float = LONGEST_GAP_S,
) -> Runs:
    """Take in one sample; returns the same object when it says nothing new.

    Args:
        slack: values that differ by no more belong to one run, which keeps its first value.
        keep: older runs are forgotten.
        gap_s: equal samples that are further apart make two runs.
    """
    if not runs:
        return (Run(value, at_s, at_s),)
    last = runs[-1]
    if at_s < last.until_s:
        return _insert(runs, value, at_s, slack, keep, gap_s)
    if abs(value - last.value) <= slack and at_s - last.until_s <= gap_s:
        if at_s == last.until_s:
            return runs
        hole_s = max(last.hole_s, at_s - last.until_s)
        return (*runs[:-1], Run(last.value, last.since_s, at_s, hole_s))
    return (*runs, Run(value, at_s, at_s))[-keep:]


def _insert(runs: Runs, value: float, at_s: float, slack: float, keep: int, gap_s: float) -> Runs:
    """A late sample: it may lengthen a run, split one, or stand between two."""
    index = next(i for i, run in enumerate(runs) if at_s < run.until_s)
    run = runs[index]
    same = abs(value - run.value) <= slack
    if index == 0 and at_s < run.since_s and len(runs) >= keep:
        return runs  # what came in between may have been forgotten
    if at_s >= run.since_s:
        if same:
            return runs
        left = Run(run.value, run.since_s, at_s, run.hole_s)
        right = Run(run.value, at_s, run.until_s, run.hole_s)
        parts = (*((left,) if at_s > run.since_s else ()), Run(value, at_s, at_s), right)
        return (*runs[:index], *parts, *runs[index + 1 :])[-keep:]
    if same and run.since_s - at_s <= gap_s:
        longer = Run(run.value, at_s, run.until_s, max(run.hole_s, run.since_s - at_s))
        return (*runs[:index], longer, *runs[index + 1 :])
    before = runs[index - 1] if index else None
    if before is not None and abs(value - before.value) <= slack:
        if at_s <= before.until_s:
            return runs
        if at_s - before.until_s <= gap_s:
            hole_s = max(before.hole_s, at_s - before.until_s)
            longer = Run(before.value, before.since_s, at_s, hole_s)
            return (*runs[: index - 1], longer, *runs[index:])
    return (*runs[:index], Run(value, at_s, at_s), *runs[index:])[-keep:]


def flips(runs: Runs, from_s: float = -inf) -> list[Flip]:
    """Changes of a yes-or-no value, oldest first; without those that were seen before `from_s`."""
    return [
        Flip(after.value, before.until_s, after.since_s)
        for before, after in pairwise(runs)
        if after.since_s >= from_s and before.value != after.value
    ]


def at(runs: Runs, instant_s: float) -> float | None:
    """The value at an instant inside a run; None between runs."""
    for run in reversed(runs):
        if run.since_s <= instant_s:
            return run.value if instant_s <= run.until_s else None
    return None


def overlap_s(run: Run, since_s: float, until_s: float) -> float:
    return min(run.until_s, until_s) - max(run.since_s, since_s)


def thinned(runs: Runs, keep: int, pin_s: float = inf) -> Runs:
    """At most `keep` runs of a value that grows: the first, those on either side of `pin_s`, the
    newest half, and every second one in between."""
    if len(runs) <= keep:
        return runs
    newest = len(runs) - keep // 2
    stood = sum(run.since_s <= pin_s for run in runs[:newest]) - 1
    kept = (
        run
        for index, run in enumerate(runs[:newest])
        if index == 0 or index % 2 == 0 or 0 <= index - stood <= 1
    )
    after = (*kept, *runs[newest:])
    return after[-keep:] if len(after) > keep else after
