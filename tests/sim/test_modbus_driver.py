"""The driver against independent servers: pyModbusTCP with register images, and a faulty one."""

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from agent.clock import SystemClock
from agent.model.driver import LinkDown
from agent.model.readings import MeterReading
from drivers.modbus.building import build
from drivers.modbus.config import ModbusConfig
from drivers.modbus.maps import load_models
from tests.notebook import Notebook
from tests.sim.modbus_fault_server import GOOD, Behaviour, FaultServer
from tests.sim.modbus_helpers import (
    METER,
    House,
    drivers,
    faster,
    floats,
    image_server,
    port_of,
    running,
)


async def test_an_eastron_meter_is_read_as_an_independent_server_serves_it() -> None:
    with image_server() as server:
        bank = server.data_bank
        bank.set_input_registers(0, floats(230.5, 231.5, 229.5, 1.5, 2.5, 3.5))
        bank.set_input_registers(12, floats(300.0, -200.0, 100.0))
        bank.set_input_registers(52, floats(200.0))
        bank.set_input_registers(70, floats(50.0, 1234.5, 67.25))
        (driver,) = drivers(grid={**METER, "port": port_of(server)})
        house = House()
        async with running(driver, house):
            power = await house.until(lambda r: getattr(r, "power_w", None) is not None)
            energy = await house.until(lambda r: getattr(r, "import_wh", None) is not None)
    assert isinstance(power, MeterReading)
    assert isinstance(energy, MeterReading)
    assert (power.device, power.power_w, power.reachable) == ("grid", 200.0, True)
    assert (power.power_l1_w, power.power_l2_w, power.power_l3_w) == (300.0, -200.0, 100.0)
    assert (power.voltage_l1_v, power.voltage_l3_v) == (230.5, 229.5)
    assert (energy.import_wh, energy.export_wh) == (1234500.0, 67250.0)


async def test_a_dead_unit_does_not_delay_the_other_on_the_same_line() -> None:
    server = FaultServer(rule=lambda unit, *_: Behaviour(silent=True) if unit == 2 else GOOD)
    async with server:
        shared = {**METER, "port": server.port, "poll_s": 0.5}
        (driver,) = drivers(
            alive={**shared, "unit": 1}, dead={**shared, "unit": 2, "timeout_s": 0.2}
        )
        house = House()
        async with running(driver, house):
            await house.until(lambda r: r.device == "dead" and r.reachable is False)
            await asyncio.sleep(1.6)
        polls = [r.mono_s for r in house.readings if r.device == "alive" and r.reachable]
        assert max(b - a for a, b in pairwise(polls)) < 1.0
        assert len([q for q in server.requests if q[0] == 2]) <= 2
        assert server.most_at_once == 1


async def test_a_link_that_goes_down_is_told_for_every_device_and_ends_the_run() -> None:
    async with FaultServer() as server:
        shared = {**METER, "port": server.port, "poll_s": 0.5}
        (driver,) = drivers(one={**shared, "unit": 1}, two={**shared, "unit": 2})
        house = House()
        task = asyncio.create_task(driver.run(house.report))
        await house.until(lambda r: r.device == "two" and r.reachable is True)
    with pytest.raises(LinkDown, match="refuses the connection"):
        await task
    assert driver.name == "one and two"
    gone = {r.device for r in house.readings if r.reachable is False}
    assert gone == {"one", "two"}


async def test_a_refused_register_is_found_and_the_rest_is_read(tmp_path: Path) -> None:
    holes = {12, 13}

    def rule(_unit: int, _function: int, address: int, count: int) -> Behaviour:
        hit = holes & set(range(address, address + count))
        return Behaviour(exception=2) if hit else GOOD

    (tmp_path / "holey.yaml").write_text(
        """
id: holey
vendor: Test
title: Holey meter
class: meter
word_order: high_first
functions: {read: [4], write: []}
limits: {max_registers_per_read: 80, max_gap: 4, min_poll_s: 0.5}
registers:
  - {role: grid, name: power_l1_w, table: input, address: 10, type: u16}
  - {role: grid, name: power_l2_w, table: input, address: 11, type: u16}
  - {role: grid, name: power_l3_w, table: input, address: 12, type: u16}
  - {role: grid, name: power_w, table: input, address: 14, type: u16}
""",
        encoding="utf-8",
    )
    models = load_models([tmp_path], ["holey"])
    pages = Notebook()
    async with FaultServer(rule=rule) as server:
        config = ModbusConfig(driver="holey", host="127.0.0.1", port=server.port, poll_s=0.5)
        (driver,) = build({"grid": config}, models, SystemClock(), pages)
        house = House()
        async with running(driver, house):
            found = await house.until(lambda r: getattr(r, "power_w", None) == 14.0)
    assert isinstance(found, MeterReading)
    assert (found.power_l1_w, found.power_l2_w, found.power_l3_w) == (10.0, 11.0, None)
    (note,) = pages.notes.values()
    assert note["refused"] == [[1, "input", 12, 13]]


async def test_a_huawei_hybrid_is_three_devices() -> None:
    (driver,) = drivers(roof={"driver": "huawei_sun2000", "max_power_w": 10000})
    kinds = {(info.id, info.kind.value) for info in driver.devices}
    assert kinds == {
        ("roof", "inverter"),
        ("roof_battery", "battery"),
        ("roof_meter", "meter"),
    }
    assert driver.devices[0].id == "roof"
    assert [info.max_power_w for info in driver.devices] == [10000, 10000, None]


async def test_devices_at_one_address_share_a_driver_and_must_agree_on_the_line() -> None:
    at = {"driver": "eastron_sdm630", "host": "gateway.local"}
    both = drivers(a={**at, "unit": 1}, b={**at, "unit": 2}, c={**at, "port": 503})
    assert [driver.name for driver in both] == ["a and b", "c"]
    with pytest.raises(ValueError, match=r"a and b share .* but differ in framer"):
        drivers(a={**at, "unit": 1}, b={**at, "unit": 2, "framer": "socket"})
    with pytest.raises(ValueError, match="a: there is no device model eastron_sdm631"):
        drivers(a={**at, "driver": "eastron_sdm631"})


@pytest.mark.parametrize("rtu", [False, True])
@pytest.mark.parametrize("model", ["eastron_sdm630", "sungrow_sh"])
async def test_the_kind_of_frames_is_found_out_when_nobody_said(*, rtu: bool, model: str) -> None:
    async with FaultServer(rtu=rtu) as server:
        (driver,) = drivers(
            one={"driver": model, "port": server.port, "timeout_s": 0.2, "poll_s": 0.5}
        )
        house = House()
        async with running(driver, house):
            await house.until(lambda r: r.reachable is True, within_s=5)
        assert driver.bus.endpoint.framer == ("rtu" if rtu else "socket")
        assert server.most_at_once == 1


async def test_a_silent_unit_behind_a_gateway_is_named_and_the_others_are_read() -> None:
    def rule(unit: int, *_: int) -> Behaviour:
        return Behaviour(exception=11) if unit == 30 else GOOD

    async with FaultServer(rule=rule) as server:
        config = {"driver": "victron_gx", "port": server.port, "poll_s": 0.5}
        (driver,) = drivers(clock=faster(), gx={**config, "units": {"grid": 30}})
        house = House()
        async with running(driver, house):
            told = await house.until(lambda r: bool(r.problem), within_s=6)
    assert told.reachable is True
    assert told.problem == "no answer from unit 30 behind it"
