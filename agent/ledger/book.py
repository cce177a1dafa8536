"""The ledger as it stands, and how one tick moves it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from agent.ledger.delivery import Delivery
from agent.ledger.delivery import step as deliver
from agent.ledger.judging import judge
from agent.ledger.proof import shows
from agent.ledger.ways import Ways, finish, give_up
from agent.model.actions import Action, ActionKind, ActionState, Failure, FailureType
from agent.model.clock import Now
from agent.model.nothing import nothing
from agent.model.readings import (
    DeviceId,
    DeviceKind,
    Reading,
)
from agent.model.snapshot import Seen, Snapshot
from agent.model.targets import BatteryTarget, ChargerTarget, Target, VehicleTarget

LIMITING = (ActionKind.SET_MAX_CURRENT, ActionKind.SET_CHARGE_RATE_LIMIT)
NO_WAYS: Ways = MappingProxyType({})


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
    ways: Ways = NO_WAYS,
) -> Step:
    """Advance everything by one tick: judge the pending Actions, deliver the Targets.

    Args:
        waiting: devices whose target must not leave yet; their deliveries stay as they are.
        ways: who can be told to charge each car.
    """
    ledger, send = _delivered(ledger, targets, kinds, snapshot, now, waiting)
    changed: list[Action] = []
    sent = {target.device for target in send}
    for device, action in ledger.pending.items():
        tried = _count_attempt(action, sent=device in sent, now=now)
        judged = judge(tried, targets.get(device), snapshot, ways, ledger.pending, now)
        if judged != action:
            ledger = ledger.put(judged)
            changed.append(judged)
    send.sort(key=_increases)
    return Step(ledger=ledger, send=tuple(send), changed=tuple(changed))


def _delivered(
    ledger: Ledger,
    targets: Mapping[DeviceId, Target],
    kinds: Mapping[DeviceId, DeviceKind],
    snapshot: Snapshot,
    now: Now,
    waiting: Collection[DeviceId],
) -> tuple[Ledger, list[Target]]:
    send: list[Target] = []
    deliveries = {d: old for d, old in ledger.deliveries.items() if d in waiting}
    for device, target in targets.items():
        if device in waiting:
            continue
        action, seen = ledger.pending.get(device), snapshot.get(device)
        old = ledger.deliveries.get(device) or _before_a_restart(target, action)
        forced = _unsaid(target, action, seen)
        new, must_send = deliver(old, target, kinds[device], seen, now, forced=forced)
        if new is not None:
            deliveries[device] = new
        if must_send:
            send.append(target)
    return replace(ledger, deliveries=MappingProxyType(deliveries)), send


def _before_a_restart(target: Target, action: Action | None) -> Delivery | None:
    """A car was told once and is not told again, because every command may wake it."""
    if not isinstance(target, VehicleTarget) or action is None or not action.attempts:
        return None
    sent_mono_s = action.created_mono_s if action.sent_mono_s is None else action.sent_mono_s
    return Delivery(
        target=target,
        first_mono_s=sent_mono_s,
        sent_mono_s=sent_mono_s,
        attempts=action.attempts,
    )


def _unsaid(target: Target, action: Action | None, seen: Seen[Reading] | None) -> bool:
    """Whether a new wish must be sent though it may change nothing: a limit, because only an
    answer to it can prove it; and each wish to a car, which is told once for each."""
    if action is None or action.attempts:
        return False
    if isinstance(target, VehicleTarget):
        return not shows(target, seen, action.created_mono_s)
    return action.kind in LIMITING


def _count_attempt(action: Action, *, sent: bool, now: Now) -> Action:
    if not sent:
        return action
    return replace(action, attempts=action.attempts + 1, sent_mono_s=now.mono_s, updated_at=now.at)


def _increases(target: Target) -> bool:
    """Reductions first: what may draw more waits behind what must draw less."""
    return isinstance(target, ChargerTarget) and target.charging


def cancel(
    ledger: Ledger, action_id: str, failure: Failure, now: Now
) -> tuple[Ledger, Action | None]:
    """Cancel a pending action; None when no pending action has that id."""
    return conclude(ledger, action_id, ActionState.CANCELLED, failure, now)


def conclude(
    ledger: Ledger, action_id: str, state: ActionState, failure: Failure | None, now: Now
) -> tuple[Ledger, Action | None]:
    """End a pending action; None when no pending action has that id."""
    for action in ledger.pending.values():
        if action.id == action_id:
            done = finish(action, state, failure, now)
            return ledger.put(done), done
    return ledger, None


def refuse(
    ledger: Ledger, target: Target, sentence: str, now: Now, ways: Ways = NO_WAYS
) -> tuple[Ledger, Action | None]:
    """The device declined a target: it is not sent again, and a wish for it goes the other way or
    is over."""
    delivery = ledger.deliveries.get(target.device)
    if delivery is not None:
        kept = {**ledger.deliveries, target.device: replace(delivery, refused=sentence)}
        ledger = replace(ledger, deliveries=MappingProxyType(kept))
    action = ledger.pending.get(target.device)
    if action is None or not _served_by(action, target):
        return ledger, None
    why = Failure(type=FailureType.FAILED_PRECONDITION, detail=_naming(target.device, sentence))
    moved = give_up(action, ActionState.CANCELLED, why, ways, ledger.pending, now)
    return ledger.put(moved), moved


def _naming(device: DeviceId, sentence: str) -> str:
    return sentence if device in sentence else f"{device}: {sentence}"


def undelivered(ledger: Ledger, target: Target) -> Ledger:
    """A target never left, because its link was down; a car, told only once, is told again."""
    delivery = ledger.deliveries.get(target.device)
    if delivery is None or delivery.target != target or not isinstance(target, VehicleTarget):
        return ledger
    again = {**ledger.deliveries, target.device: replace(delivery, undelivered=True)}
    return replace(ledger, deliveries=MappingProxyType(again))


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


def drop_device(ledger: Ledger, device: DeviceId, now: Now) -> tuple[Ledger, tuple[Action, ...]]:
    """A device was taken out of the house; what was asked or told of it is over."""
    why = Failure(type=FailureType.NOT_FOUND, detail=f"{device} is no longer in the config file")
    done = [
        finish(action, ActionState.CANCELLED, why, now)
        for action in ledger.pending.values()
        if device in (action.device, action.device_commanded)
    ]
    for action in done:
        ledger = ledger.put(action)
    return ledger, tuple(done)


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
    ledger, ended = Ledger(), list[Action]()
    for action in sorted(last, key=lambda each: each.updated_at):
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
        missing = [d for d in (moved.device, moved.device_commanded) if d not in devices]
        if missing:
            ledger, gone = drop_device(ledger, missing[0], now)
            ended += gone
    return ledger, tuple(ended)
