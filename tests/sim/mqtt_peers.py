"""What stands on the other side of the broker in tests: somebody who watches, and a disk."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiomqtt

PATIENCE_S = 5.0


async def assert_stops(running: "asyncio.Task[Any]", turns: int) -> None:
    """It ends when it is cancelled after so many turns of the loop, whatever happens just then."""
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=1)
    assert done, turns
    assert running.cancelled()


@dataclass(frozen=True)
class Heard:
    topic: str
    payload: str
    retained: bool

    @property
    def json(self) -> Any:
        return json.loads(self.payload)


@dataclass
class Watcher:
    """Subscribes to everything and remembers the order."""

    client: aiomqtt.Client
    heard: list[Heard] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        async for message in self.client.messages:
            payload = bytes(message.payload).decode(errors="replace")
            self.heard.append(Heard(str(message.topic), payload, bool(message.retain)))
            self._news.set()

    async def until(self, found: Callable[[list[Heard]], bool]) -> None:
        """Wait until `found` is true of all that was heard."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not found(self.heard):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            heard = "\n".join(f"{h.topic} {h.payload[:300]}" for h in self.heard[-40:])
            raise AssertionError(f"never heard; the last were:\n{heard}") from None

    async def hear(self, topic: str, *words: str) -> Heard:
        """Wait for a message on `topic` whose payload has all `words` in it."""

        def fits(message: Heard) -> bool:
            return message.topic == topic and all(word in message.payload for word in words)

        await self.until(lambda heard: any(map(fits, heard)))
        return next(filter(fits, reversed(self.heard)))

    async def say(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        await self.client.publish(topic, payload, qos=1, retain=retain)

    def topics(self) -> list[str]:
        return [message.topic for message in self.heard]

    def forget(self) -> None:
        self.heard.clear()


@asynccontextmanager
async def watching(port: int, **options: Any) -> AsyncIterator[Watcher]:
    nodelay = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    async with aiomqtt.Client("127.0.0.1", port, socket_options=nodelay, **options) as client:
        watcher = Watcher(client)
        await client.subscribe("#", qos=1)
        async with running(watcher.listen):
            yield watcher


@asynccontextmanager
async def running(job: Callable[[], Awaitable[None]]) -> AsyncIterator["asyncio.Task[None]"]:
    """Run a job for as long as the block, then cancel it; its fault is the test's fault."""

    async def run() -> None:
        await job()

    task = asyncio.create_task(run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled() and task.exception() is not None:
        await task


async def retained_on(port: int) -> dict[str, str]:
    """All that the broker retains, by topic."""
    kept: dict[str, str] = {}
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe("#", qos=1)
        await client.publish("end-of-retained", "x", qos=1)
        async for message in client.messages:
            if str(message.topic) == "end-of-retained":
                break
            kept[str(message.topic)] = bytes(message.payload).decode(errors="replace")
    return kept
