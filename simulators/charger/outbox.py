"""What a charge point has to say, in order; transactions wait for better times, the rest lapses."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from simulators.charger.transaction import Outgoing

_MOST_WAITING = 5000


class Outbox:
    def __init__(self) -> None:
        self._queue: deque[Outgoing] = deque()
        self._news = asyncio.Event()
        self._drained = asyncio.Event()

    def put(self, message: Outgoing) -> None:
        if len(self._queue) >= _MOST_WAITING:
            self._queue.remove(
                next((old for old in self._queue if old.about == "MeterValues"), self._queue[0])
            )
        self._queue.append(message)
        self._drained.clear()
        self._news.set()

    def waiting(self, about: str) -> int:
        return sum(message.about == about for message in self._queue)

    def holds(self, fits: Callable[[dict[str, Any]], bool]) -> bool:
        """Whether a message about a transaction waits whose payload fits."""
        return any(message.durable and fits(message.build()) for message in self._queue)

    def __len__(self) -> int:
        return len(self._queue)

    async def first(self) -> Outgoing:
        """The oldest message; stays in the box until `remove`."""
        while not self._queue:
            self._news.clear()
            await self._news.wait()
        return self._queue[0]

    def remove(self, message: Outgoing) -> None:
        if message in self._queue:
            self._queue.remove(message)
        if not self._queue:
            self._drained.set()

    async def drained(self) -> None:
        """Wait until everything was sent."""
        if self._queue:
            await self._drained.wait()

    def forget_small_talk(self) -> None:
        """Drop what nobody wants to hear late: all that is not about a transaction."""
        self._queue = deque(message for message in self._queue if message.durable)
