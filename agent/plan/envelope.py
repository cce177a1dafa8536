"""Limits before wishes: how much current the chargers may draw per phase, at this moment.

The guard works on differences: what the grid meter shows on a phase, against the main fuse,
tells how far the chargers may rise or must fall from what they draw now. Increases wait until
meter and charger have both spoken since the last change, because otherwise the same room would
be given away twice; decreases do not wait.

Unknown counts as worst: without a fresh, living grid meter each charger gets its minimum at
most. A house without any grid meter has no guard, and the installer was told so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
PHASES = (1, 2, 3)
CHARGER_SETTLE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much all chargers together may draw.

    Args:
        per_phase_a: phase 1..3 -> amperes for all chargers together; empty = no guard at all.
        code: why it is limited, when that is not simply the fuse.
        settled: whether increases may be given now.
        grid_a: what flows at the connection per phase, + = import, for the explanation.
    """

    per_phase_a: Mapping[int, float]
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
    settled = True
    for device, seen in flows.of_kind(snapshot, ChargerReading).items():
        mind = memory.chargers.get(device, ChargerMemory())
        calm = _settled(seen, meter, mind)
        settled = settled and calm
        phases = settings.chargers[device].phases if device in settings.chargers else 3
        for phase, amps in _share_a(seen, mind, phases, settled=calm).items():
            room_a[phase] = room_a.get(phase, 0.0) + amps
    return Room(
        per_phase_a=MappingProxyType({p: max(0.0, a) for p, a in room_a.items() if p in grid_a}),
        settled=settled,
        grid_a=MappingProxyType(grid_a),
    )


def _settled(seen: Seen[ChargerReading], meter: Seen[MeterReading], mind: ChargerMemory) -> bool:
    """Whether meter and charger have both spoken since the charger's limit took effect."""
    changed_mono_s = mind.changed_mono_s
    if changed_mono_s is None or not seen.reachable:
        return True
    if not meter.said_after("power_w", changed_mono_s + SETTLE_S):
        return False
    metered = "power_w" in seen.said_mono_s and _flows(seen.value)
    return not metered or seen.said_after("power_w", changed_mono_s + CHARGER_SETTLE_S)


def _share_a(
    seen: Seen[ChargerReading], mind: ChargerMemory, phases: int, *, settled: bool
) -> dict[int, float]:
    """What one charger may be counted with in the grid meter's figures, per phase.

    Before charger and meter agree again it is the larger of what it draws and what it may
    draw: a reduction is then computed once, not at every tick until the meter has seen it.
    A charger that is out of reach cannot be steered: what it may still rise by is taken off.
    """
    drawn_a, limit_a = drawn(seen.value), mind.limit_a or 0.0
    users = range(1, (seen.value.phases or phases) + 1)
    if not seen.reachable:
        return {p: min(0.0, drawn_a.get(p, 0.0) - limit_a) for p in users}
    if not settled:
        return {p: max(drawn_a.get(p, 0.0), limit_a) for p in users}
    if _flows(seen.value) and not drawn_a:  # a charger without a meter of its own
        return dict.fromkeys(users, limit_a)
    return drawn_a


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
    old = memory.meter
    if old is not None and old.values == values:
        return old
    expected = flows.ids(settings.devices, DeviceKind.CHARGER)
    return MeterMemory(
        values=values,
        since_mono_s=now.mono_s,
        chargers_w=flows.chargers_w(snapshot, expected, now.mono_s),
    )


def frozen(mind: MeterMemory | None, snapshot: Snapshot, settings: PlanSettings, now: Now) -> bool:
    """Whether the meter repeats itself to the last digit for a minute although a charger has
    changed by a kilowatt meanwhile: then it is not measuring this house."""
    if mind is None or mind.chargers_w is None or now.mono_s - mind.since_mono_s < FROZEN_AFTER_S:
        return False
    expected = flows.ids(settings.devices, DeviceKind.CHARGER)
    present_w = flows.chargers_w(snapshot, expected, now.mono_s)
    return present_w is not None and abs(present_w - mind.chargers_w) >= FROZEN_STEP_W
