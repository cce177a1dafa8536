"""The history that forecasts are made from, read once and then kept up."""

from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from agent.forecasts.quarters import QUARTER_S, quarter_of, start_of
from agent.model.readings import DeviceId
from agent.store.values import Bucket

HOUSE = DeviceId("house")
KEPT_DAYS = 57
_AGAIN = timedelta(hours=6)
"""The newest rows come a commit later than their time, and a clock may be set meanwhile."""

_ENOUGH_S = QUARTER_S / 2
_AT_ONCE = timedelta(days=7)


class History(Protocol):
    """The part of the store that is needed here; it reads on a thread of its own."""

    def history(
        self, device: DeviceId, series: str, start: datetime, end: datetime, step_s: int = 900
    ) -> Awaitable[Sequence[Bucket]]: ...


class Past:
    """
    Args:
        inverters: whose production is summed for the time before the house's own was recorded.

    Attributes:
        load, produced: mean power in W by quarter; absent = not known.
    """

    def __init__(self, store: History, inverters: Sequence[DeviceId]) -> None:
        self._store, self._inverters = store, tuple(inverters)
        self.load: dict[int, float] = {}
        self.produced: dict[int, float] = {}
        self._read_until: datetime | None = None

    async def catch_up(self, now: datetime) -> None:
        """Take in what came since the last time; forget what is too old."""
        oldest = start_of(quarter_of(now)) - timedelta(days=KEPT_DAYS)
        begin = oldest if self._read_until is None else max(oldest, self._read_until - _AGAIN)
        # A quarter that has not ended would count as a whole one.
        end = start_of(quarter_of(now))
        load = await self._series(HOUSE, "load_w", begin, end)
        produced = await self._inverted(begin, end)
        produced |= await self._series(HOUSE, "production_w", begin, end)
        self.load = _kept(self.load, load, quarter_of(oldest), quarter_of(begin))
        self.produced = _kept(self.produced, produced, quarter_of(oldest), quarter_of(begin))
        self._read_until = end

    async def _inverted(self, begin: datetime, end: datetime) -> dict[int, float]:
        """The sum over all inverters, in quarters of which each is known."""
        if self._read_until is not None or not self._inverters:
            return {}
        parts = [await self._series(each, "production_w", begin, end) for each in self._inverters]
        common = set.intersection(*(set(part) for part in parts))
        return {q: sum(part[q] for part in parts) for q in common}

    async def _series(
        self, device: DeviceId, name: str, begin: datetime, end: datetime
    ) -> dict[int, float]:
        """A week at a time, so that the loop is never busy with it for long."""
        found: dict[int, float] = {}
        while begin < end:
            until = min(end, begin + _AT_ONCE)
            buckets = await self._store.history(device, name, begin, until)
            found |= {quarter_of(b.start): b.mean for b in buckets if b.known_s >= _ENOUGH_S}
            begin = until
        return found


def _kept(
    old: dict[int, float], new: dict[int, float], oldest: int, begin: int
) -> dict[int, float]:
    """What was read anew replaces what was held of the same time."""
    before = {q: value for q, value in old.items() if oldest <= q < begin}
    return before | {q: value for q, value in new.items() if q >= oldest}
