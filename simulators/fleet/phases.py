"""The life of a fleet: connect, run, lose the broker, come back, settle; with figures of each."""

import asyncio
import gc
import math
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NoReturn

from simulators.fleet.agent import Agent, Counts, Manner

_CONNECT_WITHIN_S = 20.0
_LOOK_S = 0.02
Figures = dict[str, float]


class TooSlow(Exception):
    """A phase did not end in its time; the message says how far it came."""


@dataclass(slots=True)
class Fleet:
    """Args:
    at_once: connections in the making at the same time. Mosquitto's listener lets 100 wait;
        what comes beyond is dropped, and the system tries again after a whole second.
    patience_s: a phase that needs longer is an error.
    """

    host: str
    port: int
    names: Sequence[str]
    manner: Manner
    tls: ssl.SSLContext | None = None
    at_once: int = 64
    patience_s: float = 120.0
    counts: Counts = field(default_factory=Counts)
    agents: list[Agent] = field(default_factory=list)
    _doors: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    @asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        """The agents are there, and try to stay connected, for as long as the block runs."""
        self._doors = asyncio.Semaphore(self.at_once)
        self.agents = [Agent(name, self.manner, self.counts) for name in self.names]
        keepers = [asyncio.create_task(self._keep(a), name=a.name) for a in self.agents]
        # Thousands of objects that live for ever: the collector need not look at them again.
        gc.collect()
        gc.freeze()
        try:
            yield
        finally:
            for agent in self.agents:
                agent.leave()
            for keeper in keepers:
                keeper.cancel()
            await asyncio.wait(keepers)

    async def connected(self) -> Figures:
        """Wait until all are connected."""
        began_s = time.perf_counter()
        before = self.counts.connects
        await self._until(lambda: self.counts.up == len(self.agents), "connected")
        took_s = time.perf_counter() - began_s
        return {"connect_s": took_s, "connects_per_s": (self.counts.connects - before) / took_s}

    async def steady(self, seconds: float) -> Figures:
        """Let things happen in all houses for so long; only the time after the start counts."""
        for agent in self.agents:
            if not agent.making:
                agent.make_events()
        self.counts.latencies_s.clear()
        before, began_s = self.counts.pubacked, time.perf_counter()
        await asyncio.sleep(seconds)
        took_s = time.perf_counter() - began_s
        figures = {"messages_per_s": (self.counts.pubacked - before) / took_s}
        return {**figures, **latencies(self.counts.latencies_s)}

    async def wave(self) -> Figures:
        """Cut all lines at the same time and wait until all are back."""
        for agent in self.agents:
            agent.drop()
        before = self.counts.connects
        began_s = time.perf_counter()
        size = len(self.agents)
        await self._until(
            lambda: self.counts.up == size and self.counts.connects >= before + size,
            "connected again",
        )
        took_s = time.perf_counter() - began_s
        return {"wave_s": took_s, "wave_connects_per_s": (self.counts.connects - before) / took_s}

    async def settled(self) -> Figures:
        """Let nothing more happen and wait until the cloud has acked everything."""
        for agent in self.agents:
            agent.be_quiet()
        began_s = time.perf_counter()
        await self._until(lambda: self.unacked == 0, "acked to the end")
        return {"settle_s": time.perf_counter() - began_s}

    @property
    def events(self) -> int:
        return sum(agent.last_seq for agent in self.agents)

    @property
    def unacked(self) -> int:
        return sum(agent.last_seq - agent.acked for agent in self.agents)

    async def _until(self, done: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(self.patience_s):
                while not done():  # noqa: ASYNC110 -- ten thousand events would cost more
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            far = f"{self.counts.up} of {len(self.agents)} connected, {self.unacked} events unacked"
            raise TooSlow(f"not all {what} in {self.patience_s:g} s: {far}") from None

    async def _keep(self, agent: Agent) -> NoReturn:
        loop = asyncio.get_running_loop()
        while True:
            lost = asyncio.Event()
            agent.on_lost = lost.set
            try:
                async with self._doors:
                    async with asyncio.timeout(_CONNECT_WITHIN_S):
                        await loop.create_connection(
                            lambda: agent, self.host, self.port, ssl=self.tls
                        )
                await lost.wait()
            except (OSError, TimeoutError):
                agent.drop()
            await asyncio.sleep(agent.pause_s())


def latencies(seconds: Sequence[float]) -> Figures:
    """Milliseconds, by nearest rank."""
    ordered = sorted(seconds)
    if not ordered:
        return {}

    def at(percent: float) -> float:
        return 1000 * ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]

    return {"puback_p50_ms": at(50), "puback_p99_ms": at(99), "puback_max_ms": 1000 * ordered[-1]}
