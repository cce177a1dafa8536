"""What a source of prices is, to those who ask it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from agent.model.tariffs import PricePoint
from agent.services.fetching import Web

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a source tells.

    Args:
        currency: ISO 4217.
        points: currency per kWh, in any order; none = nothing is published yet.
    """

    currency: str
    points: tuple[PricePoint, ...] = ()


class BadAnswer(Exception):
    """What came back is not what the service is known to send; the text says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """When a market says the prices of its next day.

    Args:
        timezone: of the market; its days go from midnight to midnight there.
        at: from this time of its day on they may be asked for.
        late: after this time they are late, and asking every few minutes is no use.
        missing_s: how much of a day's end a source may keep back.
    """

    timezone: str = "Europe/Brussels"
    at: time = time(13)
    late: time = time(15)
    missing_s: float = 0.0

    def day_of(self, instant: datetime) -> date:
        return instant.astimezone(ZoneInfo(self.timezone)).date()

    def begin(self, day: date) -> datetime:
        """When a day of the market begins."""
        return self.instant(day, time())

    def instant(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, ZoneInfo(self.timezone)).astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is asked for: whole days of the market, the last one included."""

    first: date
    last: date
    publication: Publication

    @property
    def start(self) -> datetime:
        return self.publication.begin(self.first)

    @property
    def end(self) -> datetime:
        return self.publication.begin(self.last + _ONE_DAY)

    @property
    def days(self) -> Iterator[date]:
        day = self.first
        while day <= self.last:
            yield day
            day += _ONE_DAY


class PriceSource(Protocol):
    """One service.

    Args:
        name: for people.
        key: tells the prices of one contract or zone from those of another; never a secret.
    """

    name: str
    key: str
    publication: Publication

    async def fetch(self, web: Web, span: Span) -> Quote:
        """Raises:
        Down, Declined: see Web.
        BadAnswer: what came back cannot be read.
        """
