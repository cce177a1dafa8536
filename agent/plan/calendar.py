"""What a schedule says at an instant, in the local time of its place. Pure.

Rules of reading (Enode schedules; where they are silent, ours):
1. A rule with clock times covers stretches [day + from, day + to), one for each local calendar day;
   a `to` that is not after `from` is meant for the next day, so equal times are 24 hours.
2. Weekdays are tested on the day on which the stretch begins; a rule with weekdays and without
   clock times covers whole days.
3. Wall clock first, then conversion: a local time is the first instant at which the clock on the
   wall shows it or more. So a time that a DST change skips is the instant after the gap, one that
   comes twice is its first coming, and a stretch inside the gap is empty.
4. The value is the default, overwritten by the last rule in order that matches.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from agent.model.schedules import Rule, Schedule, Transition

HORIZON_DAYS = 400
"""How far ahead transitions are looked for: a yearly rhythm shows."""

_DAY_MINUTES = 1440
_ONE_DAY = timedelta(days=1)
_NEAR_DAYS = (-2, -1, 0, 1)
"""Stretches of these days can hold an instant: they last up to a day and a bit, and a clock that
goes back over midnight shows yesterday's date once more."""


class UnknownZone(Exception):
    """There is no time zone of this name; str() is what people see."""


def zone(name: str) -> ZoneInfo:
    """Raises:
    UnknownZone: this machine has no data of such a zone.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise UnknownZone(f"no such time zone: {name}; write one such as Europe/Berlin") from None


def readable(name: str) -> str:
    """The same, or UTC where this machine has no data of such a zone."""
    try:
        return zone(name).key
    except UnknownZone:
        return "UTC"


def should_charge(schedule: Schedule, at: datetime, timezone: str) -> bool:
    """Whether the schedule wants its target to charge at an aware instant.

    Raises:
        UnknownZone: there is no such zone.
    """
    local_day = at.astimezone(zone(timezone)).date()
    value = schedule.default_should_charge
    for rule in schedule.rules:
        if rule.should_charge != value and _matches(rule, at, local_day, timezone):
            value = rule.should_charge
    return value


def transitions(
    schedule: Schedule, at: datetime, timezone: str, limit: int = 2
) -> tuple[Transition, ...]:
    """The next instants after `at` from which on the schedule wants something else, soonest first.

    Returns:
        At most `limit`, none later than HORIZON_DAYS from now.

    Raises:
        UnknownZone: there is no such zone.
    """
    value, found = should_charge(schedule, at, timezone), list[Transition]()
    for instant in _candidates(schedule, at, timezone):
        if len(found) >= limit:
            break
        if (new := should_charge(schedule, instant, timezone)) != value:
            value = new
            found.append(Transition(at=instant, should_charge=value))
    return tuple(found)


def first_instant(local: datetime, timezone: str) -> datetime:
    """The first instant, in UTC, at which the wall clock of a zone shows `local` or more.

    Args:
        local: naive.

    Raises:
        UnknownZone: there is no such zone.
    """
    return _first_instant(local.replace(fold=0), timezone)


def midnight(day: date, timezone: str) -> datetime:
    """The instant, in UTC, with which a local day begins.

    Raises:
        UnknownZone: there is no such zone.
    """
    return first_instant(datetime.combine(day, time()), timezone)


@lru_cache(maxsize=4096)
def _first_instant(local: datetime, timezone: str) -> datetime:
    where = zone(timezone)
    # In a gap, fold 0 counts with the offset before it and lands behind it, fold 1 before it.
    late = local.replace(tzinfo=where, fold=0).astimezone(UTC)
    if _wall(late, where) == local:
        return late
    early = local.replace(tzinfo=where, fold=1).astimezone(UTC)
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        if _wall(middle, where) >= local:
            late = middle
        else:
            early = middle
    return late


def _wall(instant: datetime, where: ZoneInfo) -> datetime:
    return instant.astimezone(where).replace(tzinfo=None, fold=0)


def _matches(rule: Rule, at: datetime, local_day: date, timezone: str) -> bool:
    if rule.from_at is not None and at < rule.from_at:
        return False
    if rule.to_at is not None and at >= rule.to_at:
        return False
    if not _follows_the_clock(rule):
        return True
    days = (day for step in _NEAR_DAYS if (day := _day(local_day, step)) is not None)
    return any(start <= at < end for day in days for start, end in _stretch(rule, day, timezone))


def _follows_the_clock(rule: Rule) -> bool:
    return rule.from_minute is not None or rule.weekdays is not None


def _stretch(rule: Rule, day: date, timezone: str) -> Iterator[tuple[datetime, datetime]]:
    """The rule's stretch that begins on a local day, if there is one; it may be empty."""
    if rule.weekdays is not None and day.weekday() not in rule.weekdays:
        return
    start_minute = rule.from_minute or 0
    end_minute = _DAY_MINUTES if rule.to_minute is None else rule.to_minute
    if end_minute <= start_minute:
        end_minute += _DAY_MINUTES
    begins = datetime.combine(day, time())
    yield (
        first_instant(begins + timedelta(minutes=start_minute), timezone),
        first_instant(begins + timedelta(minutes=end_minute), timezone),
    )


def _candidates(schedule: Schedule, at: datetime, timezone: str) -> Iterator[datetime]:
    """All instants after `at` at which any rule begins or ceases to match, ascending."""
    last = at + timedelta(days=HORIZON_DAYS)
    rules = schedule.rules
    fixed = {i for r in rules for i in (r.from_at, r.to_at) if i is not None and at < i <= last}
    turning = [rule for rule in rules if _follows_the_clock(rule)]
    if not turning:
        yield from sorted(fixed)
        return
    begins, today = at, at.astimezone(zone(timezone)).date()
    for step in range(HORIZON_DAYS + 2):
        day = _day(today, step)
        if day is None or begins > last:
            return
        ends = midnight(day + _ONE_DAY, timezone)
        near = (each for n in _NEAR_DAYS if (each := _day(day, n)) is not None)
        edges = {
            edge
            for each in near
            for rule in turning
            for stretch in _stretch(rule, each, timezone)
            for edge in stretch
        }
        yield from sorted(i for i in edges | fixed if begins < i <= ends)
        begins = max(begins, ends)


def _day(day: date, step: int) -> date | None:
    """The date some days on; None beyond the calendar's ends."""
    ordinal = day.toordinal() + step
    first, last = date.min.toordinal() + 1, date.max.toordinal() - _NEAR_DAYS[-1] - 2
    return date.fromordinal(ordinal) if first <= ordinal <= last else None
