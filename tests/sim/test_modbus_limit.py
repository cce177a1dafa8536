"""An inverter is turned down over a real socket: what it then gives, what it says, who frees it."""

import pytest

from agent.model.driver import Refused
from agent.model.readings import InverterReading
from agent.model.targets import InverterTarget, Owner, Reason, ReasonCode
from simulators.devices import build_device
from simulators.modbus_server import ModbusServer
from simulators.plant import FixedPlant
from tests.notebook import Notebook
from tests.sim.modbus_helpers import House, drivers, faster, running


def target(power_w: float | None, device: str = "roof") -> InverterTarget:
    return InverterTarget(
        device=device,  # type: ignore[arg-type]
        max_power_w=power_w,
        owner=Owner.SAFETY,
        reason=Reason(code=ReasonCode.EXPORT_LIMIT, sentence="no more may be fed in"),
    )


async def limit_told(house: House, power_w: float) -> None:
    def says(reading: object) -> bool:
        return isinstance(reading, InverterReading) and reading.production_limit_w == power_w

    await house.until(says)


async def test_a_limit_is_written_proven_kept_and_taken_back() -> None:
    plant = FixedPlant(pv_w=8000.0, rated_w=10_000.0, capacity_wh=0.0)
    server = ModbusServer(device=build_device("sunspec", plant), before=lambda: None)
    port = await server.start(0)
    pages, roof = Notebook(), {"driver": "sunspec", "port": port}
    try:
        (driver,) = drivers(pages, faster(), roof=roof)
        assert [info.limitable for info in driver.devices] == [True]
        house = House()
        async with running(driver, house):
            await limit_told(house, 10_000.0)
            await driver.send(target(3000.0))
            await limit_told(house, 3000.0)
            assert (plant.pv_limit_w, plant.pv_limit_until_s) == (3000.0, 60.0)
            await driver.send(target(12_000.0))
            await limit_told(house, 10_000.0)
            await driver.send(target(3000.0))
            held = dict(pages.notes["modbus-control", "roof"])
            assert held["held"] == "limit"
            await driver.make_safe()
            assert plant.pv_limit_w is None
            assert pages.notes["modbus-control", "roof"]["held"] == ""
        pages.notes["modbus-control", "roof"] = held
        plant.pv_limit_w = 3000.0
        (again,) = drivers(pages, faster(), roof=roof)
        house = House()
        async with running(again, house):
            await limit_told(house, 10_000.0)
            await again.make_safe()  # of the last run, that was killed
            assert plant.pv_limit_w is None
    finally:
        await server.stop()


async def test_who_cannot_be_turned_down_says_so() -> None:
    (driver,) = drivers(clock=faster(), roof={"driver": "huawei_sun2000", "port": 1})
    assert not any(info.limitable for info in driver.devices)
    with pytest.raises(Refused, match="roof cannot be turned down"):
        await driver.send(target(3000.0))
