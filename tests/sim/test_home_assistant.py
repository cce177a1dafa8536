"""The house in Home Assistant, over a real broker."""

import asyncio
import json
import logging
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiomqtt
import pytest

from agent.bridges.home_assistant import HomeAssistant, clean
from agent.bridges.mqtt import Broker
from agent.clock import FastClock
from agent.model.actions import ActionState, FailureType
from agent.model.driver import LinkDown
from agent.model.intents import (
    Answer,
    BatteryModeChoice,
    ChargeCommand,
    ChargerMode,
    CurrentLimit,
    Intent,
    ModeChoice,
)
from agent.model.picture import Picture
from agent.model.readings import BatteryMode, ChargerReading, MeterReading, PowerDelivery
from agent.supervise import keep_running
from agent.watched import Watched
from tests import pictures
from tests.notebook import Notebook
from tests.sim.mosquitto import Mosquitto, mosquitto
from tests.sim.mqtt_peers import Watcher, retained_on, running, watching

pytestmark = pytest.mark.mosquitto

GARAGE = "hearth/home/garage"
CONFIG = "homeassistant/device/hearth_home"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path) as one:
        yield one


@dataclass
class House:
    """A bridge, what control would have told it, and what it told control."""

    port: int
    disk: Notebook = field(default_factory=Notebook)
    answer: Answer = field(default_factory=Answer)
    told: "asyncio.Queue[Intent]" = field(default_factory=asyncio.Queue)
    pictures: Watched[Picture] = field(default_factory=lambda: Watched(pictures.full_picture()))
    settings: dict[str, object] = field(default_factory=dict)  # of the broker
    speed: float = 20.0

    async def submit(self, intent: Intent) -> Answer:
        self.told.put_nowait(intent)
        return self.answer

    def bridge(self) -> HomeAssistant:
        clock = FastClock(start=pictures.AT, real_start_s=time.time(), speed=self.speed)
        return HomeAssistant(self.broker(), "home", self.pictures, self.submit, self.disk, clock)

    def broker(self) -> Broker:
        seldom = {"state_every_s": 300.0}  # so that only what comes at once comes
        return Broker(host="127.0.0.1", port=self.port, **{**seldom, **self.settings})  # type: ignore[arg-type]

    def show(self, **changes: object) -> None:
        self.pictures.set(replace(self.pictures.value, **changes))  # type: ignore[arg-type]

    def show_charger(self, delivery: PowerDelivery) -> None:
        state = self.pictures.value.snapshot[pictures.GARAGE].value
        assert isinstance(state, ChargerReading)
        said = replace(state, power_delivery=delivery)
        self.show(snapshot=pictures.snapshot(garage=said))


@asynccontextmanager
async def connected(house: House) -> AsyncIterator[Watcher]:
    """The bridge is connected and a watcher, who sees all of it, watches."""
    async with AsyncExitStack() as stack:
        watcher = await stack.enter_async_context(watching(house.port))
        await stack.enter_async_context(running(house.bridge().run))
        await watcher.hear("hearth/home/availability", "online")
        yield watcher


async def test_discovery_comes_first_the_gateway_before_its_devices(broker: Mosquitto) -> None:
    async with connected(House(broker.port)) as watcher:
        topics = watcher.topics()
    configs = [topic for topic in topics if topic.endswith("/config")]
    assert configs[0] == f"{CONFIG}/config"
    assert set(configs[1:]) == {
        f"{CONFIG}--{device}/config" for device in ("garage", "grid", "roof", "roof_battery", "zoe")
    }
    states = [topics.index(f"hearth/home/{d}/state") for d in ("garage", "grid", "roof")]
    assert max(topics.index(topic) for topic in configs) < min(states)
    assert topics[-1] == "hearth/home/availability"


async def test_everything_that_describes_the_house_is_retained(broker: Mosquitto) -> None:
    async with connected(House(broker.port)) as watcher:
        spoken = {message.topic for message in watcher.heard}
        kept = await retained_on(broker.port)
    assert set(kept) == spoken
    assert json.loads(kept[f"{GARAGE}/state"])["power"] == 7360
    assert kept[f"{GARAGE}/availability"] == "online"
    assert kept[f"{GARAGE}/energy"] == "1000.123"


async def test_a_birth_brings_discovery_and_then_states_again(broker: Mosquitto) -> None:
    async with connected(House(broker.port)) as watcher:
        watcher.forget()
        await watcher.say("homeassistant/status", "online")
        await watcher.hear("hearth/home/availability", "online")
        topics = watcher.topics()
    assert topics.index(f"{CONFIG}--garage/config") < topics.index(f"{GARAGE}/state")
    assert f"{GARAGE}/availability" in topics
    assert f"{GARAGE}/energy" in topics


async def test_a_stop_says_offline(broker: Mosquitto) -> None:
    house = House(broker.port)
    async with watching(broker.port) as watcher:
        async with running(house.bridge().run):
            await watcher.hear("hearth/home/availability", "online")
        await watcher.hear("hearth/home/availability", "offline")


async def test_when_hearth_vanishes_the_broker_says_offline(broker: Mosquitto) -> None:
    house = House(broker.port)
    async with watching(broker.port) as watcher:
        bridge = asyncio.create_task(house.bridge().run())
        await watcher.hear("hearth/home/availability", "online")
        async with aiomqtt.Client("127.0.0.1", broker.port, identifier="hearth-home"):
            await watcher.hear("hearth/home/availability", "offline")
        with pytest.raises(LinkDown, match=rf"127\.0\.0\.1:{broker.port}"):
            await bridge
    assert (await retained_on(broker.port))["hearth/home/availability"] == "offline"


async def test_commands_of_a_charger_become_intents(broker: Mosquitto) -> None:
    house = House(broker.port)
    async with connected(house) as watcher:
        await watcher.say(f"{GARAGE}/charging/set", "OFF")
        await watcher.say(f"{GARAGE}/current_limit/set", "10.5")
        await watcher.say(f"{GARAGE}/mode/set", "min_solar")
        await watcher.say("hearth/home/roof_battery/mode/set", "import_focus")
        told = [await asyncio.wait_for(house.told.get(), 2) for _ in range(4)]
    assert told == [
        ChargeCommand(device=pictures.GARAGE, charging=False),
        CurrentLimit(device=pictures.GARAGE, max_current_a=10.5),
        ModeChoice(device=pictures.GARAGE, mode=ChargerMode.MIN_SOLAR),
        BatteryModeChoice(device=pictures.ROOF_BATTERY, mode=BatteryMode.IMPORT_FOCUS),
    ]


async def test_a_retained_command_is_ignored_and_cleared(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(broker.port)
    async with watching(broker.port) as owner:
        await owner.say(f"{GARAGE}/charging/set", "ON", retain=True)
    async with connected(house) as watcher:
        await watcher.hear(f"{GARAGE}/charging/set", "")
        await watcher.say(f"{GARAGE}/charging/set", "OFF")
        told = await asyncio.wait_for(house.told.get(), 2)
        kept = await retained_on(broker.port)
    assert told == ChargeCommand(device=pictures.GARAGE, charging=False)
    assert f"{GARAGE}/charging/set" not in kept
    warned = [line for line in caplog.messages if "retained command" in line]
    assert warned == [
        (
            "ignored and cleared a retained command on hearth/home/garage/charging/set ('ON'); "
            "whoever sends it must not set the retain flag"
        )
    ]
    assert not [line for line in caplog.messages if line.startswith("ignored ''")]


@pytest.mark.parametrize(
    ("key", "payload", "remedy"),
    [
        ("current_limit", b"much", "send a number of A from 6 to 16"),
        ("current_limit", b"nan", "send a number of A from 6 to 16"),
        ("current_limit", b"1e3", "send a number of A from 6 to 16"),
        ("mode", b"turbo", "send one of off, fast, solar, min_solar, smart"),
        ("charging", b"True", "send ON or OFF"),
        ("charging", b"\xff\xfe", "send UTF-8 text"),
        ("charging", b"", "send ON or OFF"),
        ("charging", b"O" * 70_000, "send at most 256 bytes, not 70000"),
    ],
)
async def test_a_senseless_command_is_named_and_the_entity_snaps_back(
    broker: Mosquitto,
    caplog: pytest.LogCaptureFixture,
    key: str,
    payload: bytes,
    remedy: str,
) -> None:
    house = House(broker.port)
    async with connected(house) as watcher:
        watcher.forget()
        await watcher.say(f"{GARAGE}/{key}/set", payload)
        await watcher.say(f"{GARAGE}/{key}/set", payload)
        state = (await watcher.hear(f"{GARAGE}/state", "Refused")).json
    assert state["charging"] == "ON"
    assert remedy in state["last_action"]
    assert house.told.empty()
    lines = [line for line in caplog.messages if line.startswith("ignored")]
    assert len(lines) == 1
    assert f"{GARAGE}/{key}/set" in lines[0]
    assert remedy in lines[0]
    assert len(lines[0]) < 500


async def test_a_command_for_nobody_is_named(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(broker.port)
    async with connected(house) as watcher:
        await watcher.say("hearth/home/cellar/charging/set", "ON")
        await watcher.say("hearth/home/grid/power/set", "1")
        await watcher.say(f"{GARAGE}/charging/set", "ON")
        await asyncio.wait_for(house.told.get(), 2)
    assert "ignored 'ON' on hearth/home/cellar/charging/set" in caplog.text
    assert "ignored '1' on hearth/home/grid/power/set" in caplog.text


async def test_a_refused_command_snaps_back_and_says_why(broker: Mosquitto) -> None:
    house = House(broker.port, answer=Answer(problem="Garage has no car plugged in", status=409))
    async with connected(house) as watcher:
        for _ in range(2):
            watcher.forget()
            await watcher.say(f"{GARAGE}/charging/set", "OFF")
            state = (await watcher.hear(f"{GARAGE}/state")).json
            assert state["charging"] == "ON"
            assert state["last_action"] == "Refused: Garage has no car plugged in"
        house.answer = Answer()
        await watcher.say(f"{GARAGE}/charging/set", "OFF")
        house.show(actions=(pictures.action(ActionState.PENDING),))
        state = (await watcher.hear(f"{GARAGE}/state", "Stop charging: pending")).json
    assert state["charging"] == "ON"


async def test_a_command_for_what_is_so_already_is_no_complaint(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    done = pictures.action(ActionState.CANCELLED, detail="Garage is not charging")
    assert done.failure is not None
    done = replace(done, failure=replace(done.failure, type=FailureType.UNNECESSARY))
    house = House(broker.port)
    house.answer = Answer(problem="Garage is not charging", action=done)
    async with connected(house) as watcher:
        await watcher.say(f"{GARAGE}/charging/set", "OFF")
        await asyncio.wait_for(house.told.get(), 2)
        house.show(actions=(done,))
        state = (await watcher.hear(f"{GARAGE}/state", "is not charging")).json
    assert state["last_action"] == "Stop charging: Garage is not charging"
    assert "ignored" not in caplog.text


async def test_a_command_that_fails_later_snaps_back_and_says_why(broker: Mosquitto) -> None:
    house = House(broker.port)
    async with connected(house) as watcher:
        house.show(actions=(pictures.action(ActionState.PENDING),))
        await watcher.hear(f"{GARAGE}/state", "Stop charging: pending")
        watcher.forget()
        failed = pictures.action(ActionState.FAILED, detail="Garage did not stop within 60 s")
        house.show(actions=(failed,))
        state = (await watcher.hear(f"{GARAGE}/state", "failed")).json
    assert state["last_action"] == "Stop charging: failed: Garage did not stop within 60 s"
    assert state["charging"] == "ON"


async def test_what_a_person_waits_for_comes_at_once_and_figures_when_due(
    broker: Mosquitto,
) -> None:
    house = House(broker.port, speed=1.0, settings={"state_every_s": 0.8})
    async with connected(house) as watcher:
        watcher.forget()
        house.show(snapshot=pictures.snapshot(mono_s=991.0))
        house.show(totals=replace(pictures.TOTALS, grid_w=42.0))
        await asyncio.sleep(0.2)
        assert watcher.topics() == []
        house.show_charger(PowerDelivery.STOPPED)
        assert (await watcher.hear(f"{GARAGE}/state")).json["charging"] == "OFF"
        assert watcher.topics() == [f"{GARAGE}/state"]
        assert (await watcher.hear("hearth/home/state")).json["grid_power"] == 42


async def test_where_figures_expire_they_are_renewed_though_nothing_changes(
    broker: Mosquitto,
) -> None:
    house = House(broker.port, settings={"state_every_s": 300.0, "expire_after_s": 15.0})
    async with connected(house) as watcher:
        for _ in range(2):
            watcher.forget()
            await watcher.hear(f"{GARAGE}/state")


async def test_a_silent_device_becomes_unavailable_and_its_counters_stay(
    broker: Mosquitto,
) -> None:
    house = House(broker.port)
    async with connected(house) as watcher:
        house.show(now=pictures.NOW.later(120.0), counters_wh={})
        await watcher.hear("hearth/home/grid/availability", "offline")
        watcher.forget()
        await watcher.say("homeassistant/status", "online")
        await watcher.hear("hearth/home/availability", "online")
        kept = await retained_on(broker.port)
    assert "hearth/home/grid/energy_imported" not in watcher.topics()
    assert kept["hearth/home/grid/energy_imported"] == "2000.0"
    assert json.loads(kept["hearth/home/grid/state"])["power"] is None


async def test_a_device_that_comes_back_shows_what_is_true_now(broker: Mosquitto) -> None:
    house = House(broker.port)
    async with connected(house) as watcher:
        house.show(now=pictures.NOW.later(120.0))
        await watcher.hear("hearth/home/grid/availability", "offline")
        watcher.forget()
        meter = pictures.snapshot()[pictures.GRID].value
        assert isinstance(meter, MeterReading)
        said = replace(meter, power_w=4321.0)
        house.show(now=pictures.NOW, snapshot=pictures.snapshot(grid=said))
        await watcher.hear("hearth/home/grid/availability", "online")
        told = [heard for heard in watcher.heard if heard.topic.startswith("hearth/home/grid/")]
    assert [heard.topic.rpartition("/")[2] for heard in told] == ["state", "availability"]
    assert told[0].json["power"] == 4321


async def test_a_device_that_left_the_config_leaves_the_broker(broker: Mosquitto) -> None:
    house = House(broker.port)
    async with connected(house):
        pass
    house.show(devices=(pictures.METER,))
    async with connected(house) as watcher:
        kept = await retained_on(broker.port)
        topics = watcher.topics()
    assert [topic for topic in kept if "garage" in topic or "roof" in topic] == []
    assert f"{CONFIG}--grid/config" in kept
    assert "solar_power" not in json.loads(kept[f"{CONFIG}/config"])["components"]
    gone = f"{CONFIG}--garage/config"
    assert topics.index(gone) < topics.index(f"{GARAGE}/state")
    assert not [topic for _, topic in house.disk.notes if "garage" in topic]


async def test_an_entity_that_is_no_more_is_retired_before_it_is_left_out(
    broker: Mosquitto,
) -> None:
    house = House(broker.port)
    topic = f"{CONFIG}--grid/config"
    house.disk.notes["retained", topic] = {"components": {"old": "sensor", "power": "number"}}
    async with connected(house) as watcher:
        first, second = [m.json["components"] for m in watcher.heard if m.topic == topic]
    assert first["old"] == {"platform": "sensor"}
    assert first["power"] == {"platform": "number"}
    assert "old" not in second
    assert second["power"]["platform"] == "sensor"


async def test_a_device_that_says_who_it_is_is_described_again(broker: Mosquitto) -> None:
    house = House(broker.port, settings={"state_every_s": 1.0})
    async with connected(house) as watcher:
        old = house.pictures.value.snapshot[pictures.GRID].value
        watcher.forget()
        house.show(snapshot=pictures.snapshot(grid=replace(old, serial_number="SN 77")))
        await watcher.hear(f"{CONFIG}--grid/config", "SN 77")
    assert f"{CONFIG}--garage/config" not in watcher.topics()


async def test_discovery_switched_off_is_taken_back(broker: Mosquitto) -> None:
    house = House(broker.port)
    async with connected(house):
        pass
    house.settings["discovery"] = False
    async with connected(house):
        kept = await retained_on(broker.port)
    assert [topic for topic in kept if topic.startswith("homeassistant/")] == []
    assert f"{GARAGE}/state" in kept


async def test_ha_clean_leaves_nothing_of_ours_and_all_of_others(broker: Mosquitto) -> None:
    house = House(broker.port)
    others = {
        "homeassistant/device/hearth_home2/config": json.dumps(
            {"origin": {"name": "Hearth"}, "device": {"identifiers": ["hearth_home2"]}}
        ),
        "homeassistant/device/stove/config": json.dumps(
            {"origin": {"name": "stove"}, "device": {"identifiers": ["hearth_home"]}}
        ),
        "homeassistant/device/text/config": "no json",
        "hearth/home2/state": "{}",
    }
    async with connected(house) as watcher:
        for topic, payload in others.items():
            await watcher.say(topic, payload, retain=True)
        await watcher.say("hearth/home/attic/state", "left by an older Hearth", retain=True)
    house.disk.notes["retained", "old-base/home/state"] = {}
    before = len(await retained_on(broker.port))
    cleared = await clean(house.broker(), "home", house.disk)
    assert cleared == before - len(others) + 1
    assert await retained_on(broker.port) == others
    assert house.disk.notes == {}
    assert await clean(house.broker(), "home", house.disk) == 0


async def test_a_broker_that_dies_and_comes_back_empty_gets_everything_again(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(broker.port)
    bridge = house.bridge()
    async with running(lambda: keep_running(bridge.name, bridge.run)):
        async with watching(broker.port) as watcher:
            await watcher.hear("hearth/home/availability", "online")
        broker.kill()
        broker.start()
        async with watching(broker.port) as watcher:
            await watcher.hear("hearth/home/availability", "online")
        kept = await retained_on(broker.port)
    assert f"{CONFIG}--garage/config" in kept
    assert f"{GARAGE}/energy" in kept
    down = [line for line in caplog.messages if "is down" in line]
    assert len(down) == 1
    assert down[0].startswith(f"Home Assistant bridge is down: MQTT broker 127.0.0.1:{house.port}")


async def test_deleting_in_home_assistant_is_answered_once(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(broker.port)
    async with connected(house) as watcher:
        for _ in range(2):
            await watcher.say(f"{CONFIG}--garage/config", "", retain=True)
        await watcher.say(f"{GARAGE}/charging/set", "ON")
        await asyncio.wait_for(house.told.get(), 2)
    assert caplog.text.count("disable it in Home Assistant") == 1


@pytest.mark.parametrize("seed", range(3))
async def test_random_bytes_on_command_topics_disturb_nobody(
    broker: Mosquitto, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    chance, house = random.Random(seed), House(broker.port)
    keys = ("charging", "current_limit", "mode", "power", "x\u00e4")
    async with connected(house) as watcher:
        for _ in range(60):
            topic = (
                f"hearth/home/{chance.choice(('garage', 'grid', 'ö'))}/{chance.choice(keys)}/set"
            )
            await watcher.say(topic, chance.randbytes(chance.randrange(80)))
        await watcher.say(f"{GARAGE}/mode/set", "fast")
        async with asyncio.timeout(3):
            while await house.told.get() != ModeChoice(
                device=pictures.GARAGE, mode=ChargerMode.FAST
            ):
                pass
    assert [r for r in caplog.records if r.levelno > logging.WARNING] == []
