"""Only the cloud's own ack counts: lost acks, no acks, a cloud that dies with what it had."""

import asyncio
import random
import signal
from pathlib import Path

import pytest

from tests.sim.cloud_house import AGENT, home, judge, until
from tests.sim.mosquitto import mosquitto
from tests.sim.sim_programs import program

pytestmark = pytest.mark.mosquitto
BROKER = ("allow_anonymous true", "max_queued_messages 100000")


async def test_lost_acks_cost_repeats_and_nothing_else(tmp_path: Path) -> None:
    with mosquitto(tmp_path, BROKER) as broker:
        async with (
            judge(tmp_path, broker.port, ack_lost=0.6) as cloud,
            home(tmp_path, broker.port) as here,
        ):
            for _ in range(6):
                await here.plug()
                await here.tell(120)
                await asyncio.sleep(0.1)
            await until(lambda: here.store.outbox.last_seq > 720, "events are on disk")
            cloud.service.nasty.ack_lost = 0.0
            await here.tell(1)
            await cloud.proves(here)


async def test_without_acks_nothing_leaves_the_disk_and_the_broker_is_not_flooded(
    tmp_path: Path,
) -> None:
    with mosquitto(tmp_path, BROKER) as broker:
        async with home(tmp_path, broker.port, options={"again_after_s": 60.0}) as here:
            async with judge(tmp_path, broker.port, ack=False) as cloud:
                for _ in range(20):  # most of them are a message of their own
                    await here.tell(1)
                    await asyncio.sleep(0.06)
                await here.tell(10_500)
                await cloud.finds(lambda r: r.get("stored", 0) > 5_000)
                await asyncio.sleep(0.3)
                stored = (await cloud.report())["stored"]
                assert 5_000 < stored <= 10_000, "a hundred messages at most are out"
                assert here.store.outbox.acked_seq == 0
                assert here.store.outbox.pending >= 10_520
            async with judge(tmp_path, broker.port) as cloud:
                found = await cloud.proves(here)
                assert found["redelivered"] < 200


async def test_a_cloud_that_stays_silent_is_asked_ever_more_rarely(tmp_path: Path) -> None:
    with mosquitto(tmp_path, BROKER) as broker:
        async with (
            judge(tmp_path, broker.port, ack=False) as cloud,
            home(tmp_path, broker.port, options={"again_after_s": 0.2}) as here,
        ):
            await here.tell(3_000)
            await cloud.finds(lambda r: r.get("stored", 0) >= 3_000)
            await asyncio.sleep(1.6)  # after 0.2, 0.4 and 0.8 s, a message each
            found = await cloud.report()
            assert 100 <= found["redelivered"] <= 400, found
            cloud.service.nasty.ack = True
            await here.plug()
            await cloud.proves(here)


async def test_a_cloud_that_dies_before_or_after_it_stored_gets_everything_again(
    tmp_path: Path,
) -> None:
    dice = random.Random(4)
    with mosquitto(tmp_path, BROKER) as broker:
        async with home(tmp_path, broker.port) as here:
            words = ("--broker", f"127.0.0.1:{broker.port}", "--store", str(tmp_path / "cloud.db"))
            async with program("cloud", *words, "--crash-after", "40") as there:
                await there.line()
                await here.tell(60)
                assert await asyncio.wait_for(there.process.wait(), 10) == -signal.SIGKILL
            async with program("cloud", *words) as there:
                await there.line()
                for _ in range(4):
                    await here.tell(80)
                    await here.plug()
                    await asyncio.sleep(dice.uniform(0.0, 0.02))
                there.tell(signal.SIGKILL)
            await here.tell(10)
            async with judge(tmp_path, broker.port) as cloud:
                found = await cloud.proves(here)
                assert found["stored"] >= 390
                assert (await cloud.events())[0]["bootId"] == here.store.run_id


async def test_the_judge_would_notice_a_lost_event(tmp_path: Path) -> None:
    with mosquitto(tmp_path, BROKER) as broker:
        async with (
            judge(tmp_path, broker.port) as cloud,
            home(tmp_path, broker.port) as here,
        ):
            await here.tell(5)
            await cloud.proves(here)
            await cloud.service.look(
                lambda s: s.db.execute("DELETE FROM event WHERE agent_id=? AND seq=3", (AGENT,))
            )
            assert not (await cloud.report())["clean"]
