"""One input of the grid operator, as a link like others: what it says becomes an Intent.

An input that falls silent leaves nobody the wiser. What then holds is the installer's choice; by
default the limit, since unknown counts as worst.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal, Protocol

from agent.model.clock import Clock
from agent.model.driver import LinkDown
from agent.model.intents import Answer, GridLimit, Intent
from agent.services.grid.meaning import Meaning, Unreadable

log = logging.getLogger(__name__)

WhenLost = Literal["limit", "free", "keep"]
Submit = Callable[[Intent], Awaitable[Answer]]

REPEAT_S = 10.0
"""The same word is not told at every look, which may be several times a second."""


class Source(Protocol):
    """Where the word comes from."""

    def words(self) -> AsyncIterator[str]:
        """What it says, now and at each look or change; raises LinkDown."""


class GridInput:
    """For keep_running.

    Args:
        name: as the installer calls it.
        lost_after_s: so long without a word, and it counts as lost.
        on_change: it speaks only when something changes, so that only a lost link is a loss.
    """

    def __init__(
        self,
        name: str,
        source: Source,
        meaning: Meaning,
        submit: Submit,
        clock: Clock,
        *,
        lost_after_s: float = 30.0,
        on_change: bool = False,
        when_lost: WhenLost = "limit",
    ) -> None:
        self.name = self._input = name
        self._source, self._meaning = source, meaning
        self._submit, self._clock = submit, clock
        self._lost_after_s, self._when_lost = lost_after_s, when_lost
        self._on_change = on_change
        self._heard_mono_s = clock.now().mono_s
        self._lost = self._unreadable = False
        self._taken: tuple[float | None, float] | None = None

    async def run(self) -> None:
        """Listen until cancelled.

        Raises:
            LinkDown: the source is out of reach; that it is lost has been told after a while.
        """
        async with asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(self._watch(), name=f"silence of {self.name}")
            try:
                async for word in self._source.words():
                    await self._hear(word)
            except LinkDown as error:
                down = error
            else:
                down = LinkDown(f"{self._input} has nothing more to say")
            watch.cancel()
        await self._miss()
        raise down

    async def _hear(self, word: str) -> None:
        try:
            limit_w = self._meaning.limit(word)
        except Unreadable as error:
            if not self._unreadable:
                log.warning("grid operator input %s: %s", self._input, error)
            self._unreadable = True
            await self._miss()
            return
        self._heard_mono_s, self._unreadable = self._clock.now().mono_s, False
        if self._lost:
            log.info("grid operator input %s speaks again", self._input)
            self._lost = False
        await self._tell(limit_w)

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(1.0)
            if self._on_change and not self._unreadable:
                self._heard_mono_s = self._clock.now().mono_s
            await self._miss()

    async def _miss(self) -> None:
        """Tell once that the input is lost, when it has been silent for long enough."""
        silent_s = self._clock.now().mono_s - self._heard_mono_s
        if self._lost or silent_s < self._lost_after_s:
            return
        self._lost = True
        kept = {"limit": "its limit holds", "free": "the house is free", "keep": "it is kept"}
        log.warning(
            "grid operator input %s is silent for %.0f s: %s",
            self._input, silent_s, kept[self._when_lost],
        )  # fmt: skip
        if self._when_lost != "keep":
            await self._tell(self._meaning.limit_w if self._when_lost == "limit" else None)

    async def _tell(self, limit_w: float | None) -> None:
        now_s = self._clock.now().mono_s
        if self._taken is not None:
            before_w, told_s = self._taken
            if before_w == limit_w and now_s - told_s < REPEAT_S:
                return
        answer = await self._submit(
            GridLimit(source=self._input, scope=self._meaning.scope, import_w=limit_w)
        )
        self._taken = None if answer.problem is not None else (limit_w, now_s)
        if answer.problem is not None:
            log.warning("grid operator input %s: %s", self._input, answer.problem)
