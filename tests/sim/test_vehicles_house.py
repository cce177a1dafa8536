"""Gateways of a simulated house tell of a physical car, and Hearth understands each of them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.clock import FastClock
from agent.house import House
from agent.model.readings import PowerDelivery
from drivers.mqtt_link import Server
from drivers.vehicles.building import build
from drivers.vehicles.config import VehicleConfig
from tests.notebook import Notebook
from tests.sim.mosquitto import Mosquitto, mosquitto
from tests.sim.mqtt_peers import running
from tests.sim.sim_programs import Program, program
from tests.sim.test_vehicles import Life

pytestmark = [pytest.mark.mosquitto, pytest.mark.timed]

ENTITIES = {
    "soc_percent": {"entity": "sensor.1_ev_battery_level"},
    "range_km": {"entity": "sensor.1_ev_range"},
    "plugged_in": {"entity": "binary_sensor.1_ev_battery_plug"},
    "charging": {"entity": "binary_sensor.1_ev_battery_charge"},
    "charge_limit_percent": {"entity": "sensor.1_ev_charge_limits_ac"},
    "latitude_deg": {"entity": "device_tracker.1_location", "attribute": "latitude"},
    "longitude_deg": {"entity": "device_tracker.1_location", "attribute": "longitude"},
}
CONFIGS: Mapping[str, Mapping[str, object]] = {
    "teslamate": {"source": "teslamate"},
    "ovms": {"source": "ovms", "topic": "ovms/demo/1"},
    "carconnectivity": {"source": "carconnectivity", "id": "1"},
    "statestream": {"source": "statestream", "topic": "hass", "fields": ENTITIES},
}
QUIRKS = {
    "teslamate": ("stale-healthy", "ghost-unplug"),
    "ovms": ("not-retained",),
    "carconnectivity": ("hybrid",),
    "statestream": ("miles",),
}
SPEED = 600.0


@dataclass
class Scene:
    life: Life
    gateway: Program
    cable_port: int

    async def plug(self, *, plugged: bool) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.cable_port)
        writer.write(json.dumps({"bay": "CP001", "plug": plugged}).encode() + b"\n")
        await reader.readline()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def scene(broker: Mosquitto, source: str, *quirks: str) -> AsyncIterator[Scene]:
    start, real_s = datetime(2026, 6, 15, 9, 0, tzinfo=UTC), time.time()
    text = f"{start:%Y-%m-%dT%H:%M:%SZ}/{real_s}/{SPEED}"
    cars = {"car": VehicleConfig.model_validate(CONFIGS[source])}
    clock = FastClock(start, real_s, SPEED)
    (driver,) = build(cars, Server(host="127.0.0.1", port=broker.port), "hearth", clock, Notebook())
    async with program("house", "--car", "CP001,soc=45,limit=80", "--clock", text) as house:
        cable = (await house.line(lambda line: "ports" in line))["ports"]["cable"]
        more = [word for quirk in quirks for word in ("--quirk", quirk)]
        more += ["--gateway", source, "--bay", "CP001", "--clock", text]
        more += ["--broker", f"127.0.0.1:{broker.port}", "--house", f"127.0.0.1:{cable}"]
        life = Life(driver, House(), clock)
        async with running(life.run):
            await life.listens()
            async with program("vehicles", *more) as gateway:
                await gateway.line(lambda line: "ready" in line)
                yield Scene(life, gateway, cable)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path) as broker:
        yield broker


@pytest.mark.parametrize("source", list(CONFIGS))
async def test_a_car_is_told_through(broker: Mosquitto, source: str) -> None:
    async with scene(broker, source, *QUIRKS[source]) as here:
        await here.life.until(
            power_delivery=PowerDelivery.STOPPED,
            soc_percent=45.0,
            charge_limit_percent=80.0,
            latitude_deg=50.85,
            reachable=True,
        )
        assert here.life.seen.value.range_km == pytest.approx(168.75, abs=1)
        await here.plug(plugged=False)
        await here.life.until(power_delivery=PowerDelivery.UNPLUGGED, soc_percent=45.0)
        await here.plug(plugged=True)
        await here.life.until(power_delivery=PowerDelivery.STOPPED)
        seen = here.life.seen
        interval_s = seen.said_mono_s["plugged_in"] - seen.otherwise_mono_s["plugged_in"]
        assert 0 < interval_s < 30 * 60


@pytest.mark.parametrize("source", ["teslamate", "ovms", "carconnectivity"])
async def test_a_gateway_that_dies_is_missed(broker: Mosquitto, source: str) -> None:
    async with scene(broker, source) as here:
        await here.life.until(soc_percent=45.0, reachable=True)
        here.gateway.process.kill()
        await here.life.until(soc_percent=45.0, reachable=False)
