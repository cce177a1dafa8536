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

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from agent.model.clock import Now
from agent.model.limits import MAINS, Circuit, GridOrder, Scope
from agent.model.nothing import nothing
from agent.model.readings import ChargerReading, DeviceId, MeterReading
from agent.model.snapshot import Seen, Snapshot
from agent.model.targets import ReasonCode
from agent.model.units import NOMINAL_VOLTAGE_V
from agent.plan import flows
from agent.plan.allocation import LineId
from agent.plan.lines import Line, Room
from agent.plan.memory import ChargerMemory, Memory
from agent.plan.meters import PHASES, frozen, living, phase_currents_a
from agent.plan.own_sun import own_sun_w
from agent.plan.phase_memory import NOTHING_SAID
from agent.plan.settings import UNKNOWN_CHARGER, PlanSettings
from agent.plan.shares import Shares, share_a
from agent.plan.stored import NOTHING_STORED, charging


def guarded(settings: PlanSettings) -> Mapping[DeviceId, frozenset[DeviceId]]:
    """By meter that guards a fuse, the chargers whose current flows through it."""
    every = frozenset(settings.chargers)
    found = {settings.grid_meter: every} if settings.grid_meter else {}
    for circuit in settings.circuits:
        if circuit.meter is not None:
            found[circuit.meter] = below(circuit, settings.circuits)
    return MappingProxyType(found)


def below(circuit: Circuit, circuits: Iterable[Circuit]) -> frozenset[DeviceId]:
    """The chargers on a circuit and on all that it feeds."""
    found = frozenset(circuit.chargers)
    for other in circuits:
        if other.parent == circuit.id and other.id != MAINS:
            found |= below(other, circuits)
    return found


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
    view = _View(snapshot, settings, memory, now)
    lines: dict[LineId, Line] = {}
    grid_a: Mapping[int, float] = {}
    settled = True
    if settings.grid_meter is not None:
        mains = Circuit(
            id=MAINS,
            name="main",
            fuse_a=settings.fuse_a,
            margin_a=settings.margin_a,
            phases=settings.phases,
            meter=settings.grid_meter,
            chargers=tuple(view.chargers),
        )
        known = _circuit(mains, frozenset(view.chargers), view)
        lines |= known.lines
        grid_a, settled = known.flows_a, known.settled
        lines |= _unbalance(known, view)
    for circuit in settings.circuits:
        each = _circuit(circuit, below(circuit, settings.circuits), view)
        lines |= each.lines
        settled = settled and each.settled
    for name, limit, order in _power_limits(settings, orders):
        if order is not None and order.scope is Scope.EACH:
            lines |= _each(name, limit, order, view)
            continue
        line, calm = _power(limit, order, view)
        lines[LineId(name)] = line
        settled = settled and calm
    return Room(lines=MappingProxyType(lines), settled=settled, grid_a=MappingProxyType(grid_a))


class _View:
    """What every line is computed from."""

    def __init__(
        self, snapshot: Snapshot, settings: PlanSettings, memory: Memory, now: Now
    ) -> None:
        self.snapshot, self.settings, self.memory, self.now = snapshot, settings, memory, now
        seen = flows.of_kind(snapshot, ChargerReading)
        self.seen: Mapping[DeviceId, Seen[ChargerReading]] = seen
        self.chargers = tuple(dict.fromkeys((*settings.chargers, *seen)))
        meter = snapshot.get(settings.grid_meter) if settings.grid_meter else None
        measured_s = None if meter is None else meter.said_mono_s.get("power_w")
        self.stored = charging(snapshot, memory.batteries, measured_s, now.mono_s)

    def meter(self, meter: DeviceId, chargers: Collection[DeviceId]) -> Seen[MeterReading] | None:
        stale_s, mind = self.settings.meter_stale_s, self.memory.meters.get(meter)
        return living(meter, chargers, self.snapshot, stale_s, mind, self.now)

    def stuck(self, meter: DeviceId, chargers: Collection[DeviceId]) -> bool:
        """Whether a meter that cannot be believed speaks all the same."""
        return frozen(self.memory.meters.get(meter), chargers, self.snapshot, self.now)

    def share_a(self, device: DeviceId, measured_mono_s: float) -> Shares:
        mind = self.memory.chargers.get(device, ChargerMemory())
        own = self.settings.chargers.get(device, UNKNOWN_CHARGER)
        phased = self.memory.phases.get(device, NOTHING_SAID)
        return share_a(self.seen[device], measured_mono_s, mind, own, phased)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    lines: Mapping[LineId, Line]
    settled: bool = True
    flows_a: Mapping[int, float] = field(default_factory=nothing)
    least_a: Mapping[int, float] = field(default_factory=nothing)
    most_a: Mapping[int, float] = field(default_factory=nothing)


def _circuit(circuit: Circuit, chargers: frozenset[DeviceId], view: _View) -> _Known:
    """The lines of one circuit, one for each phase."""
    what = "main fuse" if circuit.id == MAINS else f"fuse of {circuit.name}"
    words = f"the {what} of {circuit.fuse_a:g} A"
    numbers = PHASES[: circuit.phases]
    free_a = circuit.fuse_a - circuit.margin_a
    if circuit.meter is None:
        return _reckoned(circuit, chargers, words, view)
    meter = view.meter(circuit.meter, chargers)
    if meter is None:
        lost = {
            _name(circuit, p): Line(
                room=free_a,
                safe=free_a,
                phase=p,
                chargers=chargers,
                mains=circuit.id == MAINS,
                code=ReasonCode.FUSE_METER_LOST,
                words=words,
                lost=circuit.meter,
                stuck=view.stuck(circuit.meter, chargers),
            )
            for p in numbers
        }
        return _Known(lines=lost)
    flows_a = phase_currents_a(meter.value, circuit.phases)
    measured_mono_s = meter.said_mono_s["power_w"]
    shares = [view.share_a(d, measured_mono_s) for d in chargers if d in view.seen]
    least_a, most_a = _sums(shares, numbers)
    stored = view.stored.shared(NOMINAL_VOLTAGE_V * circuit.phases)
    if circuit.id != MAINS:
        stored = NOTHING_STORED
    lines = {
        _name(circuit, p): Line(
            room=max(0.0, free_a - flows_a[p] + most_a[p] + stored.most),
            safe=max(0.0, free_a - flows_a[p] + least_a[p]),
            phase=p,
            chargers=chargers,
            mains=circuit.id == MAINS,
            batteries=stored.most,
            batteries_least=stored.least,
            words=words,
            flows_a=flows_a[p],
        )
        for p in numbers
    }
    calm = _calm(shares) and not stored.most
    return _Known(lines=lines, settled=calm, flows_a=flows_a, least_a=least_a, most_a=most_a)


def _reckoned(circuit: Circuit, chargers: frozenset[DeviceId], words: str, view: _View) -> _Known:
    """A circuit without a meter: who cannot be steered, or was never heard, takes all it may."""
    free_a = dict.fromkeys(
        PHASES[: circuit.phases], circuit.fuse_a - circuit.margin_a - circuit.unmetered_a
    )
    shares = []
    for device in chargers:
        own = view.settings.chargers.get(device, UNKNOWN_CHARGER)
        seen = view.seen.get(device)
        if seen is not None and seen.reachable:
            shares.append(view.share_a(device, view.now.mono_s))
            continue
        mind = view.memory.chargers.get(device, ChargerMemory())
        told = seen is not None and mind.limit_a is not None
        worst_a = max(mind.limit_a or 0.0, own.fallback_a) if told else own.max_a
        for phase in own.mains_phases(None):
            if phase in free_a:
                free_a[phase] -= worst_a
    least_a, most_a = _sums(shares, tuple(free_a))
    lines = {
        _name(circuit, p): Line(
            room=max(0.0, amps),
            safe=max(0.0, amps - (most_a[p] - least_a[p])),
            phase=p,
            chargers=chargers,
            words=words,
        )
        for p, amps in free_a.items()
    }
    return _Known(lines=lines, settled=_calm(shares))


def _unbalance(mains: _Known, view: _View) -> Iterator[tuple[LineId, Line]]:
    """What cars on one or two phases may add before two phases differ by more than allowed."""
    most_a = view.settings.unbalanced_a
    if most_a is None or len(mains.flows_a) < len(PHASES):
        return
    for p in PHASES:
        others = [mains.flows_a[q] - mains.least_a[q] for q in PHASES if q != p]
        base_a = mains.flows_a[p] - min(others)
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


def _each(
    name: str, limit_w: float, order: GridOrder, view: _View
) -> Iterator[tuple[LineId, Line]]:
    """The same limit for every charger by itself; batteries may take as much together."""
    words = f"the grid operator's limit of {limit_w / 1000:g} kW a device ({order.source})"
    for device in view.chargers:
        line = _watts(limit_w, limit_w, frozenset({device}), ReasonCode.GRID_OPERATOR, words)
        yield LineId(f"{name}/{device}"), replace(line, mains=False)
    line = _watts(limit_w, limit_w, frozenset(), ReasonCode.GRID_OPERATOR, words)
    yield LineId(f"{name}/batteries"), line


def _power(limit_w: float, order: GridOrder | None, view: _View) -> tuple[Line, bool]:
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
        room_w = limit_w + _sun_w(chargers, view)
        return _watts(room_w, room_w, chargers, code, words), True
    meter = None if settings.grid_meter is None else view.meter(settings.grid_meter, chargers)
    if meter is None or meter.value.power_w is None:
        return _watts(0.0, 0.0, chargers, code, words), True
    measured_mono_s = meter.said_mono_s["power_w"]
    shares = [view.share_a(d, measured_mono_s) for d in view.seen]
    least_a, most_a = _sums(shares, PHASES)
    free_w = limit_w - meter.value.power_w
    line = _watts(
        free_w + sum(most_a.values()) * NOMINAL_VOLTAGE_V + view.stored.most,
        free_w + sum(least_a.values()) * NOMINAL_VOLTAGE_V,
        chargers,
        code,
        words,
    )
    line = replace(line, batteries=view.stored.most, batteries_least=view.stored.least)
    return line, _calm(shares) and not view.stored.most


def _sun_w(chargers: frozenset[DeviceId], view: _View) -> float:
    settings = view.settings
    meter = None if settings.grid_meter is None else view.meter(settings.grid_meter, chargers)
    if meter is None:
        return 0.0
    shares = [view.share_a(d, meter.said_mono_s["power_w"]) for d in view.seen]
    least_a, _ = _sums(shares, PHASES)
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


def _sums(
    shares: Iterable[Shares], phases: Collection[int]
) -> tuple[dict[int, float], dict[int, float]]:
    least_a, most_a = dict.fromkeys(phases, 0.0), dict.fromkeys(phases, 0.0)
    for share in shares:
        for phase, (least, most) in share.items():
            if phase in least_a:
                least_a[phase] += least
                most_a[phase] += most
    return least_a, most_a


def _calm(shares: Iterable[Shares]) -> bool:
    return all(least == most for share in shares for least, most in share.values())


def _name(circuit: Circuit, phase: int) -> LineId:
    return LineId(f"{circuit.id or 'mains'}/L{phase}")
