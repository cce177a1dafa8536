"""Schedules in local time, against a second reading of the rules that walks minute by minute."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.readings import DeviceId, DeviceKind
from agent.model.schedules import Rule, Schedule
from agent.plan.calendar import UnknownZone, first_instant, should_charge, transitions
from tests.examples import examples

OSLO = "Europe/Oslo"
ZONES = (
    OSLO,
    "Europe/Brussels",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Pacific/Apia",
    "America/St_Johns",
    "America/Havana",
    "Africa/Cairo",
    "Asia/Tehran",
    "UTC",
)
CHANGES = (
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # Oslo, Brussels: summer begins
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # and ends
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York, St. John's, Havana
    datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe, half an hour
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2026, 4, 23, 22, tzinfo=UTC),  # Cairo, at midnight
    datetime(2026, 10, 29, 21, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),  # Apia leaves out a whole day
    datetime(2010, 11, 7, 2, 31, tzinfo=UTC),  # St. John's, one minute past midnight
    datetime(2026, 6, 10, 12, tzinfo=UTC),
)


def schedule(*rules: Rule, default: bool = False) -> Schedule:
    return Schedule(
        id="night",
        target=DeviceId("garage"),
        target_kind=DeviceKind.CHARGER,
        default_should_charge=default,
        rules=rules,
    )


def rule(start: str = "", end: str = "", *, charge: bool = True, **more: object) -> Rule:
    if start:
        more |= {"from_minute": minute(start), "to_minute": minute(end)}
    return Rule(should_charge=charge, **more)  # type: ignore[arg-type]


def minute(clock: str) -> int:
    hour, _, rest = clock.partition(":")
    return int(hour) * 60 + int(rest)


def local(text: str, zone: str = OSLO, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


class Walked:
    """The rules once more, from a table of what the wall clock shows at each minute."""

    def __init__(self, begin: datetime, minutes: int, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self.instants = [begin + timedelta(minutes=n) for n in range(minutes)]
        self.first: dict[datetime, datetime] = {}
        highest: datetime | None = None
        for instant in self.instants:
            shown = instant.astimezone(self.zone).replace(tzinfo=None, fold=0)
            while highest is not None and highest < shown:
                highest += timedelta(minutes=1)
                self.first.setdefault(highest, instant)
            if highest is None:
                highest = shown
                self.first[shown] = instant

    def value(self, plan: Schedule, at: datetime) -> bool:
        for each in reversed(plan.rules):
            if self.covers(each, at):
                return each.should_charge
        return plan.default_should_charge

    def covers(self, each: Rule, at: datetime) -> bool:
        if each.from_at and at < each.from_at:
            return False
        if each.to_at and not at < each.to_at:
            return False
        if each.from_minute is None and each.weekdays is None:
            return True
        noon = datetime.combine(at.astimezone(self.zone).date(), datetime.min.time())
        for back in range(-2, 4):
            day = noon - timedelta(days=back)
            if each.weekdays is not None and (day.isoweekday() - 1) not in each.weekdays:
                continue
            start = day.replace(
                hour=(each.from_minute or 0) // 60, minute=(each.from_minute or 0) % 60
            )
            end = day + timedelta(minutes=each.to_minute if each.to_minute is not None else 1440)
            if end <= start:
                end += timedelta(days=1)
            if (
                start in self.first
                and end in self.first
                and self.first[start] <= at < self.first[end]
            ):
                return True
        return False


minutes_of_day = st.one_of(
    st.sampled_from([0, 1, 30, 60, 90, 119, 120, 125, 150, 180, 181, 1380, 1410, 1439]),
    st.integers(0, 1439),
)


@st.composite
def rules(draw: st.DrawFn, near: datetime) -> Rule:
    clock = draw(st.booleans())
    bound = st.none() | st.integers(-2000, 2000).map(lambda n: near + timedelta(minutes=n))
    weekdays = st.none() | st.frozensets(st.integers(0, 6), min_size=1)
    end = st.one_of(minutes_of_day, st.just(1440))
    return Rule(
        should_charge=draw(st.booleans()),
        from_minute=draw(minutes_of_day) if clock else None,
        to_minute=draw(end) if clock else None,
        weekdays=draw(weekdays),
        from_at=draw(bound),
        to_at=draw(bound),
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[Schedule, str, datetime]:
    zone, near = draw(st.sampled_from(ZONES)), draw(st.sampled_from(CHANGES))
    some = draw(st.lists(rules(near), max_size=4))
    at = near + timedelta(minutes=draw(st.integers(-1500, 1500)))
    return schedule(*some, default=draw(st.booleans())), zone, at


@examples(40)
@given(cases())
def test_what_a_schedule_says_is_what_walking_the_wall_clock_says(
    case: tuple[Schedule, str, datetime],
) -> None:
    plan, zone, at = case
    walked = Walked(at - timedelta(days=4), 6 * 1440, zone)
    for step in range(-120, 121, 11):
        instant = at + timedelta(minutes=step)
        assert should_charge(plan, instant, zone) == walked.value(plan, instant), instant


@examples(20)
@given(cases())
def test_transitions_are_the_minutes_at_which_the_walk_turns(
    case: tuple[Schedule, str, datetime],
) -> None:
    plan, zone, at = case
    walked = Walked(at - timedelta(days=4), 7 * 1440, zone)
    values = [(at + timedelta(minutes=n)) for n in range(1440)]
    said = [walked.value(plan, each) for each in values]
    turns = [(values[n], said[n]) for n in range(1, len(said)) if said[n] != said[n - 1]]
    told = [(t.at, t.should_charge) for t in transitions(plan, at, zone, limit=50)]
    assert [turn for turn in told if turn[0] <= values[-1]] == turns


def test_a_night_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    friday = schedule(rule("22:00", "06:00", weekdays=frozenset({4})))
    assert should_charge(friday, local("2026-06-12T22:00"), OSLO)
    assert should_charge(friday, local("2026-06-13T05:59"), OSLO)
    assert not should_charge(friday, local("2026-06-13T06:00"), OSLO)
    assert not should_charge(friday, local("2026-06-12T03:00"), OSLO)
    assert not should_charge(friday, local("2026-06-13T22:00"), OSLO)


def test_equal_times_are_a_whole_day_from_there() -> None:
    friday = schedule(rule("22:00", "22:00", weekdays=frozenset({4})))
    assert not should_charge(friday, local("2026-06-12T21:59"), OSLO)
    assert should_charge(friday, local("2026-06-13T21:59"), OSLO)
    assert not should_charge(friday, local("2026-06-13T22:00"), OSLO)


def test_twenty_four_o_clock_ends_the_day() -> None:
    evening = schedule(rule("18:00", "24:00"))
    assert should_charge(evening, local("2026-06-12T23:59"), OSLO)
    assert not should_charge(evening, local("2026-06-13T00:00"), OSLO)
    assert should_charge(schedule(rule("00:00", "24:00")), local("2026-06-13T13:00"), OSLO)


def test_weekdays_alone_are_whole_local_days() -> None:
    weekend = schedule(rule(weekdays=frozenset({5, 6})))
    assert [t.at for t in transitions(weekend, local("2026-06-10T12:00"), OSLO)] == [
        local("2026-06-13T00:00"),
        local("2026-06-15T00:00"),
    ]


def test_the_last_rule_that_matches_decides() -> None:
    night, no = rule("22:00", "06:00"), rule("02:00", "03:00", charge=False)
    at = local("2026-06-12T02:30")
    assert not should_charge(schedule(night, no), at, OSLO)
    assert should_charge(schedule(no, night), at, OSLO)
    assert should_charge(schedule(default=True), at, OSLO)


def test_instants_bound_a_rule_from_the_first_to_before_the_last() -> None:
    begin, end = datetime(2026, 6, 1, 12, tzinfo=UTC), datetime(2026, 6, 3, 12, tzinfo=UTC)
    holiday = schedule(rule(from_at=begin, to_at=end))
    said = [should_charge(holiday, t, OSLO) for t in (begin - timedelta(seconds=1), begin, end)]
    assert said == [False, True, False]
    assert [t.at for t in transitions(holiday, begin - timedelta(days=9), OSLO)] == [begin, end]


def test_an_hour_that_spring_skips_is_empty_and_not_a_day() -> None:
    skipped = schedule(rule("02:00", "03:00"))
    day = [local("2026-03-29T00:00") + timedelta(minutes=n) for n in range(23 * 60)]
    assert not any(should_charge(skipped, at, OSLO) for at in day)


def test_an_hour_that_autumn_repeats_lasts_two() -> None:
    doubled = schedule(rule("02:00", "03:00"))
    day = [local("2026-10-25T00:00") + timedelta(minutes=n) for n in range(25 * 60)]
    assert sum(should_charge(doubled, at, OSLO) for at in day) == 120
    begin, end = (t.at for t in transitions(doubled, local("2026-10-25T00:00"), OSLO))
    assert (begin, end) == (local("2026-10-25T02:00"), local("2026-10-25T03:00"))


def test_a_night_over_the_change_ends_by_the_clock_on_the_wall() -> None:
    night = schedule(rule("22:00", "06:00"))
    for day, hours in (("2026-03-28", 7), ("2026-10-24", 9), ("2026-06-12", 8)):
        begin, end = (t.at for t in transitions(night, local(f"{day}T12:00"), OSLO))
        assert end - begin == timedelta(hours=hours)


def test_a_time_in_the_gap_is_the_instant_after_it() -> None:
    assert first_instant(datetime(2026, 3, 29, 2, 30), OSLO) == local("2026-03-29T03:00")  # noqa: DTZ001
    assert first_instant(datetime(2011, 12, 30, 12), "Pacific/Apia") == datetime(  # noqa: DTZ001
        2011, 12, 30, 10, tzinfo=UTC
    )


def test_without_a_zone_of_its_own_a_schedule_runs_in_utc() -> None:
    night = schedule(rule("22:00", "06:00"))
    assert [t.at.hour for t in transitions(night, CHANGES[0], "UTC")] == [6, 22]


def test_a_rare_rule_is_found_within_a_year_and_beyond_it_is_not() -> None:
    far = datetime(2027, 5, 3, tzinfo=UTC)
    once = rule(
        "22:00", "23:00", weekdays=frozenset({0}), from_at=far, to_at=far + timedelta(days=2)
    )
    at = datetime(2026, 4, 10, tzinfo=UTC)
    assert [t.at for t in transitions(schedule(once), at, OSLO)] == [
        local("2027-05-03T22:00"),
        local("2027-05-03T23:00"),
    ]
    assert transitions(schedule(once), at - timedelta(days=90), OSLO) == ()


def test_an_unknown_zone_says_so() -> None:
    with pytest.raises(UnknownZone, match="no such time zone: Europe/Olso"):
        should_charge(schedule(rule("22:00", "06:00")), CHANGES[0], "Europe/Olso")
