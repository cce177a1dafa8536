"""The way from the ledger to one device: holds at most one Target, a newer one replaces it."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable

from agent.model.driver import Driver, LinkDown, Refused
from agent.model.readings import DeviceId
from agent.model.targets import Target

log = logging.getLogger(__name__)

OnRefused = Callable[[Target, Refused], Awaitable[None]]
OnUndelivered = Callable[[Target], None]


class Latencies:
    """The last few durations in seconds, for percentiles."""

    def __init__(self, keep: int = 2000) -> None:
        self._seconds: deque[float] = deque(maxlen=keep)

    def add(self, seconds: float) -> None:
        self._seconds.append(seconds)

    def percentiles_ms(self) -> dict[str, float | None]:
        """p50 and p99 in milliseconds; None while nothing was measured."""
        ordered = sorted(self._seconds)
        if not ordered:
            return {"p50": None, "p99": None}
        last = len(ordered) - 1
        return {
            name: round(ordered[round(last * share)] * 1000, 3)
            for name, share in (("p50", 0.5), ("p99", 0.99))
        }


class Outlet:
    """Hands Targets of one device to its driver, one after the other.

    One device's slow answer never delays another's command.
    """

    def __init__(
        self,
        device: DeviceId,
        driver: Driver,
        on_refused: OnRefused,
        on_undelivered: OnUndelivered,
        latencies: Latencies,
    ) -> None:
        self.name = f"commands to {device}"
        self._driver = driver
        self._on_refused = on_refused
        self._on_undelivered = on_undelivered
        self._latencies = latencies
        self._waiting: tuple[Target, float | None] | None = None
        self._filled = asyncio.Event()

    def offer(self, target: Target, news_at_s: float | None) -> None:
        """Take a target; returns at once.

        Args:
            news_at_s: perf_counter() instant of the news that led to it, None if time did.
        """
        self._waiting = (target, news_at_s)
        self._filled.set()

    async def run(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            if self._waiting is None:
                continue
            (target, news_at_s), self._waiting = self._waiting, None
            if news_at_s is not None:
                self._latencies.add(time.perf_counter() - news_at_s)
            try:
                await self._driver.send(target)
            except LinkDown as error:
                log.info("%s: not delivered yet: %s", target.device, error)
                self._on_undelivered(target)
            except Refused as error:
                await self._on_refused(target, error)
