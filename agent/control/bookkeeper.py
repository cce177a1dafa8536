"""Counters, sessions and samples of the living house on their way to disk."""

from collections.abc import Callable
from dataclasses import replace

from agent.control import books
from agent.control.tally import Tally
from agent.house import House
from agent.model.clock import Clock
from agent.store import Change, Store

SAMPLE_S = 10.0
SAMPLE_FRESH_S = 30.0
BOOKS_S = 50.0
"""Just before the store would commit the samples by itself, by default after 60 s."""

LOOK_S = 5.0


class Bookkeeper:
    """Args:
    memories: what must survive besides counters and sessions.
    """

    def __init__(
        self, store: Store, clock: Clock, tally: Tally, memories: Callable[[], Change]
    ) -> None:
        self._store, self._clock, self._tally, self._memories = store, clock, tally, memories

    async def sample(self, house: House) -> None:
        """Write the history's samples down, for ever; of the house as a whole what forecasts are
        made from."""
        while True:
            await self._clock.sleep(SAMPLE_S)
            now = self._clock.now()
            for device, seen in house.now.value.items():
                values = books.sample(seen, now.mono_s, SAMPLE_FRESH_S)
                if values:
                    self._store.record(now, device, values)
            powers = self._tally.powers
            self._store.record(
                now,
                books.HOUSE,
                {"load_w": powers.load_w, "production_w": powers.production_w},
            )

    async def keep(self) -> None:
        """Put counters, running sessions and memory on disk every minute, for ever; within 5 s
        where something can only be shown afterwards."""
        due_mono_s = self._clock.now().mono_s
        while True:
            await self._clock.sleep(LOOK_S)
            now_mono_s = self._clock.now().mono_s
            if now_mono_s >= due_mono_s or (self._store.problem is None and self._tally.news):
                await self.save()
                due_mono_s = now_mono_s + BOOKS_S

    async def save(self) -> None:
        """Once, now; then the counters may be shown."""
        held = self._tally.held
        rows, running = books.to_rows(held), tuple(self._tally.sessions.values())
        self._store.defer(replace(self._memories(), counters=rows, sessions=running))
        await self._store.flush()  # together with the samples: one commit, one wear of the flash
        if self._store.problem is None:
            self._tally.keep(held)
