"""Fitting what the chargers want into the room that there is: fair, and minimum first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.model.readings import DeviceId

STEP_A = 0.1
PHASES = (1, 2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """Args:
    amps: per phase, what the charger would like; 0 = nothing.
    min_a: less than that is the same as nothing.
    now_a: what it may draw already; who charges goes before who would like to.
    phases: 1..phases are the phases it loads.
    """

    device: DeviceId
    amps: float
    min_a: float
    now_a: float
    phases: int


def fit(wants: Sequence[Want], room_a: Mapping[int, float]) -> dict[DeviceId, float]:
    """Return amperes per phase for each charger.

    Args:
        room_a: phase -> amperes for all together; a phase that is missing is not limited.

    Returns:
        0 or min_a..amps each, rounded down to 0.1 A; their sum per phase stays within the room.
        First each gets its minimum (those that charge already first, then in the given
        order), then the rest is shared evenly. Ties: the given order.
    """
    left_a = dict(room_a)
    given: dict[DeviceId, float] = {}
    for want in sorted((w for w in wants if w.amps >= w.min_a), key=lambda w: w.now_a < w.min_a):
        if _free(want, left_a) >= want.min_a:
            given[want.device] = want.min_a
            _take(want, want.min_a, left_a)
    open_wants = [w for w in wants if w.device in given]
    while open_wants:
        users = _users(open_wants)
        share_a = min(
            *(_free(w, left_a) / users[_tightest(w, left_a)] for w in open_wants),
            *(w.amps - given[w.device] for w in open_wants),
        )
        for want in open_wants:
            given[want.device] += share_a
            _take(want, share_a, left_a)
        open_wants = [
            w
            for w in open_wants
            if w.amps - given[w.device] > STEP_A / 2 and _free(w, left_a) > STEP_A / 2
        ]
    return {w.device: round_down(given.get(w.device, 0.0)) for w in wants}


def fit_unsettled(
    wants: Sequence[Want], room_a: Mapping[int, float], safe_a: Mapping[int, float]
) -> dict[DeviceId, float]:
    """As `fit`, while the meter may not have seen the last changes.

    Everybody keeps what it may draw already as far as `room_a` allows; more is given only
    from what `safe_a` leaves after that, in the given order.
    """
    most_a = fit(wants, room_a)
    given = {w.device: min(w.now_a, most_a[w.device]) for w in wants}
    given = {w.device: given[w.device] if given[w.device] >= w.min_a else 0.0 for w in wants}
    left_a = dict(safe_a)
    for want in wants:
        _take(want, given[want.device], left_a)
    for want in wants:
        kept_a = given[want.device]
        raised_a = round_down(min(most_a[want.device], kept_a + max(0.0, _free(want, left_a))))
        if raised_a > kept_a and raised_a >= want.min_a:
            given[want.device] = raised_a
            _take(want, raised_a - kept_a, left_a)
    return given


def _free(want: Want, left_a: Mapping[int, float]) -> float:
    mine = [left_a[p] for p in range(1, want.phases + 1) if p in left_a]
    return min(mine, default=float("inf"))


def _users(wants: Sequence[Want]) -> dict[int, int]:
    """How many compete on each phase."""
    return {p: sum(1 for w in wants if w.phases >= p) for p in PHASES}


def _tightest(want: Want, left_a: Mapping[int, float]) -> int:
    """The phase of `want` with the least left."""
    mine = (p for p in range(1, want.phases + 1) if p in left_a)
    return min(mine, key=left_a.__getitem__, default=1)


def _take(want: Want, amps: float, left_a: dict[int, float]) -> None:
    for phase in range(1, want.phases + 1):
        if phase in left_a:
            left_a[phase] -= amps


def round_down(amps: float) -> float:
    """To 0.1 A, the finest that chargers understand; never below 0."""
    return round(int(amps / STEP_A + 1e-6) * STEP_A, 1) if amps > 0 else 0.0
