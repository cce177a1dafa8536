"""What came over MQTT and nobody has taken is not lost: the broker has it still."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest

from drivers.mqtt_link import Link, Server, Session, connect
from drivers.mqtt_taking import MOST_WAITING
from tests.sim.mosquitto import Mosquitto, mosquitto

pytestmark = pytest.mark.mosquitto

KEPT = Session(kept_s=600)
ROOM = ("allow_anonymous true", "max_queued_messages 5000")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path, ROOM) as running:
        yield running


def server(broker: Mosquitto) -> Server:
    return Server(host="127.0.0.1", port=broker.port)


async def _say(broker: Mosquitto, count: int) -> None:
    async with connect(server(broker), client_id="cloud") as link:
        for some in batched(range(count), 500):
            async with asyncio.TaskGroup() as saying:
                for number in some:
                    saying.create_task(link.publish("house/cmd", str(number), retain=False))


def batched(numbers: range, size: int) -> Iterator[range]:
    return (numbers[n : n + size] for n in range(0, len(numbers), size))


async def _hear(link: Link, count: int) -> list[int]:
    heard = []
    async with asyncio.timeout(5):
        async for message in link.messages():
            heard.append(int(message.payload))
            if len(heard) == count:
                break
    return heard


async def test_what_was_not_taken_before_a_connection_ended_comes_with_the_next(
    broker: Mosquitto,
) -> None:
    async with connect(server(broker), client_id="house", session=KEPT) as link:
        await link.subscribe(["house/cmd"])
        await _say(broker, 5)
        await asyncio.sleep(0.05)
        assert await _hear(link, 2) == [0, 1]
    async with connect(server(broker), client_id="house", session=KEPT) as link:
        assert await _hear(link, 3) == [2, 3, 4]


async def test_however_much_comes_while_nobody_takes_it_none_of_it_is_let_go(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    many = MOST_WAITING + 500
    async with connect(server(broker), client_id="house") as link:
        await link.subscribe(["house/cmd"])
        await _say(broker, many)
        assert await _hear(link, many) == [*range(many)]
    assert caplog.messages == []


async def test_of_what_nobody_acks_only_so_much_waits_and_it_takes_no_room_from_the_rest(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    many = MOST_WAITING + 100
    async with connect(server(broker), client_id="house") as link:
        await link.subscribe(["house/cmd"])
        async with aiomqtt.Client("127.0.0.1", broker.port) as careless:
            for number in range(many):
                await careless.publish("house/cmd", str(number), qos=0)
            await careless.publish("house/cmd", str(many), qos=1)
        await _say(broker, 50)
        await asyncio.sleep(0.1)
        heard = await _hear(link, MOST_WAITING + 1 + 50)
    assert heard == [*range(MOST_WAITING), many, *range(50)]
    (line,) = caplog.messages
    assert line.startswith(f"MQTT broker 127.0.0.1:{broker.port} sends more than can be read")
