"""What a kWh costs: named prices, the market between them, the formula, and days of odd length."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.prices import Prices
from agent.model.tariffs import PricePoint
from agent.tariffs import (
    NO_MARKET,
    Dated,
    Export,
    ExportKind,
    Fee,
    Formula,
    Hours,
    HouseTariff,
    Interval,
    Market,
    Terms,
    implausible,
    known_until,
    merged,
    per_kwh,
    prices_between,
    tidy,
)

BERLIN = "Europe/Berlin"
NIGHT = Hours(from_minute=0, to_minute=360)


def local(text: str, zone: str = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def hourly(start: datetime, prices: Sequence[float], minutes: int = 60) -> tuple[PricePoint, ...]:
    step = timedelta(minutes=minutes)
    return tuple(
        PricePoint(start=start + i * step, end=start + (i + 1) * step, per_kwh=each)
        for i, each in enumerate(prices)
    )


def tariff(*intervals: Interval, formula: Formula | None = None, **more: object) -> HouseTariff:
    terms = (Terms(intervals=intervals),) if intervals else ()
    return HouseTariff(
        currency="EUR",
        timezone=BERLIN,
        terms=terms,
        formula=Formula() if formula is None else formula,
        **more,  # type: ignore[arg-type]
    )


def day(wanted: HouseTariff, market: Market, of: str, zone: str = BERLIN) -> Prices:
    begin = datetime.fromisoformat(of)
    return prices_between(
        wanted,
        market,
        start=local(of, zone),
        end=(begin + timedelta(days=1)).replace(tzinfo=ZoneInfo(zone)),
    )


def shown(prices: Prices) -> list[tuple[str, str, float | None]]:
    zone = ZoneInfo(BERLIN)
    return [
        (f"{s.start.astimezone(zone):%H:%M}", f"{s.end.astimezone(zone):%H:%M}", s.import_per_kwh)
        for s in prices.slots
    ]


def test_an_interval_counts_from_its_first_minute_to_before_its_last() -> None:
    night = Interval(name="night", hours=NIGHT, per_kwh=0.2)
    late = Interval(name="late", hours=Hours(from_minute=1320, to_minute=1440), per_kwh=0.1)
    found = day(tariff(night, late), NO_MARKET, "2026-06-01")
    assert shown(found) == [("00:00", "06:00", 0.2), ("22:00", "00:00", 0.1)]


def test_what_no_interval_covers_is_the_markets_and_then_unknown() -> None:
    night = Interval(name="night", hours=NIGHT, per_kwh=0.2)
    market = Market(spot=hourly(local("2026-06-01T05:00"), [0.3, 0.31]))
    found = day(tariff(night), market, "2026-06-01")
    assert shown(found) == [("00:00", "06:00", 0.2), ("06:00", "07:00", 0.31)]


def test_a_pushed_series_stands_between_intervals_and_market() -> None:
    night = Interval(name="night", hours=NIGHT, per_kwh=0.2)
    begin = local("2026-06-01T05:00")
    market = Market(spot=hourly(begin, [0.5] * 4), series=hourly(begin, [0.4, 0.4]))
    doubled = tariff(night, formula=Formula(vat_percent=(Dated(value=100),)))
    found = day(doubled, market, "2026-06-01")
    assert shown(found) == [
        ("00:00", "06:00", 0.2),
        ("06:00", "07:00", 0.4),
        ("07:00", "09:00", 1.0),
    ]


def test_weekdays_are_those_of_the_local_calendar() -> None:
    sunday = Interval(name="sunday", hours=Hours(weekdays=frozenset({6})), per_kwh=0.1)
    found = prices_between(tariff(sunday), start=local("2026-06-05"), end=local("2026-06-10"))
    assert [(s.start, s.end) for s in found.slots] == [(local("2026-06-07"), local("2026-06-08"))]


@pytest.mark.parametrize(("of", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_of_odd_length_has_a_price_for_each_of_its_hours(of: str, hours: int) -> None:
    early = Interval(name="early", hours=Hours(from_minute=0, to_minute=240), per_kwh=0.1)
    rest = Interval(name="rest", hours=Hours(from_minute=240, to_minute=1440), per_kwh=0.3)
    found = day(tariff(early, rest), NO_MARKET, of)
    length = [(slot.end - slot.start) / timedelta(hours=1) for slot in found.slots]
    assert length == [4 + hours - 24, 20]


def test_an_hour_that_comes_twice_is_in_its_window_twice() -> None:
    twice = Interval(name="twice", hours=Hours(from_minute=130, to_minute=170), per_kwh=0.1)
    found = day(tariff(twice), NO_MARKET, "2026-10-25")
    assert [(s.start.minute, s.end - s.start) for s in found.slots] == [
        (10, timedelta(minutes=40)),
        (10, timedelta(minutes=40)),
    ]
    skipped = day(tariff(twice), NO_MARKET, "2026-03-29")
    assert skipped.slots == ()


@pytest.mark.parametrize(
    ("of", "minutes", "spans"),
    [
        ("2026-03-29", (150, 300), [("01:00", "03:00")]),
        ("2026-03-29", (60, 150), [("00:00", "01:00")]),
        ("2026-10-25", (90, 150), [("23:30", "00:30"), ("01:00", "01:30")]),
    ],
)
def test_a_window_begins_and_ends_also_where_the_clock_jumps_over_its_edge(
    of: str, minutes: tuple[int, int], spans: list[tuple[str, str]]
) -> None:
    hours = Hours(from_minute=minutes[0], to_minute=minutes[1])
    found = day(tariff(Interval(name="x", hours=hours, per_kwh=0.1)), NO_MARKET, of)
    assert [(f"{s.start:%H:%M}", f"{s.end:%H:%M}") for s in found.slots] == spans


def test_the_formula_adds_up_as_a_bill_does() -> None:
    formula = Formula(
        margin_percent=(Dated(value=10),),
        markup=(Dated(value=0.02),),
        grid_fee=(Dated(value=0.08),),
        fees=(Fee(name="low", hours=NIGHT, per_kwh=0.03),),
        levies=(Dated(value=0.05),),
        vat_percent=(Dated(value=19),),
    )
    market = Market(spot=hourly(local("2026-06-01"), [0.1] * 24))
    found = day(tariff(formula=formula), market, "2026-06-01")
    low, normal = (0.11 + 0.02 + 0.03 + 0.05) * 1.19, (0.11 + 0.02 + 0.08 + 0.05) * 1.19
    assert shown(found) == [
        ("00:00", "06:00", round(low, 6)),
        ("06:00", "00:00", round(normal, 6)),
    ]


def test_each_part_of_the_formula_changes_on_its_own_day() -> None:
    formula = Formula(
        levies=(Dated(value=0.10), Dated(value=0.05, since=date(2027, 1, 1))),
        vat_percent=(Dated(value=20),),
    )
    market = Market(spot=hourly(local("2026-12-31"), [0.1] * 48))
    found = prices_between(
        tariff(formula=formula), market, start=local("2026-12-31"), end=local("2027-01-02")
    )
    assert [(s.start, s.import_per_kwh) for s in found.slots] == [
        (local("2026-12-31"), 0.24),
        (local("2027-01-01"), 0.18),
    ]


def test_the_state_pays_its_share_above_the_threshold() -> None:
    relief = Formula(relief_above=(Dated(value=0.77),), relief_percent=(Dated(value=90),))
    market = Market(spot=hourly(local("2026-06-01"), [1.77, 0.5]))
    found = day(tariff(formula=relief), market, "2026-06-01")
    assert [s.import_per_kwh for s in found.slots] == [0.87, 0.5]


def test_negative_and_zero_are_prices_and_none_is_not() -> None:
    market = Market(spot=hourly(local("2026-06-01"), [-0.05, 0.0]))
    found = day(tariff(), market, "2026-06-01")
    assert [s.import_per_kwh for s in found.slots] == [-0.05, 0.0]


@pytest.mark.parametrize(
    ("export", "earns"),
    [
        (Export(), [None, None]),
        (Export(kind=ExportKind.FIXED, per_kwh=(Dated(value=0.08),)), [0.08, 0.08]),
        (Export(kind=ExportKind.SAME), [0.6, 0.7]),
        (
            Export(kind=ExportKind.SPOT, formula=Formula(markup=(Dated(value=-0.01),))),
            [0.29, 0.34],
        ),
        (Export(kind=ExportKind.SPOT, own_market=True), [0.15, None]),
    ],
)
def test_what_is_given_is_paid_by_its_own_rule(export: Export, earns: list[float | None]) -> None:
    begin = local("2026-06-01")
    market = Market(spot=hourly(begin, [0.3, 0.35]), feed_in=hourly(begin, [0.15]))
    doubled = tariff(formula=Formula(vat_percent=(Dated(value=100),)), export=export)
    found = prices_between(doubled, market, start=begin, end=begin + timedelta(hours=2))
    assert [s.export_per_kwh for s in found.slots] == earns


def test_a_fixed_export_price_is_known_where_no_import_price_is() -> None:
    export = Export(kind=ExportKind.FIXED, per_kwh=(Dated(value=0.08),))
    found = day(tariff(export=export), NO_MARKET, "2026-06-01")
    assert [(s.import_per_kwh, s.export_per_kwh) for s in found.slots] == [(None, 0.08)]


def test_later_terms_leave_the_past_its_price() -> None:
    old = Interval(name="all", hours=Hours(), per_kwh=0.3)
    new = Interval(name="all", hours=Hours(), per_kwh=0.4)
    turn = local("2026-06-01T12:07")
    wanted = HouseTariff(
        currency="EUR",
        timezone=BERLIN,
        terms=(Terms(intervals=(old,)), Terms(intervals=(new,), valid_from=turn)),
    )
    found = day(wanted, NO_MARKET, "2026-06-01")
    assert [(s.end, s.import_per_kwh) for s in found.slots] == [
        (turn, 0.3),
        (local("2026-06-02"), 0.4),
    ]


def test_quarters_of_an_hour_win_over_their_hour_and_first_come_over_doubled() -> None:
    begin = local("2026-06-01")
    doubled = [*hourly(begin, [0.1]), *hourly(begin, [0.9]), *hourly(begin, [0.2, 0.3], 15)]
    found = tidy(doubled)
    assert [(p.start - begin, p.per_kwh) for p in found] == [
        (timedelta(0), 0.2),
        (timedelta(minutes=15), 0.3),
        (timedelta(minutes=30), 0.1),
    ]


def test_news_replace_what_they_tell_and_nothing_else() -> None:
    begin = local("2026-06-01")
    old, new = hourly(begin, [0.1, 0.2, 0.3]), hourly(begin + timedelta(hours=1), [0.5])
    assert [p.per_kwh for p in merged(old, new)] == [0.1, 0.5, 0.3]
    assert merged(old, ()) == old


def test_known_until_ends_at_the_first_gap() -> None:
    begin = local("2026-06-01")
    points = (*hourly(begin, [0.1] * 3), *hourly(begin + timedelta(hours=4), [0.1]))
    assert known_until(points, begin + timedelta(minutes=5)) == begin + timedelta(hours=3)
    early = begin - timedelta(hours=1)
    assert known_until(points, early) == early


ZONES = st.sampled_from([BERLIN, "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu"])
MINUTES = st.integers(0, 1439)


@given(
    zone=ZONES,
    first=st.dates(date(2026, 1, 1), date(2026, 12, 28)),
    edges=st.tuples(MINUTES, st.integers(1, 1440)).map(sorted),
    spot=st.lists(st.floats(-0.5, 1).map(lambda each: round(each, 3)), max_size=30),
)
def test_the_slots_say_what_the_wall_clock_says_at_every_minute(
    zone: str, first: date, edges: list[int], spot: list[float]
) -> None:
    hours = Hours(from_minute=edges[0], to_minute=edges[1])
    wanted = HouseTariff(
        currency="EUR",
        timezone=zone,
        terms=(Terms(intervals=(Interval(name="x", hours=hours, per_kwh=9.0),)),),
        formula=Formula(),
    )
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = begin + timedelta(hours=40)
    found = prices_between(wanted, Market(spot=hourly(begin, spot)), start=begin, end=end)
    assert all(one.end <= two.start for one, two in zip(found.slots, found.slots[1:], strict=False))
    assert all(
        one.end < two.start or one.import_per_kwh != two.import_per_kwh
        for one, two in zip(found.slots, found.slots[1:], strict=False)
    )
    for minute in range(0, 40 * 60, 7):
        instant = begin + timedelta(minutes=minute)
        wall = instant.astimezone(ZoneInfo(zone))
        inside = edges[0] <= wall.hour * 60 + wall.minute < edges[1]
        expected = 9.0 if inside else spot[minute // 60] if minute // 60 < len(spot) else None
        says = [s.import_per_kwh for s in found.slots if s.start <= instant < s.end]
        assert says == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("prices", "currency", "says"),
    [
        ([28.4] * 24, "EUR", "a mean of 28.4 EUR/kWh: was it ct? set unit: ct/kWh"),
        ([84.0] * 24, "EUR", "was it per MWh? set unit: EUR/MWh"),
        ([0.00009] * 24, "EUR", "is it per kWh already? set unit: EUR/kWh"),
        ([70.0] * 24, "NOK", "was it øre? set unit: øre/kWh"),
        ([17.2], "GBP", "was it p? set unit: p/kWh"),
    ],
)
def test_prices_in_the_wrong_unit_are_told_with_the_remedy(
    prices: list[float], currency: str, says: str
) -> None:
    assert says in (implausible(prices, currency) or "")


@pytest.mark.parametrize(
    ("prices", "currency"),
    [
        ([0.0] * 24, "EUR"),
        ([-0.05, 0.0, 0.02] * 8, "EUR"),
        ([0.7] * 23 + [4.0], "EUR"),
        ([3.2] * 24, "NOK"),
        ([28.4] * 24, "XXX"),
        ([0.0001], "EUR"),
        ([], "EUR"),
    ],
)
def test_odd_prices_that_can_be_true_are_taken(prices: list[float], currency: str) -> None:
    assert implausible(prices, currency) is None


@pytest.mark.parametrize(
    ("unit", "currency", "factor"),
    [
        ("EUR/MWh", "EUR", 0.001),
        ("EUR / MWh", "EUR", 0.001),
        ("Eur/MWh", "EUR", 0.001),
        ("€/kWh", "EUR", 1.0),
        ("ct/kWh", "EUR", 0.01),
        ("öre/kWh", "SEK", 0.01),
        ("p/kWh", "GBP", 0.01),
        ("SEK/kWh", "NOK", None),
        ("EUR", "EUR", None),
    ],
)
def test_a_unit_says_what_a_figure_is_worth(unit: str, currency: str, factor: float | None) -> None:
    found = per_kwh(unit, currency)
    assert found is None if factor is None else found == pytest.approx(factor)
