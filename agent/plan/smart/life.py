"""The life of smart charging of one device: one state at all times, one change a tick. Pure.

1. It is considered until everything holds that a plan needs; then there is a plan at once.
2. A plan ends when the car is full, unplugged, or elsewhere; when the policy is turned off or its
   deadline moved; when a schedule takes over; and when it cannot have its way.
3. While a smart override runs, the plan rests.
4. How it ended is shown for a minute; a failed plan until the car is unplugged, the deadline is
   past, or somebody changes the policy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from agent.model.clock import Now
from agent.model.readings import DeviceKind
from agent.model.smart import FailureCondition, SmartState
from agent.model.targets import Owner, Reason
from agent.model.units import amps_from_watts
from agent.model.wishes import Order
from agent.plan.smart import words
from agent.plan.smart.case import Case, considered
from agent.plan.smart.memory import Mind
from agent.plan.smart.plans import ended, made, refreshed, watched
from agent.plan.smart.pursuit import Ask, Pursuit, pursue
from agent.plan.smart.spending import begun, in_full, settled, spending
from agent.plan.smart.standing import elsewhere, filled, has_enough, key_of, needs_again, stands
from agent.plan.smart.wanting import Want, want_of

SHOWN_S = 60.0
AT_ONCE_S = 1.0

_S = SmartState
_ENDS = (_S.FINISHED, _S.UNPLUGGED, _S.FAILED, _S.TURNED_OFF, _S.DEADLINE_CHANGED)
_ACTS = (
    _S.STOPPING, _S.STOP_FAILED, _S.STOPPED, _S.AWAITING_PRICES, _S.STARTING, _S.START_FAILED,
    _S.STARTED, _S.CHARGE_INTERRUPTED,
)  # fmt: skip
_IDLE = (_S.DISABLED, _S.CONSIDERING, _S.FULLY_CHARGED, _S.UNKNOWN)
_BEGINS = (_S.STOPPING, _S.STOPPED, _S.AWAITING_PRICES, _S.STARTING, _S.STARTED)
EDGES: Mapping[SmartState, frozenset[SmartState]] = MappingProxyType(
    {
        **{state: frozenset((*_IDLE, *_BEGINS)) for state in _IDLE},
        **{state: frozenset((*_ACTS, *_ENDS, _S.OVERRIDDEN)) for state in _ACTS},
        _S.OVERRIDDEN: frozenset((*_ACTS, *_ENDS)),
        **{state: frozenset((*_IDLE, *_BEGINS)) for state in _ENDS},
    }
)
"""What may follow a state, besides itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """
    Args:
        order: for the device that is steered; None = nothing is ordered.
        wake_at: when time alone changes this.
        problem: what is in the way, in one sentence.
    """

    mind: Mind
    order: Order | None = None
    ask: Ask | None = None
    wake_at: datetime | None = None
    problem: str | None = None


def live(mind: Mind, case: Case, now: Now) -> Turn:
    """Advance one device by one tick."""
    if mind.state.executing and mind.plan is not None:
        return _executing(spending(watched(mind, case, now), case), case, now)
    plugged_in = case.condition.plugged_in
    anew = bool(plugged_in) and mind.plugged_in is False
    mind = mind if plugged_in is None else replace(mind, plugged_in=plugged_in)
    mind = settled(mind, case)
    if mind.state.ended and not _shown_enough(mind, case, now):
        left_s = max(AT_ONCE_S, mind.changed_mono_s + SHOWN_S - now.mono_s)
        order = _enough(case) if mind.state is _S.FINISHED else _left_alone(mind, case)
        wake_at = now.later(left_s).at
        return Turn(mind=mind, order=order, wake_at=wake_at, problem=words.why_failed(mind.plan))
    return _idle(mind, case, now, anew=anew)


def _executing(mind: Mind, case: Case, now: Now) -> Turn:
    plan, found = mind.plan, case.condition
    assert plan is not None  # noqa: S101 the caller has looked
    if not case.policy.enabled:
        return _end(mind, case, _S.TURNED_OFF, now)
    if found.plugged_in is False or elsewhere(plan, case):
        return _end(mind, case, _S.UNPLUGGED, now)
    if has_enough(plan, case, now):
        return _end(mind, case, _S.FINISHED, now)
    if case.override is not None:
        return Turn(mind=_in(replace(mind, phase=None), _S.OVERRIDDEN, now))
    if case.place is not None and mind.key != key_of(case):
        if not stands(plan, case, now):
            return _end(mind, case, _S.DEADLINE_CHANGED, now)
        mind = replace(mind, key=key_of(case))
    if mind.state is _S.OVERRIDDEN and now.at >= plan.deadline:
        return _end(mind, case, _S.DEADLINE_CHANGED, now)
    if case.taken is not None:
        return replace(_end(mind, case, _S.TURNED_OFF, now), problem=case.taken)
    mind, want = want_of(mind, case, plan.deadline, now)
    if want is None:  # an override has ended, and the planner has yet to say a word
        want = Want(charging=bool(found.charging), reason=words.unplanned(case, charging=True))
    return _act(mind, case, want, now)


def _act(mind: Mind, case: Case, want: Want, now: Now) -> Turn:
    """Follow a plan that stands."""
    done = pursue(mind, case, charging=want.charging, pressing=want.pressing, now=now)
    mind = watched(done.mind, case, now)
    if done.failed is not None:
        turn = _end(mind, case, _S.FAILED, now, done.failed)
        return replace(
            turn, problem=words.why_failed(turn.mind.plan), order=_left_alone(turn.mind, case)
        )
    if mind.plan is not None:
        mind = replace(mind, plan=refreshed(mind.plan, mind, case, want, now))
    state = done.state
    if state is _S.STOPPED and want.awaiting:
        state = _S.AWAITING_PRICES
    wakes = [want.wake_at, None if done.wake_s is None else now.later(done.wake_s).at]
    return Turn(
        mind=_in(mind, state, now),
        order=_order(case, want, done, now),
        ask=done.ask,
        wake_at=min((each for each in wakes if each), default=None),
        problem=done.problem,
    )


def _order(case: Case, want: Want, done: Pursuit, now: Now) -> Order | None:
    if case.steered is None or (done.yields and case.charger is None):
        return None
    reason: Reason = want.reason
    if done.yields:
        wake_s = done.wake_s
        again = None if wake_s is None else now.later(wake_s).at
        reason = words.yielding(case, again, started=not want.charging)
    most_a = power_w = None
    if want.charging and want.power_w is not None and case.need is not None and not done.yields:
        power_w = max(want.power_w, case.need.min_w)
        most_a = int(amps_from_watts(power_w, case.need.phases) * 10 + 1e-6) / 10
    return Order(
        charging=want.charging is not done.yields,
        owner=Owner.MANUAL if done.yields else Owner.SMART_CHARGING,
        reason=reason,
        by=words.called(case),
        most_a=most_a,
        most_w=power_w,
    )


def _end(
    mind: Mind, case: Case, state: SmartState, now: Now, why: FailureCondition | None = None
) -> Turn:
    """End the plan. What it did goes on for a moment where a new one is about to follow."""
    plan, phase = mind.plan, mind.phase
    assert plan is not None  # noqa: S101 only a plan ends
    order = None
    if state is _S.FINISHED:
        order = _enough(case)
    elif state is _S.DEADLINE_CHANGED and phase is not None and case.steered is not None:
        order = Order(
            charging=phase.charging,
            owner=Owner.SMART_CHARGING,
            reason=words.unplanned(case, charging=phase.charging),
            by=words.called(case),
        )
    plugged_in = case.condition.plugged_in
    mind = replace(
        mind,
        plan=ended(plan, state, in_full(mind, case), now, why),
        phase=None,
        plugged_in=plugged_in,
        stretch=None,
    )
    if state is _S.FINISHED:
        mind = filled(mind, case)
    soon = AT_ONCE_S if state is _S.DEADLINE_CHANGED else SHOWN_S
    return Turn(mind=_in(mind, state, now), order=order, wake_at=now.later(soon).at)


def _enough(case: Case) -> Order | None:
    """A charger that has given an unknown car what was asked of it waits for the next cycle; a car
    that is known, or that takes nothing of what it may have, stops by itself."""
    timed = case.policy.duration_s is not None and case.info.kind is DeviceKind.CHARGER
    if (
        not timed
        or case.hours_left
        or case.by_hand
        or case.override is not None
        or case.taken is not None
    ):
        return None
    by = words.called(case)
    return Order(charging=False, owner=Owner.SMART_CHARGING, reason=words.enough(case), by=by)


def _left_alone(mind: Mind, case: Case) -> Order | None:
    """Where people ended the charge at the charger for good, the charger's mode begins no other
    one. Who starts it by hand is heard."""
    why = mind.plan.failure_condition if mind.plan is not None else None
    if mind.state is not _S.FAILED or why is not FailureCondition.STOPPED_BY_USER:
        return None
    if (
        not case.condition.dismissed
        or case.by_hand
        or case.override is not None
        or case.taken is not None
    ):
        return None
    by = words.called(case)
    return Order(charging=False, owner=Owner.MANUAL, reason=words.left_alone(case), by=by)


def _shown_enough(mind: Mind, case: Case, now: Now) -> bool:
    """Whether the end of the last plan need be shown no more."""
    long = now.mono_s - mind.changed_mono_s >= SHOWN_S
    match mind.state:
        case _S.DEADLINE_CHANGED:
            return True
        case _S.UNPLUGGED:
            return long or bool(case.condition.plugged_in)
        case _S.TURNED_OFF:
            return long or (case.policy.enabled and case.taken is None)
        case _S.FAILED:
            past = mind.plan is not None and now.at >= mind.plan.deadline
            pulled = case.condition.plugged_in is False
            edited = mind.key != key_of(case) or not case.policy.enabled
            return edited or (long and (past or pulled or case.full))
        case _:
            return long


def _idle(mind: Mind, case: Case, now: Now, *, anew: bool) -> Turn:
    """Between plans."""
    if not case.policy.enabled:
        return Turn(mind=_in(mind, _S.DISABLED, now))
    unable = _unable(case)
    if unable is not None:
        return Turn(mind=_in(mind, _S.UNKNOWN, now), problem=unable)
    was_full = mind.state in (_S.FULLY_CHARGED, _S.FINISHED) and not anew
    if case.full:
        return Turn(mind=_in(filled(mind, case), _S.FULLY_CHARGED, now), order=_enough(case))
    if was_full and not needs_again(mind, case):
        return Turn(mind=_in(mind, _S.FULLY_CHARGED, now), order=_enough(case))
    missing, deadline = considered(case).missing, case.deadline
    if missing is not None or deadline is None:
        return Turn(mind=_in(mind, _S.CONSIDERING, now), problem=missing)
    fresh = Mind(
        state=mind.state,
        changed_at=mind.changed_at,
        changed_mono_s=mind.changed_mono_s,
        plugged_in=mind.plugged_in,
        key=key_of(case),
        must=_still_owed(mind) and not anew,
        begun_with=begun(case.session),
    )
    fresh, want = want_of(fresh, case, deadline, now)
    if want is None:
        problem = "its plan is being made"
        return Turn(mind=_in(mind, _S.CONSIDERING, now), problem=problem)
    fresh = replace(
        fresh, plan=made(case, want, deadline, now, mind.plan), charging=case.condition.charging
    )
    return _act(fresh, case, want, now)


def _still_owed(mind: Mind) -> bool:
    """Whether the last plan could not be begun up to its deadline: as soon as the car can be
    charged it is, like one that was late."""
    why = mind.plan.failure_condition if mind.plan is not None else None
    return mind.state is _S.FAILED and why is FailureCondition.START_FAILED


def _unable(case: Case) -> str | None:
    """Why there can be no smart charging here at all; None if there can."""
    if not case.steerable:
        return (
            f"{case.info.name} cannot be told to charge: it takes no commands itself, and no"
            " charger of yours may be told for it"
        )
    if case.priced is False:
        return (
            f"there are no prices for {case.place};"
            " add a tariff, or a source of prices, or turn smart charging off"
        )
    return None


def _in(mind: Mind, state: SmartState, now: Now) -> Mind:
    if state is mind.state and mind.changed_at is not None:
        return mind
    return replace(mind, state=state, changed_at=now.at, changed_mono_s=now.mono_s)
