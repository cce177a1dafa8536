"""The simulated gateways of cars, at a real Mosquitto."""

import asyncio
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from simulators.vehicles.__main__ import Program, make_bay, parser
from simulators.vehicles.bay import Bay
from simulators.vehicles.gateway import CarState, Message
from tests.sim.mosquitto import mosquitto
from tests.sim.mqtt_peers import assert_stops

pytestmark = pytest.mark.mosquitto


class Talker:
    """A gateway that has always something to say."""

    will: Message | None = None
    keepalive_s = 15
    wakes_s: float | None = None

    def __init__(self) -> None:
        self.speaks = asyncio.Event()

    def hello(self) -> Iterator[Message]:
        for number in count():
            if number == 10:
                self.speaks.set()
            yield Message("car/number", str(number))

    def look(self, car: CarState, now_s: float) -> Iterator[Message]:  # noqa: ARG002 -- never asked
        return iter(())

    def pause_s(self, car: CarState) -> float:  # noqa: ARG002 -- never asked
        return 1.0


def nowhere() -> Bay:
    return make_bay(parser().parse_args(["--gateway", "ovms", "--house", ":9", "--bay", "A"]))


async def test_a_gateway_that_is_stopped_in_the_instant_of_an_answer_stops(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        words = ["--gateway", "ovms", "--house", ":9", "--bay", "A"]
        args = parser().parse_args([*words, "--broker", f"127.0.0.1:{broker.port}"])
        for turns in range(60):
            talker = Talker()
            running = asyncio.create_task(Program(args, talker, nowhere()).run())
            await talker.speaks.wait()
            await assert_stops(running, turns)
