"""Tariffs on power: what the month has cost already, and what the next kW would."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf

import pytest

from agent.tariffs import Hours, PeakRule, Quarter, Step, Tier, peak_rate, with_days

FLANDERS = PeakRule(floor_w=2500, tiers=(Tier(from_w=0, per_kw=4.0),))
NORWAY = PeakRule(
    window_s=3600,
    highest=3,
    steps=(
        Step(up_to_w=2000, per_month=220),
        Step(up_to_w=5000, per_month=330),
        Step(up_to_w=10_000, per_month=495),
        Step(up_to_w=inf, per_month=635),
    ),
)
AUSTRIA = PeakRule(floor_w=2000, tiers=(Tier(from_w=0, per_kw=3), Tier(from_w=10_000, per_kw=6)))
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def hour(day: int, at: int, mean_w: float, month: int = 11) -> list[Quarter]:
    start = datetime(2026, month, day, at, tzinfo=UTC)
    return [Quarter(start=start + timedelta(minutes=15 * i), mean_w=mean_w) for i in range(4)]


def test_flanders_charges_what_rises_over_the_floor_and_the_months_peak() -> None:
    rate = peak_rate(FLANDERS, hour(3, 18, 1800), NOW, "Europe/Brussels")
    assert rate is not None
    assert (rate.per_kw, rate.window_s, rate.free_w) == (4.0, 900, 2500)
    higher = peak_rate(FLANDERS, hour(3, 18, 4200), NOW, "Europe/Brussels")
    assert higher is not None
    assert max(higher.free_w, higher.reached_w or 0) == 4200


def test_a_new_month_begins_anew_at_local_midnight() -> None:
    last = hour(31, 22, 9000, month=10)  # 23:00 in Brussels, still October
    rate = peak_rate(FLANDERS, last, datetime(2026, 10, 31, 23, tzinfo=UTC), "Europe/Brussels")
    assert rate is not None
    assert (rate.free_w, rate.reached_w) == (2500, None)


def test_norway_lets_a_day_rise_until_the_mean_of_three_meets_the_step() -> None:
    imports = hour(3, 18, 6000) + hour(9, 7, 5000)
    rate = peak_rate(NORWAY, imports, NOW, "Europe/Oslo")
    assert rate is not None
    assert (rate.free_w, rate.per_kw, rate.window_s) == (4000, 165, 3600)


def test_norway_counts_only_one_hour_of_a_day_and_only_whole_hours() -> None:
    same_day = hour(3, 18, 6000) + hour(3, 19, 6000) + hour(9, 7, 9000)[:3]
    rate = peak_rate(NORWAY, same_day, NOW, "Europe/Oslo")
    assert rate is not None
    assert rate.free_w == pytest.approx((3 * 5000 - 6000) / 2)


def test_the_last_step_costs_nothing_more() -> None:
    imports = hour(3, 18, 15_000) + hour(9, 7, 15_000) + hour(10, 7, 15_000)
    assert peak_rate(NORWAY, imports, NOW, "Europe/Oslo") is None


def test_a_mean_of_several_days_at_a_price_rises_by_its_share_above_the_lowest_of_them() -> None:
    rule = PeakRule(window_s=3600, highest=3, tiers=(Tier(from_w=0, per_kw=60.0),))
    imports = hour(3, 18, 6000) + hour(9, 7, 5000) + hour(10, 7, 4000) + hour(11, 7, 3000)
    rate = peak_rate(rule, imports, NOW, "Europe/Stockholm")
    assert rate is not None
    assert (rate.free_w, rate.per_kw) == (4000, 20.0)


def test_austria_asks_more_above_ten_kilowatts() -> None:
    low, high = hour(3, 18, 1500), hour(3, 18, 11_000)
    below = peak_rate(AUSTRIA, low, NOW, "Europe/Vienna")
    above = peak_rate(AUSTRIA, high, NOW, "Europe/Vienna")
    assert below is not None
    assert above is not None
    assert (below.per_kw, below.free_w, above.per_kw) == (3, 2000, 6)


def test_peaks_outside_the_hours_do_not_count() -> None:
    rule = PeakRule(
        tiers=(Tier(from_w=0, per_kw=4.0),), hours=(Hours(from_minute=420, to_minute=1140),)
    )
    rate = peak_rate(rule, hour(3, 21, 9000) + hour(3, 12, 3000), NOW, "Europe/Stockholm")
    assert rate is not None
    assert max(rate.free_w, rate.reached_w or 0) <= 3000


def test_hours_in_which_peaks_do_not_count_other_days_and_the_next_month_are_free_apart() -> None:
    working = Hours(from_minute=7 * 60, to_minute=19 * 60)
    rule = PeakRule(floor_w=2000.0, tiers=(Tier(from_w=0.0, per_kw=5.0),), hours=(working,))
    now = datetime(2026, 6, 29, 10, tzinfo=UTC)
    imports = [Quarter(start=now - timedelta(hours=1), mean_w=8000.0)]
    rate = peak_rate(rule, imports, now, "UTC")
    assert rate is not None
    rate = with_days(rate, rule, imports, now, "UTC")
    days = [now + timedelta(days=n) for n in range(3)]
    assert [rate.free_at(each) for each in days] == [8000.0, 8000.0, 2000.0]  # July begins anew
    assert rate.free_at(now.replace(hour=20)) == inf
    three = replace(rule, highest=3, hours=())
    rate = peak_rate(three, imports, now, "UTC")
    assert rate is not None
    rate = with_days(rate, three, imports, now, "UTC")
    assert [rate.free_at(each) for each in days] == [8000.0, 2000.0, 2000.0]
