"""Limits before wishes: how much the chargers may draw on every line, at this moment.

The guard works on differences: what a meter shows on a phase, against the fuse, tells how far
the chargers may rise or must fall from what they draw now. Until meter and charger have both
spoken since a charger's limit changed, nobody knows whether the meter's figure holds the old
current or the new one. Reductions are then computed from the larger of the two (once, not at
every tick), increases are given only from what is free with the smaller one.

Unknown counts as worst: without a fresh, living meter each charger of its circuit gets its
minimum at most, and on a circuit without a meter everything that nobody measures counts in full.
A house without any grid meter has no guard of the mains, and the installer was told so.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from agent.model.clock import Now
from agent.model.limits import MAINS, Circuit, GridOrder, Scope
from agent.model.readings import DeviceId, DeviceKind
from agent.model.snapshot import Snapshot
from agent.model.targets import ReasonCode
from agent.model.units import NOMINAL_VOLTAGE_V
from agent.plan import flows
from agent.plan.allocation import LineId
from agent.plan.circuit_lines import Known, View, below, calm, circuit_lines, sums
from agent.plan.lines import Line, Room
from agent.plan.memory import Memory
from agent.plan.meters import PHASES
from agent.plan.own_sun import own_sun_w
from agent.plan.settings import UNKNOWN_CHARGER, PlanSettings
from agent.plan.shares import drawn


def guarded(settings: PlanSettings) -> Mapping[DeviceId, frozenset[DeviceId]]:
    """By meter that guards a fuse, the chargers whose current flows through it."""
    every = frozenset(settings.chargers)
    found = {settings.grid_meter: every} if settings.grid_meter else {}
    for circuit in settings.circuits:
        if circuit.meter is not None:
            found[circuit.meter] = below(circuit, settings.circuits)
    return MappingProxyType(found)


def room(
    snapshot: Snapshot,
    settings: PlanSettings,
    memory: Memory,
    now: Now,
    orders: Iterable[GridOrder] = (),
) -> Room:
    """The room for all chargers on every line.

    Args:
        orders: of the grid operator, those in force.
    """
    view = View(snapshot, settings, memory, now)
    lines: dict[LineId, Line] = {}
    grid_a: Mapping[int, float] = {}
    settled = True
    if settings.grid_meter is not None:
        known = circuit_lines(_mains(settings, view), frozenset(view.chargers), view)
        lines |= known.lines
        grid_a, settled = known.flows_a, known.settled
        lines |= _unbalance(known, view)
    for circuit in settings.circuits:
        each = circuit_lines(circuit, below(circuit, settings.circuits), view)
        lines |= each.lines
        settled = settled and each.settled
    for name, limit, order in _power_limits(settings, orders):
        if order is not None and order.scope is Scope.EACH:
            lines |= _each(name, limit, order, view)
            continue
        line, known_of = _power(limit, order, view)
        lines[LineId(name)] = line
        settled = settled and known_of
    return Room(lines=MappingProxyType(lines), settled=settled, grid_a=MappingProxyType(grid_a))


def _mains(settings: PlanSettings, view: View) -> Circuit:
    return Circuit(
        id=MAINS,
        name="main",
        fuse_a=settings.fuse_a,
        margin_a=settings.margin_a,
        phases=settings.phases,
        meter=settings.grid_meter,
        chargers=tuple(view.chargers),
    )


def _unbalance(mains: Known, view: View) -> Iterator[tuple[LineId, Line]]:
    """What cars on one or two phases may add before two phases differ by more than allowed. Where
    no meter tells the phases of the house, cars alone must not make them differ."""
    most_a = view.settings.unbalanced_a
    if most_a is None or len(mains.flows_a) < len(PHASES):
        return
    for p in PHASES:
        others = [mains.flows_a[q] - mains.least_a[q] for q in PHASES if q != p]
        base_a = mains.flows_a[p] - min(others) if mains.by_phase else mains.most_a[p]
        yield (
            LineId(f"unbalance/L{p}"),
            Line(
                room=max(0.0, most_a - base_a + mains.most_a[p]),
                safe=max(0.0, most_a - base_a + mains.least_a[p]),
                phase=p,
                chargers=frozenset(view.chargers),
                one_phase_only=True,
                code=ReasonCode.UNBALANCED_LOAD,
                words=f"the phases may differ by {most_a:g} A at most; that",
            ),
        )


def _power_limits(
    settings: PlanSettings, orders: Iterable[GridOrder]
) -> Iterator[tuple[str, float, GridOrder | None]]:
    if settings.import_limit_w is not None:
        yield "import", settings.import_limit_w, None
    for order in orders:
        if order.import_w is not None:
            yield f"order/{order.id}", order.import_w, order


def _each(name: str, limit_w: float, order: GridOrder, view: View) -> Iterator[tuple[LineId, Line]]:
    """The same limit for every charger by itself; batteries may take as much together."""
    words = f"the grid operator's limit of {limit_w / 1000:g} kW a device ({order.source})"
    for device in view.chargers:
        mine = frozenset({device})
        line = _watts(limit_w, limit_w, mine, ReasonCode.GRID_OPERATOR, words)
        excess_w = _drawn_w(mine, view) - limit_w
        yield LineId(f"{name}/{device}"), replace(line, mains=False, excess=max(0.0, excess_w))
    line = _watts(limit_w, limit_w, frozenset(), ReasonCode.GRID_OPERATOR, words)
    yield LineId(f"{name}/batteries"), line


def _power(limit_w: float, order: GridOrder | None, view: View) -> tuple[Line, bool]:
    """A limit on power: at the meter, or of what the devices take from the grid.

    Own sun does not count against the devices' limit: BNetzA BK6-22-300, annex 1, 2.1 j and 4.5
    ("netzwirksamer Leistungsbezug").
    """
    chargers = frozenset(view.chargers)
    code = ReasonCode.IMPORT_LIMIT if order is None else ReasonCode.GRID_OPERATOR
    words = f"the import limit of {limit_w / 1000:g} kW"
    if order is not None:
        words = f"the grid operator's limit of {limit_w / 1000:g} kW ({order.source})"
    settings = view.settings
    if order is not None and order.scope is Scope.DEVICES:
        steered = frozenset(d for d, seen in view.seen.items() if seen.reachable)
        room_w = limit_w + _sun_w(chargers, view) - _astray_w(chargers - steered, steered, view)
        line = _watts(room_w, room_w, chargers, code, words)
        return replace(line, excess=max(0.0, _drawn_w(steered, view) - room_w)), True
    meter = None if settings.grid_meter is None else view.meter(settings.grid_meter, chargers)
    if meter is None or meter.value.power_w is None:
        return _watts(0.0, 0.0, chargers, code, words), True
    measured_mono_s = meter.said_mono_s["power_w"]
    shares_of = {d: view.share_a(d, measured_mono_s) for d in view.seen}
    shares = shares_of.values()
    least_a, most_a = sums(shares, PHASES)
    stored, lent = view.stored, view.lent
    free_w = limit_w - meter.value.power_w - lent.least
    line = _watts(
        free_w + sum(most_a.values()) * NOMINAL_VOLTAGE_V + stored.most,
        free_w + sum(least_a.values()) * NOMINAL_VOLTAGE_V - (lent.most - lent.least),
        chargers,
        code,
        words,
    )
    line = replace(
        line,
        batteries=stored.most,
        batteries_least=stored.least,
        excess=max(0.0, -free_w - stored.most),
        needs_help=meter.value.power_w + lent.most - stored.most > limit_w,
        had={
            d: sum(view.had_a(d, most) for _, most in share.values()) * NOMINAL_VOLTAGE_V
            for d, share in shares_of.items()
        },
    )
    return line, calm(shares) and not stored.most and not lent.most


def _drawn_w(chargers: frozenset[DeviceId], view: View) -> float:
    """What chargers draw by their own meters, as a limit counts it."""
    mine = (drawn(seen.value) for device, seen in view.seen.items() if device in chargers)
    return sum(sum(by_phase.values()) for by_phase in mine) * NOMINAL_VOLTAGE_V


def _astray_w(unheard: Iterable[DeviceId], steered: frozenset[DeviceId], view: View) -> float:
    """What chargers that cannot be steered may draw at their worst; where all that flows into the
    house is measured, no more than that."""
    worst_w = 0.0
    for device in unheard:
        own = view.settings.chargers.get(device, UNKNOWN_CHARGER)
        worst_w += view.worst_a(device) * own.phases * NOMINAL_VOLTAGE_V
    settings, now_s = view.settings, view.now.mono_s
    meter = None if settings.grid_meter is None else view.meter(settings.grid_meter, view.chargers)
    if not worst_w or meter is None or meter.value.power_w is None:
        return worst_w
    sun_w = flows.production_w(
        view.snapshot, flows.ids(settings.devices, DeviceKind.INVERTER), now_s
    )
    stored_w = flows.battery_w(
        view.snapshot, flows.ids(settings.devices, DeviceKind.BATTERY), now_s
    )
    if sun_w is None or stored_w is None:
        return worst_w
    shares = [view.share_a(d, meter.said_mono_s["power_w"]) for d in steered]
    least_a, _ = sums(shares, PHASES)
    house_w = meter.value.power_w + sun_w - stored_w - sum(least_a.values()) * NOMINAL_VOLTAGE_V
    return min(worst_w, max(0.0, house_w))


def _sun_w(chargers: frozenset[DeviceId], view: View) -> float:
    settings = view.settings
    meter = None if settings.grid_meter is None else view.meter(settings.grid_meter, chargers)
    if meter is None:
        return 0.0
    shares = [view.share_a(d, meter.said_mono_s["power_w"]) for d in view.seen]
    least_a, _ = sums(shares, PHASES)
    cars_w = sum(least_a.values()) * NOMINAL_VOLTAGE_V
    grid_w = meter.value.power_w
    return own_sun_w(view.snapshot, settings.devices, grid_w, cars_w, view.now.mono_s)


def _watts(
    room_w: float, safe_w: float, chargers: frozenset[DeviceId], code: ReasonCode, words: str
) -> Line:
    return Line(
        room=max(0.0, room_w),
        safe=max(0.0, safe_w),
        phase=0,
        chargers=chargers,
        mains=True,
        code=code,
        words=words,
    )
