"""One stretch of a plan against what the car does: ask, wait, retry, or give way. Pure.

1. A difference in a new stretch is nobody's doing: an Action is asked for at once, after a failure
   again after 5, 15 and then every 30 minutes; a stop is given up after three.
2. Within half an hour of the latest start, and after it, a start that fails is tried again after
   half a minute, each time on another path: as always, through the car itself, by an override. A
   car that takes nothing of what it is offered is asked every 5 minutes once each was tried.
3. Once car and plan have agreed for good, a difference is somebody's doing. A charge that was
   stopped is started again after 5 minutes, one that was started is stopped after 2; when it
   comes a second time, the person has the last word and the plan has failed. A car that only
   pauses is offered its current all the while.
4. That a car which nobody knows takes nothing of what it is offered is never a person's doing: it
   may be full, or have a timer of its own. It is offered its current, and is not asked.
"""

from dataclasses import dataclass, replace

from agent.model.actions import Action, ActionKind, ActionState, FailureType
from agent.model.clock import Now
from agent.model.readings import DeviceId
from agent.model.smart import FailureCondition, SmartState
from agent.plan.smart.case import Case
from agent.plan.smart.memory import Mind, Phase

SETTLED_AFTER_S = 60.0
HESITATES_S = 60.0
"""Phases are switched, cars hesitate: a shorter pause is none."""
START_AGAIN_S = 300.0
STOP_AGAIN_S = 120.0
AFTER_FAILURE_S = (300.0, 900.0, 1800.0)
NEXT_PATH_S = 30.0
UNANSWERED_S = 60.0
"""An Action that was asked for and never made counts as failed."""
STOPS_TRIED = 3
HAD_ENOUGH = 2
"""So often somebody undoes the same until it is left to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Args:
    steered: whom to tell. override: by a smart override.
    """

    kind: ActionKind
    steered: DeviceId
    override: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pursuit:
    """
    Args:
        yields: the device is told to do what somebody else wants.
        failed: the plan is given up.
        wake_s: when time alone changes this, in seconds from now.
        problem: what stands in the way, in one sentence.
    """

    mind: Mind
    state: SmartState
    ask: Ask | None = None
    yields: bool = False
    failed: FailureCondition | None = None
    wake_s: float | None = None
    problem: str | None = None


def pursue(mind: Mind, case: Case, *, charging: bool, pressing: bool, now: Now) -> Pursuit:
    """What to do so that the car charges, or does not.

    Args:
        pressing: it is tried on every path.
    """
    phase = mind.phase
    if phase is None or phase.charging is not charging or _moved(phase, case):
        phase = Phase(charging=charging, steered=case.steered, since_mono_s=now.mono_s)
        mind = replace(mind, phase=phase)
    found = case.condition
    if found.problem is not None or found.charging is None or case.steered is None:
        return _in_the_dark(mind, case, phase)
    if found.charging is charging:
        return _agreed(mind, case, phase, now)
    phase = replace(phase, agreed_mono_s=None)
    if case.held_back and charging:
        mind = replace(mind, phase=replace(phase, settled=False, broken_mono_s=None))
        problem = "there is no room for this charge under the limits of the house"
        return Pursuit(mind=mind, state=_under_way(mind, charging=True), problem=problem)
    mine = _mine(phase, case)
    if mine is not None and mine.pending:
        return Pursuit(mind=replace(mind, phase=phase), state=_asking(phase))
    phase = _concluded(phase, mine, now)
    mind = replace(mind, phase=phase)
    if charging and case.stranger and case.refuses:
        return _declined(mind, case, phase, now)
    if phase.settled and not (charging and found.starting):
        return _undone(mind, case, phase, pressing=pressing, now=now)
    return _not_yet(mind, case, phase, pressing=pressing, now=now)


def _moved(phase: Phase, case: Case) -> bool:
    """Whether the car turns out to hang on another charger, whose deeds are nobody's doing."""
    return None not in (phase.steered, case.steered) and phase.steered != case.steered


def _asking(phase: Phase) -> SmartState:
    return SmartState.STARTING if phase.charging else SmartState.STOPPING


def _under_way(mind: Mind, *, charging: bool) -> SmartState:
    """A charge that has begun is under way, also while it has to pause."""
    begun = mind.plan is not None and mind.plan.start_confirmed_at is not None
    if charging:
        return SmartState.STARTED if begun else SmartState.STARTING
    return SmartState.STOPPING


def _in_the_dark(mind: Mind, case: Case, phase: Phase) -> Pursuit:
    """Nobody can tell what the car does; what was so is taken to be so still."""
    known = mind.state
    fits = known.executing and known is not SmartState.OVERRIDDEN
    state = known if fits else _asking(phase)
    return Pursuit(mind=mind, state=state, problem=case.condition.problem)


def _agreed(mind: Mind, case: Case, phase: Phase, now: Now) -> Pursuit:
    since_s = now.mono_s if phase.agreed_mono_s is None else phase.agreed_mono_s
    mine, state = _mine(phase, case), SmartState.STARTED if phase.charging else SmartState.STOPPED
    if phase.settled and phase.agreed_mono_s is not None and phase.asked_mono_s is None:
        return Pursuit(mind=mind, state=state)
    done = mine is not None and mine.state is ActionState.CONFIRMED
    phase = replace(
        phase,
        agreed_mono_s=since_s,
        settled=phase.settled or done or now.mono_s - since_s >= SETTLED_AFTER_S,
        asked_mono_s=phase.asked_mono_s if mine is not None and mine.pending else None,
        failures=0,
        failed_mono_s=None,
        broken_mono_s=None,
    )
    return Pursuit(mind=replace(mind, phase=phase), state=state)


def _mine(phase: Phase, case: Case) -> Action | None:
    """The Action that serves this stretch, pending or just ended."""
    newest = case.newest
    if newest is None or newest.kind is not _kind(phase):
        return None
    asked = phase.asked_mono_s is not None and newest.id != phase.asked_after
    return newest if newest.pending or asked else None


def _kind(phase: Phase) -> ActionKind:
    return ActionKind.START if phase.charging else ActionKind.STOP


def _concluded(phase: Phase, mine: Action | None, now: Now) -> Phase:
    """Draw the lesson from the Action that was asked for, if it has ended."""
    if phase.asked_mono_s is None:
        return phase
    if mine is None:
        late = now.mono_s - phase.asked_mono_s >= UNANSWERED_S
        return _failed(phase, now) if late else phase
    over = replace(phase, asked_mono_s=None)
    failure = mine.failure.type if mine.failure is not None else None
    if mine.state is ActionState.CONFIRMED or failure is FailureType.REQUESTED_CANCELLATION:
        return replace(over, settled=True)
    return over if failure is FailureType.CONFLICT else _failed(over, now)


def _failed(phase: Phase, now: Now) -> Phase:
    return replace(phase, asked_mono_s=None, failures=phase.failures + 1, failed_mono_s=now.mono_s)


def _undone(mind: Mind, case: Case, phase: Phase, *, pressing: bool, now: Now) -> Pursuit:
    """Somebody has undone what had been settled."""
    since_s = now.mono_s if phase.broken_mono_s is None else phase.broken_mono_s
    lasted_s = now.mono_s - since_s
    phase = replace(phase, broken_mono_s=since_s)
    mind = replace(mind, phase=phase)
    yields = not phase.charging or case.condition.dismissed
    if phase.charging and lasted_s < HESITATES_S:
        wake_s = HESITATES_S - lasted_s
        return Pursuit(mind=mind, state=SmartState.STARTED, yields=yields, wake_s=wake_s)
    patience_s = START_AGAIN_S if phase.charging else STOP_AGAIN_S
    if lasted_s < patience_s:
        state = SmartState.CHARGE_INTERRUPTED if phase.charging else SmartState.STARTED
        return Pursuit(
            mind=mind,
            state=state,
            yields=yields,
            wake_s=patience_s - lasted_s,
            problem=_takes_nothing(case) if phase.charging else None,
        )
    stopped, started = mind.stopped_by_user, mind.started_by_user
    if phase.charging:
        stopped, condition = stopped + 1, FailureCondition.STOPPED_BY_USER
    else:
        started, condition = started + 1, FailureCondition.STARTED_BY_USER
    mind = replace(mind, stopped_by_user=stopped, started_by_user=started)
    if max(stopped, started) >= HAD_ENOUGH:
        return Pursuit(mind=mind, state=mind.state, failed=condition)
    phase = replace(phase, settled=False, broken_mono_s=None)
    return _ask(mind, case, phase, pressing=pressing, now=now)


def _declined(mind: Mind, case: Case, phase: Phase, now: Now) -> Pursuit:
    """A stranger takes nothing, and may still begin, or go on."""
    if not phase.settled:
        problem = _takes_nothing(case)
        return Pursuit(mind=mind, state=_under_way(mind, charging=True), problem=problem)
    since_s = now.mono_s if phase.broken_mono_s is None else phase.broken_mono_s
    mind = replace(mind, phase=replace(phase, broken_mono_s=since_s))
    left_s = since_s + HESITATES_S - now.mono_s
    if left_s > 0:
        return Pursuit(mind=mind, state=SmartState.STARTED, wake_s=left_s)
    state = SmartState.CHARGE_INTERRUPTED
    return Pursuit(mind=mind, state=state, problem=_takes_nothing(case))


def _takes_nothing(case: Case) -> str | None:
    if not case.refuses:
        return None
    return (
        f"{case.info.name} takes nothing although it is offered;"
        " look whether a timer is set in the car"
    )


def _not_yet(mind: Mind, case: Case, phase: Phase, *, pressing: bool, now: Now) -> Pursuit:
    if phase.asked_mono_s is not None:
        wake_s = phase.asked_mono_s + UNANSWERED_S - now.mono_s
        return Pursuit(mind=mind, state=_asking(phase), wake_s=wake_s)
    if phase.failures and phase.failed_mono_s is not None:
        state = SmartState.START_FAILED if phase.charging else SmartState.STOP_FAILED
        if not phase.charging and phase.failures >= STOPS_TRIED:
            return Pursuit(mind=mind, state=state, failed=FailureCondition.STOP_FAILED)
        plan = mind.plan
        if phase.charging and plan is not None and now.at >= plan.deadline:
            return Pursuit(mind=mind, state=state, failed=FailureCondition.START_FAILED)
        pause_s = AFTER_FAILURE_S[min(phase.failures, len(AFTER_FAILURE_S)) - 1]
        if pressing and phase.charging:
            poked = case.refuses and phase.failures >= len(paths(case))
            pause_s = AFTER_FAILURE_S[0] if poked else NEXT_PATH_S
        left_s = phase.failed_mono_s + pause_s - now.mono_s
        if left_s > 0:
            problem = _takes_nothing(case)
            return Pursuit(mind=mind, state=state, wake_s=left_s, problem=problem)
    return _ask(mind, case, phase, pressing=pressing, now=now)


def _ask(mind: Mind, case: Case, phase: Phase, *, pressing: bool, now: Now) -> Pursuit:
    """Ask for an Action, unless another one that does not go against it is still under way."""
    rival, state = case.rival, _asking(phase)
    against = ActionKind.STOP if phase.charging else ActionKind.START
    if rival is not None and rival.kind is not against:
        return Pursuit(mind=replace(mind, phase=phase), state=state)
    before = case.newest.id if case.newest is not None else None
    ways = paths(case) if pressing and phase.charging else paths(case)[:1]
    steered, override = ways[phase.failures % len(ways)]
    phase = replace(phase, asked_mono_s=now.mono_s, asked_after=before)
    ask = Ask(kind=_kind(phase), steered=steered, override=override)
    return Pursuit(mind=replace(mind, phase=phase), state=state, ask=ask, wake_s=UNANSWERED_S)


def paths(case: Case) -> tuple[tuple[DeviceId, bool], ...]:
    """By whom a car can be made to charge, the usual one first, and whether by an override."""
    usual = case.steered or case.device
    itself = ((case.device, False),) if case.itself and usual != case.device else ()
    return ((usual, False), *itself, (case.device, True))
