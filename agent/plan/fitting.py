"""Wishes into limits: what each charger and battery is given, and which limit says no to more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from agent.model.clock import Now
from agent.model.readings import BatteryReading, ChargerReading, DeviceId, DeviceKind
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
from agent.model.wishes import BatteryOrder, BatteryWish, Wishes
from agent.plan import battery, flows, stored
from agent.plan.allocation import Want, fit, fit_unsettled, take, tightest
from agent.plan.lines import Line, Room, loads_of
from agent.plan.memory import BatteryMemory, ChargerMemory, Memory
from agent.plan.phase_memory import NOTHING_SAID
from agent.plan.relief import relieved
from agent.plan.settings import PlanSettings
from agent.plan.shares import ceiling_a, loaded
from agent.plan.untaken import Proposal, admitted

CHANGE_A = 0.05
RAISE_A = 1.0
MARGIN_SHARE = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """Args:
    most_a: what each charger would be given if batteries that charge from the grid stood back.
    """

    targets: Mapping[DeviceId, Target]
    minds: Mapping[DeviceId, ChargerMemory]
    wants: tuple[Want, ...]
    most_a: Mapping[DeviceId, float]


def fitted(
    snapshot: Snapshot,
    settings: PlanSettings,
    proposals: Mapping[DeviceId, Proposal],
    space: Room,
    now: Now,
) -> Fitted:
    """What every charger is given of the room that there is."""
    chargers = flows.of_kind(snapshot, ChargerReading)
    wants = tuple(_wants(proposals, chargers, settings, space))
    most_a = fit(wants, space.room)
    given = most_a if space.settled else fit_unsettled(wants, space.room, space.safe)
    given = relieved(wants, given, space)
    limits = _limits(wants, given, space)
    targets: dict[DeviceId, Target] = {}
    minds: dict[DeviceId, ChargerMemory] = {}
    for device, proposal in proposals.items():
        mind = proposal.memory
        mind = replace(mind, ceiling_a=ceiling_a(chargers[device], mind))
        slack_a = settings.margin_a * MARGIN_SHARE / len(proposals)
        amps = _steady(given[device], mind.limit_a, proposal.amps, slack_a)
        reason, owner = proposal.reason, proposal.owner
        if amps < proposal.amps - CHANGE_A:
            reason, owner = _limited(amps, proposal, limits.get(device), space), Owner.SAFETY
            reason = admitted(reason, chargers[device], mind, now)
        if mind.limit_a is None or abs(amps - mind.limit_a) >= CHANGE_A:
            mind = mind.limited(amps, now.mono_s)
        minds[device] = mind
        targets[device] = ChargerTarget(
            device=device,
            charging=amps > 0,
            max_current_a=amps,
            phases=None if proposal.phased is None else proposal.phased.used,
            hard_stop=settings.chargers[device].hard_stop and reason.code is ReasonCode.MANUAL_STOP,
            owner=owner,
            reason=reason,
        )
    return Fitted(targets=targets, minds=minds, wants=wants, most_a=most_a)


def _wants(
    proposals: Mapping[DeviceId, Proposal],
    chargers: Mapping[DeviceId, Seen[ChargerReading]],
    settings: PlanSettings,
    space: Room,
) -> Iterator[Want]:
    lost = frozenset().union(*(line.chargers for line in space.lines.values() if line.lost))
    for device, proposal in proposals.items():
        own = settings.chargers[device]
        state, phased = chargers[device].value, proposal.phased or NOTHING_SAID
        phases = loaded(state, own, phased)
        sure = own.switching is None or not phased.uncertain
        # watts for all phases that go through one of them
        crowd = 1 if sure or not state.limit_in_watts else (phased.used or 1)
        yield Want(
            device=device,
            amps=min(proposal.amps, own.min_a) if device in lost else proposal.amps,
            min_a=own.min_a,
            now_a=proposal.memory.limit_a or 0.0,
            loads=loads_of(device, phases, space, sure=sure, crowd=crowd),
            priority=own.priority,
        )


def batteries(
    snapshot: Snapshot,
    wishes: Wishes,
    orders: Mapping[DeviceId, BatteryOrder],
    settings: PlanSettings,
    memory: Memory,
    space: Room,
    cars: Fitted,
    now: Now,
) -> tuple[dict[DeviceId, BatteryTarget], dict[DeviceId, BatteryMemory]]:
    """What batteries should do, and what to remember of those that charge from the grid."""
    seen = flows.of_kind(snapshot, BatteryReading)
    left = battery.left(space, cars.most_a, cars.wants)
    targets: dict[DeviceId, BatteryTarget] = {}
    kept: dict[DeviceId, BatteryMemory] = {}
    for device in flows.ids(settings.devices, DeviceKind.BATTERY):
        own = seen.get(device)
        wish = wishes.batteries.get(device, BatteryWish())
        wanted = battery.target(device, own, wish, orders.get(device))
        if wanted is None:
            wanted = battery.given_back(device, own, memory.said.get(device))
        before, mind = memory.batteries.get(device), None
        if wanted is not None:
            rating_w = None if own is None else own.value.max_charge_w
            targets[device], mind = battery.within(wanted, rating_w, before, left, now)
        if mind is not None:
            kept[device] = mind
            left = left.without(mind.allowed_w)
        elif before is not None and stored.shows_still(before, now.mono_s):
            kept[device] = before.allowed(0.0, now.mono_s, limited=False)
    return targets, kept


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
    does = f"Charging at {round(amps, 1):g} A" if amps else "Not charging"
    code = ReasonCode.FUSE_LIMIT if line is None else line.code
    if line is not None and line.lost is not None:
        why = f"the meter that guards {line.words.rsplit(' of ', 1)[0]} is silent ({line.lost})"
        if line.stuck:
            why = (
                f"{line.lost}, the meter that guards {line.words.rsplit(' of ', 1)[0]}, repeats "
                "the same figures while chargers change; restart it, or what stands between it "
                "and Hearth"
            )
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
        sentence=f"{does}: {why}; {round(proposal.amps, 1):g} A were wanted.",
        inputs=inputs,
    )
