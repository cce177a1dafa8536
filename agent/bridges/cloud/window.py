"""Messages on their way: some at once, but no more than the path bears."""

import asyncio
from types import TracebackType
from typing import Self

from agent.bridges.cloud.packing import Payload
from drivers.mqtt_link import Link


class Window:
    """Sends messages in order without waiting for each answer; `async with` waits for all.

    Args:
        size: messages that may wait for the broker's answer at a time. One at a time is one per
            round trip; many more than 100 only make the broker queue them.
    """

    def __init__(self, link: Link, size: int) -> None:
        self._link = link
        self._room = asyncio.Semaphore(size)
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

    async def send(self, topic: str, payload: Payload) -> None:
        """Returns as soon as there is room for it on the way."""
        await self._room.acquire()
        self._tasks.create_task(self._one(topic, payload), name=f"to {topic}")

    async def _one(self, topic: str, payload: Payload) -> None:
        try:
            await self._link.publish(
                topic, payload.body, retain=False, content_type=payload.content_type
            )
        finally:
            self._room.release()
