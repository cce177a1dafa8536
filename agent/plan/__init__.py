"""decide(): limits first, wishes second. Pure, deterministic, replayable from a log."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from agent.model.clock import Now
from agent.model.limits import GridOrder
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
    Input,
    Owner,
    Reason,
    ReasonCode,
    Target,
)
from agent.model.units import watts_from_amps
from agent.model.wishes import BatteryWish, Order, Wishes
from agent.plan import battery, flows, vehicle
from agent.plan.allocation import Want, fit, fit_unsettled, round_down, take, tightest
from agent.plan.envelope import Line, Room, guarded, loads_of, room
from agent.plan.memory import ChargerMemory, Memory
from agent.plan.meters import watch
from agent.plan.proposals import Proposal, Sun, propose
from agent.plan.settings import PlanSettings
from agent.plan.shares import drawn

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
    memory = replace(memory, meters=watch(guarded(settings), memory.meters, snapshot, now))
    space = room(snapshot, settings, memory, now, _in_force(wishes.grid_orders, now))
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
    sun_w = flows.surplus_w(snapshot, settings.grid_meter, settings.devices, now.mono_s)
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


def _in_force(orders: Iterable[GridOrder], now: Now) -> tuple[GridOrder, ...]:
    return tuple(o for o in orders if o.ends_at is None or o.ends_at > now.at)


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
    lost = frozenset().union(*(line.chargers for line in space.lines.values() if line.lost))
    wants = []
    for device, proposal in proposals.items():
        own, before = settings.chargers[device], proposal.memory.limit_a
        phases = own.mains_phases(chargers[device].value.phases)
        wants.append(
            Want(
                device=device,
                amps=min(proposal.amps, own.min_a) if device in lost else proposal.amps,
                min_a=own.min_a,
                now_a=before or 0.0,
                loads=loads_of(device, phases, space),
            )
        )
    if space.settled:
        given = fit(wants, space.room)
    else:
        given = fit_unsettled(wants, space.room, space.safe)
    limits = _limits(wants, given, space)
    targets: dict[DeviceId, Target] = {}
    minds: dict[DeviceId, ChargerMemory] = {}
    for device, proposal in proposals.items():
        mind = proposal.memory
        slack_a = settings.margin_a * MARGIN_SHARE / len(proposals)
        amps = _steady(given[device], mind.limit_a, proposal.amps, slack_a)
        reason, owner = proposal.reason, proposal.owner
        if amps < proposal.amps - CHANGE_A:
            reason, owner = _limited(amps, proposal, limits.get(device), space), Owner.SAFETY
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


def _limits(
    wants: Sequence[Want], given: Mapping[DeviceId, float], space: Room
) -> dict[DeviceId, Line]:
    """By charger the line that leaves it no more."""
    left = space.room
    for want in wants:
        take(want, given[want.device], left)
    found: dict[DeviceId, Line] = {}
    for want in wants:
        blind = (n for n in want.loads if space.lines[n].lost)
        name = next(blind, None) or tightest(want, left)
        if name is not None:
            found[want.device] = space.lines[name]
    return found


def _limited(amps: float, proposal: Proposal, line: Line | None, space: Room) -> Reason:
    does = f"Charging at {amps:.1f} A" if amps else "Not charging"
    code = ReasonCode.FUSE_LIMIT if line is None else line.code
    if line is not None and line.lost is not None:
        why = f"the meter that guards {line.words.rsplit(' of ', 1)[0]} is silent ({line.lost})"
    elif line is None or not space.settled:
        guards = "the fuse" if line is None else line.words.rsplit(" of ", 1)[0]
        why = f"the meter has yet to show the last change under {guards}"
    else:
        why = f"{line.words} leaves no more room"
        if line.flows_a is not None:
            busiest_a = max(
                (each.flows_a or 0.0 for each in space.lines.values() if each.words == line.words),
                default=line.flows_a,
            )
            why += f" ({busiest_a:.1f} A flow on the busiest phase)"
    inputs: dict[str, Input] = {
        "wanted_a": proposal.amps,
        "limit": "" if line is None else line.words,
    }
    inputs |= {f"grid_l{p}_a": round(a, 1) for p, a in space.grid_a.items()}
    return Reason(
        code=code,
        sentence=f"{does}: {why}; {proposal.amps:.1f} A were wanted.",
        inputs=inputs,
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
