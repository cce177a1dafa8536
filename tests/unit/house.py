"""Small builders of houses for tests of pure code."""

from datetime import UTC, datetime
from typing import Any

from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.intents import ChargerMode
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
from agent.model.snapshot import Seen, Snapshot, fold
from agent.model.wishes import ChargerWish, Wishes
from agent.plan.settings import ChargerSettings, PlanSettings

NOON = Now(at=datetime(2026, 6, 10, 12, tzinfo=UTC), mono_s=1000.0)
GARAGE, GRID, ROOF, STORE = (DeviceId(n) for n in ("garage", "grid", "roof", "roof_battery"))
CARPORT = DeviceId("carport")


def info(device: DeviceId, kind: DeviceKind, **more: Any) -> DeviceInfo:
    return DeviceInfo(id=device, kind=kind, name=device, driver="test", **more)


DEVICES = (
    info(GARAGE, DeviceKind.CHARGER),
    info(GRID, DeviceKind.METER),
    info(ROOF, DeviceKind.INVERTER),
    info(STORE, DeviceKind.BATTERY, battery_modes=("SELF_RELIANCE", "IDLE", "IMPORT_FOCUS")),
)
SETTINGS = PlanSettings(
    fuse_a=25.0, grid_meter=GRID, devices=DEVICES, chargers={GARAGE: ChargerSettings()}
)


def wishes(mode: ChargerMode = ChargerMode.FAST, **more: Any) -> Wishes:
    return Wishes(chargers={GARAGE: ChargerWish(mode=mode, **more)})


def charger(
    now: Now = NOON,
    state: PowerDelivery = PowerDelivery.STOPPED,
    device: DeviceId = GARAGE,
    **more: Any,
) -> ChargerReading:
    return ChargerReading(device=device, at=now.at, mono_s=now.mono_s, power_delivery=state, **more)


def charging(amps: float, now: Now = NOON, device: DeviceId = GARAGE) -> ChargerReading:
    """A car that draws `amps` on three phases."""
    return charger(
        now,
        PowerDelivery.CHARGING,
        device,
        power_w=amps * 690.0,
        current_l1_a=amps,
        current_l2_a=amps,
        current_l3_a=amps,
    )


def grid(power_w: float, now: Now = NOON, **more: Any) -> MeterReading:
    """A meter with its power spread evenly over three phases."""
    each = {f"power_l{p}_w": power_w / 3 for p in (1, 2, 3)}
    each |= {f"voltage_l{p}_v": 230.0 for p in (1, 2, 3)}
    return MeterReading(device=GRID, at=now.at, mono_s=now.mono_s, power_w=power_w, **(each | more))


def roof(production_w: float, now: Now = NOON) -> InverterReading:
    return InverterReading(device=ROOF, at=now.at, mono_s=now.mono_s, production_w=production_w)


def battery(now: Now = NOON, **more: Any) -> BatteryReading:
    return BatteryReading(device=STORE, at=now.at, mono_s=now.mono_s, **more)


def snapshot(*readings: Reading) -> Snapshot:
    house: dict[DeviceId, Seen[Reading]] = {}
    for reading in readings:
        house[reading.device] = fold(house.get(reading.device), reading)
    return house
