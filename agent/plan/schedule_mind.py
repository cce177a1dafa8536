"""One schedule against what its target does: ask, wait, retry, or give way. Pure.

1. In a new stretch (a transition, an edit, a car that was plugged in, an override that ended) a
   difference is nobody's doing: an Action is asked for at once, and after a failure again after
   5, 15 and then every 30 minutes.
2. Once target and schedule have agreed for good, a difference is somebody's doing at the car or at
   the charger: the schedule gives way at once, tries once after 2 minutes to undo it, and if it
   comes again leaves the target alone until the stretch ends or the car is unplugged.
3. What keeps its peace for half an hour after that one try has a try again.
"""

from dataclasses import dataclass, replace

from agent.model.actions import Action, ActionKind, ActionState, FailureType
from agent.model.clock import Now
from agent.model.schedules import ScheduleState
from agent.plan.condition import Condition
from agent.plan.schedule_memory import Mind

SETTLED_AFTER_S = 60.0
"""Cars and chargers flicker for a while after a plug-in."""
RETRY_AFTER_S = 120.0
AFTER_FAILURE_S = (300.0, 900.0, 1800.0)
UNANSWERED_S = 60.0
"""An Action that was asked for and never made counts as failed."""
PEACE_S = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What one schedule finds in one tick.

    Args:
        newest: the newest Action that a schedule asked of this target.
        rival: the pending Action at the steered device, whoever asked.
        held_back: our own limits keep the device from charging, although it was told to.
    """

    should_charge: bool
    condition: Condition
    newest: Action | None = None
    rival: Action | None = None
    held_back: bool = False

    @property
    def kind(self) -> ActionKind:
        return ActionKind.START if self.should_charge else ActionKind.STOP


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Args:
    ask: whether an Action of the case's kind shall be made now.
    charging: what the device shall be told.
    wake_s: when time alone will change this, in seconds from now.
    problem: what stands in the way, in one sentence.
    """

    mind: Mind
    state: ScheduleState
    charging: bool
    ask: bool = False
    wake_s: float | None = None
    problem: str | None = None


def judge(mind: Mind, case: Case, now: Now) -> Verdict:
    """What to do about one target now."""
    condition, want = case.condition, case.should_charge
    if condition.plugged_in is False:
        fresh = Mind(key=mind.key, until=mind.until, since_mono_s=mind.since_mono_s)
        return Verdict(mind=fresh, state=ScheduleState.ALIGNED, charging=want)
    if condition.problem is not None or condition.charging is None:
        charging = want != _yields(mind)
        state = ScheduleState.INCAPABLE
        return Verdict(mind=mind, state=state, charging=charging, problem=condition.problem)
    if condition.charging == want or (want and not condition.needs_charge):
        return _aligned(mind, case, now)
    mind = replace(mind, aligned_mono_s=None)
    if case.held_back:
        mind = replace(mind, settled=False, yields_mono_s=None)
        problem = "there is no room for this charge under the limits of the house"
        return Verdict(mind=mind, state=ScheduleState.RETRYING, charging=want, problem=problem)
    mine = _mine(mind, case)
    if mine is not None and mine.pending:
        return Verdict(mind=mind, state=ScheduleState.REQUESTED, charging=want)
    mind = _concluded(mind, mine, now)
    if mind.manual:
        return Verdict(mind=mind, state=ScheduleState.MANUAL_OVERRIDE, charging=not want)
    if mind.yields_mono_s is not None or (mind.settled and not (want and condition.starting)):
        return _disturbed(mind, case, now)
    return _not_yet(mind, case, now)


def _yields(mind: Mind) -> bool:
    return mind.manual or mind.yields_mono_s is not None


def _mine(mind: Mind, case: Case) -> Action | None:
    """The Action that serves this stretch, pending or just ended."""
    newest = case.newest
    if newest is None or newest.kind is not case.kind:
        return None
    asked = mind.asked_mono_s is not None and newest.id != mind.asked_after
    return newest if newest.pending or asked else None


def _aligned(mind: Mind, case: Case, now: Now) -> Verdict:
    since_s = now.mono_s if mind.aligned_mono_s is None else mind.aligned_mono_s
    lasted_s = now.mono_s - since_s
    mine = _mine(mind, case)
    done = mine is not None and mine.state is ActionState.CONFIRMED
    agree = case.condition.charging == case.should_charge
    mind = replace(
        mind,
        aligned_mono_s=since_s,
        settled=mind.settled or (agree and (done or lasted_s >= SETTLED_AFTER_S)),
        asked_mono_s=mind.asked_mono_s if mine is not None and mine.pending else None,
        failures=0,
        failed_mono_s=None,
        yields_mono_s=None,
        retried_mono_s=mind.retried_mono_s if lasted_s < PEACE_S else None,
    )
    return Verdict(mind=mind, state=ScheduleState.ALIGNED, charging=case.should_charge)


def _concluded(mind: Mind, mine: Action | None, now: Now) -> Mind:
    """Draw the lesson from the Action that was asked for, if it has ended."""
    if mind.asked_mono_s is None:
        return mind
    if mine is None:
        late = now.mono_s - mind.asked_mono_s >= UNANSWERED_S
        return _failed(mind, now) if late else mind
    over = replace(mind, asked_mono_s=None)
    failure = mine.failure.type if mine.failure is not None else None
    if mine.state is ActionState.CONFIRMED or failure is FailureType.REQUESTED_CANCELLATION:
        return replace(over, settled=True)
    if failure is FailureType.CONFLICT:
        return over
    return _failed(over, now)


def _failed(mind: Mind, now: Now) -> Mind:
    return replace(
        mind,
        asked_mono_s=None,
        failures=mind.failures + 1,
        failed_mono_s=now.mono_s,
        manual=mind.retried_mono_s is not None,
    )


def _disturbed(mind: Mind, case: Case, now: Now) -> Verdict:
    want = case.should_charge
    if mind.retried_mono_s is not None:
        mind = replace(mind, manual=True, yields_mono_s=None)
        return Verdict(mind=mind, state=ScheduleState.MANUAL_OVERRIDE, charging=not want)
    since_s = now.mono_s if mind.yields_mono_s is None else mind.yields_mono_s
    left_s = since_s + RETRY_AFTER_S - now.mono_s
    if left_s > 0:
        mind = replace(mind, yields_mono_s=since_s)
        state = ScheduleState.RETRYING
        return Verdict(mind=mind, state=state, charging=not want, wake_s=left_s)
    mind = replace(mind, settled=False, yields_mono_s=None, retried_mono_s=now.mono_s)
    return _ask(mind, case, now)


def _not_yet(mind: Mind, case: Case, now: Now) -> Verdict:
    want = case.should_charge
    if mind.asked_mono_s is not None:
        left_s = mind.asked_mono_s + UNANSWERED_S - now.mono_s
        state = ScheduleState.REQUESTED
        return Verdict(mind=mind, state=state, charging=want, wake_s=left_s)
    if mind.failed_mono_s is not None and mind.failures:
        pause_s = AFTER_FAILURE_S[min(mind.failures, len(AFTER_FAILURE_S)) - 1]
        left_s = mind.failed_mono_s + pause_s - now.mono_s
        if left_s > 0:
            state = ScheduleState.RETRYING
            return Verdict(mind=mind, state=state, charging=want, wake_s=left_s)
    return _ask(mind, case, now)


def _ask(mind: Mind, case: Case, now: Now) -> Verdict:
    """Ask for an Action, unless another one that does not go against it is still under way."""
    rival, want = case.rival, case.should_charge
    against = (ActionKind.STOP if want else ActionKind.START,)
    if rival is not None and rival.kind not in against:
        return Verdict(mind=mind, state=ScheduleState.REQUESTED, charging=want)
    before = case.newest.id if case.newest is not None else None
    mind = replace(mind, asked_mono_s=now.mono_s, asked_after=before)
    state = ScheduleState.REQUESTED
    return Verdict(mind=mind, state=state, charging=want, ask=True, wake_s=UNANSWERED_S)
