"""Events on their way up: sent oldest first, and again until the cloud says that it has them."""

import asyncio
import logging
from typing import Final

from agent.bridges.cloud.packing import batches
from agent.bridges.cloud.topics import Topics
from agent.bridges.cloud.window import Window
from agent.model.clock import Clock
from agent.store import Store
from drivers.mqtt_link import Link

log = logging.getLogger(__name__)

WINDOW: Final = 20
PAGE: Final = 500
AGAIN_AFTER_S: Final = 60.0
AGAIN_AT_MOST_S: Final = 900.0
GATHER_S: Final = 0.05
"""What happens together goes up together."""

CLOCK_PATIENCE_S: Final = 60.0


class Events:
    """One for each connection.

    A broker's answer is no storage, so sending begins at the last ack each time. An ack that
    stays away for a minute makes us send again from there, then less and less often.
    """

    def __init__(self, link: Link, topics: Topics, store: Store, clock: Clock) -> None:
        self._link, self._topics, self._clock = link, topics, clock
        self._outbox = store.outbox
        self._sent_seq = self._outbox.acked_seq
        self._acked = asyncio.Event()

    def acked(self) -> None:
        """The cloud acked something."""
        self._acked.set()

    async def run(self) -> None:
        """Send for ever what the outbox has."""
        while True:
            await self._drain()
            if self._outbox.pending and not await self._progress():
                self._sent_seq = self._outbox.acked_seq
                continue
            await self._news()

    async def page(self, from_seq: int, to_seq: int | None) -> int:
        """Send once more what the cloud misses; returns how many events."""
        count, after = 0, from_seq - 1
        async with Window(self._link, WINDOW) as window:
            while rows := await self._outbox.page(after, PAGE, to_seq):
                for last, payload in batches(rows):
                    await window.send(self._topics.event, payload)
                    after = last
                count += len(rows)
        return count

    async def _drain(self) -> None:
        async with Window(self._link, WINDOW) as window:
            while rows := await self._outbox.page(self._sent_seq, PAGE):
                for last, payload in batches(rows):
                    await window.send(self._topics.event, payload)
                    self._sent_seq = last

    async def _progress(self) -> bool:
        """Wait for acks while events are out; False when they stay away for too long."""
        patience_s = AGAIN_AFTER_S
        while self._outbox.acked_seq < self._sent_seq:
            before = self._outbox.acked_seq
            self._acked.clear()
            news = self._outbox.last_seq > self._sent_seq
            if news:
                return True
            try:
                async with asyncio.timeout(patience_s):
                    await self._either()
            except TimeoutError:
                log.info("the cloud has not acked event %d yet; sending it again", before + 1)
                return False
        return True

    async def _either(self) -> None:
        """Wait for an ack or for news, whichever comes first."""
        async with asyncio.TaskGroup() as group:
            waiting = [
                group.create_task(self._acked.wait(), name="ack of events"),
                group.create_task(self._news(), name="news of events"),
            ]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in waiting:
                task.cancel()

    async def _news(self) -> None:
        async for last_seq in self._outbox.news.changes():
            if last_seq > self._sent_seq:
                await asyncio.sleep(GATHER_S)
                return
