"""Tariffs on power: what the highest means of a month cost, and what the next kW would.

Flanders: the mean of twelve monthly peaks, each at least 2.5 kW (VREG capacity tariff). Norway: the
mean of the three highest hours on three days of a month, in steps. Sweden: such a mean at a price
per kW. Austria from 2027: the month's highest quarter of an hour.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from agent.model.prices import PeakRate, PeakStretch
from agent.tariffs.hours import Hours

QUARTER_S: Final = 900
DAYS_AHEAD: Final = 4
"""Plans look 48 hours ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Args:
    up_to_w: the step holds below it; infinity for the last one.
    per_month: what it costs.
    """

    up_to_w: float
    per_month: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Above `from_w` each kW costs `per_kw` a month."""

    from_w: float
    per_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakRule:
    """How a month's power is charged: by tiers, by steps, or by both.

    Args:
        window_s: over which import is averaged: 900 or 3600.
        highest: of how many highest means the mean is charged, each on another local day.
        floor_w: what is charged at least.
        tiers: ascending. A price per kW and year over the mean of twelve months is a twelfth of it
            here: a kW more in one month raises twelve means by a twelfth.
        steps: ascending.
        hours: when peaks count; empty = always.
    """

    window_s: float = QUARTER_S
    highest: int = 1
    floor_w: float = 0.0
    tiers: tuple[Tier, ...] = ()
    steps: tuple[Step, ...] = ()
    hours: tuple[Hours, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """Args:
    start: aware, a whole quarter of an hour.
    mean_w: import, never negative.
    """

    start: datetime
    mean_w: float


def peak_rate(
    rule: PeakRule, imports: Iterable[Quarter], now: datetime, timezone: str
) -> PeakRate | None:
    """What one more kW would cost from `now` on, in the local month of `now`.

    Args:
        imports: what is known of this month, in any order; missing quarters count as unknown, so
            an hour of which one is missing is no peak.

    Returns:
        `free_w` is what a window may have because of other days and the floor, `reached_w` the top
        of today; below either nothing is saved. None where more power costs nothing.
    """
    today = now.astimezone(ZoneInfo(timezone)).date()
    tops = _day_tops(rule, imports, today, timezone)
    own_w = tops.pop(today, None)
    others = sorted(tops.values(), reverse=True)[: rule.highest - 1]
    stepped = _by_steps(rule, others, own_w)
    tiered = _by_tiers(rule, sorted(tops.values(), reverse=True), own_w)
    if stepped is None or tiered is None:
        return stepped or tiered
    free_w = min(stepped.free_w, tiered.free_w)
    return replace(stepped, per_kw=stepped.per_kw + tiered.per_kw, free_w=free_w)


def with_days(
    rate: PeakRate, rule: PeakRule, imports: Sequence[Quarter], now: datetime, timezone: str
) -> PeakRate:
    """The same, with what is free on the days ahead, and in hours in which peaks do not count."""
    where = ZoneInfo(timezone)
    today, found = now.astimezone(where).date(), list[PeakStretch]()
    for ahead in range(DAYS_AHEAD):
        day = today + timedelta(days=ahead)
        start, end = (
            datetime.combine(each, time(), where).astimezone(UTC)
            for each in (day, day + timedelta(days=1))
        )
        then = peak_rate(rule, imports, start, timezone) if ahead else rate
        free_w = math.inf if then is None else then.free_at(start)
        while start < end:
            stop = start + timedelta(seconds=QUARTER_S)
            wall = start.astimezone(where)
            counts = not rule.hours or any(hours.cover(wall) for hours in rule.hours)
            each_w = free_w if counts else math.inf
            last = found[-1] if found else None
            if last is not None and (last.end, last.free_w) == (start, each_w):
                found[-1] = replace(last, end=stop)
            else:
                found.append(PeakStretch(start=start, end=stop, free_w=each_w))
            start = stop
    return replace(rate, stretches=tuple(found))


def _by_steps(rule: PeakRule, others: list[float], own_w: float | None) -> PeakRate | None:
    """Over the edge of a step its whole price is due; so that no plan strays over it for little,
    the first kW beyond costs it all. Days that are still missing are taken to be like this one."""
    mean_w = sum([*others, own_w or 0.0]) / rule.highest
    index = sum(mean_w >= step.up_to_w for step in rule.steps)
    if index + 1 >= len(rule.steps):
        return None
    step, following = rule.steps[index], rule.steps[index + 1]
    alike = rule.highest - len(others)
    free_w = max(0.0, (rule.highest * step.up_to_w - sum(others)) / alike)
    return PeakRate(
        per_kw=following.per_month - step.per_month,
        window_s=rule.window_s,
        free_w=free_w,
        reached_w=own_w,
    )


def _by_tiers(rule: PeakRule, others: list[float], own_w: float | None) -> PeakRate | None:
    """Only what rises above the lowest of the highest means moves the mean, and by its share."""
    last_w = others[rule.highest - 1] if len(others) >= rule.highest else 0.0
    free_w = max(rule.floor_w, last_w)
    level_w = max(free_w, own_w or 0.0)
    per_kw = max((t.per_kw for t in rule.tiers if level_w >= t.from_w), default=0.0)
    if per_kw <= 0:
        above = [tier for tier in rule.tiers if tier.from_w > level_w and tier.per_kw > 0]
        if not above:
            return None
        per_kw, free_w = above[0].per_kw, max(free_w, above[0].from_w)
    return PeakRate(
        per_kw=per_kw / rule.highest, window_s=rule.window_s, free_w=free_w, reached_w=own_w
    )


def _day_tops(
    rule: PeakRule, imports: Iterable[Quarter], today: date, timezone: str
) -> dict[date, float]:
    """The highest mean of each local day of this month."""
    where, found = ZoneInfo(timezone), dict[date, float]()
    for start, mean_w in _windows(rule, imports):
        wall = start.astimezone(where)
        if (wall.year, wall.month) != (today.year, today.month):
            continue
        if rule.hours and not any(hours.cover(wall) for hours in rule.hours):
            continue
        day = wall.date()
        found[day] = max(found.get(day, 0.0), mean_w)
    return found


def _windows(rule: PeakRule, imports: Iterable[Quarter]) -> list[tuple[datetime, float]]:
    """Means over the rule's window; one with a missing quarter is left out."""
    known = {quarter.start: quarter.mean_w for quarter in imports}
    count = int(rule.window_s // QUARTER_S)
    if count <= 1:
        return list(known.items())
    step = timedelta(seconds=QUARTER_S)
    found = []
    for start in known:
        if start.timestamp() % rule.window_s == 0:
            parts = [known.get(start + index * step) for index in range(count)]
            sure = [part for part in parts if part is not None]
            if len(sure) == count:
                found.append((start, sum(sure) / count))
    return found
