"""How often a car has begun to charge on a local day, and since when it rests. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from agent.model.clock import Now
from agent.plan.calendar import midnight, readable, zone
from agent.plan.smart.memory import Rate

HESITATES_S = 60.0
"""Phases are switched, cars hesitate: a shorter rest is none."""


def counted(rate: Rate, timezone: str, now: Now, *, charging: bool | None) -> Rate:
    """With what is seen now.

    Args:
        charging: None = nobody can tell.
        timezone: one that is not known counts as UTC.
    """
    if not now.trusted or charging is None:
        return rate
    day = _day(now.at, timezone)
    if rate.day != day:
        rate = replace(rate, day=day, starts=0)
    if not charging:
        since_s = now.mono_s if rate.rests_mono_s is None else rate.rests_mono_s
        return replace(rate, rests_mono_s=since_s)
    if rate.rests_mono_s is None:
        return rate
    began = now.mono_s - rate.rests_mono_s >= HESITATES_S
    return replace(rate, rests_mono_s=None, starts=rate.starts + began)


def starts_today(rate: Rate, timezone: str, at: datetime) -> int:
    return rate.starts if rate.day == _day(at, timezone) else 0


def day_left_s(timezone: str, at: datetime) -> float:
    """Until local midnight."""
    known = readable(timezone)
    tomorrow = at.astimezone(zone(known)).date() + timedelta(days=1)
    return (midnight(tomorrow, known) - at).total_seconds()


def _day(at: datetime, timezone: str) -> str:
    return at.astimezone(zone(readable(timezone))).date().isoformat()
