"""The house's prices: made anew when a source, a document, the day or a peak changes something."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from agent.model.picture import Picture
from agent.model.prices import PeakRate, Prices
from agent.model.readings import DeviceId
from agent.model.tariffs import PricePoint
from agent.store.values import Bucket
from agent.tariffs import (
    HouseTariff,
    Market,
    MarketPrices,
    Quarter,
    known_until,
    merged,
    peak_rate,
    prices_between,
    with_days,
)
from agent.tariffs.papers import series_of, tariff_of
from agent.watched import Watched

AHEAD: Final = timedelta(days=2)
BEHIND: Final = timedelta(days=7)
"""What was paid lately: plans guess from it what nobody has published yet, and a session that began
before a start of Hearth is held against it."""

_QUARTER_S: Final = 900
_KNOWN_S: Final = 600.0
"""Of a quarter at least so much must be known to count as a peak."""

_ONE_DAY: Final = timedelta(days=1)


class History(Protocol):
    """The part of the store that is needed here."""

    def history(
        self, device: DeviceId, series: str, start: datetime, end: datetime, step_s: int = 900
    ) -> Awaitable[Sequence[Bucket]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Args:
    location: id of the house's own Location.
    tariff: of the installer's file.
    meter: at the grid connection; None = there is none.
    """

    location: str
    timezone: str
    tariff: HouseTariff | None
    meter: DeviceId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Markets:
    """Sources in the order in which they count, by name; those of import and those of export."""

    bought: Mapping[str, Watched[MarketPrices]]
    sold: Mapping[str, Watched[MarketPrices]]


class PriceBoard:
    """A job for keep_running; it reads Pictures and writes prices, which the next one has.

    Args:
        told: asks for the next Picture soon.
    """

    name = "tariff"

    def __init__(
        self,
        home: Home,
        markets: Markets,
        history: History,
        pictures: Watched[Picture],
        prices: Watched[Prices | None],
        told: Callable[[], None],
    ) -> None:
        self._told = told
        self._home, self._markets, self._history = home, markets, history
        self._pictures, self._prices = pictures, prices
        self._seen: tuple[object, ...] = ()
        self._looked = False
        self._peak: tuple[int, PeakRate | None] = (-1, None)

    async def run(self) -> None:
        """Keep prices up, for ever."""
        async for picture in self._pictures.changes():
            await self.look(picture)

    async def look(self, picture: Picture) -> None:
        """Make prices anew if something behind them changed; equal ones stay the same object."""
        trusted = picture.now.trusted  # else nobody knows which hour it is
        seen = self._inputs(picture) if trusted else ()
        if _same(seen, self._seen) and self._looked:
            return
        made = await self._make(picture) if trusted else None
        self._seen, self._looked = seen, True
        if made != self._prices.value:
            self._prices.set(made)
            self._told()

    def _inputs(self, picture: Picture) -> tuple[object, ...]:
        told = (*self._markets.bought.values(), *self._markets.sold.values())
        quarter = int(picture.now.at.timestamp()) // _QUARTER_S
        values = tuple(each.value for each in told)
        return (picture.documents, picture.locations, quarter, *values)

    async def _make(self, picture: Picture) -> Prices | None:
        home = picture.locations.get(self._home.location)
        tariff = tariff_of(picture.documents, home, self._home.tariff)
        if tariff is None:
            return None
        now = picture.now.at
        market = self._market(series_of(picture.documents, home), now)
        peak = await self._look_at_peaks(tariff, now)
        where = ZoneInfo(tariff.timezone)
        first = (now - BEHIND).astimezone(where).date()
        last = (now + AHEAD).astimezone(where).date() + _ONE_DAY
        start, end = (datetime.combine(day, time(), where) for day in (first, last))
        # A few milliseconds, on a small processor many.
        return await asyncio.to_thread(
            prices_between, tariff, market, start=start, end=end, peak=peak
        )

    def _market(self, series: tuple[PricePoint, ...], now: datetime) -> Market:
        sources = {}
        for each in (*self._markets.bought.values(), *self._markets.sold.values()):
            sources[each.value.source] = _words(each.value, now)
        if series:
            sources["cloud"] = _until(series, now)
        return Market(
            spot=_first_that_knows(self._markets.bought.values()),
            series=series,
            feed_in=_first_that_knows(self._markets.sold.values()),
            sources=sources,
        )

    async def _look_at_peaks(self, tariff: HouseTariff, now: datetime) -> PeakRate | None:
        """Once a quarter of an hour; what this month has reached stands in the history."""
        rule, quarter = tariff.peak, int(now.timestamp()) // _QUARTER_S
        if rule is None:
            return None
        if self._peak[0] != quarter:
            imports = await self._imports(now, tariff.timezone)
            rate = await asyncio.to_thread(peak_rate, rule, imports, now, tariff.timezone)
            if rate is not None:
                rate = await asyncio.to_thread(with_days, rate, rule, imports, now, tariff.timezone)
            self._peak = (quarter, rate)
        return self._peak[1]

    async def _imports(self, now: datetime, timezone: str) -> list[Quarter]:
        """Mean import of the quarters of this month that have ended."""
        if self._home.meter is None:
            return []
        where = ZoneInfo(timezone)
        begin = datetime.combine(now.astimezone(where).date().replace(day=1), time(), where)
        end = datetime.fromtimestamp(now.timestamp() // _QUARTER_S * _QUARTER_S, now.tzinfo)
        buckets = await self._history.history(self._home.meter, "power_w", begin, end)
        return [
            Quarter(start=each.start, mean_w=max(0.0, each.mean))
            for each in buckets
            if each.known_s >= _KNOWN_S
        ]


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether nothing was replaced; what is equal by value but new is looked at once more."""
    return len(one) == len(other) and all(
        a is b or (isinstance(a, int) and a == b) for a, b in zip(one, other, strict=True)
    )


def _first_that_knows(markets: Iterable[Watched[MarketPrices]]) -> tuple[PricePoint, ...]:
    points: tuple[PricePoint, ...] = ()
    for each in reversed(list(markets)):
        points = merged(points, each.value.points)
    return points


def _words(market: MarketPrices, now: datetime) -> str:
    told = _until(market.points, now)
    return told if market.trouble is None else f"{told}; {market.trouble}"


def _until(points: tuple[PricePoint, ...], now: datetime) -> str:
    until = known_until(points, now)
    return f"until {until:%Y-%m-%d %H:%M} UTC" if until > now else "nothing for now"
