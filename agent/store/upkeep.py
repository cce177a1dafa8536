"""Hourly: quarters are summed up, and what is too old is forgotten."""

from collections.abc import Callable
from functools import partial

from agent.model.clock import Now
from agent.store.commits import Commits
from agent.store.overflow import Overflow
from agent.store.retention import forget_next, sum_up_next
from agent.store.telemetry import Telemetry


class Upkeep:
    """Args:
    keep_raw_days: how long single samples are kept that no cloud waits for.
    """

    def __init__(
        self, commits: Commits, overflow: Overflow, telemetry: Telemetry, keep_raw_days: float
    ) -> None:
        self._commits, self._overflow, self._telemetry = commits, overflow, telemetry
        self._keep_raw_days = keep_raw_days

    async def tidy(self, now: Now, steady: Callable[[], bool]) -> None:
        """In chunks, so that facts slip in between.

        Args:
            steady: whether the clock may decide what is old; asked after the summing up.
        """
        while await self._commits.attempt(partial(sum_up_next, now=now), otherwise=False):
            pass
        if not steady():
            return
        forget = partial(
            forget_next,
            now=now,
            keep_raw_days=self._telemetry.keep_days(now, self._keep_raw_days),
            overflow=self._overflow,
        )
        while await self._commits.attempt(forget, otherwise=False):
            pass
