"""What sessions and months look like outside. Unknown is null: a cost is told of all of the energy,
or not at all.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from agent.bridges.wire import number
from agent.model.months import Month
from agent.model.picture import Picture, Session
from agent.model.readings import DeviceId

FIGURES: Final = (
    "energyKwh", "cost", "currency", "ownShare", "referenceCost", "saving", "unaccountedKwh",
)  # fmt: skip
"""What changes all the time while a car charges."""

_MONEY_DIGITS: Final = 2
_SHARE_DIGITS: Final = 2
_KWH_DIGITS: Final = 2


def money(amount: float | None) -> float | None:
    return number(amount, _MONEY_DIGITS)


def share(part: float | None) -> float | None:
    return number(part, _SHARE_DIGITS)


def session_document(
    session: Session | None,
    stamp: Callable[[datetime | None], str | None],
    name: Callable[[DeviceId], str],
) -> dict[str, Any] | None:
    """Args:
    session: the one that runs, or the last one.
    stamp, name: how instants and devices are written there.
    """
    if session is None:
        return None
    cost = session.full_cost
    return {
        "chargerId": name(session.charger),
        "vehicleId": None if session.vehicle is None else name(session.vehicle),
        "from": stamp(session.plugged_in_at),
        "to": stamp(session.plugged_out_at),
        "energyKwh": _kwh(session.energy_wh),
        "cost": money(cost),
        "currency": None if cost is None else session.currency,
        "ownShare": share(session.own_share),
        "referenceCost": money(session.reference_cost),
        "saving": money(session.saving),
        "unaccountedKwh": _kwh(unaccounted_wh(session)),
    }


def month_document(month: Month | None, tariff: str | None) -> dict[str, Any] | None:
    """Args:
    tariff: currency in which nothing costs 0.00; None = nobody told any.
    """
    if month is None:
        return None
    currency = month.currency or tariff
    known = currency is not None
    cost = month.cost if known else None
    return {
        "name": month.name,
        "sessions": month.sessions,
        "energyKwh": _kwh(month.energy_wh),
        "cost": money(cost),
        "currency": None if cost is None else currency,
        "ownShare": share(month.own_share),
        "referenceCost": money(month.reference_cost) if known else None,
        "saving": money(month.saving) if known else None,
        "unaccountedKwh": _kwh(month.unaccounted_wh),
    }


def month_of(device: DeviceId, picture: Picture) -> Month | None:
    """This month of a charger or a car; None while nobody knows which month it is."""
    return None if picture.month is None else picture.months.get(device, picture.month)


def unaccounted_wh(session: Session) -> float | None:
    """The energy of which nobody knows the cost; None = not even how much it is."""
    return None if session.energy_wh is None else session.unaccounted_wh


def _kwh(energy_wh: float | None) -> float | None:
    return None if energy_wh is None else number(energy_wh / 1000, _KWH_DIGITS)
