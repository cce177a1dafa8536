"""Cars, pairs and schedules in Home Assistant, from its topics down to the charger and back."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from agent.model.intents import Answer, CorrectPair, EnableSchedule, Refresh, StartOverride
from agent.model.readings import DeviceId
from tests import pictures
from tests.sim.mosquitto import Mosquitto, mosquitto
from tests.sim.mqtt_peers import Heard, Watcher, retained_on, watching
from tests.sim.ocpp_library import LibraryPeer, library_peer
from tests.sim.ports import free_port
from tests.sim.test_home_assistant import CONFIG, GARAGE, House, connected

pytestmark = pytest.mark.mosquitto

ZOE = "hearth/home/zoe"
DAY = replace(pictures.NIGHT, id="Day-2", name="Day")
PATIENCE_S = 10.0
DAEMON = """\
house: {{id: home, timezone: Europe/Brussels, fuse_a: 63}}
store: {{path: {folder}/hearth.db}}
api: {{socket: {folder}/hearth.sock}}
mqtt: {{host: 127.0.0.1, port: {broker}, state_every_s: 1}}
ocpp: {{listen: 127.0.0.1, port: {port}}}
chargers:
  garage: {{identity: CP1, mode: fast}}
vehicles:
  zoe:
    source: mqtt
    name: Zoe
    capacity_kwh: 52
    fields:
      soc_percent: {{topic: zoe/soc}}
      plugged_in: {{topic: zoe/plug}}
      charging: {{topic: zoe/charging}}
schedules:
  never:
    name: Never
    charger: garage
    enabled: false
    rules:
      noon: {{from: "12:00", to: "12:01", weekdays: [mon]}}
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path) as one:
        yield one


async def test_a_schedule_that_comes_gets_its_entities_and_one_that_goes_is_retired(
    broker: Mosquitto,
) -> None:
    house, topic = House(broker.port), f"{CONFIG}--garage/config"
    async with connected(house) as watcher:
        watcher.forget()
        house.show(schedules={"night": pictures.NIGHT, DAY.id: DAY})
        came = (await watcher.hear(topic, "schedule__44ay_2d2")).json["components"]
        told = [message for message in watcher.heard if message.topic.startswith(GARAGE)]
        assert came["schedule_night"] == came["schedule__44ay_2d2"] | {
            "name": "Schedule Night",
            "unique_id": "hearth_home--garage--schedule_night",
            "command_topic": f"{GARAGE}/schedule_night/set",
            "value_template": "{{ value_json.schedule_night }}",
        }
        assert told[0].json["schedule__44ay_2d2"] == "ON"  # before somebody asks for it
        assert {message.topic for message in watcher.heard} == {topic, f"{GARAGE}/state"}
        watcher.forget()
        house.show(schedules={"night": pictures.NIGHT})
        await watcher.until(lambda heard: sum(m.topic == topic for m in heard) == 2)
        first, second = [m.json["components"] for m in watcher.heard if m.topic == topic]
        assert first["schedule__44ay_2d2"] == {"platform": "switch"}
        assert first["next__44ay_2d2"] == {"platform": "sensor"}
        assert not {"schedule__44ay_2d2", "next__44ay_2d2"} & second.keys()
        kept = json.loads((await retained_on(broker.port))[f"{GARAGE}/state"])
        assert kept["schedule__44ay_2d2"] is None  # while Home Assistant takes leave of it
        assert kept["schedule_night"] == "ON"


async def test_what_has_taken_leave_is_forgotten(broker: Mosquitto) -> None:
    house = House(broker.port, settings={"state_every_s": 10.0}, speed=300.0)
    async with connected(house) as watcher:
        house.show(schedules={})
        await watcher.until(
            lambda heard: any(
                m.topic == f"{GARAGE}/state" and m.payload and "schedule_night" not in m.json
                for m in heard
            )
        )


async def test_a_schedule_that_went_while_hearth_was_down_is_retired_at_the_next_start(
    broker: Mosquitto,
) -> None:
    house, topic = House(broker.port), f"{CONFIG}--garage/config"
    async with connected(house):
        pass
    house.show(schedules={})
    async with connected(house) as watcher:
        first, second = [
            m.json["components"] for m in watcher.heard if m.topic == topic and m.payload
        ][-2:]
    assert first["schedule_night"] == {"platform": "switch"}
    assert "schedule_night" not in second


async def test_a_car_that_the_cloud_sends_can_be_chosen(broker: Mosquitto) -> None:
    house = House(broker.port)
    van = replace(pictures.CAR, id=DeviceId("van"), name="Van", refreshable=False)
    async with connected(house) as watcher:
        watcher.forget()
        house.show(devices=(*pictures.DEVICES, van))
        described = await watcher.hear(f"{CONFIG}--garage/config", "Van")
        choice = described.json["components"]["car_choice"]
        await watcher.hear(f"{CONFIG}--van/config", '"via_device":"hearth_home"')
    assert choice["options"] == ["Automatic", "Van", "Zoe", "Guest car", "Not the car shown"]


async def test_commands_about_cars_and_schedules_become_intents(broker: Mosquitto) -> None:
    house = House(broker.port)
    async with connected(house) as watcher:
        await watcher.say(f"{GARAGE}/charge_now/set", "ON")
        await watcher.say(f"{GARAGE}/charge_now/set", "OFF")  # none runs
        await watcher.say(f"{GARAGE}/schedule_night/set", "OFF")
        await watcher.say(f"{GARAGE}/car_choice/set", "Guest car")
        await watcher.say(f"{ZOE}/refresh/set", "PRESS")
        told = [await asyncio.wait_for(house.told.get(), 2) for _ in range(4)]
    assert told == [
        StartOverride(device=pictures.GARAGE),
        EnableSchedule(schedule="night", enabled=False),
        CorrectPair(charger=pictures.GARAGE, vehicle=None, guest=True),
        Refresh(device=pictures.ZOE),
    ]


async def test_what_is_so_already_is_no_command_and_the_switch_goes_back(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(broker.port)
    async with connected(house) as watcher:
        watcher.forget()
        await watcher.say(f"{GARAGE}/car_choice/set", "Automatic")
        state = (await watcher.hear(f"{GARAGE}/state")).json
    assert state["car_choice"] == "Automatic"
    assert house.told.empty()
    assert "ignored" not in caplog.text


async def test_a_car_that_cannot_be_told_snaps_back_and_says_why(broker: Mosquitto) -> None:
    house = House(broker.port)
    house.answer = Answer(problem='zoe is steered by the schedule "Night" of garage', status=422)
    async with connected(house) as watcher:
        watcher.forget()
        await watcher.say(f"{ZOE}/charging/set", "OFF")
        state = (await watcher.hear(f"{ZOE}/state", "Refused")).json
    assert state["charging"] == "ON"
    assert "steered by the schedule" in state["last_action"]


@contextmanager
def daemon(folder: Path, broker: int, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """`hearth run` for as long as a block runs; it must neither fail nor stumble."""
    config, log = folder / "hearth.yaml", folder / "log"
    config.write_text(DAEMON.format(folder=folder, broker=broker, port=port))
    with log.open("ab") as to:
        process = subprocess.Popen(
            [sys.executable, "-m", "agent", "run", "-c", str(config)], stdout=to, stderr=to
        )
    try:
        yield process
        assert process.poll() is None, log.read_text()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        assert "Traceback" not in log.read_text()
    finally:
        process.kill()
        process.wait()


async def shows(watcher: Watcher, topic: str, **wanted: object) -> dict[str, Any]:
    """Wait for a state with these values; "*" stands for anything that is known."""

    def fits(message: Heard) -> bool:
        if message.topic != topic or not message.payload:
            return False
        state = message.json
        return all(
            state[key] is not None if value == "*" else state[key] == value
            for key, value in wanted.items()
        )

    await watcher.until(lambda heard: any(map(fits, heard)))
    state: dict[str, Any] = next(filter(fits, reversed(watcher.heard))).json
    return state


async def test_a_whole_daemon_obeys_home_assistant(broker: Mosquitto, tmp_path: Path) -> None:
    port = free_port()
    with daemon(tmp_path, broker.port, port):
        async with watching(broker.port) as watcher:
            await shows(watcher, f"{GARAGE}/state", schedule_never="OFF", next_never=None)
            await watcher.say(f"{GARAGE}/schedule_never/set", "ON")
            state = await shows(watcher, f"{GARAGE}/state", schedule_never="ON", next_never="*")
            assert datetime.fromisoformat(state["next_never"]).weekday() == 0
            assert state["next_never_details"]["then"] == "charge"
            await watcher.say("zoe/soc", "55")
            await watcher.say("zoe/plug", "true")
            await shows(watcher, f"{ZOE}/state", soc=55, plug="ON", charger=None)
            async with library_peer(port, "CP1") as cp:
                await cp.boot()
                await cp.status("Available")
                await cp.status("Preparing")
                await shows(watcher, f"{GARAGE}/state", plug="ON", charging="OFF")
                await _charges_the_car_that_it_is_told_of(watcher, cp)


async def _charges_the_car_that_it_is_told_of(watcher: Watcher, cp: LibraryPeer) -> None:
    await watcher.say(f"{GARAGE}/charging/set", "ON")
    await watcher.hear(f"{GARAGE}/state", "Refused", "Never")
    await watcher.say(f"{GARAGE}/car_choice/set", "Zoe")
    await shows(watcher, f"{GARAGE}/state", car="Zoe", car_choice="Zoe")
    await shows(watcher, f"{ZOE}/state", charger="garage", location="Home")
    watcher.forget()
    await watcher.say(f"{ZOE}/charge_now/set", "ON")
    await shows(watcher, f"{GARAGE}/state", charge_now="ON")
    await shows(watcher, f"{ZOE}/state", charge_now="ON")
    asked = await cp.was_asked("RemoteStartTransaction")
    number = await cp.begin(tag=asked["id_tag"])
    await cp.status("Charging")
    await cp.meter(7400, 1012, number)
    await shows(watcher, f"{ZOE}/state", charging="ON", power=7400)
    watcher.forget()
    await watcher.say(f"{GARAGE}/charge_now/set", "OFF")
    await shows(watcher, f"{GARAGE}/state", charge_now="OFF")
    await cp.was_asked("SetChargingProfile", lambda _: cp.limit_a() == 0)
    await cp.status("SuspendedEVSE")  # the schedule has it again
    await shows(watcher, f"{ZOE}/state", charging="OFF", status="stopped", charge_now="OFF")
