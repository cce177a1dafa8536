"""By when a car shall be full, in the local time of its place. Pure.

A time that a DST change skips is the first instant after the gap, one that comes twice is its first
coming. A one-off instant takes the place of the daily one in the 24 hours before it.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from agent.model.smart import SmartPolicy
from agent.plan.calendar import first_instant, zone

ONCE = timedelta(hours=24)
LOOK_AHEAD_DAYS = 8


def next_deadline(policy: SmartPolicy, at: datetime, timezone: str) -> datetime | None:
    """The first deadline after `at`; None if there is none within a week.

    Raises:
        UnknownZone: there is no such zone.
    """
    return next(_ahead(policy, at, timezone), None)


def deadlines_until(
    policy: SmartPolicy, at: datetime, until: datetime, timezone: str
) -> tuple[datetime, ...]:
    """All deadlines after `at` and not after `until`, soonest first.

    Raises:
        UnknownZone: there is no such zone.
    """
    found = list[datetime]()
    for each in _ahead(policy, at, timezone):
        if each > until:
            break
        found.append(each)
    return tuple(found)


def cycle_start(end: datetime, timezone: str) -> datetime:
    """When a cycle began that ends at `end`: the same time of the day before, by the wall clock."""
    local = end.astimezone(zone(timezone)).replace(tzinfo=None, fold=0)
    return first_instant(local - timedelta(days=1), timezone)


def _ahead(policy: SmartPolicy, at: datetime, timezone: str) -> Iterator[datetime]:
    once = policy.ready_at if policy.ready_at is not None and policy.ready_at > at else None
    for daily in _daily(policy.deadlines, at, timezone):
        if once is not None and once - ONCE < daily <= once:
            continue
        if once is not None and once < daily:
            yield once
            once = None
        yield daily
    if once is not None:
        yield once


def _daily(deadlines: tuple[int | None, ...], at: datetime, timezone: str) -> Iterator[datetime]:
    today = at.astimezone(zone(timezone)).date()
    # Yesterday's may still be ahead where the clock goes back over midnight.
    for step in range(-1, LOOK_AHEAD_DAYS):
        day = today + timedelta(days=step)
        minute = deadlines[day.weekday()]
        if minute is not None and (instant := _instant(day, minute, timezone)) > at:
            yield instant


@lru_cache(maxsize=256)
def _instant(day: date, minute: int, timezone: str) -> datetime:
    return first_instant(datetime.combine(day, time()) + timedelta(minutes=minute), timezone)
