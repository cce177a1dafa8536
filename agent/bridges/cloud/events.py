"""Events on their way up: sent oldest first, and again until the cloud says that it has them."""

import asyncio
import logging
from typing import Final

from agent.bridges.cloud.ahead import MOST_OUT, Ahead
from agent.bridges.cloud.packing import batches
from agent.bridges.cloud.topics import Topics
from agent.bridges.cloud.window import Window
from agent.store import Store
from drivers.mqtt_link import Link

log = logging.getLogger(__name__)

PAGE: Final = 500
GATHER_S: Final = 0.05
"""What happens together goes up together."""

LOOK_AGAIN_S: Final = 10.0
"""When the disk did not give what it has."""


class Events:
    """One for each connection; begins at the last ack.

    Everything that may give it work sets `_stir`; it is cleared before the work is looked for,
    so nothing is overlooked.
    """

    def __init__(self, link: Link, topics: Topics, store: Store, again_after_s: float) -> None:
        self._link, self._topics, self._outbox = link, topics, store.outbox
        self._sent_seq = self._outbox.acked_seq
        self._ahead = Ahead(MOST_OUT, again_after_s)
        self._asked: tuple[int, int] | None = None
        self._stir = asyncio.Event()

    async def run(self) -> None:
        """Send for ever what the outbox has."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hear_news(), name="cloud: news of events")
            tasks.create_task(self._send(), name="cloud: sending events")

    def acked(self) -> None:
        """The cloud acked something; the outbox knows up to where."""
        self._ahead.acked(self._outbox.acked_seq, _now_s())
        self._sent_seq = max(self._sent_seq, self._outbox.acked_seq)
        self._stir.set()

    def ask(self, from_seq: int, to_seq: int | None) -> None:
        """The cloud misses these; they go out once more, as far as they went out before."""
        to = self._sent_seq if to_seq is None else min(to_seq, self._sent_seq)
        if self._asked is not None:
            from_seq, to = min(from_seq, self._asked[0]), max(to, self._asked[1])
        self._asked = (from_seq, to)
        self._stir.set()

    async def _hear_news(self) -> None:
        async for _ in self._outbox.news.changes():
            await asyncio.sleep(GATHER_S)
            self._stir.set()

    async def _send(self) -> None:
        async with Window(self._link) as window:
            while True:
                self._stir.clear()
                await self._repeat(window)
                await self._catch_up(window)
                await self._wait()

    async def _repeat(self, window: Window) -> None:
        if self._asked is None:
            return
        (from_seq, to), self._asked = self._asked, None
        after = from_seq - 1
        while rows := await self._outbox.page(after, PAGE, to):
            for last, payload in batches(rows):
                await window.send(self._topics.event, payload)
                after = last

    async def _catch_up(self, window: Window) -> None:
        while self._ahead.free:
            rows = await self._outbox.page(self._sent_seq, PAGE)
            if not rows:
                return
            for last, payload in batches(rows):
                if not self._ahead.free:
                    return
                await window.send(self._topics.event, payload)
                self._ahead.sent(last, _now_s())
                self._sent_seq = last

    async def _wait(self) -> None:
        """Return when there is something to do, perhaps."""
        left_s = self._ahead.left_s(_now_s())
        if self._ahead.free and self._sent_seq < self._outbox.last_seq:
            left_s = LOOK_AGAIN_S if left_s is None else min(left_s, LOOK_AGAIN_S)
        try:
            async with asyncio.timeout(None if left_s is None else max(0.0, left_s)):
                await self._stir.wait()
        except TimeoutError:
            self._lose_patience()

    def _lose_patience(self) -> None:
        left_s = self._ahead.left_s(_now_s())
        if left_s is None or left_s > 0:
            return
        log.info("the cloud has not acked event %d; sending again", self._outbox.acked_seq + 1)
        self._ahead.begin_again()
        self._sent_seq = self._outbox.acked_seq


def _now_s() -> float:
    return asyncio.get_running_loop().time()
