"""Hours of local days: the windows in which a price, a fee or a peak counts.

Wall clock counts: an hour that comes twice is in a window twice, one that is skipped never is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from typing import Final

DAY_MINUTES: Final = 1440
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EVERY_DAY: Final = frozenset(range(7))
_EVERY_MONTH: Final = frozenset(range(1, 13))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Args:
    from_minute, to_minute: after local midnight, inclusive and exclusive; 0 to 1439, 1 to 1440.
    weekdays: 0 = Monday; None = all. months: 1 = January; None = all.
    since, until: local dates, inclusive and exclusive; None = no bound.
    """

    from_minute: int = 0
    to_minute: int = DAY_MINUTES
    weekdays: frozenset[int] | None = None
    months: frozenset[int] | None = None
    since: date | None = None
    until: date | None = None

    def cover(self, wall: datetime) -> bool:
        """Whether a reading of the wall clock lies inside."""
        if not self.from_minute <= 60 * wall.hour + wall.minute < self.to_minute:
            return False
        if self.weekdays is not None and wall.weekday() not in self.weekdays:
            return False
        if self.months is not None and wall.month not in self.months:
            return False
        day = wall.date()
        begun = self.since is None or day >= self.since
        return begun and (self.until is None or day < self.until)

    def __str__(self) -> str:
        return f"{clock(self.from_minute)} to {clock(self.to_minute)}"


def clock(minute: int) -> str:
    """A minute of the day as people write it; 1440 is 24:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def crossing(from_minute: int, to_minute: int) -> str | None:
    """Why these two are no stretch of one day, with the remedy; None if they are."""
    if from_minute == to_minute:
        return "from and to are the same time; write 00:00 and 24:00 for the whole day"
    if from_minute < to_minute:
        return None
    parts = f"{clock(from_minute)} to 24:00"
    if to_minute:
        parts = f"two intervals, {parts} and 00:00 to {clock(to_minute)}"
    return f"{clock(from_minute)} to {clock(to_minute)} goes over midnight; write {parts}"


def overlaps(windows: Iterable[tuple[str, Hours]]) -> Iterator[tuple[str, str, str]]:
    """Of every two windows that share a time: the names of both, and a sentence with the remedy."""
    for (name, one), (other_name, other) in combinations(list(windows), 2):
        day = _shared_day(one, other)
        if day is not None:
            when = "every day" if day == "" else f"on {day}"
            remedy = "end one where the other begins"
            text = f"{name} ({one}) and {other_name} ({other}) overlap {when}; {remedy}"
            yield name, other_name, text


def _shared_day(one: Hours, other: Hours) -> str | None:
    """A day on which both hold at some time; "" = all days, None = there is none."""
    if one.from_minute >= other.to_minute or other.from_minute >= one.to_minute:
        return None
    days = (one.weekdays or _EVERY_DAY) & (other.weekdays or _EVERY_DAY)
    months = (one.months or _EVERY_MONTH) & (other.months or _EVERY_MONTH)
    since = max((s for s in (one.since, other.since) if s is not None), default=date.min)
    until = min((u for u in (one.until, other.until) if u is not None), default=date.max)
    if not days or not months or since >= until:
        return None
    return "" if days == _EVERY_DAY else _DAYS[min(days)]


def unnamed(windows: Iterable[Hours]) -> str | None:
    """The first hours of a week that none of them speaks of, in words; None = there are none.
    What begins or ends on a day counts as if it always held."""
    held = tuple(windows)
    for month in sorted(_EVERY_MONTH):
        gaps = {day: _gap([each for each in held if _holds(each, month, day)]) for day in range(7)}
        for day, gap in gaps.items():
            if gap is not None:
                every = all(other == gap for other in gaps.values())
                return f"{gap} every day" if every else f"{gap} on {_DAYS[day]}"
    return None


def _holds(hours: Hours, month: int, day: int) -> bool:
    return month in (hours.months or _EVERY_MONTH) and day in (hours.weekdays or _EVERY_DAY)


def _gap(windows: Iterable[Hours]) -> str | None:
    """The first gap in a day."""
    minute = 0
    for each in sorted(windows, key=lambda hours: hours.from_minute):
        if each.from_minute > minute:
            return f"{clock(minute)} to {clock(each.from_minute)}"
        minute = max(minute, each.to_minute)
    return None if minute >= DAY_MINUTES else f"{clock(minute)} to {clock(DAY_MINUTES)}"
