"""Cars as the daemon builds them: what is known of them stands in the real database."""

import asyncio
from pathlib import Path

import pytest

from agent.assembly.links import build_drivers
from agent.clock import SystemClock
from agent.house import House
from agent.model.readings import PowerDelivery
from agent.store import Store
from drivers.vehicles.link import CarLink
from tests.sim.mosquitto import mosquitto
from tests.sim.mqtt_peers import running, watching
from tests.sim.test_vehicles import Life, tell
from tests.unit.config_files import HOUSE, settings_of

pytestmark = pytest.mark.mosquitto


async def test_a_car_is_known_after_a_restart_without_its_gateway(tmp_path: Path) -> None:
    clock = SystemClock()
    with mosquitto(tmp_path) as broker:
        text = (
            f"{HOUSE}mqtt: {{host: 127.0.0.1, port: {broker.port}}}\n"
            "vehicles: {car: {source: ovms, topic: ovms/me/zoe}}\n"
        )
        settings = settings_of(tmp_path, text)
        for life_number in range(2):
            store = await Store.open(tmp_path / "hearth.db", clock)
            async with running(store.run):
                (driver,) = build_drivers(settings, clock, store)
                assert isinstance(driver, CarLink)
                life = Life(driver, House(), clock)
                async with running(life.run):
                    if life_number == 0:
                        await life.listens()
                        async with watching(broker.port) as peer:
                            await tell(peer, "ovms/me/zoe/metric", retain=False, v__b__soc="63.5")
                            await tell(peer, "ovms/me/zoe/metric", retain=False, v__c__pilot="no")
                            await life.until(
                                soc_percent=63.5, power_delivery=PowerDelivery.UNPLUGGED
                            )
                        await asyncio.sleep(0.3)
                    else:
                        await life.until(
                            soc_percent=63.5,
                            power_delivery=PowerDelivery.UNPLUGGED,
                            reachable=False,
                        )
                        assert 0.3 < life.old_s("soc_percent") < 10
                await driver.make_safe()
            await store.close()
