"""Two houses with one name: both notice, say so, and keep their events to themselves."""

from pathlib import Path

import pytest

from tests.sim.cloud_house import home, judge, until
from tests.sim.mosquitto import mosquitto

pytestmark = pytest.mark.mosquitto

ALARM = "another Hearth uses the agent_id house-1; give each its own under cloud.agent_id"


@pytest.mark.parametrize("same_client", [True, False], ids=["one client id", "two client ids"])
async def test_two_houses_with_one_name_are_noticed_on_all_sides(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, *, same_client: bool
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    other = {} if same_client else {"client_id": "another"}
    with mosquitto(tmp_path) as broker:
        async with (
            judge(tmp_path, broker.port) as cloud,
            home(tmp_path / "one", broker.port) as one,
        ):
            await one.plug(2)
            await cloud.proves(one)
            async with home(tmp_path / "two", broker.port, options=other) as two:
                for here in (one, two):
                    await until(lambda: ALARM in here.link_states, "both notice")  # noqa: B023
                    assert here.control.pictures.value.drivers["cloud"]
                await cloud.service.look(lambda s: s.db.execute("SELECT 1"))
            await until(lambda: one.link_states[-1] == "up", "the first one is back")
            await one.plug(2)
            await one.delivered()
            found = await cloud.service.report()
    assert [line for line in caplog.messages if ALARM in line]
    assert found["twoAgents"] == ["house-1"]


async def test_an_ack_for_the_other_house_frees_nothing_here(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with mosquitto(tmp_path) as broker:
        async with home(tmp_path / "one", broker.port) as one:
            await one.tell(50)
            async with judge(tmp_path, broker.port, ack=False) as cloud:
                await cloud.meets(one)
                async with home(tmp_path / "two", broker.port, options={"client_id": "b"}) as two:
                    await until(lambda: ALARM in one.link_states, "it is noticed")
                    ack = f'{{"bootId": "{two.store.run_id}", "ackSeq": 40}}'.encode()
                    await cloud.service.connected().publish("hearth/v1/house-1/ack", ack)
            states = len(one.link_states)
            await until(lambda: len(one.link_states) > states, "it came back once more", 3)
            assert one.store.outbox.acked_seq == 0


async def test_a_house_that_was_killed_and_is_back_does_not_take_itself_for_another(
    tmp_path: Path,
) -> None:
    """Its last will and its own status of the life before come back to it."""
    with mosquitto(tmp_path) as broker:
        async with judge(tmp_path, broker.port) as cloud:
            for _ in range(3):
                async with home(tmp_path, broker.port) as here:
                    await cloud.meets(here)
                    await here.plug()
                    await cloud.proves(here)
                    broker.kill()
                broker.start()
            async with home(tmp_path, broker.port) as here:
                await here.plug()
                await cloud.proves(here)
                assert here.link_states == ["up"]
