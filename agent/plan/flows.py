"""Where the power goes now: sums over the Snapshot that refuse to be partial."""

from collections.abc import Collection, Iterable
from typing import TypeVar

from agent.model.driver import DeviceInfo
from agent.model.readings import (
    BatteryReading,
    ChargerReading,
    DeviceId,
    DeviceKind,
    InverterReading,
    MeterReading,
    PowerDelivery,
    Reading,
)
from agent.model.snapshot import Seen, Snapshot

R = TypeVar("R", bound=Reading)

_FLOWS = (PowerDelivery.CHARGING, PowerDelivery.DISCHARGING)

FRESH_S = 60.0
"""An older power is not what flows now."""

ASLEEP_BELOW_W = 50.0
"""An inverter whose last word was less than this, and that is silent now, sleeps."""


def of_kind(snapshot: Snapshot, kind: type[R]) -> dict[DeviceId, Seen[R]]:
    return {device: seen for device, seen in snapshot.items() if isinstance(seen.value, kind)}  # type: ignore[misc]


def grid_w(snapshot: Snapshot, meter: DeviceId | None, now_mono_s: float) -> float | None:
    """Power at the grid connection, + = import; None when unknown or stale."""
    seen = snapshot.get(meter) if meter else None
    if seen is None or not isinstance(seen.value, MeterReading) or not seen.reachable:
        return None
    return seen.value.power_w if seen.fresh("power_w", now_mono_s, FRESH_S) else None


def charger_w(seen: Seen[ChargerReading], now_mono_s: float) -> float | None:
    """Power of one charger; 0 when it is known not to charge, None when nobody knows."""
    state = seen.value.power_delivery
    if not seen.reachable:
        return None
    if state is not None and state not in _FLOWS:
        return None if state is PowerDelivery.UNKNOWN else 0.0
    return seen.value.power_w if seen.fresh("power_w", now_mono_s, FRESH_S) else None


def chargers_w(snapshot: Snapshot, expected: Iterable[DeviceId], now_mono_s: float) -> float | None:
    """Sum over all chargers; one that has never been seen draws nothing that we know of."""
    chargers, total_w = of_kind(snapshot, ChargerReading), 0.0
    for device in expected:
        seen = chargers.get(device)
        if seen is None:
            continue
        power_w = charger_w(seen, now_mono_s)
        if power_w is None:
            return None
        total_w += power_w
    return total_w


def production_w(
    snapshot: Snapshot, expected: Iterable[DeviceId], now_mono_s: float
) -> float | None:
    """What all inverters give; None when one that is configured does not say.

    An inverter that sleeps at night is unreachable, and then its last word counts: when that
    was next to nothing it is asleep and gives 0.
    """
    inverters, total_w = of_kind(snapshot, InverterReading), 0.0
    for device in expected:
        seen = inverters.get(device)
        if seen is None or seen.value.production_w is None:
            return None
        if seen.reachable and seen.fresh("production_w", now_mono_s, FRESH_S):
            total_w += seen.value.production_w
        elif seen.value.production_w > ASLEEP_BELOW_W:
            return None
    return total_w


def battery_w(snapshot: Snapshot, expected: Iterable[DeviceId], now_mono_s: float) -> float | None:
    """Sum over all batteries, + = charging; None when one that is configured does not say."""
    batteries, total_w = of_kind(snapshot, BatteryReading), 0.0
    for device in expected:
        seen = batteries.get(device)
        if seen is None or not seen.reachable or seen.value.power_w is None:
            return None
        if not seen.fresh("power_w", now_mono_s, FRESH_S):
            return None
        total_w += seen.value.power_w
    return total_w


def surplus_w(
    snapshot: Snapshot,
    meter: DeviceId | None,
    devices: Iterable[DeviceInfo],
    now_mono_s: float,
    on_sun: Collection[DeviceId],
) -> float | None:
    """Sun that the house itself does not use: what the chargers draw that live on it and the
    battery takes, less what comes from the grid. The car goes before the battery, and is never
    fed by it.

    A charger whose power nobody knows counts as a part of the house, which makes the surplus
    of the others smaller, never larger. Unknown without the grid meter.

    Args:
        on_sun: those chargers; all others are a part of the house.
    """
    from_grid_w = grid_w(snapshot, meter, now_mono_s)
    if from_grid_w is None:
        return None
    chargers = of_kind(snapshot, ChargerReading)
    cars_w = sum(charger_w(chargers[each], now_mono_s) or 0.0 for each in on_sun)
    stored_w = battery_w(snapshot, ids(devices, DeviceKind.BATTERY), now_mono_s)
    return cars_w - from_grid_w + (stored_w or 0.0)


def reserved_w(snapshot: Snapshot, devices: Iterable[DeviceInfo], below_percent: float) -> float:
    """What batteries that are not yet so full may take of the sun before the cars.

    One that does not tell how hard it can charge is left what it takes now.
    """
    total_w = 0.0
    seen = of_kind(snapshot, BatteryReading)
    for device in ids(devices, DeviceKind.BATTERY):
        value = seen[device].value if device in seen else None
        if value is None or value.soc_percent is None or value.soc_percent >= below_percent:
            continue
        rating_w = value.max_charge_w
        total_w += max(0.0, value.power_w or 0.0) if rating_w is None else rating_w
    return total_w


def ids(devices: Iterable[DeviceInfo], kind: DeviceKind) -> tuple[DeviceId, ...]:
    """Ids of the configured devices of one kind."""
    return tuple(d.id for d in devices if d.kind is kind)
