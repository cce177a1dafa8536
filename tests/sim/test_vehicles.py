"""Cars over a real Mosquitto: real retain flags, a broker that restarts, gateways that die."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.house import House
from agent.model.clock import Clock, Now
from agent.model.driver import Driver, LinkDown, Refused
from agent.model.readings import DeviceId, PowerDelivery, VehicleReading
from agent.model.snapshot import Seen
from agent.model.targets import Owner, Reason, ReasonCode, VehicleTarget
from drivers.mqtt_link import Server
from drivers.vehicles.building import build
from drivers.vehicles.config import VehicleConfig
from drivers.vehicles.link import CarLink
from tests.notebook import Notebook
from tests.sim.mosquitto import Mosquitto, mosquitto
from tests.sim.mqtt_peers import Watcher, running, watching

pytestmark = pytest.mark.mosquitto

CAR = DeviceId("car")
TESLA = {"source": "teslamate"}
OVMS = {"source": "ovms", "topic": "ovms/me/zoe", "control": True}
WITHIN_S = 5.0


@dataclass
class TestClock:
    """The machine's clocks, and house time that can be skipped."""

    __test__ = False
    skipped_s: float = 0.0

    def now(self) -> Now:
        at = datetime.fromtimestamp(time.time() + self.skipped_s, UTC)
        return Now(at=at, mono_s=time.monotonic() + self.skipped_s)

    async def sleep(self, seconds: float) -> None:
        del seconds
        await asyncio.sleep(0.02)


@dataclass
class Room:
    """A house with one car on one broker."""

    broker: Mosquitto
    clock: TestClock = field(default_factory=TestClock)
    disk: Notebook = field(default_factory=Notebook)

    @asynccontextmanager
    async def car(self, **config: Any) -> AsyncIterator["Life"]:
        """One life of Hearth."""
        cars = {"car": VehicleConfig.model_validate(config)}
        server = Server(host="127.0.0.1", port=self.broker.port)
        (driver,) = build(cars, server, "hearth-test", self.clock, self.disk)
        life = Life(driver, House(), self.clock)
        async with running(life.run):
            await life.listens()
            yield life
        await driver.make_safe()


@dataclass
class Life:
    driver: Driver
    house: House
    clock: Clock

    async def run(self) -> None:
        while True:
            try:
                await self.driver.run(self.house.report)
            except LinkDown:
                await asyncio.sleep(0.05)

    async def listens(self) -> None:
        """Wait until what is published now comes without the retain flag."""
        assert isinstance(self.driver, CarLink)
        async with asyncio.timeout(WITHIN_S):
            await self.driver.listening.wait()

    @property
    def seen(self) -> Seen[VehicleReading]:
        seen = self.house.now.value[CAR]
        assert isinstance(seen.value, VehicleReading)
        return seen  # type: ignore[return-value]

    def old_s(self, name: str) -> float:
        """How long ago a field was last said to be so."""
        old_s = self.seen.age_s(name, self.clock.now().mono_s)
        assert old_s is not None
        return old_s

    async def until(self, **wanted: object) -> None:
        """Wait until the car's state is so."""
        found: Mapping[str, object] = {}
        try:
            async with asyncio.timeout(WITHIN_S):
                while found != wanted:
                    await asyncio.sleep(0.01)
                    if CAR in self.house.now.value:
                        found = {name: getattr(self.seen.value, name) for name in wanted}
        except TimeoutError:
            raise AssertionError(f"wanted {wanted}, found {found}") from None


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with mosquitto(tmp_path) as broker:
        yield Room(broker)


async def tell(peer: Watcher, prefix: str, *, retain: bool = True, **values: str) -> None:
    for key, value in values.items():
        await peer.say(f"{prefix}/{key.replace('__', '/')}", value, retain=retain)


async def test_a_tesla_is_plugged_in_and_charges(room: Room) -> None:
    async with room.car(**TESLA) as life, watching(room.broker.port) as peer:
        await tell(peer, "teslamate/cars/1", state="online", plugged_in="false")
        await tell(peer, "teslamate/cars/1", charging_state="Disconnected")
        await tell(peer, "teslamate/cars/1", retain=False, healthy="true")
        await life.until(power_delivery=PowerDelivery.UNPLUGGED, reachable=True)
        unplugged_s = life.seen.said_mono_s["plugged_in"]
        await tell(peer, "teslamate/cars/1", plugged_in="true", charging_state="Charging")
        await tell(peer, "teslamate/cars/1", usable_battery_level="61", charger_power="11")
        await life.until(power_delivery=PowerDelivery.CHARGING, soc_percent=61.0, power_w=11000.0)
        assert life.seen.otherwise_mono_s["plugged_in"] == unplugged_s
        assert life.old_s("soc_percent") < 2


async def test_what_the_broker_had_kept_is_of_unknown_age(room: Room) -> None:
    async with watching(room.broker.port) as peer:
        await tell(peer, "teslamate/cars/1", usable_battery_level="61", plugged_in="true")
        await tell(peer, "teslamate/cars/1", state="online")
        async with room.car(**TESLA) as life:
            await life.until(soc_percent=61.0, plugged_in=True)
            assert life.old_s("soc_percent") > 6 * 86_400
            assert life.seen.value.reachable is False
            await tell(peer, "teslamate/cars/1", retain=False, healthy="true")
            await life.until(reachable=True)
            assert life.old_s("soc_percent") < 2, "TeslaMate has just looked at an awake car"


async def test_a_stale_retained_heartbeat_is_none(room: Room) -> None:
    async with watching(room.broker.port) as peer:
        await tell(peer, "teslamate/cars/1", usable_battery_level="61", healthy="true")
        async with room.car(**TESLA) as life:
            await life.until(soc_percent=61.0)
            assert life.seen.value.reachable is False


async def test_a_dead_teslamate_is_told_after_25_minutes_and_the_charge_stays_known(
    room: Room,
) -> None:
    async with room.car(**TESLA) as life, watching(room.broker.port) as peer:
        await tell(peer, "teslamate/cars/1", usable_battery_level="61", state="online")
        await tell(peer, "teslamate/cars/1", retain=False, healthy="true")
        await life.until(soc_percent=61.0, reachable=True)
        room.clock.skipped_s += 24 * 60
        await asyncio.sleep(0.5)
        assert life.seen.value.reachable is True
        room.clock.skipped_s += 2 * 60
        await life.until(reachable=False, soc_percent=61.0)
        assert "TeslaMate" in (life.seen.value.problem or "")


async def test_a_restart_of_hearth_makes_nothing_younger(room: Room) -> None:
    async with watching(room.broker.port) as peer:
        async with room.car(**TESLA) as life:
            await tell(peer, "teslamate/cars/1", charging_state="Disconnected")
            await life.until(power_delivery=PowerDelivery.UNPLUGGED)
            room.clock.skipped_s += 600
            await tell(
                peer, "teslamate/cars/1", charging_state="Stopped", usable_battery_level="61"
            )
            await life.until(power_delivery=PowerDelivery.STOPPED, soc_percent=61.0)
        room.clock.skipped_s += 3600
        async with room.car(**TESLA) as life:
            await life.until(power_delivery=PowerDelivery.STOPPED, soc_percent=61.0)
            await asyncio.sleep(0.5)  # the retained messages have come by now
            for name in ("power_delivery", "soc_percent", "plugged_in"):
                assert 3590 < life.old_s(name) < 3620, name
            plugged_s = life.seen.said_mono_s["plugged_in"]
            unplugged_s = life.seen.otherwise_mono_s["plugged_in"]
            assert 595 < plugged_s - unplugged_s < 620, "the plug-in is still an interval"


async def test_a_plug_that_moved_while_hearth_was_away_moved_by_now(room: Room) -> None:
    async with watching(room.broker.port) as peer:
        async with room.car(**TESLA) as life:
            await tell(peer, "teslamate/cars/1", charging_state="Disconnected")
            await life.until(power_delivery=PowerDelivery.UNPLUGGED)
        room.clock.skipped_s += 3600
        await tell(peer, "teslamate/cars/1", charging_state="Charging")
        async with room.car(**TESLA) as life:
            await life.until(power_delivery=PowerDelivery.CHARGING)
            assert life.old_s("plugged_in") < 5
            interval_s = (
                life.seen.said_mono_s["plugged_in"] - life.seen.otherwise_mono_s["plugged_in"]
            )
            assert 3590 < interval_s < 3620


async def test_a_broker_that_restarts_without_memory_costs_no_value(room: Room) -> None:
    async with room.car(**OVMS) as life:
        async with watching(room.broker.port) as peer:
            await tell(peer, "ovms/me/zoe/metric", v__b__soc="63.5", s__v3__connected="yes")
            await life.until(soc_percent=63.5, reachable=True)
        room.broker.kill()
        await life.until(soc_percent=63.5, reachable=False)
        assert str(room.broker.port) in life.driver.name
        room.broker.start()
        await asyncio.sleep(0.3)
        assert life.seen.value.reachable is False, "the new broker knows nothing of the module"
        async with watching(room.broker.port) as peer:
            await tell(peer, "ovms/me/zoe/metric", s__v3__connected="yes")
            await life.until(soc_percent=63.5, reachable=True, problem="")


async def test_the_last_will_of_ovms_takes_the_car_away(room: Room) -> None:
    async with room.car(**OVMS) as life, watching(room.broker.port) as peer:
        await tell(peer, "ovms/me/zoe/metric", v__b__soc="63.5", s__v3__connected="yes")
        await life.until(reachable=True)
        await tell(peer, "ovms/me/zoe/metric", s__v3__connected="no")
        await life.until(reachable=False, soc_percent=63.5)


async def test_hearth_says_nothing_unasked(room: Room) -> None:
    async with watching(room.broker.port) as peer, room.car(**OVMS) as life:
        await tell(peer, "ovms/me/zoe/metric", v__b__soc="63.5")
        await life.until(soc_percent=63.5)
        room.clock.skipped_s += 86_400
        await asyncio.sleep(0.3)
        assert [topic for topic in peer.topics() if "/client/" in topic] == []


async def test_a_person_may_ask_ovms_for_news_but_not_again_at_once(room: Room) -> None:
    async with watching(room.broker.port) as peer, room.car(**OVMS) as life:
        await tell(peer, "ovms/me/zoe/metric", v__b__soc="63.5")
        await life.until(soc_percent=63.5)
        assert isinstance(life.driver, CarLink)
        await life.driver.refresh(CAR)
        await peer.hear("ovms/me/zoe/client/hearth/request/metric", "*")
        with pytest.raises(Refused, match=r"ask again in 300 s"):
            await life.driver.refresh(CAR)
        room.clock.skipped_s += 301
        await life.driver.refresh(CAR)


async def test_without_a_broker_nothing_can_be_said(room: Room) -> None:
    async with room.car(**OVMS) as life:
        room.broker.kill()
        await life.until(problem="no connection to the broker of OVMS")
        assert isinstance(life.driver, CarLink)
        with pytest.raises(Refused, match="no connection to MQTT broker"):
            await life.driver.refresh(CAR)
        with pytest.raises(LinkDown):
            await life.driver.send(target(charging=True))


def target(*, charging: bool) -> VehicleTarget:
    reason = Reason(code=ReasonCode.MANUAL_START, sentence="Somebody pressed start.")
    return VehicleTarget(device=CAR, charging=charging, owner=Owner.MANUAL, reason=reason)


async def test_a_car_that_can_be_told_is_told(room: Room) -> None:
    async with watching(room.broker.port) as peer, room.car(**OVMS) as life:
        await tell(peer, "ovms/me/zoe/metric", v__b__soc="63.5")
        await life.until(soc_percent=63.5)
        assert life.driver.devices[0].startable
        await life.driver.send(target(charging=True))
        await peer.hear("ovms/me/zoe/client/hearth/command/1", "charge start")
        await life.driver.send(target(charging=False))
        told = await peer.hear("ovms/me/zoe/client/hearth/command/2", "charge stop")
        assert not told.retained


async def test_a_car_that_cannot_be_told_refuses(room: Room) -> None:
    async with watching(room.broker.port) as peer, room.car(**TESLA) as life:
        await tell(peer, "teslamate/cars/1", usable_battery_level="61")
        await life.until(soc_percent=61.0)
        assert not life.driver.devices[0].startable
        with pytest.raises(Refused, match="control: true or command:"):
            await life.driver.send(target(charging=True))
        assert isinstance(life.driver, CarLink)
        with pytest.raises(Refused, match="TeslaMate decides itself"):
            await life.driver.refresh(CAR)


async def test_statestream_tells_the_age_of_what_it_kept(room: Room) -> None:
    fields = {"soc_percent": {"entity": "sensor.ev_level"}, "range_km": {"entity": "sensor.ev_r"}}
    hour_ago = datetime.fromtimestamp(time.time() - 3600, UTC).isoformat()
    async with watching(room.broker.port) as peer:
        await tell(peer, "hass/sensor/ev_level", state="71", last_updated=f'"{hour_ago}"')
        await tell(peer, "hass/sensor/ev_r", state="200", unit_of_measurement='"mi"')
        async with room.car(source="statestream", topic="hass", fields=fields) as life:
            await life.until(soc_percent=71.0, range_km=pytest.approx(321.9, abs=0.1))
            assert 3590 < life.old_s("soc_percent") < 3620
            assert life.old_s("range_km") > 6 * 86_400
            await tell(peer, "hass/sensor/ev_level", state="unavailable")
            await tell(peer, "hass/sensor/ev_r", state="unavailable")
            await life.until(soc_percent=71.0, reachable=False)
            await tell(peer, "hass/sensor/ev_level", state="72")
            await life.until(soc_percent=72.0, reachable=True)


async def test_a_flood_of_rubbish_does_no_harm(room: Room) -> None:
    async with room.car(**TESLA) as life, watching(room.broker.port) as peer:
        for key in ("charging_state", "location", "usable_battery_level", "healthy", "state"):
            for rubbish in (b"\xff\xfe\x00", b"{" * 2000, b"1e999", b"-1", b"[]", b"x" * 99_999):
                await peer.say(f"teslamate/cars/1/{key}", rubbish)
        await tell(peer, "teslamate/cars/1", usable_battery_level="61")
        await life.until(soc_percent=61.0, latitude_deg=None, power_delivery=None)
