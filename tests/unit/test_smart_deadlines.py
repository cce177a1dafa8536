"""By when a car shall be full, through DST and over weekdays."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.readings import DeviceId
from agent.model.smart import NO_DEADLINE, SmartPolicy
from agent.plan.calendar import UnknownZone
from agent.plan.smart.deadlines import cycle_start, deadlines_until, next_deadline

OSLO = "Europe/Oslo"
WORKDAYS = (7 * 60,) * 5


def policy(*deadlines: int | None, ready_at: datetime | None = None) -> SmartPolicy:
    given_days = deadlines * 7 if len(deadlines) == 1 else deadlines
    return SmartPolicy(target=DeviceId("zoe"), deadlines=given_days, ready_at=ready_at)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_deadline_that_is_past_today_is_tomorrows() -> None:
    daily = policy(7 * 60)
    assert next_deadline(daily, utc("2026-06-10T04:59"), OSLO) == utc("2026-06-10T05:00")
    assert next_deadline(daily, utc("2026-06-10T05:00"), OSLO) == utc("2026-06-11T05:00")


def test_without_a_zone_the_deadline_is_in_utc() -> None:
    assert next_deadline(policy(7 * 60), utc("2026-06-10T04:59"), "UTC") == utc("2026-06-10T07:00")


def test_weekdays_have_their_own_deadlines() -> None:
    week = policy(*WORKDAYS, None, 9 * 60)
    friday_noon = utc("2026-06-12T10:00")
    assert next_deadline(week, friday_noon, OSLO) == utc("2026-06-14T07:00")
    ahead = deadlines_until(week, friday_noon, friday_noon + timedelta(days=4), OSLO)
    assert [f"{each:%a %H:%M}" for each in ahead] == ["Sun 07:00", "Mon 05:00", "Tue 05:00"]


def test_a_deadline_in_the_gap_of_spring_is_the_instant_after_it() -> None:
    early = policy(2 * 60 + 30)
    assert next_deadline(early, utc("2026-03-28T12:00"), OSLO) == utc("2026-03-29T01:00")


def test_a_deadline_that_comes_twice_in_autumn_is_its_first_coming() -> None:
    early = policy(2 * 60 + 30)
    assert next_deadline(early, utc("2026-10-24T12:00"), OSLO) == utc("2026-10-25T00:30")
    assert next_deadline(early, utc("2026-10-25T00:30"), OSLO) == utc("2026-10-26T01:30")


def test_once_outranks_the_daily_one_of_the_day_before_it() -> None:
    now = utc("2026-06-10T18:00")
    later = policy(7 * 60, ready_at=utc("2026-06-11T10:00"))
    ahead = deadlines_until(later, now, now + timedelta(hours=48), OSLO)
    assert ahead == (utc("2026-06-11T10:00"), utc("2026-06-12T05:00"))


def test_once_before_the_daily_one_leaves_it_standing() -> None:
    now = utc("2026-06-10T18:00")
    earlier = policy(7 * 60, ready_at=utc("2026-06-11T03:00"))
    ahead = deadlines_until(earlier, now, now + timedelta(hours=24), OSLO)
    assert ahead == (utc("2026-06-11T03:00"), utc("2026-06-11T05:00"))


def test_once_some_days_ahead_leaves_the_days_between_alone() -> None:
    now = utc("2026-06-10T18:00")
    trip = policy(7 * 60, ready_at=utc("2026-06-12T10:00"))
    ahead = deadlines_until(trip, now, utc("2026-06-13T12:00"), OSLO)
    expected = ("2026-06-11T05:00", "2026-06-12T10:00", "2026-06-13T05:00")
    assert ahead == tuple(map(utc, expected))


def test_once_that_is_past_counts_no_more() -> None:
    old = policy(7 * 60, ready_at=utc("2026-06-10T10:00"))
    assert next_deadline(old, utc("2026-06-10T10:00"), OSLO) == utc("2026-06-11T05:00")


def test_once_alone_is_a_deadline() -> None:
    only = SmartPolicy(target=DeviceId("zoe"), ready_at=utc("2026-06-30T10:00"))
    assert only.deadlines == NO_DEADLINE
    assert next_deadline(only, utc("2026-06-10T10:00"), OSLO) == utc("2026-06-30T10:00")
    assert next_deadline(only, utc("2026-06-30T10:00"), OSLO) is None


def test_a_cycle_lasts_from_the_same_time_of_the_day_before() -> None:
    end = utc("2026-03-29T05:00")  # 07:00 in Oslo, after the night that lost an hour
    assert cycle_start(end, OSLO) == utc("2026-03-28T06:00")


def test_a_zone_that_does_not_exist_is_named() -> None:
    with pytest.raises(UnknownZone, match="Europe/Atlantis"):
        next_deadline(policy(60), utc("2026-06-10T10:00"), "Europe/Atlantis")


@given(
    st.lists(st.none() | st.integers(0, 1439), min_size=7, max_size=7),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001
    st.sampled_from([OSLO, "UTC", "Australia/Lord_Howe", "America/Havana"]),
)
def test_deadlines_come_in_order_after_now(
    days: list[int | None], at: datetime, timezone: str
) -> None:
    now = at.replace(tzinfo=UTC)
    ahead = deadlines_until(policy(*days), now, now + timedelta(days=6), timezone)
    assert list(ahead) == sorted(set(ahead))
    assert all(each > now for each in ahead)
    assert not ahead or next_deadline(policy(*days), now, timezone) == ahead[0]
