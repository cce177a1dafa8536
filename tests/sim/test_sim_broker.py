"""The demo's broker, whichever program it is, keeps retained messages and last wills."""

import asyncio
import socket
import time
from dataclasses import dataclass, field

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.sim.sim_programs import program


@dataclass
class Peer:
    """A paho client and what it received."""

    name: str
    port: int
    got: list[tuple[str, bytes, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self.name)
        self.client.on_message = lambda _c, _u, message: self.got.append(
            (message.topic, bytes(message.payload), message.retain)
        )

    def start(self) -> None:
        self.client.connect("127.0.0.1", self.port)
        self.client.loop_start()

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def talk(port: int) -> list[tuple[str, bytes, bool]]:
    """One peer leaves a retained message and dies; the other one hears of both."""
    first, second = Peer("first", port), Peer("second", port)
    first.client.will_set("hearth/status", "offline", qos=1, retain=True)
    first.start()
    first.client.publish("hearth/state", "1", qos=1, retain=True).wait_for_publish(5)
    second.start()
    second.client.subscribe("hearth/#", qos=1)
    _wait_for(second, 1)
    wire = first.client.socket()
    assert isinstance(wire, socket.socket)
    wire.shutdown(socket.SHUT_RDWR)
    first.client.loop_stop()
    _wait_for(second, 2)
    second.stop()
    return second.got


def _wait_for(peer: Peer, count: int) -> None:
    deadline_s = time.monotonic() + 5
    while len(peer.got) < count and time.monotonic() < deadline_s:
        time.sleep(0.01)


@pytest.mark.parametrize(
    "engine", [pytest.param("mosquitto", marks=pytest.mark.mosquitto), "amqtt"]
)
async def test_a_broker_retains_and_keeps_last_wills(engine: str) -> None:
    async with program("broker", "--port", "0", "--engine", engine) as broker:
        ready = await broker.line()
        assert (ready["ready"], ready["engine"]) == (True, engine)
        got = await asyncio.to_thread(talk, ready["port"])
        assert await broker.end() == 0
    assert got[0] == ("hearth/state", b"1", True)
    assert got[1][:2] == ("hearth/status", b"offline")


async def test_a_taken_port_is_an_error_and_not_a_hang() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        async with program("broker", "--port", port, "--engine", "amqtt") as broker:
            async with asyncio.timeout(15):
                assert await broker.process.wait() == 1
