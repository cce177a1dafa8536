"""Messages on their way: some at once, but no more than the path bears."""

import asyncio
from types import TracebackType
from typing import Final, Self

from agent.bridges.cloud.packing import Payload
from drivers.mqtt_link import Link

SIZE: Final = 20
MOST_BYTES: Final = 64 * 1024
"""A slow path must carry them within the broker's time-out, and live states beside them."""


class Window:
    """Sends messages in order without waiting for each answer; `async with` waits for all.

    Args:
        size: messages that may wait for the broker's answer at a time. One at a time is one per
            round trip; many more than 100 only make the broker queue them.
        most_bytes: that they may have together; a single message may have more.
    """

    def __init__(self, link: Link, size: int = SIZE, most_bytes: int = MOST_BYTES) -> None:
        self._link, self._size, self._most_bytes = link, size, most_bytes
        self._messages = self._bytes = 0
        self._room = asyncio.Event()
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._tasks.__aexit__(kind, error, trace)

    async def send(self, topic: str, payload: Payload, *, retain: bool = False) -> None:
        """Returns as soon as it is on the way. One caller at a time."""
        while not self._fits(len(payload.body)):
            self._room.clear()
            await self._room.wait()
        self._messages += 1
        self._bytes += len(payload.body)
        self._tasks.create_task(self._one(topic, payload, retain=retain), name=f"to {topic}")

    def _fits(self, size: int) -> bool:
        if not self._messages:
            return True
        return self._messages < self._size and self._bytes + size <= self._most_bytes

    async def _one(self, topic: str, payload: Payload, *, retain: bool) -> None:
        try:
            await self._link.publish(
                topic, payload.body, retain=retain, content_type=payload.content_type
            )
        finally:
            self._messages -= 1
            self._bytes -= len(payload.body)
            self._room.set()
