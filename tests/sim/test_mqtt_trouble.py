"""Brokers that are not there, say nothing or say no; none of this needs a real one."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from agent.bridges.mqtt import Broker, connect
from agent.model.driver import LinkDown
from tests.sim.ports import free_port

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _knock(broker: Broker) -> None:
    async with connect(broker, client_id="hearth-test", within_s=1.0) as link:
        await link.subscribe(["hearth/#"])


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[Broker]:
    """A server for one connection, which has ended when the block has."""
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            gone.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield Broker(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
        async with asyncio.timeout(2):
            await gone.wait()


async def test_no_broker_is_said_at_once() -> None:
    port, started_s = free_port(), time.monotonic()
    with pytest.raises(LinkDown, match=rf"127\.0\.0\.1:{port}: Connection refused"):
        await _knock(Broker(host="127.0.0.1", port=port))
    assert time.monotonic() - started_s < 1.0


async def test_a_name_that_nobody_knows_is_named() -> None:
    with pytest.raises(LinkDown, match=r"broker\.invalid:1883"):
        await _knock(Broker(host="broker.invalid"))


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
async def test_a_server_that_speaks_something_else_is_named(words: bytes) -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)

    async with listening(answer) as broker:
        with pytest.raises(LinkDown, match=rf"{broker.address} does not answer; .*MQTT.*tls"):
            await _knock(broker)


async def test_a_broker_that_never_answers_costs_no_socket_for_each_try() -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            pass
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        broker = Broker(host="127.0.0.1", port=silent.sockets[0].getsockname()[1])
        ours = []
        for _ in range(3):
            with pytest.raises(LinkDown, match="does not answer"):
                async with connect(broker, client_id="hearth-test", within_s=0.2):
                    raise AssertionError
            await asyncio.sleep(0.05)
            ours.append(_sockets_to(broker.port))
    assert ours == [0, 0, 0]


def _sockets_to(port: int) -> int:
    """How many connections of this machine to a port nobody has closed on the calling side."""
    rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    established = "01"
    return sum(
        row.split()[2].endswith(f":{port:04X}") and row.split()[3] == established for row in rows
    )


@pytest.mark.parametrize("text", [None, "no certificate"])
async def test_an_unusable_authority_file_is_named(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "authority.pem"
    if text is not None:
        path.write_text(text)
    with pytest.raises(LinkDown, match=r"cannot use .*authority\.pem for TLS: .*PEM file"):
        await _knock(Broker(host="localhost", tls=True, tls_ca=str(path)))


async def test_a_topic_that_the_broker_forbids_is_named() -> None:
    """Mosquitto's access file never refuses a SUBSCRIBE, so ten lines stand in for others."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(b"\x20\x02\x00\x00")  # CONNACK, accepted
        subscribe = await reader.read(1000)
        writer.write(b"\x90\x03" + subscribe[2:4] + b"\x80")  # SUBACK, failure
        await reader.read()

    async with listening(refuse) as broker:
        with pytest.raises(LinkDown, match=r"does not let us subscribe to hearth/#.*access list"):
            await _knock(broker)


@pytest.mark.parametrize("turns", range(8))  # of the loop, between the answer and the cancellation
async def test_a_cancelled_connection_ends_though_an_answer_comes_in_the_same_instant(
    turns: int,
) -> None:
    async def puback_each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(b"\x20\x02\x00\x00")  # CONNACK, accepted
        publish = await reader.readexactly(10)  # fixed header, topic of 3, packet id, payload
        writer.write(b"\x40\x02" + publish[7:9])  # PUBACK
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await reader.read()

    async def say_one_thing(broker: Broker) -> None:
        async with connect(broker, client_id="hearth-test") as link:
            await link.publish("a/b", "x", retain=False)
            await asyncio.sleep(3600)

    async with listening(puback_each) as broker:
        task = asyncio.create_task(say_one_thing(broker))
        await asyncio.wait([task], timeout=1)
        ended = task.cancelled()
        task.cancel()
        assert ended
