"""All six device models against simulated devices, which were written from other sources."""

from dataclasses import replace

import pytest

from agent.model.readings import (
    BatteryMode,
    BatteryReading,
    BatteryStatus,
    DeviceId,
    InverterReading,
    MeterReading,
    Reading,
)
from agent.model.snapshot import Seen, fold
from agent.model.targets import BatteryTarget, Owner, Reason, ReasonCode
from drivers.modbus.driver import ModbusDriver
from simulators.devices import build_device
from simulators.modbus_server import ModbusServer
from simulators.plant import FixedPlant
from tests.sim.modbus_helpers import House, drivers, faster, running

HYBRIDS = ("huawei_sun2000", "sma_hybrid", "sungrow_sh", "victron_gx")
SETTINGS: dict[str, dict[str, object]] = {
    "eastron_sdm630": {},
    "sunspec": {},
    "victron_gx": {"units": {"grid": 30, "battery": 225}},
}


def simulated(model: str, noon: FixedPlant) -> ModbusServer:
    deaf = {"connect_delay_s": 0.1} if model == "huawei_sun2000" else {}  # house time is faster
    return ModbusServer(device=build_device(model, noon, **deaf), before=lambda: None)


def plant() -> FixedPlant:
    """Noon: the sun feeds the house, the battery and the grid."""
    return FixedPlant(
        pv_w=6000.0,
        load_w=1000.0,
        battery_w=2000.0,
        grid_w=-3000.0,
        soc_percent=60.0,
        import_wh=1_234_000.0,
        export_wh=567_000.0,
        pv_wh=8_900_000.0,
    )


def state(house: House, device: str) -> Seen[Reading] | None:
    told: Seen[Reading] | None = None
    for reading in house.readings:
        if reading.device == device:
            told = fold(told, reading)
    return told


async def after_a_round(driver: ModbusDriver, house: House) -> None:
    """Until the first poll is through, which ends with the word that the device is reachable."""
    last = driver.devices[-1].id
    await house.until(lambda r: r.device == last and r.problem == "", within_s=8)


@pytest.mark.parametrize("model", [*HYBRIDS, "eastron_sdm630"])
async def test_the_grid_meter_says_what_the_plant_does(model: str) -> None:
    server = simulated(model, plant())
    port = await server.start(0, "127.0.0.1")
    (driver,) = drivers(
        clock=faster(), it={"driver": model, "port": port, **SETTINGS.get(model, {})}
    )
    house = House()
    async with running(driver, house):
        await after_a_round(driver, house)
    await server.stop()
    seen = state(house, "it" if model == "eastron_sdm630" else "it_meter")
    assert seen is not None
    grid = seen.value
    assert isinstance(grid, MeterReading)
    assert grid.power_w == pytest.approx(-3000, abs=5)
    assert grid.import_wh == pytest.approx(1_234_000, rel=0.001)
    assert grid.export_wh == pytest.approx(567_000, rel=0.001)


@pytest.mark.parametrize("model", [*HYBRIDS, "sunspec"])
async def test_the_inverter_and_the_battery_say_what_the_plant_does(model: str) -> None:
    noon = plant()
    if model == "sunspec":  # of the makes without strings of their own only the AC side is known
        noon.battery_w, noon.capacity_wh = 0.0, 0.0
    server = simulated(model, noon)
    port = await server.start(0, "127.0.0.1")
    (driver,) = drivers(
        clock=faster(), it={"driver": model, "port": port, **SETTINGS.get(model, {})}
    )
    house = House()
    async with running(driver, house):
        await after_a_round(driver, house)
    await server.stop()
    seen = state(house, "it")
    assert seen is not None
    assert isinstance(seen.value, InverterReading)
    assert seen.value.production_w == pytest.approx(6000, abs=10)
    if model == "sunspec":
        return
    seen = state(house, "it_battery")
    assert seen is not None
    battery = seen.value
    assert isinstance(battery, BatteryReading)
    assert battery.power_w == pytest.approx(2000, abs=10)
    assert battery.soc_percent == pytest.approx(60, abs=1)
    assert battery.status is BatteryStatus.CHARGING


@pytest.mark.parametrize("model", HYBRIDS)
async def test_each_battery_can_be_put_to_rest_and_given_back(model: str) -> None:
    noon = plant()
    server = simulated(model, noon)
    port = await server.start(0, "127.0.0.1")
    (driver,) = drivers(
        clock=faster(), it={"driver": model, "port": port, **SETTINGS.get(model, {})}
    )
    house = House()
    idle = BatteryTarget(
        device=DeviceId("it_battery"),
        mode=BatteryMode.IDLE,
        owner=Owner.MANUAL,
        reason=Reason(code=ReasonCode.BATTERY_MANUAL, sentence="you asked for it"),
    )
    async with running(driver, house):
        await after_a_round(driver, house)
        house.readings.clear()
        await driver.send(idle)
        await house.until(lambda r: getattr(r, "operation_mode", None) is BatteryMode.IDLE, 8)
        house.readings.clear()
        normal = BatteryMode.SELF_RELIANCE
        await driver.send(replace(idle, mode=normal))
        await house.until(lambda r: getattr(r, "operation_mode", None) is normal, 8)
        await driver.make_safe()
    await server.stop()
