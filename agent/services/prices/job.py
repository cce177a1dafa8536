"""Asks one source for prices, for ever, and never more often than it is good for."""

import asyncio
import random
from datetime import timedelta
from typing import Final

from agent.model.clock import Clock
from agent.services.fetching import Declined, Down, Web
from agent.services.prices.keeper import Keeper
from agent.services.prices.rhythm import Tried, pause_s, wanted
from agent.services.prices.source import BadAnswer, PriceSource, Span

LEAST_REAL_PAUSE_S: Final = 20.0
"""However fast the house's own clock runs, a public service is asked in real time."""

UNTRUSTED_PAUSE_S: Final = 30.0


class PriceJob:
    """A link like others, for keep_running.

    Args:
        later: by how much it lets other sources go first.
        least_real_pause_s: real seconds between two requests.
    """

    def __init__(
        self,
        source: PriceSource,
        keeper: Keeper,
        web: Web,
        clock: Clock,
        *,
        later: timedelta = timedelta(),
        least_real_pause_s: float = LEAST_REAL_PAUSE_S,
    ) -> None:
        self._later = later
        self._source, self._keeper, self._web, self._clock = source, keeper, web, clock
        self._least_real_pause_s = least_real_pause_s

    async def run(self) -> None:
        """Publish what is on disk, then ask until cancelled."""
        await self._keeper.recall()
        await self._clock.sleep(self._later.total_seconds())
        tried = Tried()
        while True:
            now = self._clock.now()
            if not now.trusted:  # nobody knows which day to ask for
                await self._clock.sleep(UNTRUSTED_PAUSE_S)
                continue
            publication, before = self._source.publication, self._keeper.known_until
            span = wanted(publication, now.at - self._later, before)
            if span is not None:
                tried = await self._once(span, tried)
            if self._keeper.known_until > before:
                tried = Tried()
            after, until = self._clock.now().at - self._later, self._keeper.known_until
            pause = pause_s(publication, after, until, tried, random.uniform)
            await self._clock.sleep(pause)
            if span is not None:
                await asyncio.sleep(self._least_real_pause_s)

    async def _once(self, span: Span, tried: Tried) -> Tried:
        """Ask once; a failure is weather, and leaves what is known."""
        failures = tried.failures + 1
        try:
            trouble = await self._keeper.take(await self._source.fetch(self._web, span))
        except Down as error:
            self._keeper.complain(str(error))
            return Tried(failures=failures, again_after_s=error.again_after_s)
        except Declined as error:
            self._keeper.complain(str(error))
            return Tried(failures=failures, declined=True)
        except BadAnswer as error:
            self._keeper.complain(f"its answer cannot be read: {error}")
            return Tried(failures=failures)
        self._keeper.complain(trouble)
        return Tried(failures=failures, declined=trouble is not None)
