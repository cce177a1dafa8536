"""Who may use a bus next: urgent requests first, and nobody waits for ever."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import IntEnum
from itertools import count

PASSED_OVER_MAX = 10
"""After so many more urgent requests went ahead, a waiting one goes first."""


class Priority(IntEnum):
    """The smaller number goes first; within one priority first come, first served."""

    WRITE = 0
    FAST = 1
    SLOW = 2
    PROBE = 3


class _Waiter:
    __slots__ = ("granted", "order", "passed_over", "priority")

    def __init__(self, priority: Priority, order: int) -> None:
        self.priority = priority
        self.order = order
        self.passed_over = 0
        self.granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def rank(self) -> tuple[int, int]:
        """Smaller goes first; whoever was passed over often enough only waits for writes."""
        starved = self.passed_over >= PASSED_OVER_MAX
        return (min(self.priority, Priority.FAST) if starved else self.priority, self.order)


class Turns:
    """A lock whose queue is ordered by priority."""

    def __init__(self) -> None:
        self._busy = False
        self._waiting: list[_Waiter] = []
        self._order = count()

    @asynccontextmanager
    async def turn(
        self, priority: Priority, pause: Callable[[], Awaitable[None]]
    ) -> AsyncIterator[None]:
        """Hold the bus after `pause`; whoever is more urgent by then goes before."""
        waiter = _Waiter(priority, next(self._order))
        held = False
        try:
            while not held:
                await self._take(waiter)
                held = True
                await pause()
                if self._outranked(waiter):
                    held = False
                    self._pass_on(waiter)
            yield
        finally:
            if held:
                self._pass_on()

    async def _take(self, waiter: _Waiter) -> None:
        if not self._busy:
            self._busy = True
            return
        waiter.granted = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        taken = False
        try:
            await waiter.granted
            taken = True
        finally:
            if not taken:
                self._give_up(waiter)

    def _give_up(self, waiter: _Waiter) -> None:
        """A cancelled waiter leaves the queue, or hands on the turn it was just given."""
        if waiter in self._waiting:
            self._waiting.remove(waiter)
        else:
            self._pass_on()

    def _outranked(self, waiter: _Waiter) -> bool:
        return any(other.rank < waiter.rank for other in self._ready())

    def _ready(self) -> list[_Waiter]:
        return [waiter for waiter in self._waiting if not waiter.granted.cancelled()]

    def _pass_on(self, stepping_back: _Waiter | None = None) -> None:
        ready = self._ready()
        if not ready:
            self._busy = False
            return
        first = min(ready, key=lambda waiter: waiter.rank)
        self._waiting.remove(first)
        for waiter in (*self._waiting, *([stepping_back] if stepping_back else [])):
            waiter.passed_over += waiter.priority > first.priority
        first.granted.set_result(None)
