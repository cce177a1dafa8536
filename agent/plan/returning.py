"""Cars that are away come home and want to be charged: what plans reckon with until then. Pure.

Without it the plan sells the sun of noon because that of the afternoon is enough for the cars that
are here; then another one comes, and what was sold for a few cents is bought back for many.
Nobody knows when a car comes and how much it has used: it is expected early rather than late, since
sun that is kept for nothing is sold an hour later, for hardly less. Nothing that is promised to a
car that is here gives way to it.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from agent.model.readings import DeviceId
from agent.plan.calendar import first_instant, midnight, zone
from agent.plan.optimise.problem import CarTask, Deadline

USED_WH = 8000.0
"""Of a day's trips: 45 km at 18 kWh per 100 km."""

HOME = time(14)
"""By the clock on the wall: most cars come later, and some are home all afternoon."""

SOON = timedelta(hours=1)
"""A car that is still away by then is expected so much later, again and again."""


def expected_at(now: datetime, timezone: str) -> datetime | None:
    """When a car that is away may come home; None = not any more on this local day.

    Raises:
        UnknownZone: there is no such zone.
    """
    today = now.astimezone(zone(timezone)).date()
    usual = first_instant(datetime.combine(today, HOME), timezone)
    at = max(usual, now + SOON)
    return at if at < midnight(today + timedelta(days=1), timezone) else None


def expected_task(
    device: DeviceId,
    arrives: datetime,
    deadlines: Sequence[datetime],
    *,
    min_w: float,
    max_w: float,
    phases: int,
    efficiency: float,
) -> CarTask | None:
    """What a plan reckons with for a car that is away: as a battery of its own, empty, that holds
    what a day's trips take. None where nothing falls due after it has come.

    Args:
        deadlines: soonest first; what it is to be charged by is the first after it has come.
    """
    due = next((at for at in deadlines if at > arrives), None)
    if due is None:
        return None
    return CarTask(
        device=device,
        level_wh=0.0,
        limit_wh=USED_WH,
        minimum_wh=0.0,
        min_w=min_w,
        max_w=max_w,
        phases=phases,
        efficiency=efficiency,
        deadlines=(Deadline(at=due, level_wh=USED_WH),),
        arrives=arrives,
    )
