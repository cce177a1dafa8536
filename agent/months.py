"""What the sessions of a month add up to, by charger and by car. Pure.

1. On disk are sessions alone, and at a start a month is summed up from them: a sum of its own could
   drift.
2. What is not known of one of them is not known of the month; currencies are never added.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from agent.model.months import Month
from agent.model.nothing import nothing
from agent.model.picture import NEGLIGIBLE_WH, Session
from agent.model.readings import DeviceId
from agent.plan.calendar import first_instant

NO_MONTHS: Mapping[DeviceId, Month] = nothing()


def month_of(at: datetime, timezone: str) -> Month:
    """The month of an instant on the clock of the house, with nothing in it.

    Args:
        timezone: IANA name.
    """
    local = at.astimezone(ZoneInfo(timezone))
    begins = datetime(local.year, local.month, 1)  # noqa: DTZ001 -- on the wall
    return Month(name=f"{begins:%Y-%m}", start=first_instant(begins, timezone))


def ended_in(month: Month, session: Session, timezone: str) -> bool:
    ended_at = session.plugged_out_at
    return ended_at is not None and month_of(ended_at, timezone).name == month.name


def summed(
    month: Month, sessions: Iterable[Session], so_far: Mapping[DeviceId, Month] = NO_MONTHS
) -> Mapping[DeviceId, Month]:
    """`so_far` with more sessions, by charger and by car.

    Args:
        month: with nothing in it.
    """
    found = dict(so_far)
    for session in sessions:
        for device in (session.charger, session.vehicle):
            if device is not None:
                found[device] = _with(found.get(device, month), session)
    return MappingProxyType(found)


def _with(month: Month, session: Session) -> Month:
    energy_wh = session.energy_wh
    if energy_wh is None and session.max_power_w is None:
        energy_wh = 0.0  # nobody has seen anything flow
    month = replace(month, energy_wh=_sum(month.energy_wh, energy_wh))
    if energy_wh is not None and energy_wh + session.uncounted_wh <= NEGLIGIBLE_WH:
        return month
    own_share, cost = session.own_share, session.full_cost
    own_wh = None if own_share is None or energy_wh is None else own_share * energy_wh
    mixed = None not in (month.currency, session.currency) and month.currency != session.currency
    reference_cost = session.reference_cost
    if mixed:
        cost = reference_cost = None
    return replace(
        month,
        sessions=month.sessions + 1,
        currency=month.currency or session.currency,
        cost=_sum(month.cost, cost),
        own_wh=_sum(month.own_wh, own_wh),
        reference_cost=_sum(month.reference_cost, reference_cost),
        unaccounted_wh=month.unaccounted_wh + session.unaccounted_wh,
    )


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
