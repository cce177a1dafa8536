"""Holds the prices of one source: on disk for as long as they may be of use, in memory while new.

What is good is never replaced by nothing: an empty or implausible answer changes nothing but the
reason why there is no more.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from agent.model.clock import Clock
from agent.model.driver import Notebook
from agent.model.tariffs import PricePoint
from agent.services.prices.source import Quote
from agent.tariffs import MarketPrices, implausible, known_until, merged
from agent.watched import Watched

log = logging.getLogger(__name__)

TOPIC: Final = "prices"
KEPT: Final = timedelta(days=62)
"""What last month would have cost is asked next month."""

SHOWN: Final = timedelta(days=9)
"""Longer than what a house looks back at, since its days are not those of UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Args:
    currency: that of the house; prices in another one are not taken.
    """

    name: str
    key: str
    currency: str


class Keeper:
    """Args:
    notebook: one note per day of UTC.
    market: where newer prices are published.
    preferred: sources that are asked first; what they know is not missing here.
    told: called when there is news.
    """

    def __init__(
        self,
        what: Kept,
        notebook: Notebook,
        clock: Clock,
        market: Watched[MarketPrices],
        preferred: Sequence[Watched[MarketPrices]] = (),
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self._what, self._notebook, self._clock, self._market = what, notebook, clock, market
        self._all, self._told = (*preferred, market), told

    @property
    def known_until(self) -> datetime:
        """Until when there is a price without a gap, from this source or a preferred one."""
        points: tuple[PricePoint, ...] = ()
        for each in reversed(self._all):
            points = merged(points, each.value.points)
        return known_until(points, self._clock.now().at)

    async def recall(self) -> None:
        """Publish what was known before the start."""
        since, prefix = self._clock.now().at - SHOWN, f"{self._what.key}/"
        points: list[PricePoint] = []
        for key, note in (await self._notebook.read_notes(TOPIC)).items():
            if key.startswith(prefix) and _day(key) >= since.date():
                points += _points(note)
        if points:
            old = self._market.value
            self._tell(replace(old, points=merged(old.points, points)))

    async def take(self, quote: Quote) -> str | None:
        """Keep and publish what a source told.

        Returns:
            Why it was not taken, with the remedy; None if it was.
        """
        if not quote.points:
            return None
        wrong = self._wrong(quote)
        if wrong is not None:
            return wrong
        old = self._market.value
        now = self._clock.now().at
        points = merged(old.points, quote.points)
        recent = tuple(each for each in points if each.end > now - SHOWN)
        self._tell(replace(old, points=recent, trouble=None))
        await self._write(points, {each.start.date() for each in quote.points})
        return None

    def complain(self, trouble: str | None) -> None:
        """Tell why there is nothing new; one line of log per outage, one when it is over."""
        old = self._market.value
        if trouble is not None and old.trouble is None:
            until = self.known_until
            kept = "there are no prices"
            if until > self._clock.now().at:
                kept = f"prices are known until {until:%Y-%m-%d %H:%M} UTC"
            log.warning("%s: %s; %s, will keep trying", self._what.name, trouble, kept)
        elif trouble is None and old.trouble is not None:
            log.info("%s answers again", self._what.name)
        if trouble != old.trouble:
            self._tell(replace(old, trouble=trouble))

    def _tell(self, news: MarketPrices) -> None:
        self._market.set(news)
        self._told()

    def _wrong(self, quote: Quote) -> str | None:
        ours = self._what.currency
        if quote.currency != ours:
            theirs = quote.currency
            return f"prices come in {theirs}, the tariff is in {ours}; write currency: {theirs}"
        return implausible([each.per_kwh for each in quote.points], ours)

    async def _write(self, points: Iterable[PricePoint], days: set[date]) -> None:
        by_day: dict[date, list[PricePoint]] = {day: [] for day in days}
        for each in points:
            if each.start.date() in by_day:
                by_day[each.start.date()].append(each)
        for day, some in by_day.items():
            await self._notebook.write_note(TOPIC, f"{self._what.key}/{day}", _note(some))
        oldest = (self._clock.now().at - KEPT).date()
        for key in await self._notebook.read_notes(TOPIC):
            if _day(key) < oldest:
                await self._notebook.write_note(TOPIC, key, None)


def _day(key: str) -> date:
    return date.fromisoformat(key.rpartition("/")[2])


def notes_key(key: str, currency: str, unit: str | None) -> str:
    """Under which the prices of a source are kept: what came in another currency or unit is not
    taken for ours."""
    return " ".join((key, currency, (unit or "").replace("/", " per ")))


def recorded(notes: Mapping[str, Mapping[str, Any]], key: str) -> tuple[PricePoint, ...]:
    """All prices of a source that are still on disk, ascending.

    Args:
        notes: those of TOPIC.
        key: of `notes_key`.
    """
    days = (note for name, note in notes.items() if name.startswith(f"{key}/"))
    found = (each for note in days for each in _points(note))
    return tuple(sorted(found, key=lambda each: each.start))


def _note(points: Iterable[PricePoint]) -> dict[str, Any]:
    return {
        "points": [
            [int(each.start.timestamp()), int(each.end.timestamp()), round(each.per_kwh, 7)]
            for each in points
        ]
    }


def _points(note: Mapping[str, Any]) -> list[PricePoint]:
    return [
        PricePoint(
            start=datetime.fromtimestamp(start, UTC),
            end=datetime.fromtimestamp(end, UTC),
            per_kwh=per_kwh,
        )
        for start, end, per_kwh in note.get("points", ())
    ]
