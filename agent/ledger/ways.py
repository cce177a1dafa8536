"""The ways to charge a car: the charger on which it hangs, and the car itself.

1. An Action for a car that one of them does not carry out goes on with the other, once; only when
   both are spent it ends, and says of both why.
2. What neither could carry out, for the fuse or a full car, is not tried with the other.
3. A car that left its charger: its Action goes on with the car itself, or with the charger on which
   it hangs now. Where the cable was pulled there is nothing left to try.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from agent.model.actions import Action, ActionKind, ActionState, Failure, FailureType
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.readings import DeviceId, DeviceKind, PowerDelivery, Reading
from agent.model.snapshot import Seen, Snapshot

Ways = Mapping[DeviceId, tuple[DeviceInfo, ...]]
"""Vehicle -> who can be told to charge it now, its charger first."""

SWITCHING: Final = (ActionKind.START, ActionKind.STOP)
WINDOW_S: Final = {
    DeviceKind.CHARGER: 300.0,
    DeviceKind.BATTERY: 120.0,
    DeviceKind.VEHICLE: 1800.0,
}


def finish(action: Action, state: ActionState, failure: Failure | None, now: Now) -> Action:
    """The action in a final state; one that failed says of every way why."""
    if failure is not None and state is not ActionState.CONFIRMED and action.spent is not None:
        failure = replace(failure, detail=f"{action.spent}; then {failure.detail}")
    return replace(action, state=state, failure=failure, updated_at=now.at, completed_at=now.at)


def give_up(
    action: Action,
    state: ActionState,
    failure: Failure,
    ways: Ways,
    busy: Collection[DeviceId],
    now: Now,
) -> Action:
    """The action on the other way, if there is one that was not tried; else in its final state.

    Args:
        busy: devices with a pending action; they take no other.
    """
    other = _other(action, ways, busy)
    if other is None:
        return finish(action, state, failure, now)
    return replace(
        action,
        device_commanded=other.id,
        attempts=0,
        window_s=now.mono_s - action.created_mono_s + WINDOW_S[other.kind],
        spent=failure.detail,
        updated_at=now.at,
    )


def _other(action: Action, ways: Ways, busy: Collection[DeviceId]) -> DeviceInfo | None:
    if action.kind not in SWITCHING or action.spent is not None:
        return None
    left = [way for way in ways.get(action.device, ()) if way.id != action.device_commanded]
    return next((way for way in left if way.id not in busy), None)


def parted(
    action: Action, ways: Ways, snapshot: Snapshot, busy: Collection[DeviceId], now: Now
) -> Action:
    """The action after its car has left the charger that was told; the same if it has not."""
    charger = action.device_commanded
    if charger == action.device or any(charger == way.id for way in ways.get(action.device, ())):
        return action
    if power_delivery(snapshot.get(charger)) is PowerDelivery.UNPLUGGED:
        gone = Failure(
            type=FailureType.UNNECESSARY
            if action.kind is ActionKind.STOP
            else FailureType.FAILED_PRECONDITION,
            detail=f"{action.device} was unplugged from {charger}",
        )
        return finish(action, ActionState.CANCELLED, gone, now)
    lost = Failure(
        type=FailureType.FAILED_PRECONDITION,
        detail=f"{action.device} is no longer known to be plugged into {charger}",
    )
    return give_up(action, ActionState.CANCELLED, lost, ways, busy, now)


def power_delivery(seen: Seen[Reading] | None) -> PowerDelivery | None:
    """What a charger or a car said last of its plug."""
    return None if seen is None else getattr(seen.value, "power_delivery", None)
