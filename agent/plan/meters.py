"""Whether a meter that guards a fuse is alive, and what it shows per phase.

Unknown counts as worst: a meter that is silent, or that repeats itself while the chargers change,
guards nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from agent.model.clock import Now
from agent.model.readings import DeviceId, MeterReading
from agent.model.snapshot import Seen, Snapshot
from agent.model.units import NOMINAL_VOLTAGE_V
from agent.plan import flows
from agent.plan.memory import MeterMemory

PHASES = (1, 2, 3)
FROZEN_AFTER_S = 60.0
FROZEN_STEP_W = 1000.0
CALM_AFTER_S = 20.0
"""By then a charger has reported what the meter has seen."""


def living(
    meter: DeviceId,
    chargers: Collection[DeviceId],
    snapshot: Snapshot,
    stale_s: float,
    mind: MeterMemory | None,
    now: Now,
) -> Seen[MeterReading] | None:
    """The meter's last word if it can be believed.

    Args:
        chargers: those whose current flows through it.
    """
    seen = snapshot.get(meter)
    if seen is None or not isinstance(seen.value, MeterReading) or not seen.reachable:
        return None
    if not seen.fresh("power_w", now.mono_s, stale_s):
        return None
    return None if frozen(mind, chargers, snapshot, now) else seen  # type: ignore[return-value]


def watch(
    guarded: Mapping[DeviceId, Collection[DeviceId]],
    before: Mapping[DeviceId, MeterMemory],
    snapshot: Snapshot,
    now: Now,
) -> Mapping[DeviceId, MeterMemory]:
    """Remember when each meter last showed something new.

    Args:
        guarded: by meter the chargers whose current flows through it.
    """
    minds = {
        meter: mind
        for meter, chargers in guarded.items()
        if (mind := _watched(meter, chargers, before.get(meter), snapshot, now)) is not None
    }
    return MappingProxyType(minds)


def _watched(
    meter: DeviceId,
    chargers: Collection[DeviceId],
    old: MeterMemory | None,
    snapshot: Snapshot,
    now: Now,
) -> MeterMemory | None:
    seen = snapshot.get(meter)
    if seen is None or not isinstance(seen.value, MeterReading):
        return None
    m = seen.value
    values = (m.power_w, m.power_l1_w, m.power_l2_w, m.power_l3_w, m.voltage_l1_v, m.current_l1_a)
    if old is None or old.values != values:
        return MeterMemory(values=values, since_mono_s=now.mono_s)
    if old.chargers_w is None and now.mono_s - old.since_mono_s >= CALM_AFTER_S:
        return replace(old, chargers_w=flows.chargers_w(snapshot, chargers, now.mono_s))
    return old


def frozen(
    mind: MeterMemory | None, chargers: Collection[DeviceId], snapshot: Snapshot, now: Now
) -> bool:
    """Whether the meter repeats itself to the last digit for a minute although a charger has
    changed by a kilowatt meanwhile: then it is not measuring this house."""
    if mind is None or mind.chargers_w is None or now.mono_s - mind.since_mono_s < FROZEN_AFTER_S:
        return False
    present_w = flows.chargers_w(snapshot, chargers, now.mono_s)
    return present_w is not None and abs(present_w - mind.chargers_w) >= FROZEN_STEP_W


def tells_phases(meter: MeterReading, phases: int) -> bool:
    """Whether it measures each phase by itself."""
    return all(getattr(meter, f"power_l{phase}_w") is not None for phase in PHASES[:phases])


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
