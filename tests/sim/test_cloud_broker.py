"""The broker between house and cloud dies; nothing is lost, nothing comes twice."""

import asyncio
from pathlib import Path

import pytest

from tests.sim.cloud_house import home, judge, until
from tests.sim.mosquitto import mosquitto

pytestmark = pytest.mark.mosquitto

OPEN = ("allow_anonymous true", "max_queued_messages 100000")


@pytest.mark.parametrize("keeps", [True, False], ids=["with its disk", "without persistence"])
async def test_a_broker_that_dies_and_comes_back_loses_nothing(
    tmp_path: Path, *, keeps: bool
) -> None:
    lines = [*OPEN]
    if keeps:
        lines += ["persistence true", f"persistence_location {tmp_path}/", "autosave_interval 1"]
    with mosquitto(tmp_path, lines) as broker:
        async with judge(tmp_path, broker.port) as cloud, home(tmp_path, broker.port) as here:
            await here.plug(3)
            await cloud.proves(here)
            for _ in range(3):
                await here.tell(300)
                await asyncio.sleep(0.1)
                broker.kill()
                await here.tell(50)
                await here.plug()
                await until(lambda: here.link_states[-1] != "up", "the loss is noticed")
                broker.start()
            found = await cloud.proves(here)
            assert found["stored"] > 1050
            await until(lambda: here.link_states[-1] == "up", "the link is back")
