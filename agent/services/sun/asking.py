"""When a solar service is asked, and what is said when it does not answer."""

import asyncio
import logging
import random
from datetime import datetime
from typing import Final

from agent.forecasts import Outlook
from agent.model.clock import Clock, Now
from agent.services.fetching import Declined, Down, Web
from agent.services.sun.source import BadAnswer, Judge, SunSource

log = logging.getLogger(__name__)

SOON_S: Final = 600.0
DECLINED_S: Final = 6 * 3600.0
LEAST_REAL_PAUSE_S: Final = 60.0
"""However fast the house's own clock runs, a public service is asked in real time."""

_JITTER: Final = 0.1


class Asking:
    """A Feed that asks a service.

    Attributes:
        trouble: why there is nothing new, with the remedy; None = all is well.
    """

    def __init__(
        self,
        source: SunSource,
        web: Web,
        clock: Clock,
        *,
        least_real_pause_s: float = LEAST_REAL_PAUSE_S,
    ) -> None:
        self.name = source.name
        self.trouble: str | None = None
        self._source, self._web, self._clock = source, web, clock
        self._least_real_pause_s = least_real_pause_s
        self._due_mono_s, self._due_real_s = float("-inf"), float("-inf")
        self._failures = 0

    def remember(self, made_at: datetime, now: Now) -> None:
        """There is an answer from before the start: a restart burns no quota."""
        age_s = max(0.0, (now.at - made_at).total_seconds())
        self._due_mono_s = now.mono_s + self._source.every_s - age_s

    async def ask(self, judge: Judge) -> Outlook | None:
        """An answer that was found plausible; None when it is not time, or there is none."""
        now = self._clock.now()
        real_s = asyncio.get_running_loop().time()
        if not now.trusted or now.mono_s < self._due_mono_s or real_s < self._due_real_s:
            return None
        self._due_real_s = real_s + self._least_real_pause_s
        try:
            outlook = await self._source.fetch(self._web, now.at)
        except Down as error:
            pause_s = SOON_S * 2 ** min(self._failures, 4)
            if error.again_after_s is not None:
                pause_s = max(SOON_S, error.again_after_s)
            self._failed(str(error), pause_s)
            return None
        except Declined as error:
            self._failed(str(error), DECLINED_S)
            return None
        except BadAnswer as error:
            self._failed(f"the answer of {self.name} cannot be read: {error}", self._source.every_s)
            return None
        wrong = judge(outlook)
        if wrong is not None:
            self._failed(wrong, max(self._source.every_s, SOON_S))
            return None
        self._failures = 0
        self._wait(self._source.every_s)
        self._say(None)
        return outlook

    def _failed(self, trouble: str, pause_s: float) -> None:
        self._failures += 1
        self._wait(pause_s)
        self._say(trouble)

    def _wait(self, pause_s: float) -> None:
        """Houses must not ask in step."""
        spread_s = pause_s * random.uniform(0.0, _JITTER)
        self._due_mono_s = self._clock.now().mono_s + pause_s + spread_s

    def _say(self, trouble: str | None) -> None:
        """One line per change."""
        if trouble is not None and self.trouble is None:
            log.warning("solar forecast: %s; Hearth goes on with what it knows", trouble)
        elif trouble is None and self.trouble is not None:
            log.info("solar forecast: %s is of use again", self.name)
        self.trouble = trouble
