"""The house's prices as the next Picture has them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent.model.clock import Now
from agent.model.documents import Document, DocumentKind
from agent.model.picture import Picture
from agent.model.prices import PeakRate, Prices, slot_at
from agent.model.readings import DeviceId
from agent.model.tariffs import NamedPrice, NamedPrices, PriceInterval, PricePlan, PriceSeries
from agent.services.prices.board import Home, Markets, PriceBoard
from agent.store.values import Bucket
from agent.tariffs import Dated, Export, ExportKind, Formula, HouseTariff, MarketPrices, PeakRule
from agent.tariffs import Tier as PeakTier
from agent.watched import Watched
from tests.documents import DEVICES, HOME
from tests.unit.test_tariffs import hourly

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 5, 31, 22, tzinfo=UTC)  # in Oslo
DYNAMIC = HouseTariff(
    currency="EUR",
    timezone="Europe/Oslo",
    formula=Formula(vat_percent=(Dated(value=100),)),
    export=Export(kind=ExportKind.SPOT, own_market=True),
    peak=PeakRule(floor_w=2500, tiers=(PeakTier(from_w=0, per_kw=4),)),
)


def picture(at: datetime = AT, *, trusted: bool = True, **more: object) -> Picture:
    plain = Picture(
        now=Now(at=at, mono_s=at.timestamp(), trusted=trusted),
        devices=DEVICES,
        locations={"home": HOME},
        started_at=AT,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


class Store:
    """A history with one quarter at 4.2 kW and one that was mostly silence."""

    def __init__(self) -> None:
        self.asked: list[tuple[DeviceId, str, datetime]] = []

    async def history(
        self, device: DeviceId, series: str, start: datetime, end: datetime, step_s: int = 900
    ) -> Sequence[Bucket]:
        self.asked.append((device, series, start))
        shape = {"low": 0.0, "high": 0.0, "last": 0.0}
        first = datetime(2026, 6, 1, 6, tzinfo=UTC)
        assert first < end
        return [
            Bucket(start=first, mean=4200.0, known_s=step_s, **shape),
            Bucket(start=first + timedelta(hours=1), mean=9000.0, known_s=60, **shape),
            Bucket(start=first + timedelta(hours=2), mean=-9000.0, known_s=step_s, **shape),
        ]


class House:
    def __init__(self, tariff: HouseTariff | None = DYNAMIC) -> None:
        self.pictures, self.store = Watched(picture()), Store()
        self.first = Watched(MarketPrices(source="First"))
        self.spare = Watched(MarketPrices(source="Spare"))
        self.sold = Watched(MarketPrices(source="Sold"))
        self.prices: Watched[Prices | None] = Watched(None)
        home = Home(location="home", timezone="Europe/Oslo", tariff=tariff, meter=DeviceId("grid"))
        markets = Markets(
            bought={"first": self.first, "spare": self.spare}, sold={"sold": self.sold}
        )
        self.board = PriceBoard(home, markets, self.store, self.pictures, self.prices, lambda: None)

    async def look(self, shown: Picture) -> Prices | None:
        """What the board makes of one more Picture."""
        await self.board.look(shown)
        return self.prices.value


def told(house: House) -> None:
    house.first.set(replace(house.first.value, points=hourly(MIDNIGHT, [0.1] * 16)))
    house.spare.set(replace(house.spare.value, points=hourly(MIDNIGHT, [0.3] * 24)))
    house.sold.set(replace(house.sold.value, points=hourly(MIDNIGHT, [0.05] * 24)))


async def test_the_first_source_counts_and_a_spare_one_fills_what_it_leaves() -> None:
    house = House()
    told(house)
    trouble = "it answers 503"
    house.first.set(replace(house.first.value, trouble=trouble))
    prices = await house.look(picture())
    assert prices is not None
    assert [slot.import_per_kwh for slot in prices.slots] == [0.2, 0.6]
    assert {slot.export_per_kwh for slot in prices.slots} == {0.05}
    assert (prices.slots[0].start, prices.slots[-1].end) == (
        MIDNIGHT,
        MIDNIGHT.replace(month=6, day=1),
    )
    assert prices.sources == {
        "First": "until 2026-06-01 14:00 UTC; it answers 503",
        "Spare": "until 2026-06-01 22:00 UTC",
        "Sold": "until 2026-06-01 22:00 UTC",
    }


async def test_the_peak_of_the_month_comes_from_the_history_of_the_grid_meter() -> None:
    house = House()
    prices = await house.look(picture())
    assert prices is not None
    assert prices.peak is not None
    assert replace(prices.peak, stretches=()) == PeakRate(per_kw=4, free_w=2500, reached_w=4200)
    assert prices.peak.free_at(picture().now.at + timedelta(days=1)) == 4200
    assert house.store.asked == [(DeviceId("grid"), "power_w", MIDNIGHT)]


async def test_while_nobody_knows_the_time_there_are_no_prices() -> None:
    house = House()
    assert await house.look(picture()) is not None
    assert await house.look(picture(trusted=False)) is None


async def test_nothing_told_by_anybody_is_no_prices_and_the_cloud_alone_is_enough() -> None:
    named = NamedPrices(id="t", prices=(NamedPrice(name="all", cost="0.31"),))
    whole = PriceInterval(name="all", from_minute=0, to_minute=1440)
    plan = PricePlan(location="home", tariff="t", intervals=(whole,))
    far = PriceSeries(location="cabin", currency="EUR", points=hourly(MIDNIGHT, [0.9]))
    documents = {
        (kind, value_id): Document(kind=kind, id=value_id, value=value)
        for kind, value_id, value in (
            (DocumentKind.TARIFF, "t", named),
            (DocumentKind.LOCATION_TARIFF, "p", plan),
            (DocumentKind.PRICE_SERIES, "s", far),
        )
    }
    prices = await House(None).look(picture(documents=documents))
    assert prices is not None
    assert [slot.import_per_kwh for slot in prices.slots] == [0.31]
    assert prices.slots[0].end - MIDNIGHT == timedelta(days=3)
    assert await House(None).look(picture()) is None


async def test_prices_are_made_anew_only_when_something_behind_them_changed() -> None:
    house = House()
    told(house)
    before = await house.look(picture())
    again = picture(AT + timedelta(seconds=10))
    same = replace(again, locations=house.pictures.value.locations)
    same = replace(same, documents=house.pictures.value.documents)
    assert await house.look(same) is before
    assert await house.look(picture(AT + timedelta(minutes=15))) is before
    tomorrow = await house.look(picture(AT + timedelta(days=1)))
    assert tomorrow is not None
    assert slot_at(tomorrow.slots, AT + timedelta(days=1)) is None


async def test_what_was_paid_in_the_last_week_stays_known() -> None:
    house = House()
    told(house)
    days = timedelta(days=6)
    later = await house.look(picture(AT + days))
    assert later is not None
    paid = slot_at(later.slots, AT)
    assert paid is not None
    assert paid.import_per_kwh == 0.2
    assert later.slots[0].start >= AT + days - timedelta(days=8)


async def test_the_job_follows_the_pictures_by_itself() -> None:
    house = House()
    task = asyncio.create_task(house.board.run())
    async with asyncio.timeout(5):
        async for found in house.prices.changes():
            if found is not None:
                break
    task.cancel()
    await asyncio.wait([task])
