"""A battery is steered over a real socket: what stands in the registers, and what is reported."""

import asyncio

import pytest
from pyModbusTCP.server import DataBank

from agent.model.driver import LinkDown, Refused, Unable
from agent.model.readings import BatteryMode, BatteryReading
from agent.model.targets import BatteryTarget, Owner, Reason, ReasonCode
from drivers.modbus.faults import Fault
from tests.notebook import Notebook
from tests.sim.modbus_fault_server import GOOD, Behaviour, FaultServer
from tests.sim.modbus_helpers import (
    METER,
    House,
    drivers,
    faster,
    image_server,
    port_of,
    running,
)

EMS_MODE, FORCED_COMMAND, FORCED_POWER_W = 13049, 13050, 13051
SOC_PERCENT = 13022


def target(mode: BatteryMode, power_w: float | None = None) -> BatteryTarget:
    return BatteryTarget(
        device="roof_battery",  # type: ignore[arg-type]
        mode=mode,
        power_w=power_w,
        owner=Owner.MANUAL,
        reason=Reason(code=ReasonCode.BATTERY_MANUAL, sentence="you asked for it"),
    )


def sungrow(bank: DataBank) -> None:
    bank.set_holding_registers(FORCED_COMMAND, [204])
    bank.set_input_registers(SOC_PERCENT, [600])


def controls(bank: DataBank) -> list[int]:
    return list(bank.get_holding_registers(EMS_MODE, 3))


async def mode_told(house: House, mode: BatteryMode) -> BatteryReading:
    found = await house.until(lambda r: getattr(r, "operation_mode", None) is mode)
    assert isinstance(found, BatteryReading)
    return found


async def test_a_mode_is_written_proven_and_given_back() -> None:
    with image_server() as server:
        sungrow(server.data_bank)
        (driver,) = drivers(clock=faster(), roof={"driver": "sungrow_sh", "port": port_of(server)})
        house = House()
        async with running(driver, house):
            await mode_told(house, BatteryMode.SELF_RELIANCE)
            sent = len(house.readings)
            await driver.send(target(BatteryMode.IMPORT_FOCUS, 3000))
            assert controls(server.data_bank) == [2, 170, 3000]
            proof = await mode_told(house, BatteryMode.IMPORT_FOCUS)
            assert house.readings.index(proof) >= sent
            assert proof.device == "roof_battery"
            await driver.make_safe()
            assert controls(server.data_bank)[:2] == [0, 204]


async def test_what_cannot_be_steered_says_so() -> None:
    with image_server() as server:
        (driver,) = drivers(
            clock=faster(), roof={"driver": "sungrow_sh", "port": port_of(server), "control": False}
        )
        assert all(info.battery_modes == () for info in driver.devices)
        with pytest.raises(Refused, match="roof_battery can be read but not steered"):
            await driver.send(target(BatteryMode.IDLE))
        await driver.make_safe()


async def test_a_command_to_a_device_that_is_gone_says_so_at_once() -> None:
    async with FaultServer() as server:
        port = server.port
    (driver,) = drivers(clock=faster(), roof={"driver": "sungrow_sh", "port": port})
    async with asyncio.timeout(1):
        with pytest.raises(LinkDown, match="roof battery has not been reached yet"):
            await driver.send(target(BatteryMode.SELF_RELIANCE))
    await driver.make_safe()


async def test_commands_do_not_wait_for_polls_of_a_slow_line() -> None:
    slow = Behaviour(late_s=0.03)
    async with FaultServer(rule=lambda *_: slow) as server:
        shared = {"port": server.port, "poll_s": 0.5}
        (driver,) = drivers(
            roof={**shared, "driver": "sungrow_sh", "unit": 1},
            grid={**shared, **METER, "unit": 2},
        )
        house = House()
        async with running(driver, house):
            await house.said("grid", "voltage_l1_v")
            await house.said("roof_battery", "soc_percent")
            server.requests.clear()
            await driver.send(target(BatteryMode.IDLE))
            writes = [n for n, q in enumerate(server.requests) if q[1] in (6, 16)]
            assert writes
            others = [q for q in server.requests[: writes[0]] if q[2] not in range(13000, 13100)]
            assert len(others) <= 1


async def test_a_mode_left_by_a_run_that_died_is_known_to_the_next_one() -> None:
    pages = Notebook()
    with image_server() as server:
        sungrow(server.data_bank)
        settings = {"driver": "sungrow_sh", "port": port_of(server)}
        (before,) = drivers(pages, faster(), roof=settings)
        house = House()
        async with running(before, house):
            await mode_told(house, BatteryMode.SELF_RELIANCE)
            await before.send(target(BatteryMode.IDLE))
        (after,) = drivers(pages, faster(), roof=settings)
        house = House()
        async with running(after, house):
            await mode_told(house, BatteryMode.IDLE)
            await after.make_safe()
        assert controls(server.data_bank)[:2] == [0, 204]


async def test_a_permission_that_is_missing_is_told_with_its_code() -> None:
    def rule(_unit: int, function: int, *_: int) -> Behaviour:
        return Behaviour(exception=0x80) if function in (6, 16) else GOOD

    async with FaultServer(rule=rule) as server:
        (driver,) = drivers(clock=faster(), roof={"driver": "sungrow_sh", "port": server.port})
        house = House()
        async with running(driver, house):
            await house.until(lambda r: r.reachable is True)
            with pytest.raises(Unable, match="permission denied"):
                await driver.send(target(BatteryMode.IDLE))
            assert driver.bus.counts.faults[Fault.PERMISSION] >= 1
