"""The wall clock of the house is wrong, jumps, and is right again."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.sim.cloud_house import DEVICES, JumpClock, home, judge, until
from tests.sim.mosquitto import mosquitto
from tests.sim.test_cloud_commands import limit

pytestmark = pytest.mark.mosquitto


async def test_events_before_the_clock_was_set_get_their_true_time(tmp_path: Path) -> None:
    clock = JumpClock()
    clock.off, clock.trusted = -timedelta(days=20_000), False
    with mosquitto(tmp_path) as broker:
        broker.kill()
        async with home(tmp_path, broker.port, clock=clock) as here:
            await here.tell(20)
            await here.plug()
            began = datetime.now(UTC)
            clock.off, clock.trusted = timedelta(), True
            await here.store.flush()
            broker.start()
            async with judge(tmp_path, broker.port) as cloud:
                await cloud.proves(here)
                events = await cloud.events()
    stamps = [datetime.fromisoformat(event["createdAt"]) for event in events]
    assert len(stamps) >= 21
    assert max(abs(stamp - began) for stamp in stamps) < timedelta(seconds=10)
    assert len({event["eventId"] for event in events}) == len(events)


@pytest.mark.parametrize("days", [-0.05, 9_000.0])
async def test_a_jump_there_and_back_loses_no_event_and_no_sample(
    tmp_path: Path, days: float
) -> None:
    clock = JumpClock()
    with mosquitto(tmp_path) as broker:
        async with (
            judge(tmp_path, broker.port) as cloud,
            home(tmp_path, broker.port, clock=clock) as here,
        ):
            await cloud.meets(here)
            for off in (timedelta(), timedelta(days=days), timedelta()):
                clock.off = off
                await here.plug()
                await here.box.meter(700.0 + off.days % 7)
                await here.tell(3)
                await asyncio.sleep(0.9)
                found = await cloud.proves(here)
            back_s = clock.now().at.timestamp()
            cursors = partial(here.store.telemetry.cursors, [info.id for info in DEVICES])
            await until(lambda: min(cursors().values()) > back_s + 1, "samples are acked again")
            assert found["telemetry"]["holes"] == 0
            assert here.link_states == ["up"]


async def test_commands_are_judged_by_the_clock_as_it_is_now(tmp_path: Path) -> None:
    clock = JumpClock()
    with mosquitto(tmp_path) as broker:
        async with (
            judge(tmp_path, broker.port) as cloud,
            home(tmp_path, broker.port, clock=clock) as here,
        ):
            await cloud.meets(here)
            statuses = []
            for off in (timedelta(), timedelta(hours=1), timedelta(hours=-1), timedelta()):
                clock.off = off
                found = await cloud.send("action.create", limit(10))
                assert found is not None
                statuses.append(found["status"])
    assert statuses == [200, 410, 200, 200]
