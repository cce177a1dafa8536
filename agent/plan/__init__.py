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
    Owner,
    Reason,
    ReasonCode,
    Target,
)
from agent.model.units import watts_from_amps
from agent.model.wishes import BatteryWish, Order, Wishes
from agent.plan import battery, flows, vehicle
from agent.plan.allocation import Want, fit, fit_unsettled, round_down
from agent.plan.envelope import Room, drawn, room, watch_meter
from agent.plan.memory import ChargerMemory, Memory
from agent.plan.proposals import Proposal, Sun, propose
from agent.plan.settings import PlanSettings

__all__ = ["Decision", "Memory", "PlanSettings", "decide"]

CHANGE_A = 0.05
RAISE_A = 1.0
MARGIN_SHARE = 0.3
NO_ORDERS: Mapping[DeviceId, Order] = MappingProxyType({})


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
) -> Decision:
    """What every device should do now, and why.

    Args:
        orders: what overrides, schedules and plans want of chargers; and of cars that take
            commands themselves, what anybody asked of them.
        caps: chargers that are to draw less than they would for a while; see probe.py.
    """
    memory = replace(memory, meter=watch_meter(snapshot, settings, memory, now))
    space = room(snapshot, settings, memory, now)
    proposals = _proposals(snapshot, wishes, settings, memory, space, now, orders)
    proposals = {d: _capped(each, caps.get(d)) for d, each in proposals.items()}
    targets, minds = _fit(snapshot, settings, proposals, space, now)
    batteries = flows.of_kind(snapshot, BatteryReading)
    for device in flows.ids(settings.devices, DeviceKind.BATTERY):
        wish = wishes.batteries.get(device, BatteryWish())
        wanted = battery.target(device, batteries.get(device), wish)
        if wanted is not None:
            targets[device] = wanted
    for info in settings.devices:
        if info.kind is DeviceKind.VEHICLE and info.startable:
            wanted_of_car = vehicle.target(info.id, snapshot.get(info.id), orders.get(info.id))
            if wanted_of_car is not None:
                targets[info.id] = wanted_of_car
    said, journal = _journal(targets, memory, now)
    after = replace(memory, chargers=MappingProxyType(minds), said=MappingProxyType(said))
    return Decision(targets=MappingProxyType(targets), memory=after, journal=journal)


def _proposals(
    snapshot: Snapshot,
    wishes: Wishes,
    settings: PlanSettings,
    memory: Memory,
    space: Room,
    now: Now,
    orders: Mapping[DeviceId, Order],
) -> dict[DeviceId, Proposal]:
    """Only chargers with a car and within reach; the others hold their fallback by themselves."""
    sun_w = surplus_w(snapshot, settings, now)
    result: dict[DeviceId, Proposal] = {}
    for device, seen in flows.of_kind(snapshot, ChargerReading).items():
        wish, own = wishes.chargers.get(device), settings.chargers.get(device)
        if wish is None or own is None or not seen.reachable or not _has_car(seen):
            continue
        mind = _adopted(memory.chargers.get(device, ChargerMemory()), seen)
        sun = Sun(surplus_w=sun_w, settled=space.settled)
        proposal = propose(seen, wish, own, sun, mind, now, orders.get(device))
        if sun_w is not None and proposal.reason.code is ReasonCode.SURPLUS:
            # Sun is given away once: the first solar charger in the file takes what it can.
            phases = seen.value.phases or own.phases
            sun_w -= watts_from_amps(proposal.amps, phases)
        result[device] = proposal
    return result


def _capped(proposal: Proposal, cap: Order | None) -> Proposal:
    """Only ever less than was proposed; who steers the charger stays the same."""
    if cap is None or cap.most_a is None or cap.most_a >= proposal.amps:
        return proposal
    return replace(proposal, amps=cap.most_a, reason=cap.reason)


def _adopted(mind: ChargerMemory, seen: Seen[ChargerReading]) -> ChargerMemory:
    """A charge that ran before we came is taken for ours, so that nothing interrupts it."""
    if mind.limit_a is not None or seen.value.power_delivery is not PowerDelivery.CHARGING:
        return mind
    limit_a = seen.value.max_current_a or max(drawn(seen.value).values(), default=0.0)
    return replace(mind, limit_a=round_down(limit_a)) if limit_a else mind


def surplus_w(snapshot: Snapshot, settings: PlanSettings, now: Now) -> float | None:
    """Sun that the house itself does not use: what the chargers draw and the battery takes,
    less what comes from the grid. The car goes before the battery, and is never fed by it.

    A charger whose power nobody knows counts as a part of the house, which makes the surplus
    of the others smaller, never larger. Unknown without the grid meter.
    """
    grid_w = flows.grid_w(snapshot, settings.grid_meter, now.mono_s)
    if grid_w is None:
        return None
    chargers = flows.of_kind(snapshot, ChargerReading).values()
    cars_w = sum(flows.charger_w(seen, now.mono_s) or 0.0 for seen in chargers)
    batteries = flows.ids(settings.devices, DeviceKind.BATTERY)
    battery_w = flows.battery_w(snapshot, batteries, now.mono_s)
    return cars_w - grid_w + (battery_w or 0.0)


def _has_car(seen: Seen[ChargerReading]) -> bool:
    state = seen.value.power_delivery
    return state not in (None, PowerDelivery.UNPLUGGED, PowerDelivery.UNKNOWN)


def _fit(
    snapshot: Snapshot,
    settings: PlanSettings,
    proposals: Mapping[DeviceId, Proposal],
    space: Room,
    now: Now,
) -> tuple[dict[DeviceId, Target], dict[DeviceId, ChargerMemory]]:
    chargers = flows.of_kind(snapshot, ChargerReading)
    wants = []
    for device, proposal in proposals.items():
        own, before = settings.chargers[device], proposal.memory.limit_a
        most_a = proposal.amps
        if space.code is ReasonCode.FUSE_METER_LOST:
            most_a = min(most_a, own.min_a)
        wants.append(
            Want(
                device=device,
                amps=most_a,
                min_a=own.min_a,
                now_a=before or 0.0,
                phases=chargers[device].value.phases or own.phases,
            )
        )
    if space.settled:
        given = fit(wants, space.per_phase_a)
    else:
        given = fit_unsettled(wants, space.per_phase_a, space.safe_a)
    targets: dict[DeviceId, Target] = {}
    minds: dict[DeviceId, ChargerMemory] = {}
    for device, proposal in proposals.items():
        mind = proposal.memory
        slack_a = settings.margin_a * MARGIN_SHARE / len(proposals)
        amps = _steady(given[device], mind.limit_a, proposal.amps, slack_a)
        reason, owner = proposal.reason, proposal.owner
        if amps < proposal.amps - CHANGE_A:
            reason, owner = _limited(amps, proposal, space, settings), Owner.SAFETY
        if mind.limit_a is None or abs(amps - mind.limit_a) >= CHANGE_A:
            mind = mind.limited(amps, now.mono_s)
        minds[device] = mind
        targets[device] = ChargerTarget(
            device=device,
            charging=amps > 0,
            max_current_a=amps,
            hard_stop=settings.chargers[device].hard_stop and reason.code is ReasonCode.MANUAL_STOP,
            owner=owner,
            reason=reason,
        )
    return targets, minds


def _steady(amps: float, before_a: float | None, wanted_a: float, slack_a: float) -> float:
    """Keep a fuse-limited current through the small change of the house: rise by RAISE_A or to
    the wish, fall when more than this charger's part of the fuse's margin would be used."""
    if not before_a or not amps or before_a > wanted_a:
        return amps
    if amps < before_a:
        return before_a if before_a - amps < slack_a else amps
    return before_a if amps < min(before_a + RAISE_A, wanted_a - CHANGE_A) else amps


def _limited(amps: float, proposal: Proposal, space: Room, settings: PlanSettings) -> Reason:
    does = f"Charging at {amps:.1f} A" if amps else "Not charging"
    if space.code is ReasonCode.FUSE_METER_LOST:
        why = f"the meter that guards the main fuse is silent ({settings.grid_meter})"
    elif not space.settled:
        why = "the grid meter has yet to show the last change under the main fuse"
    else:
        load_a = max(space.grid_a.values(), default=0.0)
        why = (
            f"the main fuse of {settings.fuse_a:g} A leaves no more room"
            f" ({load_a:.1f} A flow on the busiest phase)"
        )
    return Reason(
        code=space.code,
        sentence=f"{does}: {why}; {proposal.amps:.1f} A were wanted.",
        inputs={"wanted_a": proposal.amps, "fuse_a": settings.fuse_a}
        | {f"grid_l{p}_a": round(a, 1) for p, a in space.grid_a.items()},
    )


def _journal(
    targets: Mapping[DeviceId, Target], memory: Memory, now: Now
) -> tuple[dict[DeviceId, str], tuple[JournalEntry, ...]]:
    """One entry per change of decision: another reason or another deed, not another ampere."""
    said: dict[DeviceId, str] = {}
    entries = []
    for device, target in targets.items():
        deed = _deed(target)
        said[device] = f"{target.reason.code} {deed}"
        if memory.said.get(device) != said[device]:
            does = describe(target)
            entries.append(JournalEntry(at=now.at, device=device, reason=target.reason, does=does))
    return said, tuple(entries)


def _deed(target: Target) -> str:
    match target:
        case BatteryTarget(mode=mode):
            return mode
        case _:
            return "charge" if target.charging else "pause"


def describe(target: Target) -> str:
    """What a Target asks for in a few words, e.g. "charge at 13 A"."""
    match target:
        case BatteryTarget(mode=mode, power_w=power_w):
            return mode if power_w is None else f"{mode} at {power_w:.0f} W"
        case ChargerTarget(charging=True, max_current_a=amps) if amps is not None:
            return f"charge at {amps:.1f} A"
        case _:
            return "charge" if target.charging else "pause"
