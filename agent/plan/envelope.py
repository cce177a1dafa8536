"""Limits before wishes: how much current the chargers may draw per phase, at this moment.

The guard works on differences: what the grid meter shows on a phase, against the main fuse,
tells how far the chargers may rise or must fall from what they draw now. Until meter and charger
have both spoken since a charger's limit changed, nobody knows whether the meter's figure holds
the old current or the new one. Reductions are then computed from the larger of the two (once,
not at every tick), increases are given only from what is free with the smaller one.

Unknown counts as worst: without a fresh, living grid meter each charger gets its minimum at
most. A house without any grid meter has no guard, and the installer was told so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from agent.model.clock import Now
from agent.model.nothing import nothing
from agent.model.readings import ChargerReading, DeviceKind, MeterReading, PowerDelivery
from agent.model.snapshot import Seen, Snapshot
from agent.model.targets import ReasonCode
from agent.model.units import NOMINAL_VOLTAGE_V
from agent.plan import flows
from agent.plan.memory import ChargerMemory, Memory, MeterMemory
from agent.plan.settings import PlanSettings

SETTLE_S = 10.0
"""A car follows a new limit within 5 s, some in 10 (IEC 61851-1 allows 5 s for a decrease)."""

FROZEN_AFTER_S = 60.0
FROZEN_STEP_W = 1000.0
CALM_AFTER_S = 20.0
"""By then a charger has reported what the meter has seen."""

PHASES = (1, 2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much all chargers together may draw.

    Args:
        per_phase_a: phase 1..3 -> amperes for all chargers together; empty = no guard at all.
        safe_a: the same if the meter has not seen the last changes; increases come from that.
        code: why it is limited, when that is not simply the fuse.
        settled: whether the two are the same.
        grid_a: what flows at the connection per phase, + = import, for the explanation.
    """

    per_phase_a: Mapping[int, float]
    safe_a: Mapping[int, float] = field(default_factory=nothing)
    code: ReasonCode = ReasonCode.FUSE_LIMIT
    settled: bool = True
    grid_a: Mapping[int, float] = field(default_factory=nothing)


UNLIMITED = Room(per_phase_a=MappingProxyType({}))


def room(snapshot: Snapshot, settings: PlanSettings, memory: Memory, now: Now) -> Room:
    """The room under the main fuse for all chargers together."""
    if settings.grid_meter is None:
        return UNLIMITED
    meter = _living_meter(snapshot, settings, memory, now)
    if meter is None:
        free_a = dict.fromkeys(PHASES[: settings.phases], settings.fuse_a - settings.margin_a)
        return Room(per_phase_a=MappingProxyType(free_a), code=ReasonCode.FUSE_METER_LOST)
    grid_a = phase_currents_a(meter.value, settings.phases)
    room_a = {p: settings.fuse_a - settings.margin_a - amps for p, amps in grid_a.items()}
    safe_a, settled = dict(room_a), True
    for device, seen in flows.of_kind(snapshot, ChargerReading).items():
        mind = memory.chargers.get(device, ChargerMemory())
        phases = settings.chargers[device].phases if device in settings.chargers else 3
        shares = _share_a(seen, meter, mind, phases)
        for phase, (least, most) in shares.items():
            safe_a[phase] = safe_a.get(phase, 0.0) + least
            room_a[phase] = room_a.get(phase, 0.0) + most
        settled = settled and all(least == most for least, most in shares.values())
    return Room(
        per_phase_a=MappingProxyType({p: max(0.0, room_a[p]) for p in grid_a}),
        safe_a=MappingProxyType({p: max(0.0, safe_a[p]) for p in grid_a}),
        settled=settled,
        grid_a=MappingProxyType(grid_a),
    )


def _share_a(
    seen: Seen[ChargerReading], meter: Seen[MeterReading], mind: ChargerMemory, phases: int
) -> dict[int, tuple[float, float]]:
    """The least and the most that one charger may have in the grid meter's figures, per phase.

    A charger that is out of reach cannot be steered: what it may still rise by is taken off.
    """
    drawn_a = drawn(seen.value)
    users = range(1, (seen.value.phases or phases) + 1)
    if not seen.reachable:
        off_a = {p: min(0.0, drawn_a.get(p, 0.0) - (mind.limit_a or 0.0)) for p in users}
        return {p: (amps, amps) for p, amps in off_a.items()}
    possible_a = _possible_a(seen, meter, mind)
    if possible_a:
        least, most = min(possible_a), max(possible_a)
        now_a = {p: drawn_a.get(p, 0.0) for p in users}
        return {p: (min(amps, least), max(amps, most)) for p, amps in now_a.items()}
    if _flows(seen.value) and not drawn_a:  # a charger without a meter of its own
        drawn_a = dict.fromkeys(users, mind.limit_a or 0.0)
    return {p: (amps, amps) for p, amps in drawn_a.items()}


def _possible_a(
    seen: Seen[ChargerReading], meter: Seen[MeterReading], mind: ChargerMemory
) -> list[float]:
    """The limits that the meter's figure may reflect; none when all has settled."""
    measured_mono_s = meter.said_mono_s["power_w"]
    recent = [row for row in mind.history if row[0] > measured_mono_s - SETTLE_S]
    if recent:
        before = mind.history[: len(mind.history) - len(recent)]
        return [limit_a for _, limit_a in (*before[-1:], *recent)]
    changed_mono_s = mind.changed_mono_s
    metered = "power_w" in seen.said_mono_s and _flows(seen.value)
    if changed_mono_s is None or not metered or mind.limit_a is None:
        return []
    if seen.said_after("power_w", changed_mono_s + SETTLE_S):
        return []
    return [mind.limit_a]


def drawn(state: ChargerReading) -> dict[int, float]:
    """Current per phase that a charger says it delivers; empty when it delivers nothing."""
    if not _flows(state):
        return {}
    by_phase = {1: state.current_l1_a, 2: state.current_l2_a, 3: state.current_l3_a}
    measured = {phase: amps for phase, amps in by_phase.items() if amps is not None}
    if measured or state.power_w is None:
        return measured
    phases = state.phases or 3
    return dict.fromkeys(range(1, phases + 1), state.power_w / NOMINAL_VOLTAGE_V / phases)


def _flows(state: ChargerReading) -> bool:
    return state.power_delivery in (PowerDelivery.CHARGING, PowerDelivery.DISCHARGING)


def phase_currents_a(meter: MeterReading, phases: int) -> dict[int, float]:
    """Signed current per phase, + = import, from power and voltage (currents are often
    magnitudes). A meter that knows only the sum: all of it may be on any one phase."""
    numbers = PHASES[:phases]
    result: dict[int, float] = {}
    for phase in numbers:
        power_w = getattr(meter, f"power_l{phase}_w")
        voltage_v = getattr(meter, f"voltage_l{phase}_v")
        if power_w is not None:
            result[phase] = power_w / (voltage_v or NOMINAL_VOLTAGE_V)
    if len(result) == len(numbers):
        return result
    worst_a = (meter.power_w or 0.0) / NOMINAL_VOLTAGE_V
    return dict.fromkeys(numbers, worst_a if phases == 1 else max(0.0, worst_a))


def _living_meter(
    snapshot: Snapshot, settings: PlanSettings, memory: Memory, now: Now
) -> Seen[MeterReading] | None:
    seen = snapshot.get(settings.grid_meter) if settings.grid_meter else None
    if seen is None or not isinstance(seen.value, MeterReading) or not seen.reachable:
        return None
    if not seen.fresh("power_w", now.mono_s, settings.meter_stale_s):
        return None
    return None if frozen(memory.meter, snapshot, settings, now) else seen  # type: ignore[return-value]


def watch_meter(
    snapshot: Snapshot, settings: PlanSettings, memory: Memory, now: Now
) -> MeterMemory | None:
    """Remember when the grid meter last showed something new."""
    seen = snapshot.get(settings.grid_meter) if settings.grid_meter else None
    if seen is None or not isinstance(seen.value, MeterReading):
        return None
    m = seen.value
    values = (m.power_w, m.power_l1_w, m.power_l2_w, m.power_l3_w, m.voltage_l1_v, m.current_l1_a)
    old, expected = memory.meter, flows.ids(settings.devices, DeviceKind.CHARGER)
    if old is None or old.values != values:
        return MeterMemory(values=values, since_mono_s=now.mono_s)
    if old.chargers_w is None and now.mono_s - old.since_mono_s >= CALM_AFTER_S:
        return replace(old, chargers_w=flows.chargers_w(snapshot, expected, now.mono_s))
    return old


def frozen(mind: MeterMemory | None, snapshot: Snapshot, settings: PlanSettings, now: Now) -> bool:
    """Whether the meter repeats itself to the last digit for a minute although a charger has
    changed by a kilowatt meanwhile: then it is not measuring this house."""
    if mind is None or mind.chargers_w is None or now.mono_s - mind.since_mono_s < FROZEN_AFTER_S:
        return False
    expected = flows.ids(settings.devices, DeviceKind.CHARGER)
    present_w = flows.chargers_w(snapshot, expected, now.mono_s)
    return present_w is not None and abs(present_w - mind.chargers_w) >= FROZEN_STEP_W
