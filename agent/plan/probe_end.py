"""A probe that is under way, and what ends it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent.model.actions import ActionState, Failure, FailureType
from agent.model.clock import Now
from agent.model.nothing import nothing
from agent.model.pairs import LockedBy
from agent.model.readings import DeviceId, PowerDelivery
from agent.model.snapshot import power_delivery
from agent.model.targets import ReasonCode
from agent.plan.probe_rules import FOLLOW_S, LIMITED, STEADY, ProbeView, Way, answered

MOVED_A = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One that is under way.

    Args:
        session: id of the plug-in.
        applied: its charger has been told.
        seen_mono_s: since when the charger's own data show it; its time runs from there.
        others_a: what the other chargers were let have when it began.
    """

    charger: DeviceId
    vehicle: DeviceId
    session: str
    action_id: str
    way: Way
    began_mono_s: float
    until: datetime
    applied: bool = False
    seen_mono_s: float | None = None
    others_a: Mapping[DeviceId, float] = field(default_factory=nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What becomes of the Action of a probe that is over. `failure`: None if it was made."""

    action_id: str
    state: ActionState
    failure: Failure | None = None


def over(probe: Probe, view: ProbeView, now: Now) -> tuple[bool, Ended | None]:
    """Whether it has ended, and what becomes of its Action if nobody else has ended that."""
    if probe.action_id not in view.pending:
        return True, None
    belief = view.beliefs.get(probe.charger)
    named = belief is not None and belief.vehicle is not None
    if named and belief is not None and belief.locked_by is not LockedBy.MANUAL:
        return True, Ended(action_id=probe.action_id, state=ActionState.CONFIRMED)
    failure = _broken(probe, view, now)
    if failure is not None:
        silent = failure.type is FailureType.NO_RESPONSE
        state = ActionState.FAILED if silent else ActionState.CANCELLED
        return True, Ended(action_id=probe.action_id, state=state, failure=failure)
    if probe.seen_mono_s is not None and now.mono_s - probe.seen_mono_s >= probe.way.lasts_s:
        return True, Ended(action_id=probe.action_id, state=ActionState.CONFIRMED)
    return False, None


def _broken(probe: Probe, view: ProbeView, now: Now) -> Failure | None:
    """What ends it before its time."""
    device = probe.charger
    seen = view.snapshot.get(device)
    state = power_delivery(seen, now.mono_s)
    if state is PowerDelivery.UNPLUGGED or view.sessions.get(device) != probe.session:
        return Failure(type=FailureType.UNNECESSARY, detail=f"{view.called(device)} was unplugged")
    said = answered(device, view)
    if said is not None:
        return Failure(type=FailureType.UNNECESSARY, detail=said)
    lost = seen is None or not seen.reachable
    if lost or (probe.way.to_a > 0 and state is not PowerDelivery.CHARGING):
        why = (
            f"{view.called(device)} is out of reach"
            if lost
            else f"{view.called(device)} stopped charging"
        )
        return Failure(type=FailureType.FAILED_PRECONDITION, detail=why)
    return _disturbed(probe, view) or _deaf(probe, view, now)


def applies(charger: DeviceId, view: ProbeView) -> bool:
    """Whether what the charger does is the probe's, and nobody else's."""
    own = view.targets.get(charger)
    return own is not None and own.reason.code is ReasonCode.PAIR_PROBE


def _disturbed(probe: Probe, view: ProbeView) -> Failure | None:
    for device, target in view.targets.items():
        if target.reason.code in LIMITED:
            why = f"the main fuse holds {view.called(device)} back"
            return Failure(type=FailureType.FAILED_PRECONDITION, detail=why)
    others_a = {d: mind.limit_a or 0.0 for d, mind in view.limits.items() if d != probe.charger}
    for device in sorted(others_a.keys() | probe.others_a.keys()):
        if abs(others_a.get(device, 0.0) - probe.others_a.get(device, 0.0)) > MOVED_A:
            why = f"{view.called(device)} was given another current meanwhile"
            return Failure(type=FailureType.FAILED_PRECONDITION, detail=why)
    order = view.orders.get(probe.charger)
    overruled = order is not None and (order.reason.code not in STEADY or not order.charging)
    steered = probe.applied and not applies(probe.charger, view)
    if overruled or steered or probe.charger in view.manual:
        why = f"{view.called(probe.charger)} has something else to do now"
        return Failure(type=FailureType.CONFLICT, detail=why)
    return None


def _deaf(probe: Probe, view: ProbeView, now: Now) -> Failure | None:
    if probe.seen_mono_s is not None or now.mono_s - probe.began_mono_s < FOLLOW_S:
        return None
    why = f"{view.called(probe.charger)} did not change its current within {FOLLOW_S:.0f} s"
    return Failure(type=FailureType.NO_RESPONSE, detail=why)
