"""Deadlines that a change to summer time skips: said before the day comes."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agent.config.models import Settings
from agent.config.smart import policies_of
from agent.config.tree import Tree, Where, dotted
from agent.model.readings import DeviceId, DeviceKind
from agent.plan.calendar import first_instant

AHEAD_DAYS = 400
"""A zone with summer time begins it once in that many days."""


def skipped_deadlines(
    settings: Settings, tree: Tree, today: date
) -> Iterator[tuple[int | None, str]]:
    """One sentence with the remedy for each such deadline, and its line; None = it stands in no
    file."""
    for device, policy in policies_of(settings).items():
        where: Where = ("vehicles", device, "smart", "ready_by")
        zone = settings.house.timezone
        if policy.target_kind is DeviceKind.CHARGER:
            where, zone = ("chargers", device, "smart", "cycle_ends"), _zone(device, settings)
        found = _next_gap(policy.deadlines, today, zone)
        if found is None:
            continue
        wanted, first, counted = found
        skips = f"which the change to summer time skips on {wanted:%A, %Y-%m-%d}"
        remedy = f"write a time before {first:%H:%M}, or leave it if that is early enough"
        says = f"that day it counts as {counted:%H:%M}; {remedy}"
        yield tree.mark(where).line, f"{dotted(where)} is {wanted:%H:%M}, {skips}: {says}"


def _zone(charger: DeviceId, settings: Settings) -> str:
    places = settings.locations.values()
    own = next((place.timezone for place in places if charger in place.chargers), None)
    return own or settings.house.timezone


def _next_gap(
    deadlines: tuple[int | None, ...], today: date, timezone: str
) -> tuple[datetime, datetime, datetime] | None:
    """The first deadline on or after a day that no clock shows, and between which two times the
    clock jumps then; all as walls show them."""
    zone = ZoneInfo(timezone)
    for ahead in range(AHEAD_DAYS):
        day = today + timedelta(days=ahead)
        minute = deadlines[day.weekday()]
        if minute is None:
            continue
        wanted = datetime.combine(day, time()) + timedelta(minutes=minute)
        counted = first_instant(wanted, timezone).astimezone(zone)
        if counted.replace(tzinfo=None) != wanted:
            before = (counted - timedelta(days=1)).replace(fold=0)
            gap = (counted.utcoffset() or timedelta()) - (before.utcoffset() or timedelta())
            return wanted, counted - gap, counted
    return None
