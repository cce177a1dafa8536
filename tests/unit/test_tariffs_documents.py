"""Price documents: refused with the remedy, or taken with what held before kept."""

from datetime import UTC, datetime

import pytest

from agent.model.tariffs import NamedPrice, NamedPrices, PriceInterval, PricePlan, PriceSeries
from agent.tariffs import (
    HouseTariff,
    interval_faults,
    plan_fault,
    prices_between,
    series_fault,
    succeed,
    tariff_fault,
    terms_of,
)
from tests.unit.test_tariffs import hourly

DAY = NamedPrice(name="day", cost="0.32")
NIGHT = NamedPrice(name="night", cost="0.24")
TARIFF = NamedPrices(id="t1", prices=(DAY, NIGHT))


def interval(
    name: str, from_minute: int, to_minute: int, weekdays: set[int] | None = None
) -> PriceInterval:
    days = None if weekdays is None else frozenset(weekdays)
    return PriceInterval(name=name, from_minute=from_minute, to_minute=to_minute, weekdays=days)


PLAN = PricePlan(
    location="home", tariff="t1", intervals=(interval("night", 0, 360), interval("day", 360, 1440))
)


@pytest.mark.parametrize(
    ("intervals", "says"),
    [
        (
            [interval("day", 360, 1320), interval("night", 1300, 1440)],
            "day (06:00 to 22:00) and night (21:40 to 24:00) overlap every day; end one where",
        ),
        (
            [interval("day", 0, 600, {0, 1}), interval("night", 0, 60, {1, 2})],
            "overlap on Tuesday",
        ),
        ([interval("night", 1320, 360)], "write two intervals, 22:00 to 24:00 and 00:00 to 06:00"),
        ([interval("night", 1320, 0)], "write 22:00 to 24:00"),
        ([interval("night", 60, 60)], "write 00:00 and 24:00 for the whole day"),
        ([interval("noon", 0, 60)], "there is no price called noon; known: day, night"),
    ],
)
def test_intervals_that_cannot_be_kept_are_told_with_the_remedy(
    intervals: list[PriceInterval], says: str
) -> None:
    assert [text for text in interval_faults(intervals, ["day", "night"]) if says in text]


def test_intervals_may_touch_leave_gaps_and_share_hours_of_different_days() -> None:
    good = [
        interval("day", 360, 1320),
        interval("night", 1320, 1440),
        interval("night", 0, 300, {5}),
        interval("day", 0, 300, {6}),
    ]
    assert list(interval_faults(good, ["day", "night"])) == []


def test_a_tariff_in_use_is_neither_deleted_nor_robbed_of_its_prices() -> None:
    assert tariff_fault(None, "t1", [PLAN], "EUR") == (
        409,
        "the tariff is in use at home; give home another first",
    )
    assert tariff_fault(None, "t1", [], "EUR") is None
    robbed = NamedPrices(id="t1", prices=(DAY,))
    assert (tariff_fault(robbed, "t1", [PLAN], "EUR") or (0,))[0] == 409
    assert tariff_fault(TARIFF, "t1", [PLAN], "EUR") is None


@pytest.mark.parametrize(
    ("prices", "says"),
    [
        ((NamedPrice(name="day", cost="28.4"),), "was it ct? give EUR per kWh"),
        ((NamedPrice(name="day", cost="abc"),), "the cost of day is abc; give a decimal"),
        ((NamedPrice(name="day", cost="NaN"),), "give a decimal"),
        ((DAY, DAY), "two prices called day"),
    ],
)
def test_costs_that_cannot_be_meant_are_refused(prices: tuple[NamedPrice, ...], says: str) -> None:
    found = tariff_fault(NamedPrices(id="t", prices=prices), "t", [], "EUR")
    assert found is not None
    assert found[0] == 400
    assert says in found[1]


def test_a_plan_needs_its_tariff() -> None:
    assert (plan_fault(PLAN, {}) or (0,))[0] == 404
    assert plan_fault(PLAN, {"t1": TARIFF}) is None


def test_a_series_in_cents_or_of_another_currency_is_refused() -> None:
    points = hourly(datetime(2026, 6, 1, tzinfo=UTC), [28.4] * 24)
    series = PriceSeries(location="home", currency="EUR", points=points)
    assert "was it ct?" in (series_fault(series, "EUR") or (0, ""))[1]
    assert "the house pays in SEK" in (series_fault(series, "SEK") or (0, ""))[1]


def test_statistics_of_the_past_keep_their_price() -> None:
    turn, later = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
    dearer = NamedPrices(
        id="t1", prices=(NamedPrice(name="day", cost="0.40"), NIGHT), valid_from=turn
    )
    flat = PricePlan(
        location="home", tariff="t1", intervals=(interval("day", 0, 1440),), valid_from=later
    )
    tariffs, plan = {"t1": succeed(TARIFF, dearer)}, succeed(PLAN, flat)
    house = HouseTariff(currency="EUR", timezone="UTC", terms=terms_of(plan, tariffs))

    def cost(month: int, hour: int) -> float | None:
        at = datetime(2026, month, 15, hour, tzinfo=UTC)
        return prices_between(house, start=at, end=at.replace(minute=15)).slots[0].import_per_kwh

    assert [cost(5, 12), cost(5, 3)] == [0.32, 0.24]
    assert [cost(6, 12), cost(6, 3)] == [0.40, 0.24]
    assert [cost(7, 12), cost(7, 3)] == [0.40, 0.40]


def test_a_version_that_never_began_is_forgotten() -> None:
    far = datetime(2027, 1, 1, tzinfo=UTC)
    planned = NamedPrices(id="t1", prices=(DAY,), valid_from=far)
    sooner = NamedPrices(id="t1", prices=(NIGHT,), valid_from=far.replace(year=2026))
    assert succeed(succeed(TARIFF, planned), sooner).earlier == (TARIFF,)


def test_a_price_that_a_plan_of_now_uses_is_kept_though_a_later_plan_does_without_it() -> None:
    turn, later = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
    flat = PricePlan(
        location="home", tariff="t1", intervals=(interval("day", 0, 1440),), valid_from=later
    )
    both = succeed(PLAN, flat)
    robbed = NamedPrices(id="t1", prices=(DAY,), valid_from=turn)
    assert (tariff_fault(robbed, "t1", [both], "EUR") or (0,))[0] == 409
    in_time = NamedPrices(id="t1", prices=(DAY,), valid_from=later)
    assert tariff_fault(in_time, "t1", [both], "EUR") is None
