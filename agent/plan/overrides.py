"""Smart overrides: charge now, whatever schedules and plans say, until charging ends. Pure.

1. One override per device; on a pair one covers the car and its charger. Asking again while it
   runs gives the same one.
2. It begins an ordinary START. It ends when its target stops charging for any reason, once it has
   charged (60 s count, a shorter pause is none, and nobody begins a charge again that was ended at
   the charger); when the cable is pulled; when its START fails or
   is cancelled, or somebody asks for a STOP; and by hand.
3. A target that is not plugged in is waited for 60 s, and so is a car of which nobody knows any
   more on which charger it hangs.
4. Ending it stops nothing by itself: the target goes to whoever steers it then.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from agent.model.actions import Action, ActionKind, ActionState, FailureType, RequestedBy
from agent.model.clock import Now
from agent.model.nothing import nothing
from agent.model.readings import DeviceId, DeviceKind, PowerDelivery
from agent.model.schedules import Override
from agent.model.snapshot import Snapshot
from agent.model.targets import Owner, Reason, ReasonCode
from agent.model.wishes import Order
from agent.plan.condition import Condition, acting, condition

IDLE_S = 60.0
"""That long a charge may pause (phases are switched, the car hesitates) before it has ended."""

Running = Mapping[DeviceId, Override]
"""The running overrides, each under the device that it was asked of."""

_PEOPLE = (RequestedBy.USER, RequestedBy.CLOUD)
_GOES_ON = (FailureType.UNNECESSARY, FailureType.CONFLICT)
"""Charging already; or a newer Action of another kind (a limit) took over, which is no stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Args:
    ended: those that ended in this tick, with `ended_at`, and the sentence why.
    orders: by the device that is steered.
    next_at: when time alone ends one, as far as can be told.
    """

    running: Running
    ended: tuple[tuple[Override, str], ...] = ()
    orders: Mapping[DeviceId, Order] = field(default_factory=nothing)
    next_at: datetime | None = None


def covering(running: Running, charger_of: Mapping[DeviceId, DeviceId]) -> Running:
    """The override of each device, on a pair under both; a device's own goes first."""
    shared = dict(running)
    for vehicle, charger in charger_of.items():
        one = running.get(vehicle) or running.get(charger)
        if one is not None:
            shared.setdefault(vehicle, one)
            shared.setdefault(charger, one)
    return MappingProxyType(shared)


def start(
    running: Running,
    device: DeviceId,
    kind: DeviceKind,
    charger_of: Mapping[DeviceId, DeviceId],
    override_id: str,
    now: Now,
) -> tuple[Running, Override, bool]:
    """Begin an override.

    Returns:
        The running ones, the override, and whether it is new; a new one needs its START, whose id
        is given with `began`. One that runs already is returned as it is.
    """
    old = covering(running, charger_of).get(device)
    if old is not None:
        return running, old, False
    new = Override(
        id=override_id,
        device=device,
        device_kind=kind,
        created_at=now.at,
        idle_mono_s=now.mono_s,
    )
    return MappingProxyType({**running, device: new}), new, True


def began(running: Running, override: Override, action_id: str) -> tuple[Running, Override]:
    """Note the START that an override began."""
    known = replace(override, action_id=action_id)
    return MappingProxyType({**running, override.device: known}), known


def end(
    running: Running, device: DeviceId, charger_of: Mapping[DeviceId, DeviceId], now: Now
) -> tuple[Running, Override | None]:
    """End the override that covers a device; None when there is none (404). Its START, if still
    pending, is to be cancelled with REQUESTED_CANCELLATION."""
    old = covering(running, charger_of).get(device)
    if old is None:
        return running, None
    left = {name: each for name, each in running.items() if each.id != old.id}
    return MappingProxyType(left), replace(old, ended_at=now.at)


def step(
    running: Running,
    snapshot: Snapshot,
    charger_of: Mapping[DeviceId, DeviceId],
    startable: Collection[DeviceId],
    actions: Mapping[str, Action],
    now: Now,
) -> Step:
    """Advance all overrides by one tick.

    Args:
        charger_of: vehicle -> charger, for activated pairs that may route commands.
        startable: vehicles that take commands themselves.
        actions: by id, all pending ones and the last finished ones of each device.
    """
    after, ended = dict[DeviceId, Override](), list[tuple[Override, str]]()
    orders, wakes = dict[DeviceId, Order](), list[datetime]()
    for name, override in running.items():
        steered = acting(override.device, override.device_kind, charger_of, startable)
        found = condition(override.device, steered, snapshot, charger_of, now.mono_s)
        moved = _watched(override, found, steered, now)
        why = _pulled(moved, steered, snapshot) or _why_over(moved, found, steered, actions, now)
        if why is not None:
            ended.append((replace(moved, ended_at=now.at), why))
            continue
        if steered is not None:
            moved = replace(moved, steered=steered)
        after[name] = moved
        if steered is not None:
            ending = moved.seen_charging and found.dismissed
            orders.setdefault(steered, _order(override, steered, ending=ending))
        if moved.idle_mono_s is not None and moved.idle_mono_s + IDLE_S > now.mono_s:
            wakes.append(now.later(moved.idle_mono_s + IDLE_S - now.mono_s).at)
    return Step(
        running=MappingProxyType(after),
        ended=tuple(ended),
        orders=MappingProxyType(orders),
        next_at=min(wakes, default=None),
    )


def _pulled(override: Override, steered: DeviceId | None, snapshot: Snapshot) -> str | None:
    """Whether the car left the charger that it was on, which ends the pair in the same moment."""
    before = override.steered
    if before is None or before == steered or not override.seen_plugged_in:
        return None
    seen = snapshot.get(before)
    state = None if seen is None else getattr(seen.value, "power_delivery", None)
    return f"{before} was unplugged" if state is PowerDelivery.UNPLUGGED else None


def _watched(override: Override, found: Condition, steered: DeviceId | None, now: Now) -> Override:
    if found.charging is None and steered is not None:
        return override  # nobody knows: neither a charge nor its end
    if found.charging and steered is not None:
        return replace(override, seen_charging=True, seen_plugged_in=True, idle_mono_s=None)
    idle_mono_s = now.mono_s if override.idle_mono_s is None else override.idle_mono_s
    plugged_in = override.seen_plugged_in or found.plugged_in is True
    return replace(override, seen_plugged_in=plugged_in, idle_mono_s=idle_mono_s)


def _why_over(
    override: Override,
    found: Condition,
    steered: DeviceId | None,
    actions: Mapping[str, Action],
    now: Now,
) -> str | None:
    """Why an override has ended, in one sentence; None while it goes on."""
    own = actions.get(override.action_id or "")
    stop = any(
        action.pending and action.kind is ActionKind.STOP and action.requested_by in _PEOPLE
        for action in actions.values()
        if action.device_commanded == steered or action.device in (override.device, steered)
    )
    if stop:
        return "somebody asked for a stop"
    if own is not None and own.state in (ActionState.FAILED, ActionState.CANCELLED):
        failure = own.failure
        if failure is None or failure.type not in _GOES_ON:
            return failure.detail if failure is not None else "its start did not work"
    if found.plugged_in is False and override.seen_plugged_in:
        return f"{steered} was unplugged"
    if (steered is not None and found.charging is not False) or override.idle_mono_s is None:
        return None
    if now.mono_s - override.idle_mono_s < IDLE_S:
        return None
    if steered is None:
        return found.problem
    if override.seen_charging:
        return f"{steered} has stopped charging"
    if found.plugged_in is False:
        return f"no car is plugged in at {steered}"
    waits = own is not None and own.pending
    return None if waits else f"{steered} did not begin to charge"


def _order(override: Override, steered: DeviceId, *, ending: bool) -> Order:
    """Charge; but a charge that somebody has ended at the charger is not begun again."""
    text = "Charging because somebody asked to charge now; it goes on until the charge ends."
    if ending:
        text = "Not charging: somebody has ended the charge that somebody asked for."
    reason = Reason(code=ReasonCode.OVERRIDE, sentence=text, inputs={"override": override.id})
    whose = "" if override.device == steered else f" of {override.device}"
    return Order(
        charging=not ending, owner=Owner.OVERRIDE, reason=reason, by=f"a smart override{whose}"
    )


def resume(known: Iterable[Override], now: Now) -> Running:
    """The overrides after a restart: whatever they were seen to do is to be seen again, and a
    pause counts anew."""
    return MappingProxyType(
        {
            each.device: replace(
                each, seen_charging=False, seen_plugged_in=False, idle_mono_s=now.mono_s
            )
            for each in known
        }
    )
