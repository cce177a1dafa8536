"""The path to the cloud is silent, cut or slow; the house goes on as if nothing were."""

import asyncio
import time
from pathlib import Path

import pytest

from agent.bridges.cloud.bridge import KEEPALIVE_S
from agent.bridges.documents import device_id
from agent.model.intents import ChargeCommand
from benchmarks.path import path_to
from tests.sim.cloud_house import AGENT, GARAGE, Home, home, judge, until
from tests.sim.mosquitto import mosquitto

pytestmark = [pytest.mark.mosquitto, pytest.mark.timed]
BROKER = ("allow_anonymous true", "max_queued_messages 100000")
CHARGER = f"state/charger/{device_id(AGENT, GARAGE)}"


def test_a_silent_path_is_noticed_within_half_a_minute() -> None:
    """paho-mqtt gives up after two keepalives without a word."""
    assert 2 * KEEPALIVE_S <= 30


async def steer(here: Home) -> float:
    """How long a command of a person takes to the charger, in real seconds."""
    told, began_s = len(here.box.told), time.perf_counter()
    charging = not any(a.value is None and a.pending for a in here.control.pictures.value.actions)
    await here.control.submit(ChargeCommand(device=GARAGE, charging=charging))
    await until(lambda: len(here.box.told) > told, "the charger is told")
    return time.perf_counter() - began_s


async def test_a_path_that_swallows_everything_is_noticed_and_the_house_is_steered_meanwhile(
    tmp_path: Path,
) -> None:
    with mosquitto(tmp_path, BROKER) as broker:
        async with (
            judge(tmp_path, broker.port) as cloud,
            path_to(broker.port) as path,
            home(tmp_path, path.port, server={"keepalive_s": 1}) as here,
        ):
            await here.plug(2)
            await cloud.proves(here)
            path.swallow()
            began_s = time.monotonic()
            await here.tell(30)
            assert await steer(here) < 0.5
            await until(lambda: here.link_states[-1] != "up", "the silence is noticed", 6)
            assert time.monotonic() - began_s < 2 * 1 + 2.5
            assert "MQTT broker" in here.link_states[-1]
            assert here.control.pictures.value.drivers["cloud"] != "up"
            path.heal()
            await cloud.proves(here)


async def test_a_path_that_is_cut_again_and_again_loses_nothing(tmp_path: Path) -> None:
    with mosquitto(tmp_path, BROKER) as broker:
        async with (
            judge(tmp_path, broker.port) as cloud,
            path_to(broker.port, latency_s=0.005) as path,
            home(tmp_path, path.port) as here,
        ):
            for _ in range(8):
                await here.tell(90)
                await here.plug()
                await asyncio.sleep(0.1)
                path.reset()
            await cloud.proves(here)


async def test_live_states_do_not_wait_for_a_backlog_on_a_slow_path(tmp_path: Path) -> None:
    """50 ms of round trip and 200 kbit/s, and thousands of events to send."""
    with mosquitto(tmp_path, BROKER) as broker:
        async with (
            judge(tmp_path, broker.port) as cloud,
            path_to(broker.port, latency_s=0.025) as path,
            home(tmp_path, path.port) as here,
        ):
            await cloud.meets(here)
            path.bytes_per_s = 25_000.0
            for _ in range(12):
                await here.tell(1000)
            for plugged in (False, True):
                here.box.plugged = plugged
                began_s = time.monotonic()
                await here.box.show()
                await cloud.shows(CHARGER, lambda d: d["chargeState"]["isPluggedIn"] is plugged)  # noqa: B023
                assert time.monotonic() - began_s < 5
                assert here.store.outbox.pending > 1000, "the backlog was gone before"
            assert here.link_states == ["up"]
            path.bytes_per_s = None
            await cloud.proves(here)
