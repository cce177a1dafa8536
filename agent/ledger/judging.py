"""What becomes of a pending Action in one tick."""

from collections.abc import Collection
from typing import Final

from agent.ledger.appetite import full, satisfied, takes_nothing, untaken
from agent.ledger.proof import shows, shows_delivery, shows_limit
from agent.ledger.ways import SWITCHING, WINDOW_S, Ways, finish, give_up, parted, power_delivery
from agent.model.actions import Action, ActionKind, ActionState, Failure, FailureType
from agent.model.clock import Now
from agent.model.readings import (
    BatteryMode,
    BatteryReading,
    DeviceId,
    DeviceKind,
    PowerDelivery,
    Reading,
)
from agent.model.snapshot import Seen, Snapshot
from agent.model.targets import BatteryTarget, ChargerTarget, Owner, ReasonCode, Target

UNPLUGGED_PATIENCE_S: Final = 60.0
"""The plug state may lag behind the plug: that long a START waits for a cable."""

LIMITED: Final = (
    ReasonCode.FUSE_LIMIT,
    ReasonCode.FUSE_METER_LOST,
    ReasonCode.IMPORT_LIMIT,
    ReasonCode.GRID_OPERATOR,
    ReasonCode.UNBALANCED_LOAD,
)


def judge(
    action: Action,
    target: Target | None,
    snapshot: Snapshot,
    ways: Ways,
    busy: Collection[DeviceId],
    now: Now,
) -> Action:
    """The action as it stands: proven, overtaken, on its other way, given up, or as it was.

    Args:
        target: what the device that was told should do now.
        busy: devices with a pending action.
    """
    if action.kind is ActionKind.PROBE and now.mono_s - action.created_mono_s < action.window_s:
        return action  # its planner knows when it is over
    if _pointless(action, snapshot):
        why = f"{action.device_commanded} is not charging: the cable was pulled"
        needless = Failure(type=FailureType.UNNECESSARY, detail=why)
        return finish(action, ActionState.CANCELLED, needless, now)
    told = snapshot.get(action.device_commanded)
    if any(_proven(action, target, seen) for seen in _witnesses(action, snapshot, ways)):
        return finish(action, ActionState.CONFIRMED, None, now)
    if full(action, told, snapshot, ways):
        return finish(action, ActionState.CANCELLED, satisfied(action, ways), now)
    together = parted(action, ways, snapshot, busy, now)
    if together is not action:
        return together
    if action.kind is ActionKind.START and _waited_for_a_cable(action, told, now):
        detail = f"no car is plugged in at {action.device_commanded}"
        empty = Failure(type=FailureType.FAILED_PRECONDITION, detail=detail)
        return give_up(action, ActionState.CANCELLED, empty, ways, busy, now)
    if now.mono_s - action.created_mono_s < action.window_s:
        return action
    return _in_the_end(action, target, snapshot, ways, busy, now)


def _in_the_end(
    action: Action,
    target: Target | None,
    snapshot: Snapshot,
    ways: Ways,
    busy: Collection[DeviceId],
    now: Now,
) -> Action:
    """The action after its time is over: why it came to nothing, or on its other way."""
    told = snapshot.get(action.device_commanded)
    if target is not None and target.reason.code in LIMITED and _against(action, target):
        limited = Failure(type=FailureType.FAILED_PRECONDITION, detail=target.reason.sentence)
        return finish(action, ActionState.CANCELLED, limited, now)
    if full(action, told, snapshot, ways, over=True):
        return finish(action, ActionState.CANCELLED, satisfied(action, ways), now)
    if takes_nothing(action, told):
        return give_up(action, ActionState.CANCELLED, untaken(action), ways, busy, now)
    silent = Failure(type=FailureType.NO_RESPONSE, detail=_no_response(action))
    return give_up(action, ActionState.FAILED, silent, ways, busy, now)


def _no_response(action: Action) -> str:
    itself = action.device_commanded == action.device
    kind = action.device_kind if itself else DeviceKind.CHARGER
    window_s = action.window_s if action.spent is None else WINDOW_S[kind]
    within = f"within {window_s / 60:g} min" if window_s % 60 == 0 else f"within {window_s:.0f} s"
    if action.attempts == 0:
        return f"{action.device_commanded} could not be reached {within}"
    attempts = "1 attempt" if action.attempts == 1 else f"{action.attempts} attempts"
    return f"{action.device_commanded} did not follow {within} ({attempts})"


def _pointless(action: Action, snapshot: Snapshot) -> bool:
    """A STOP of what was unplugged meanwhile."""
    seen = snapshot.get(action.device_commanded)
    return (
        action.kind is ActionKind.STOP
        and seen is not None
        and power_delivery(seen) is PowerDelivery.UNPLUGGED
        and seen.said_after("power_delivery", action.created_mono_s)
    )


def _witnesses(action: Action, snapshot: Snapshot, ways: Ways) -> list[Seen[Reading]]:
    """Who may prove an action: the device that was told, and of a pair the other one where its
    word is newer."""
    told = snapshot.get(action.device_commanded)
    if action.kind not in SWITCHING:
        return [] if told is None else [told]
    both = {action.device, *(way.id for way in ways.get(action.device, ()))}
    others = [snapshot[d] for d in both - {action.device_commanded} if d in snapshot]
    if told is None:
        return others
    said_mono_s = told.said_mono_s.get("power_delivery", float("-inf"))
    return [told, *(each for each in others if each.said_after("power_delivery", said_mono_s))]


def _proven(action: Action, target: Target | None, seen: Seen[Reading]) -> bool:
    """Only data newer than the command counts; without a command, newer than the wish."""
    after_mono_s = action.sent_mono_s
    if after_mono_s is None:
        after_mono_s = action.created_mono_s
    match action.kind:
        case ActionKind.START | ActionKind.STOP:
            return shows_delivery(action.kind, seen, after_mono_s)
        case ActionKind.SET_OPERATION_MODE:
            battery = seen.value
            if not isinstance(battery, BatteryReading):
                return False
            if battery.operation_mode == action.value:
                return seen.said_after("operation_mode", after_mono_s)
            # Hearth follows the tariff in place of the device, in whatever mode that takes.
            plans = isinstance(target, BatteryTarget) and target.owner is not Owner.MANUAL
            by_plan = action.value == BatteryMode.TIME_OF_USE and plans
            return by_plan and target is not None and shows(target, seen, after_mono_s)
        case _:
            # What is in force is the smallest of the wish, the limits and the sun.
            if not isinstance(target, ChargerTarget) or target.max_current_a is None:
                return False
            return shows_limit(target.max_current_a, seen, after_mono_s)


def _waited_for_a_cable(action: Action, told: Seen[Reading] | None, now: Now) -> bool:
    waited_s = now.mono_s - action.created_mono_s
    return power_delivery(told) is PowerDelivery.UNPLUGGED and waited_s >= UNPLUGGED_PATIENCE_S


def _against(action: Action, target: Target) -> bool:
    match action.kind, target:
        case ActionKind.START, ChargerTarget(charging=charging):
            return not charging
        case ((ActionKind.SET_MAX_CURRENT | ActionKind.SET_CHARGE_RATE_LIMIT), ChargerTarget()):
            return True
        case _:
            return False
