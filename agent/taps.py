"""Listeners to all that happens in the house: a recording hears every word, control decides."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from agent.model.intents import Intent
from agent.model.readings import Reading
from agent.model.targets import Target

MOST = 10_000
"""Of a listener that is too slow the oldest are dropped and counted."""

Happening = Reading | Target | Intent


class Tap:
    """What one listener has not taken yet.

    Attributes:
        news: set when there is something; the listener clears it by taking.
        dropped: how many were lost since it began to listen.
        over: nothing more will come.
    """

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.dropped = 0
        self.over = False
        self._waiting: deque[Happening] = deque()

    def tell(self, happening: Happening) -> None:
        if len(self._waiting) >= MOST:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(happening)
        self.news.set()

    def take(self) -> tuple[Happening, ...]:
        taken = tuple(self._waiting)
        self._waiting.clear()
        self.news.clear()
        return taken


class Taps:
    """Costs nothing while nobody listens."""

    def __init__(self) -> None:
        self._taps: list[Tap] = []

    def __len__(self) -> int:
        return len(self._taps)

    def tell(self, happening: Happening) -> None:
        """A Reading came, a command left, or somebody wanted something."""
        for tap in self._taps:
            tap.tell(happening)

    def close(self) -> None:
        """Send everybody home."""
        for tap in self._taps:
            tap.over = True
            tap.news.set()

    @contextmanager
    def listening(self) -> Iterator[Tap]:
        tap = Tap()
        self._taps.append(tap)
        try:
            yield tap
        finally:
            self._taps.remove(tap)
