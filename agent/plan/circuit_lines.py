"""The lines of one fuse, one for each phase: as its meter shows, or as is reckoned without one."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from agent.model.clock import Now
from agent.model.limits import MAINS, Circuit
from agent.model.nothing import nothing
from agent.model.readings import ChargerReading, DeviceId, MeterReading
from agent.model.snapshot import Seen, Snapshot
from agent.model.targets import ReasonCode
from agent.model.units import NOMINAL_VOLTAGE_V
from agent.plan import flows
from agent.plan.allocation import LineId
from agent.plan.bridge import giving
from agent.plan.lines import Line
from agent.plan.memory import ChargerMemory, Memory
from agent.plan.meters import PHASES, frozen, living, phase_currents_a, tells_phases
from agent.plan.phase_memory import NOTHING_SAID
from agent.plan.settings import UNKNOWN_CHARGER, PlanSettings
from agent.plan.shares import Shares, share_a
from agent.plan.stored import NOTHING_STORED, charging


class View:
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
        self.lent = giving(snapshot, memory.bridges, measured_s, now.mono_s)

    def meter(self, meter: DeviceId, chargers: Collection[DeviceId]) -> Seen[MeterReading] | None:
        stale_s, mind = self.settings.meter_stale_s, self.memory.meters.get(meter)
        return living(meter, chargers, self.snapshot, stale_s, mind, self.now)

    def stuck(self, meter: DeviceId, chargers: Collection[DeviceId]) -> bool:
        """Whether a meter that cannot be believed speaks all the same."""
        return frozen(self.memory.meters.get(meter), chargers, self.snapshot, self.now)

    def share_a(self, device: DeviceId, measured_mono_s: float, *, inside: bool = False) -> Shares:
        mind = self.memory.chargers.get(device, ChargerMemory())
        own = self.settings.chargers.get(device, UNKNOWN_CHARGER)
        phased = self.memory.phases.get(device, NOTHING_SAID)
        return share_a(self.seen[device], measured_mono_s, mind, own, phased, inside=inside)

    def worst_a(self, device: DeviceId) -> float:
        """What a charger that cannot be steered may draw: one that was never told a limit all that
        it can."""
        own = self.settings.chargers.get(device, UNKNOWN_CHARGER)
        mind = self.memory.chargers.get(device, ChargerMemory())
        told = device in self.seen and mind.limit_a is not None
        return max(mind.limit_a or 0.0, own.fallback_a) if told else own.max_a

    def had_a(self, device: DeviceId, most_a: float) -> float:
        """The same, as far as this car takes what it is offered."""
        mind = self.memory.chargers.get(device, ChargerMemory())
        return most_a if mind.ceiling_a is None else min(most_a, mind.ceiling_a)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one circuit.

    Args:
        settled: whether meter and chargers speak of the same currents.
        by_phase: whether its meter measures each phase; else flows_a is the sum, on any of them.
        flows_a: what its meter shows, by phase; least_a and most_a: how much of that is chargers'.
    """

    lines: Mapping[LineId, Line]
    settled: bool = True
    by_phase: bool = True
    flows_a: Mapping[int, float] = field(default_factory=nothing)
    least_a: Mapping[int, float] = field(default_factory=nothing)
    most_a: Mapping[int, float] = field(default_factory=nothing)


def circuit_lines(circuit: Circuit, chargers: frozenset[DeviceId], view: View) -> Known:
    """The lines of one circuit, one for each phase."""
    what = "main fuse" if circuit.id == MAINS else f"fuse of {circuit.name}"
    words = f"the {what} of {circuit.fuse_a:g} A"
    numbers = PHASES[: circuit.phases]
    free_a = circuit.fuse_a - circuit.margin_a
    if circuit.meter is None:
        return _reckoned(circuit, chargers, words, view)
    meter = view.meter(circuit.meter, chargers)
    if meter is None:
        stuck = view.stuck(circuit.meter, chargers)
        return Known(lines=_unmeasured(circuit, chargers, words, stuck=stuck))
    flows_a = phase_currents_a(meter.value, circuit.phases)
    measured_mono_s = meter.said_mono_s["power_w"]
    inside = max(flows_a.values()) <= circuit.fuse_a and not view.lent.most
    shares_of = {
        d: view.share_a(d, measured_mono_s, inside=inside) for d in chargers if d in view.seen
    }
    shares = shares_of.values()
    least_a, most_a = sums(shares, numbers)
    stored = view.stored.shared(NOMINAL_VOLTAGE_V * circuit.phases)
    lent = view.lent.shared(NOMINAL_VOLTAGE_V * circuit.phases)
    if circuit.id != MAINS:
        stored = lent = NOTHING_STORED
    all_lent_a = lent.most * circuit.phases  # some batteries hang on one phase
    lines = {
        _name(circuit, p): Line(
            room=max(0.0, free_a - flows_a[p] - lent.least + most_a[p] + stored.most),
            safe=max(0.0, free_a - flows_a[p] - all_lent_a + least_a[p]),
            phase=p,
            chargers=chargers,
            mains=circuit.id == MAINS,
            batteries=stored.most,
            batteries_least=stored.least,
            words=words,
            flows_a=flows_a[p],
            excess=_excess(flows_a[p] + lent.least - stored.most, circuit.fuse_a, circuit.margin_a),
            needs_help=flows_a[p] + lent.most - stored.most > circuit.fuse_a,
            had={d: view.had_a(d, share[p][1]) for d, share in shares_of.items() if p in share},
        )
        for p in numbers
    }
    settled = calm(shares) and not stored.most and not lent.most
    return Known(
        lines=lines,
        settled=settled,
        by_phase=tells_phases(meter.value, circuit.phases),
        flows_a=flows_a,
        least_a=least_a,
        most_a=most_a,
    )


def _excess(flows_a: float, fuse_a: float, margin_a: float) -> float:
    """What must go for the margin to be free again, where the fuse itself has too much."""
    return flows_a - fuse_a + margin_a if flows_a > fuse_a else 0.0


def _unmeasured(
    circuit: Circuit, chargers: frozenset[DeviceId], words: str, *, stuck: bool
) -> dict[LineId, Line]:
    """The lines of a circuit whose meter is silent, or stuck."""
    free_a = circuit.fuse_a - circuit.margin_a
    return {
        _name(circuit, p): Line(
            room=free_a,
            safe=free_a,
            phase=p,
            chargers=chargers,
            mains=circuit.id == MAINS,
            code=ReasonCode.FUSE_METER_LOST,
            words=words,
            lost=circuit.meter,
            stuck=stuck,
        )
        for p in PHASES[: circuit.phases]
    }


def _reckoned(circuit: Circuit, chargers: frozenset[DeviceId], words: str, view: View) -> Known:
    """A circuit without a meter: who cannot be steered, or was never heard, takes all it may."""
    others_a, settled = _others_a(circuit, view)
    free_a = {
        phase: circuit.fuse_a - circuit.margin_a - others_a.get(phase, 0.0)
        for phase in PHASES[: circuit.phases]
    }
    shares = []
    for device in chargers:
        own = view.settings.chargers.get(device, UNKNOWN_CHARGER)
        seen = view.seen.get(device)
        if seen is not None and seen.reachable:
            shares.append(view.share_a(device, view.now.mono_s))
            continue
        worst_a = view.worst_a(device)
        for phase in own.mains_phases(None):
            if phase in free_a:
                free_a[phase] -= worst_a
    least_a, most_a = sums(shares, tuple(free_a))
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
    return Known(lines=lines, settled=settled and calm(shares))


def _others_a(circuit: Circuit, view: View) -> tuple[dict[int, float], bool]:
    """What all but chargers takes of a circuit, by phase, and whether that is settled: what its
    meter shows, and without one all that it may, also on the circuits that it feeds."""
    numbers, circuits = PHASES[: circuit.phases], view.settings.circuits
    if circuit.meter is None:
        total_a, settled = dict.fromkeys(numbers, circuit.unmetered_a), True
        for fed in circuits:
            if fed.parent == circuit.id and fed.id != MAINS:
                others_a, calmed = _others_a(fed, view)
                settled = settled and calmed
                for phase, amps in others_a.items():
                    total_a[phase] = total_a.get(phase, 0.0) + amps
        return total_a, settled
    mine = below(circuit, circuits)
    meter = view.meter(circuit.meter, mine)
    if meter is None:
        flows_a, measured_mono_s = dict.fromkeys(numbers, circuit.fuse_a), view.now.mono_s
    else:
        flows_a = phase_currents_a(meter.value, circuit.phases)
        measured_mono_s = meter.said_mono_s["power_w"]
    steered = [d for d in mine if d in view.seen and view.seen[d].reachable]
    shares = [view.share_a(d, measured_mono_s) for d in steered]
    least_a, _ = sums(shares, numbers)
    others_a = {p: max(0.0, flows_a[p] - least_a[p]) for p in numbers}
    return others_a, calm(shares)


def below(circuit: Circuit, circuits: Iterable[Circuit]) -> frozenset[DeviceId]:
    """The chargers on a circuit and on all that it feeds."""
    found = frozenset(circuit.chargers)
    for other in circuits:
        if other.parent == circuit.id and other.id != MAINS:
            found |= below(other, circuits)
    return found


def sums(
    shares: Iterable[Shares], phases: Collection[int]
) -> tuple[dict[int, float], dict[int, float]]:
    """The least and the most that chargers draw together, in ampere by phase."""
    least_a, most_a = dict.fromkeys(phases, 0.0), dict.fromkeys(phases, 0.0)
    for share in shares:
        for phase, (least, most) in share.items():
            if phase in least_a:
                least_a[phase] += least
                most_a[phase] += most
    return least_a, most_a


def calm(shares: Iterable[Shares]) -> bool:
    """Whether it is known of every charger what the meter holds of it."""
    return all(least == most for share in shares for least, most in share.values())


def _name(circuit: Circuit, phase: int) -> LineId:
    return LineId(f"{circuit.id or 'mains'}/L{phase}")
