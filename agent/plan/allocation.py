"""Fitting what the chargers want into the room that there is: fair, and minimum first.

Room is counted on lines: one phase of one circuit in ampere, or a limit on power in watts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NewType

from agent.model.readings import DeviceId

STEP_A = 0.1

LineId = NewType("LineId", str)
"""Something with a limit that several chargers share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """Args:
    amps: per phase, what the charger would like; 0 = nothing.
    min_a: less than that is the same as nothing.
    now_a: what it may draw already; who charges goes before who would like to.
    loads: by line, what one ampere per phase of this charger takes of it.
    priority: the greater number goes first.
    """

    device: DeviceId
    amps: float
    min_a: float
    now_a: float
    loads: Mapping[LineId, float]
    priority: int = 0


def fit(wants: Sequence[Want], room: Mapping[LineId, float]) -> dict[DeviceId, float]:
    """Return amperes per phase for each charger.

    Args:
        room: by line what all together may take of it; a line that is missing is not limited.

    Returns:
        0 or min_a..amps each, rounded down to 0.1 A; what they take of a line stays within its
        room. First each gets its minimum (by priority, those that charge already first), then
        those of each priority share the rest evenly. Ties: the given order.
    """
    left = dict(room)
    given: dict[DeviceId, float] = {}
    asking = [w for w in wants if w.amps >= w.min_a]
    for want in sorted(asking, key=lambda w: (-w.priority, w.now_a < w.min_a)):
        if free_a(want, left) >= want.min_a:
            given[want.device] = want.min_a
            take(want, want.min_a, left)
    for priority in sorted({w.priority for w in wants}, reverse=True):
        mine = [w for w in wants if w.device in given and w.priority == priority]
        _share(mine, given, left)
    return {w.device: round_down(given.get(w.device, 0.0)) for w in wants}


def _share(open_wants: list[Want], given: dict[DeviceId, float], left: dict[LineId, float]) -> None:
    """Raise all evenly until each has what it wants or meets a limit."""
    while open_wants:
        share_a = min(
            _even_a(open_wants, left),
            *(w.amps - given[w.device] for w in open_wants),
        )
        for want in open_wants:
            given[want.device] += share_a
            take(want, share_a, left)
        open_wants = [
            w
            for w in open_wants
            if w.amps - given[w.device] > STEP_A / 2 and free_a(w, left) > STEP_A / 2
        ]


def fit_unsettled(
    wants: Sequence[Want], room: Mapping[LineId, float], safe: Mapping[LineId, float]
) -> dict[DeviceId, float]:
    """As `fit`, while a meter may not have seen the last changes.

    Everybody keeps what it may draw already as far as `room` allows; more is given only
    from what `safe` leaves after that, by priority, to nobody more than its share of all.
    """
    most_a, share_a = fit(wants, room), fit(wants, safe)
    given = {w.device: min(w.now_a, most_a[w.device]) for w in wants}
    given = {w.device: given[w.device] if given[w.device] >= w.min_a else 0.0 for w in wants}
    left = dict(safe)
    for want in wants:
        take(want, given[want.device], left)
    for want in sorted(wants, key=lambda w: -w.priority):
        kept_a = given[want.device]
        free = kept_a + max(0.0, free_a(want, left))
        raised_a = round_down(min(most_a[want.device], share_a[want.device], free))
        if raised_a > kept_a and raised_a >= want.min_a:
            given[want.device] = raised_a
            take(want, raised_a - kept_a, left)
    return given


def free_a(want: Want, left: Mapping[LineId, float]) -> float:
    """How much more current per phase this charger may have."""
    mine = (left[line] / each for line, each in want.loads.items() if line in left)
    return min(mine, default=float("inf"))


def tightest(want: Want, left: Mapping[LineId, float]) -> LineId | None:
    """The line that limits this charger first; None if none does."""
    mine = ((left[line] / each, line) for line, each in want.loads.items() if line in left)
    return min(mine, default=(0.0, None))[1]


def take(want: Want, amps: float, left: dict[LineId, float]) -> None:
    """Count `amps` per phase of this charger off its lines."""
    for line, each in want.loads.items():
        if line in left:
            left[line] -= amps * each


def _even_a(wants: Sequence[Want], left: Mapping[LineId, float]) -> float:
    """By how much all can rise together."""
    loads: dict[LineId, float] = {}
    for want in wants:
        for line, each in want.loads.items():
            loads[line] = loads.get(line, 0.0) + each
    mine = (left[line] / each for line, each in loads.items() if line in left)
    return min(mine, default=float("inf"))


def round_down(amps: float) -> float:
    """To 0.1 A, the finest that chargers understand; never below 0."""
    return round(int(amps / STEP_A + 1e-6) * STEP_A, 1) if amps > 0 else 0.0
