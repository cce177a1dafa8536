"""When prices are asked for, and that what is known survives whatever comes back."""

import asyncio
import logging
import random
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.clock import Now
from agent.model.tariffs import PricePoint
from agent.services.fetching import Declined, Down, Web
from agent.services.prices import BadAnswer, Keeper, PriceJob, Publication, Quote, Span
from agent.services.prices.keeper import TOPIC, Kept, recorded
from agent.services.prices.rhythm import Tried, pause_s, wanted
from agent.tariffs import MarketPrices
from agent.watched import Watched
from tests.notebook import Notebook
from tests.virtual_time import run_virtual

CET = Publication()
KEPT = Kept(name="Test market", key="test DE", currency="EUR")
START = datetime(2026, 11, 20, 23, tzinfo=UTC)  # midnight in Brussels
HOUR = timedelta(hours=1)


class LoopClock:
    """The house's clock on the loop's virtual time."""

    def __init__(self, start: datetime, *, trusted: bool = True) -> None:
        self.start, self.trusted = start, trusted

    def now(self) -> Now:
        mono_s = asyncio.get_running_loop().time()
        return Now(at=self.start + timedelta(seconds=mono_s), mono_s=mono_s, trusted=self.trusted)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def hourly(start: datetime, prices: Sequence[float]) -> tuple[PricePoint, ...]:
    return tuple(
        PricePoint(start=start + i * HOUR, end=start + (i + 1) * HOUR, per_kwh=each)
        for i, each in enumerate(prices)
    )


class Market:
    """A source whose next day appears at an instant, and that may fail."""

    name, key, publication = "Test market", "test DE", CET

    def __init__(self, clock: LoopClock, published: timedelta = timedelta(hours=13)) -> None:
        self.clock, self.published = clock, published
        self.asked: list[datetime] = []
        self.answers: list[Exception | Quote] = []

    async def fetch(self, web: Web, span: Span) -> Quote:  # noqa: ARG002
        now = self.clock.now().at
        self.asked.append(now)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        days = [day for day in span.days if now >= CET.begin(day) - 24 * HOUR + self.published]
        points = [each for day in days for each in hourly(CET.begin(day), [0.1] * 24)]
        return Quote(currency="EUR", points=tuple(points))


class House:
    def __init__(self, clock: LoopClock, notebook: Notebook | None = None) -> None:
        self.clock, self.notebook = clock, notebook or Notebook()
        self.market = Watched(MarketPrices(source=KEPT.name))
        self.keeper = Keeper(KEPT, self.notebook, clock, self.market)
        self.source = Market(clock)
        self.job = PriceJob(self.source, self.keeper, Web(clock), clock)

    def live(self, hours: float) -> None:
        async def main() -> None:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(hours * 3600):
                    await self.job.run()

        run_virtual(main())

    @property
    def hours(self) -> list[float]:
        return [(each - START) / HOUR for each in self.source.asked]


def test_a_good_day_is_two_requests() -> None:
    house = House(LoopClock(START))
    house.live(36)
    first, second = house.hours
    assert first == 0
    assert 13 <= second <= 13.25 + 0.01
    assert len(house.market.value.points) == 48


def test_a_late_market_is_asked_every_few_minutes_then_every_hour() -> None:
    house = House(LoopClock(START))
    house.source.published = timedelta(hours=17, minutes=30)
    house.live(23)
    early = [each for each in house.hours if 13 <= each < 15]
    late = [each for each in house.hours if each >= 15.2]
    assert 10 <= len(early) <= 26
    assert 2 <= len(late) <= 4
    assert len(house.market.value.points) == 48


def test_what_a_service_asks_for_is_heeded_and_a_refusal_is_left_alone_for_an_hour() -> None:
    house = House(LoopClock(START))
    house.source.answers = [Down("busy", 7200.0), Declined("bad token")]
    house.live(6)
    first, second, third = house.hours[:3]
    assert second - first >= 2
    assert third - second >= 1
    assert len(house.market.value.points) == 24


def test_what_is_known_outlives_every_kind_of_answer(caplog: pytest.LogCaptureFixture) -> None:
    house = House(LoopClock(START))
    good = Quote(currency="EUR", points=hourly(START, [0.1] * 20))
    cents = Quote(currency="EUR", points=hourly(START, [28.4] * 24))
    crowns = Quote(currency="SEK", points=hourly(START, [0.4] * 24))
    bad: list[Exception | Quote] = [
        Down("no route"),
        Declined("no"),
        BadAnswer("garbage"),
        Quote(currency="EUR"),
    ]
    house.source.answers = [good, *bad, cents, crowns]
    house.source.answers += [Down("gone")] * 99
    caplog.set_level(logging.INFO)
    house.live(4)
    assert [each.per_kwh for each in house.market.value.points] == [0.1] * 20
    warnings = [each.message for each in caplog.records if each.levelno >= logging.WARNING]
    assert len(warnings) == 2  # one per outage: the empty answer in between was no failure
    assert warnings[0] == (
        "Test market: no route; prices are known until 2026-11-21 19:00 UTC, will keep trying"
    )
    assert "was it ct? set unit: ct/kWh" in warnings[1]


def test_a_restart_begins_with_what_was_known_and_asks_nothing_that_is_there() -> None:
    house = House(LoopClock(START))
    house.live(1)
    again = House(LoopClock(START + 2 * HOUR), house.notebook)
    again.source.answers = [Down("gone")] * 99
    again.live(9)
    assert again.source.asked == []
    assert len(again.market.value.points) == 24


def test_prices_of_another_zone_are_not_taken_for_ours() -> None:
    house = House(LoopClock(START))
    house.live(1)
    other = House(LoopClock(START), house.notebook)
    other.keeper = Keeper(
        Kept(name="x", key="test AT", currency="EUR"), house.notebook, other.clock, other.market
    )
    run_virtual(other.keeper.recall())
    assert other.market.value.points == ()


def test_two_months_stay_on_disk_and_nine_days_in_memory() -> None:
    house = House(LoopClock(START))
    house.live(24 * 80)
    kept = recorded(asyncio.run(house.notebook.read_notes(TOPIC)), KEPT.key)
    assert 61 * 24 <= len(kept) <= 66 * 24
    assert [each.start for each in kept] == sorted(each.start for each in kept)
    assert 9 * 24 <= len(house.market.value.points) <= 12 * 24
    again = House(LoopClock(START + 80 * 24 * HOUR), house.notebook)
    run_virtual(again.keeper.recall())
    assert 9 * 24 <= len(again.market.value.points) <= 12 * 24


def test_without_a_trusted_clock_nobody_is_asked() -> None:
    house = House(LoopClock(START, trusted=False))
    house.live(2)
    assert house.source.asked == []


def test_an_unchanged_day_is_not_written_again_and_again() -> None:
    house = House(LoopClock(START))
    house.source.published = timedelta(hours=99)
    house.live(22)
    assert house.notebook.writes <= 3


@given(
    hours=st.floats(0, 24 * 370),
    ahead=st.floats(-48, 72),
    failures=st.integers(0, 50),
    declined=st.booleans(),
    again_after_s=st.none() | st.floats(0, 86_400),
    publication=st.sampled_from(
        [CET, Publication(timezone="Europe/London", at=time(16), late=time(20), missing_s=3600)]
    ),
)
def test_a_pause_is_never_short_nor_longer_than_what_was_asked_for_or_a_day(
    hours: float,
    ahead: float,
    failures: int,
    *,
    declined: bool,
    again_after_s: float | None,
    publication: Publication,
) -> None:
    now = START + timedelta(hours=hours)
    known = max(now, now + timedelta(hours=ahead))
    tried = Tried(failures=failures, declined=declined, again_after_s=again_after_s)
    found = pause_s(publication, now, known, tried, random.Random(7).uniform)
    if wanted(publication, now, known) is None:
        assert 0 <= found <= 25.3 * 3600
    else:
        assert 300 <= found <= max(2 * 3600, again_after_s or 0)
        assert declined or again_after_s is None or found >= again_after_s
