"""A broker that dies, or is left, in the very instant in which we speak: no traceback."""

import asyncio
import gc
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from agent.model.driver import LinkDown
from drivers.mqtt_link import Link, Server, connect

CONNACK = b"\x20\x02\x00\x00"


class Mortal:
    """A broker that lets one client in, and dies when it is told to."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener, self._told = listener, threading.Event()
        self.server = Server(host="127.0.0.1", port=listener.getsockname()[1])
        self._thread = threading.Thread(target=self._live)
        self._thread.start()

    def die(self) -> None:
        """Returns when the client's end of the connection has heard of it; the loop has not."""
        self._told.set()
        self._thread.join()

    def _live(self) -> None:
        client, _ = self._listener.accept()
        with client:
            client.recv(1000)
            client.sendall(CONNACK)
            self._told.wait(5)


@contextmanager
def mortal() -> Iterator[Mortal]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        broker = Mortal(listener)
        try:
            yield broker
        finally:
            broker.die()


def complained(caplog: pytest.LogCaptureFixture) -> list[str]:
    gc.collect()
    return [record.getMessage() for record in caplog.records if record.name == "asyncio"]


async def _publish(link: Link) -> None:
    await link.publish("a/b", "x", retain=False)


async def _publish_in_the_next_turn(link: Link) -> None:
    await asyncio.sleep(0)
    await _publish(link)


async def test_what_is_said_as_the_broker_dies_is_a_lost_connection_and_no_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What we say is under way before the loop hears that the connection has ended."""
    with mortal() as broker:
        async with connect(broker.server, client_id="hearth-test") as link:
            said = asyncio.create_task(_publish_in_the_next_turn(link))
            await asyncio.sleep(0)
            broker.die()
            with pytest.raises(LinkDown, match="the connection is lost"):
                await anext(link.messages())
            said.cancel()
    assert complained(caplog) == []


async def test_a_connection_that_is_lost_while_nobody_looks_is_no_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with mortal() as broker:
        async with connect(broker.server, client_id="hearth-test"):
            broker.die()
            await asyncio.sleep(0.05)
    assert complained(caplog) == []


async def test_what_is_said_after_the_broker_has_died_is_a_lost_connection() -> None:
    with mortal() as broker:
        async with connect(broker.server, client_id="hearth-test") as link:
            broker.die()
            await asyncio.sleep(0.05)
            with pytest.raises(LinkDown, match="the connection is lost"):
                await _publish(link)


@asynccontextmanager
async def dawdling(answer: asyncio.Event) -> AsyncIterator[Server]:
    """A broker that answers a subscription when it is told to; its client leaves first."""
    left = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(CONNACK)
        subscribe = await reader.read(1000)
        await answer.wait()
        writer.write(b"\x90\x03" + subscribe[2:4] + b"\x01")
        await reader.read()
        writer.close()
        left.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield Server(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
        async with asyncio.timeout(2):
            await left.wait()


async def test_an_answer_to_a_subscription_that_was_called_off_is_no_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = asyncio.Event()
    async with (
        dawdling(answer) as server,
        connect(server, client_id="hearth-test") as link,
    ):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await link.subscribe(["a/#"])
        answer.set()
        await asyncio.sleep(0.05)
    assert caplog.messages == []
