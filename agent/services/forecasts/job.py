"""Makes the forecasts anew each quarter of an hour, and as soon as somebody sends others; keeps
what must be kept, and scores each day.

The computing takes a tenth of a second on a small processor, so it is done on a thread; nothing of
the loop waits for it.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from agent.forecasts import Place, Plant, implausible, score, still_true
from agent.forecasts.making import Known, days_of, foresee, part_of
from agent.forecasts.quarters import PER_HOUR, QUARTER_S, quarter_of
from agent.model.clock import Clock
from agent.model.driver import Notebook
from agent.model.forecasts import Forecasts, Score
from agent.model.readings import DeviceId
from agent.services.forecasts.diary import Diary
from agent.services.forecasts.past import History, Past
from agent.services.sun.source import Feed
from agent.watched import Watched

LEAST_REAL_PAUSE_S: Final = 2.0
"""However fast the house's own clock runs, forecasts are not all that the processor does."""

UNTRUSTED_PAUSE_S: Final = 30.0
MORE_TO_COME_S: Final = 0.5
"""Real seconds: what a broker has kept of several topics comes in one burst."""

NEWS_PAUSE_S: Final = 60.0
_INTO_QUARTER_S: Final = 5.0
_SHOWN_DAYS: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What forecasts must know of the house.

    Args:
        rated_w: the most that modules or inverters give; None = nobody said.
        place: None = nobody said.
    """

    timezone: str
    place: Place | None = None
    rated_w: float | None = None
    inverters: tuple[DeviceId, ...] = ()


class ForecastJob:
    """A link like others, for keep_running.

    Args:
        feed: where a service's forecasts come from; None = the house alone.
        forecasts: where the newest are published.
        news: set by whoever sends them when there is something new; None = nobody sends any.
    """

    name = "forecasts"

    def __init__(
        self,
        *,
        home: Home,
        store: History,
        notebook: Notebook,
        clock: Clock,
        forecasts: Watched[Forecasts],
        feed: Feed | None = None,
        news: asyncio.Event | None = None,
    ) -> None:
        self._home, self._clock, self._forecasts, self._feed = home, clock, forecasts, feed
        self._news, self._turn = news, asyncio.Lock()
        self._past, self._diary = Past(store, home.inverters), Diary(notebook)
        self._zone = ZoneInfo(home.timezone)

    async def run(self) -> None:
        """Until cancelled."""
        await self._recall()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._each_quarter(), name="forecasts each quarter of an hour")
            if self._news is not None:
                group.create_task(self._as_it_comes(self._news), name="forecasts as news comes")

    async def _each_quarter(self) -> None:
        while True:
            now = self._clock.now()
            if not now.trusted:  # nobody knows what time of day it is
                await self._clock.sleep(UNTRUSTED_PAUSE_S)
                continue
            await self.once()
            here_s = self._clock.now().at.timestamp() % QUARTER_S
            await self._clock.sleep(QUARTER_S - here_s + _INTO_QUARTER_S)
            await asyncio.sleep(LEAST_REAL_PAUSE_S)

    async def _as_it_comes(self, news: asyncio.Event) -> None:
        """What comes before anybody knows the time of day is taken with the first forecast."""
        while True:
            await news.wait()
            await asyncio.sleep(MORE_TO_COME_S)
            news.clear()
            if self._clock.now().trusted:
                await self.once()
                await self._clock.sleep(NEWS_PAUSE_S)

    async def once(self) -> None:
        """Make and publish the forecasts of this quarter of an hour."""
        async with self._turn:
            await self._once()

    async def _once(self) -> None:
        await self._past.catch_up(self._clock.now().at)
        await self._ask()
        now, outlook = self._clock.now().at, self._diary.outlook
        known = Known(
            load=self._past.load,
            plant=self._plant(),
            timezone=self._zone,
            outlook=outlook if outlook is not None and still_true(outlook, now) else None,
            said=self._diary.past,
        )
        made = await asyncio.to_thread(foresee, known, now)
        await self._turn_page(made, now)
        if self._feed is not None:
            await self._diary.note_said(now)
        self._forecasts.set(
            replace(
                made,
                trouble=None if self._feed is None else self._feed.trouble,
                scores=self._scores_of_late(now),
            )
        )

    async def _recall(self) -> None:
        await self._diary.recall()
        outlook = self._diary.outlook
        if self._feed is None:
            if outlook is not None:
                await self._diary.forget_service()
        elif outlook is not None:
            self._feed.remember(outlook.made_at, self._clock.now())

    async def _ask(self) -> None:
        if self._feed is None:
            return
        now, plant = self._clock.now().at, self._plant()
        new = await self._feed.ask(lambda outlook: implausible(outlook, plant, now))
        old = self._diary.outlook
        if new is None:
            return
        if old is not None and old.source != new.source:
            await self._diary.forget_service()
        await self._diary.keep_outlook(new)

    async def _turn_page(self, made: Forecasts, now: datetime) -> None:
        """At the beginning of a day: score the one before, write down what this one is to be."""
        today = now.astimezone(self._zone).date()
        if self._diary.issued_for == today:
            return
        first, end, _ = days_of(now, self._zone)
        came = {"sun": self._past.produced, "load": self._past.load}
        issued, day = self._diary.issued, self._diary.issued_for
        if day is not None and day < today:
            found = [
                score(day, "sun", issued["sun"], came["sun"]) if "sun" in issued else None,
                score(day, "load", issued["load"], came["load"]) if "load" in issued else None,
            ]
            await self._diary.add(each for each in found if each is not None)
        # A day that is half over was not foretold.
        begins = quarter_of(now) - first <= PER_HOUR
        bands = {"sun": made.sun, "load": made.load} if begins else {}
        parts = {what: part_of(b, first, end) for what, b in bands.items() if b is not None}
        await self._diary.issue(today, {what: b for what, b in parts.items() if b is not None})

    def _scores_of_late(self, now: datetime) -> tuple[Score, ...]:
        since = now.astimezone(self._zone).date() - timedelta(days=_SHOWN_DAYS)
        return tuple(each for each in self._diary.scores if each.day >= since)

    def _plant(self) -> Plant:
        home = self._home
        return Plant(rated_w=home.rated_w, place=home.place, produced=self._past.produced)
