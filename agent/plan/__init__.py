"""decide(): limits first, wishes second. Pure, deterministic, replayable from a log."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from agent.model.clock import Now
from agent.model.picture import JournalEntry
from agent.model.readings import (
    BatteryReading,
    ChargerReading,
    DeviceId,
    DeviceKind,
    PowerDelivery,
)
from agent.model.snapshot import Seen, Snapshot
from agent.model.targets import (
    BatteryTarget,
    ChargerTarget,
    InverterTarget,
    ReasonCode,
    Target,
)
from agent.model.wishes import BatteryOrder, Order, Wishes
from agent.plan import exporting, flows, phases, vehicle
from agent.plan.allocation import round_down
from agent.plan.bridge import helping
from agent.plan.curtail import curtailed
from agent.plan.deaf import heeding
from agent.plan.discharge import capped
from agent.plan.envelope import guarded, room
from agent.plan.exporting import cap_of
from agent.plan.fitting import batteries, fitted
from agent.plan.lines import Room
from agent.plan.memory import ChargerMemory, Memory
from agent.plan.meters import watch
from agent.plan.phase_memory import NOTHING_SAID, PhaseMemory
from agent.plan.phase_words import called
from agent.plan.proposals import Sun, propose
from agent.plan.settings import UNKNOWN_CHARGER, ChargerSettings, PlanSettings
from agent.plan.shares import drawn, loaded
from agent.plan.sunlight import Left, on_sun, promised_w, taken_w
from agent.plan.untaken import Proposal

__all__ = ["Decision", "Memory", "PlanSettings", "decide"]

NO_ORDERS: Mapping[DeviceId, Order] = MappingProxyType({})
NO_MIND = ChargerMemory()
NO_PROMISES: Mapping[DeviceId, float] = MappingProxyType({})
NO_BATTERY_ORDERS: Mapping[DeviceId, BatteryOrder] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Args:
    targets: what each device should do; a device without one is left alone.
    journal: changes of decision, at most one per device.
    """

    targets: Mapping[DeviceId, Target]
    memory: Memory
    journal: tuple[JournalEntry, ...]


def decide(
    snapshot: Snapshot,
    wishes: Wishes,
    settings: PlanSettings,
    memory: Memory,
    now: Now,
    orders: Mapping[DeviceId, Order] = NO_ORDERS,
    caps: Mapping[DeviceId, Order] = NO_ORDERS,
    battery_orders: Mapping[DeviceId, BatteryOrder] = NO_BATTERY_ORDERS,
    *,
    feed_in_unwanted: bool = False,
) -> Decision:
    """What every device should do now, and why.

    Args:
        orders: what overrides, schedules and plans want of chargers; and of cars that take
            commands themselves, what anybody asked of them.
        caps: chargers that are to draw less than they would for a while; see probe.py.
        battery_orders: what the plan wants of batteries that no person has given a mode.
        feed_in_unwanted: whether feeding in costs money now.
    """
    memory = replace(memory, meters=watch(guarded(settings), memory.meters, snapshot, now))
    in_force = [order for order in wishes.grid_orders if order.holds(now)]
    space = room(snapshot, settings, memory, now, in_force)
    proposals = _proposals(snapshot, wishes, settings, memory, space, now, orders, caps)
    cars = fitted(snapshot, settings, proposals, space, now)
    stored, kept = batteries(snapshot, wishes, battery_orders, settings, memory, space, cars, now)
    flow = exporting.flow(snapshot, settings, memory, now)
    hard, seen = cap_of(settings, in_force), flows.of_kind(snapshot, BatteryReading)
    stored, out = capped(stored, seen, memory.out, hard, flow, now)
    stored, bridges = helping(stored, snapshot, settings, memory.bridges, space, now)
    cap = cap_of(settings, in_force, unwanted=feed_in_unwanted)
    roofs, sun = curtailed(snapshot, settings, memory.sun, memory.said, cap, flow, now)
    targets: dict[DeviceId, Target] = {**cars.targets, **stored, **roofs}
    for info in settings.devices:
        if info.kind is DeviceKind.VEHICLE and info.startable:
            wanted_of_car = vehicle.target(info.id, snapshot.get(info.id), orders.get(info.id))
            if wanted_of_car is not None:
                targets[info.id] = wanted_of_car
    said, told_mono_s, journal = _journal(targets, memory, now)
    after = replace(
        memory,
        phases=MappingProxyType(_phases(snapshot, settings, memory, proposals)),
        chargers=MappingProxyType(cars.minds),
        said=MappingProxyType(said),
        told_mono_s=MappingProxyType(told_mono_s),
        batteries=MappingProxyType(kept),
        bridges=MappingProxyType(bridges),
        sun=sun,
        out=out,
    )
    return Decision(targets=MappingProxyType(targets), memory=after, journal=journal)


def _proposals(
    snapshot: Snapshot,
    wishes: Wishes,
    settings: PlanSettings,
    memory: Memory,
    space: Room,
    now: Now,
    orders: Mapping[DeviceId, Order],
    caps: Mapping[DeviceId, Order],
) -> dict[DeviceId, Proposal]:
    """Only chargers with a car and within reach; the others hold their fallback by themselves."""
    chargers = flows.of_kind(snapshot, ChargerReading)
    asked = {
        device: chargers[device]
        for device in sorted(chargers, key=lambda name: -_own(settings, name).priority)
        if _may_charge(device, chargers[device], wishes, settings)
    }
    left = _sunlight(asked, snapshot, wishes, settings, memory, now, orders)
    result: dict[DeviceId, Proposal] = {}
    for device, seen in asked.items():
        wish, own = wishes.chargers[device], settings.chargers[device]
        mind, sun_w = _adopted(memory.chargers.get(device, NO_MIND), seen, own), left.of(device)
        sun, order = Sun(surplus_w=sun_w, settled=space.settled), orders.get(device)
        phased = None
        if own.switching is not None:
            demand = phases.demand(wish, own, sun_w, order, settled=space.settled)
            before = memory.phases.get(device, NOTHING_SAID)
            phased = phases.step(before, seen, own, own.switching, demand, now)
        proposal = propose(seen, wish, own, sun, mind, now, order, phased)
        if on_sun(wish, order):
            count = phased.count if phased else seen.value.phases or own.phases
            left = left.without(device, taken_w(seen, proposal.amps, count, mind.ceiling_a))
        result[device] = heeding(_capped(proposal, caps.get(device)), seen, own, space, now)
    return result


def _may_charge(
    device: DeviceId, seen: Seen[ChargerReading], wishes: Wishes, settings: PlanSettings
) -> bool:
    known = device in wishes.chargers and device in settings.chargers
    return known and seen.reachable and _has_car(seen)


def _sunlight(
    asked: Mapping[DeviceId, Seen[ChargerReading]],
    snapshot: Snapshot,
    wishes: Wishes,
    settings: PlanSettings,
    memory: Memory,
    now: Now,
    orders: Mapping[DeviceId, Order],
) -> Left:
    """How much sun there is for the chargers that live on it."""
    sunny = {d: s for d, s in asked.items() if on_sun(wishes.chargers[d], orders.get(d))}
    sun_w = flows.surplus_w(
        snapshot, settings.grid_meter, settings.devices, now.mono_s, tuple(sunny)
    )
    if sun_w is None:
        return Left(sun_w=None, promised_w=NO_PROMISES)
    sun_w += memory.sun.hidden_w
    if settings.battery_first_percent:
        sun_w -= flows.reserved_w(snapshot, settings.devices, settings.battery_first_percent)
    promised = {}
    for device, seen in sunny.items():
        own, phased = settings.chargers[device], memory.phases.get(device, NOTHING_SAID)
        count = len(loaded(seen.value, own, phased))
        promised[device] = promised_w(seen, wishes.chargers[device], own.min_a, count)
    return Left(sun_w=sun_w - sum(promised.values()), promised_w=promised)


def _phases(
    snapshot: Snapshot,
    settings: PlanSettings,
    memory: Memory,
    proposals: Mapping[DeviceId, Proposal],
) -> dict[DeviceId, PhaseMemory]:
    """What is remembered of phases; of a charger without a car, no more than of its contactor."""
    found: dict[DeviceId, PhaseMemory] = {}
    chargers = flows.of_kind(snapshot, ChargerReading)
    for device, own in settings.chargers.items():
        proposal, mind = proposals.get(device), memory.phases.get(device)
        if own.switching is not None and proposal is not None and proposal.phased is not None:
            found[device] = proposal.phased
        elif own.switching is not None and mind is not None:
            seen = chargers.get(device)
            gone = seen is not None and seen.value.power_delivery is PowerDelivery.UNPLUGGED
            found[device] = mind.parted() if gone else mind.waiting()
    return found


def _own(settings: PlanSettings, device: DeviceId) -> ChargerSettings:
    return settings.chargers.get(device, UNKNOWN_CHARGER)


def _capped(proposal: Proposal, cap: Order | None) -> Proposal:
    """Only ever less than was proposed; who steers the charger stays the same."""
    if cap is None or cap.most_a is None or cap.most_a >= proposal.amps:
        return proposal
    return replace(proposal, amps=cap.most_a, reason=cap.reason)


def _adopted(
    mind: ChargerMemory, seen: Seen[ChargerReading], own: ChargerSettings
) -> ChargerMemory:
    """A charge that ran before we came is taken for ours, so that nothing interrupts it."""
    if mind.limit_a is not None or seen.value.power_delivery is not PowerDelivery.CHARGING:
        return mind
    limit_a = seen.value.max_current_a or max(drawn(seen.value, own.phases).values(), default=0.0)
    return replace(mind, limit_a=round_down(limit_a)) if limit_a else mind


def _has_car(seen: Seen[ChargerReading]) -> bool:
    state = seen.value.power_delivery
    return state not in (None, PowerDelivery.UNPLUGGED, PowerDelivery.UNKNOWN)


_CHANGEABLE = frozenset({ReasonCode.PLAN_SUN, ReasonCode.PLAN_CHARGE, ReasonCode.PLAN_KEEPS})
"""Which of them holds changes with every cloud, though the charge goes on."""

_PATIENCE_S = 300.0


def _journal(
    targets: Mapping[DeviceId, Target], memory: Memory, now: Now
) -> tuple[dict[DeviceId, str], dict[DeviceId, float], tuple[JournalEntry, ...]]:
    """One entry per change of decision: another reason or another deed, not another ampere, and not
    every cloud."""
    said, told_mono_s, entries = dict[DeviceId, str](), dict[DeviceId, float](), []
    for device, target in targets.items():
        decided, before = f"{target.reason.code} {_deed(target)}", memory.said.get(device)
        told_s = memory.told_mono_s.get(device)
        if before is not None and (decided == before or _flaps(before, decided, told_s, now)):
            said[device] = before
            if told_s is not None:
                told_mono_s[device] = told_s
            continue
        said[device], told_mono_s[device] = decided, now.mono_s
        does = describe(target)
        entries.append(JournalEntry(at=now.at, device=device, reason=target.reason, does=does))
    return said, told_mono_s, tuple(entries)


def _flaps(before: str, decided: str, told_mono_s: float | None, now: Now) -> bool:
    """Whether only the reason has changed, and so soon that it may change back."""
    if told_mono_s is None or now.mono_s - told_mono_s >= _PATIENCE_S:
        return False
    (was, had), (code, deed) = before.split(" ", 1), decided.split(" ", 1)
    return had == deed and {was, code} <= _CHANGEABLE


def _deed(target: Target) -> str:
    match target:
        case BatteryTarget(mode=mode):
            return mode
        case InverterTarget(max_power_w=power_w):
            return "free" if power_w is None else "limit"
        case ChargerTarget(charging=True, phases=count) if count is not None:
            return f"charge on {count}"
        case _:
            return "charge" if target.charging else "pause"


def describe(target: Target) -> str:
    """What a Target asks for in a few words, e.g. "charge at 13 A"."""
    match target:
        case BatteryTarget(mode=mode, power_w=power_w):
            return mode if power_w is None else f"{mode} at {power_w:.0f} W"
        case InverterTarget(max_power_w=power_w):
            return "give all" if power_w is None else f"give {power_w:.0f} W at most"
        case ChargerTarget(charging=True, max_current_a=amps, phases=count) if amps is not None:
            where = "" if count is None else f" on {called(count)}"
            return f"charge at {amps:.1f} A{where}"
        case _:
            return "charge" if target.charging else "pause"
