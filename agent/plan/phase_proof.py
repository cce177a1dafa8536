"""What the measured currents say of a change of phases. Pure."""

from dataclasses import replace

from agent.model.clock import Now
from agent.model.readings import ChargerReading
from agent.model.snapshot import Seen
from agent.plan.phase_memory import ASKED_AGAIN_S, Kept, PhaseMemory
from agent.plan.settings import ChargerSettings
from agent.plan.shares import SETTLE_S, carrying, drawn, flowing

PROVE_S = 120.0
"""Some cars begin on one phase and take the others after a while."""
STEADY_S = 30.0
SLACK_A = 1.0
NOTHING_W = 100.0


def observed(
    mind: PhaseMemory, seen: Seen[ChargerReading], own: ChargerSettings, now: Now
) -> PhaseMemory:
    """With what the charger's currents tell of its phases and of the car's."""
    state = seen.value
    if mind.since_mono_s is None and mind.used is not None and mind.used < own.phases:
        mind = _taken_over(mind, state, now)
    if _fell_back(mind, seen, own):
        mind = replace(mind.switched(own.phases, now), stage_mono_s=None)
    mind = replace(mind, idle_mono_s=_idle_mono_s(mind, state, own, now))
    if not flowing(state) or mind.goal is not None:
        return replace(mind, flow_mono_s=None)
    after_mono_s = float("-inf") if mind.since_mono_s is None else mind.since_mono_s + SETTLE_S
    if not state.phases or not seen.said_after("phases", after_mono_s):
        return _unseen(mind, now) if mind.uncertain else mind
    if mind.used is not None and mind.used < own.phases:
        return _on_one(mind, seen, state.phases, own, now)
    return _on_all(mind, state, state.phases, now)


def _taken_over(mind: PhaseMemory, state: ChargerReading, now: Now) -> PhaseMemory:
    """After a restart of the machine: after a power cut chargers go on with all their phases, and
    what charges so is not told another number under current. Else it is told the same again."""
    if flowing(state) and (state.phases or 0) > 1:
        return replace(mind, used=None)
    return replace(mind, since_mono_s=now.mono_s)


def _fell_back(mind: PhaseMemory, seen: Seen[ChargerReading], own: ChargerSettings) -> bool:
    """Whether it is back on all its phases without a word of ours: it was away for so long that
    its limit ended. They count, and are proven, like any other change."""
    if mind.used is None or mind.used >= own.phases or mind.goal is not None:
        return False
    since_mono_s = float("-inf") if mind.since_mono_s is None else mind.since_mono_s
    later = seen.said_after("phases_told", since_mono_s + SETTLE_S)
    return later and seen.value.phases_told == own.phases


def _idle_mono_s(
    mind: PhaseMemory, state: ChargerReading, own: ChargerSettings, now: Now
) -> float | None:
    since_mono_s = mind.idle_mono_s
    if flowing(state) and (state.power_w is None or state.power_w >= NOTHING_W):
        return None
    if since_mono_s is not None and now.mono_s - since_mono_s >= ASKED_AGAIN_S:
        since_mono_s = None
    if (state.accepted_current_a or 0.0) >= own.min_a:
        return now.mono_s if since_mono_s is None else since_mono_s
    return since_mono_s if mind.idle(now.mono_s) else None


def _unseen(mind: PhaseMemory, now: Now) -> PhaseMemory:
    """It charges, and nobody sees on how many phases."""
    mind = _running(mind, now)
    return replace(mind, kept=mind.kept or Kept.BLIND) if _long_enough(mind, now) else mind


def _on_one(
    mind: PhaseMemory, seen: Seen[ChargerReading], count: int, own: ChargerSettings, now: Now
) -> PhaseMemory:
    if count == 1:
        mind = replace(mind, proven=carrying(seen.value), flow_mono_s=None)
        return replace(mind, ceiling_a=_ceiling_a(mind, seen))
    mind = _running(replace(mind, proven=()), now)
    if not _long_enough(mind, now):
        return mind
    back = mind.switched(own.phases, now)
    return replace(back, proven=carrying(seen.value), car=count, kept=Kept.WRONG, stage_mono_s=None)


def _on_all(mind: PhaseMemory, state: ChargerReading, count: int, now: Now) -> PhaseMemory:
    if count > 1:
        return replace(mind, proven=carrying(state), car=count, flow_mono_s=None)
    if not mind.uncertain or mind.since_mono_s is None:
        proven = mind.proven or carrying(state)
        return replace(mind, car=mind.car or 1, proven=proven, flow_mono_s=None)
    mind = _running(mind, now)
    if not _long_enough(mind, now):
        return mind
    known = (mind.car or 1) > 1
    kept = Kept.WRONG if known else Kept.LONE
    return replace(mind, proven=carrying(state), kept=mind.kept or kept, car=mind.car or 1)


def _running(mind: PhaseMemory, now: Now) -> PhaseMemory:
    return mind if mind.flow_mono_s is not None else replace(mind, flow_mono_s=now.mono_s)


def _long_enough(mind: PhaseMemory, now: Now) -> bool:
    return mind.flow_mono_s is not None and now.mono_s - mind.flow_mono_s >= PROVE_S


def _ceiling_a(mind: PhaseMemory, seen: Seen[ChargerReading]) -> float | None:
    """What the car takes on one phase where more was offered for a while."""
    offered_a = seen.value.accepted_current_a
    told_mono_s = seen.said_mono_s.get("accepted_current_a")
    if offered_a is None or told_mono_s is None:
        return mind.ceiling_a
    if not seen.said_after("power_w", told_mono_s + STEADY_S):
        return mind.ceiling_a
    drawn_a = max(drawn(seen.value).values(), default=0.0)
    if drawn_a >= offered_a - SLACK_A:  # it takes what it gets
        return None if mind.ceiling_a is not None and drawn_a > mind.ceiling_a else mind.ceiling_a
    return drawn_a
