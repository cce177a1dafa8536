"""The ledger as it stands, and how one tick moves it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from agent.ledger.delivery import Delivery
from agent.ledger.delivery import step as deliver
from agent.ledger.proof import shows_delivery, shows_limit
from agent.model.actions import Action, ActionKind, ActionState, Failure, FailureType
from agent.model.clock import Now
from agent.model.nothing import nothing
from agent.model.readings import (
    BatteryReading,
    DeviceId,
    DeviceKind,
    PowerDelivery,
    Reading,
    VehicleReading,
)
from agent.model.snapshot import Seen, Snapshot
from agent.model.targets import BatteryTarget, ChargerTarget, ReasonCode, Target

UNPLUGGED_PATIENCE_S = 60.0
"""The plug state may lag behind the plug: that long a START waits for a cable."""

LIMITING = (ActionKind.SET_MAX_CURRENT, ActionKind.SET_CHARGE_RATE_LIMIT)
LIMITED = (ReasonCode.FUSE_LIMIT, ReasonCode.FUSE_METER_LOST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Args:
    pending: at most one Action per device that is commanded.
    last: the last finished one per device.
    deliveries: per device the Target that was last handed to its link.
    """

    pending: Mapping[DeviceId, Action] = field(default_factory=nothing)
    last: Mapping[DeviceId, Action] = field(default_factory=nothing)
    deliveries: Mapping[DeviceId, Delivery] = field(default_factory=nothing)

    def put(self, action: Action) -> "Ledger":
        """File an action under its device, among the pending or the finished ones."""
        device = action.device_commanded
        pending = {d: a for d, a in self.pending.items() if a.id != action.id}
        last = dict(self.last)
        if action.pending:
            pending[device] = action
        else:
            last[device] = action
        return replace(self, pending=MappingProxyType(pending), last=MappingProxyType(last))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Args:
    send: targets to hand to their links now; reductions stand before increases.
    changed: actions that moved.
    """

    ledger: Ledger
    send: tuple[Target, ...] = ()
    changed: tuple[Action, ...] = ()


def step(
    ledger: Ledger,
    targets: Mapping[DeviceId, Target],
    kinds: Mapping[DeviceId, DeviceKind],
    snapshot: Snapshot,
    now: Now,
    waiting: Collection[DeviceId] = (),
) -> Step:
    """Advance everything by one tick: judge the pending Actions, deliver the Targets.

    Args:
        waiting: devices whose target must not leave yet; their deliveries stay as they are.
    """
    send: list[Target] = []
    changed: list[Action] = []
    deliveries = {d: old for d, old in ledger.deliveries.items() if d in waiting}
    for device, target in targets.items():
        if device in waiting:
            continue
        old = ledger.deliveries.get(device)
        seen, forced = snapshot.get(device), _unsaid(ledger.pending.get(device))
        new, must_send = deliver(old, target, kinds[device], seen, now, forced=forced)
        if new is not None:
            deliveries[device] = new
        if must_send:
            send.append(target)
    ledger = replace(ledger, deliveries=MappingProxyType(deliveries))
    sent = {target.device for target in send}
    for device, action in ledger.pending.items():
        tried = _count_attempt(action, sent=device in sent, now=now)
        judged = _judge(tried, targets.get(device), snapshot, now)
        if judged != action:
            ledger = ledger.put(judged)
            changed.append(judged)
    send.sort(key=_increases)
    return Step(ledger=ledger, send=tuple(send), changed=tuple(changed))


def _unsaid(action: Action | None) -> bool:
    """Whether a new limit has not been sent yet: it is, even where it changes nothing now,
    because only an answer to it can prove it."""
    return action is not None and action.attempts == 0 and action.kind in LIMITING


def _count_attempt(action: Action, *, sent: bool, now: Now) -> Action:
    if not sent:
        return action
    return replace(action, attempts=action.attempts + 1, sent_mono_s=now.mono_s, updated_at=now.at)


def _judge(action: Action, target: Target | None, snapshot: Snapshot, now: Now) -> Action:
    seen = snapshot.get(action.device_commanded)
    if seen is not None and _proven(action, target, seen):
        return finish(action, ActionState.CONFIRMED, None, now)
    overtaken = _overtaken(action, seen, snapshot.get(action.device), now)
    if overtaken is not None:
        return finish(action, ActionState.CANCELLED, overtaken, now)
    if now.mono_s - action.created_mono_s < action.window_s:
        return action
    if target is not None and target.reason.code in LIMITED and _against(action, target):
        why = Failure(type=FailureType.FAILED_PRECONDITION, detail=target.reason.sentence)
        return finish(action, ActionState.CANCELLED, why, now)
    if action.attempts == 0:
        detail = f"{action.device_commanded} could not be reached within {action.window_s:.0f} s"
    else:
        detail = (
            f"{action.device_commanded} did not follow within {action.window_s:.0f} s"
            f" ({action.attempts} attempts)"
        )
    why = Failure(type=FailureType.NO_RESPONSE, detail=detail)
    return finish(action, ActionState.FAILED, why, now)


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
            return (
                isinstance(battery, BatteryReading)
                and battery.operation_mode == action.value
                and seen.said_after("operation_mode", after_mono_s)
            )
        case _:
            # What is in force is the smallest of the wish, the limits and the sun.
            if not isinstance(target, ChargerTarget) or target.max_current_a is None:
                return False
            return shows_limit(target.max_current_a, seen, after_mono_s)


def _overtaken(
    action: Action, seen: Seen[Reading] | None, asked: Seen[Reading] | None, now: Now
) -> Failure | None:
    """Whether the wish has become pointless or impossible meanwhile.

    Args:
        seen, asked: the device that was told, and the one it was asked of.
    """
    state = getattr(seen.value, "power_delivery", None) if seen is not None else None
    waited_s = now.mono_s - action.created_mono_s
    if action.kind is ActionKind.START:
        car = None if asked is None else asked.value
        if isinstance(car, VehicleReading) and car.power_delivery is PowerDelivery.COMPLETE:
            return Failure(type=FailureType.UNNECESSARY, detail=f"{action.device} is fully charged")
        if state is PowerDelivery.UNPLUGGED and waited_s >= UNPLUGGED_PATIENCE_S:
            return Failure(
                type=FailureType.FAILED_PRECONDITION,
                detail=f"no car is plugged in at {action.device_commanded}",
            )
    return None


def _against(action: Action, target: Target) -> bool:
    match action.kind, target:
        case ActionKind.START, ChargerTarget(charging=charging):
            return not charging
        case ((ActionKind.SET_MAX_CURRENT | ActionKind.SET_CHARGE_RATE_LIMIT), ChargerTarget()):
            return True
        case _:
            return False


def _increases(target: Target) -> bool:
    """Reductions first: what may draw more waits behind what must draw less."""
    return isinstance(target, ChargerTarget) and target.charging


def finish(action: Action, state: ActionState, failure: Failure | None, now: Now) -> Action:
    """The action in a final state."""
    return replace(action, state=state, failure=failure, updated_at=now.at, completed_at=now.at)


def cancel(
    ledger: Ledger, action_id: str, failure: Failure, now: Now
) -> tuple[Ledger, Action | None]:
    """Cancel a pending action; None when no pending action has that id."""
    for action in ledger.pending.values():
        if action.id == action_id:
            done = finish(action, ActionState.CANCELLED, failure, now)
            return ledger.put(done), done
    return ledger, None


def refuse(ledger: Ledger, target: Target, sentence: str, now: Now) -> tuple[Ledger, Action | None]:
    """The device declined a target: it is not sent again, and a wish for it is over."""
    delivery = ledger.deliveries.get(target.device)
    if delivery is not None:
        kept = {**ledger.deliveries, target.device: replace(delivery, refused=sentence)}
        ledger = replace(ledger, deliveries=MappingProxyType(kept))
    action = ledger.pending.get(target.device)
    if action is None or not _served_by(action, target):
        return ledger, None
    why = Failure(type=FailureType.FAILED_PRECONDITION, detail=sentence)
    done = finish(action, ActionState.CANCELLED, why, now)
    return ledger.put(done), done


def _served_by(action: Action, target: Target) -> bool:
    match target:
        case BatteryTarget(mode=mode):
            return action.value == mode
        case ChargerTarget(charging=charging):
            return action.kind not in (ActionKind.START, ActionKind.STOP) or charging == (
                action.kind is ActionKind.START
            )
        case _:
            return True


def drop_device(ledger: Ledger, device: DeviceId, now: Now) -> tuple[Ledger, Action | None]:
    """A device was taken out of the house."""
    action = ledger.pending.get(device)
    if action is None:
        return ledger, None
    why = Failure(type=FailureType.NOT_FOUND, detail=f"{device} is no longer in the config file")
    done = finish(action, ActionState.CANCELLED, why, now)
    return ledger.put(done), done


def restore(
    pending: tuple[Action, ...],
    last: tuple[Action, ...],
    devices: Mapping[DeviceId, DeviceKind],
    now: Now,
    boot_id: str,
) -> tuple[Ledger, tuple[Action, ...]]:
    """The ledger after a restart.

    Monotonic instants of another boot are translated through the wall clock; time that the
    machine was off counts towards the window. Nothing is sent blindly: the deliveries start
    empty, so a device that is found as wanted is left in peace.

    Returns:
        The ledger, and the actions that ended because their device is gone.
    """
    ledger, ended = Ledger(), []
    for action in last:
        ledger = ledger.put(action)
    for action in pending:
        moved = action
        if action.boot_id != boot_id:
            passed_s = max(0.0, (now.at - action.created_at).total_seconds())
            moved = replace(
                action,
                created_mono_s=now.mono_s - passed_s,
                sent_mono_s=None,
                boot_id=boot_id,
            )
        ledger = ledger.put(moved)
        if action.device_commanded not in devices:
            ledger, gone = drop_device(ledger, action.device_commanded, now)
            if gone is not None:
                ended.append(gone)
    return ledger, tuple(ended)
