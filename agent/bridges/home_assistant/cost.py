"""What Home Assistant shows of what charging costs: per charger its session, per car its month.

Amounts exist where there is a tariff, and are unknown unless they are known of all of the energy.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from agent.bridges import wire
from agent.bridges.charges import money, month_document, month_of
from agent.bridges.home_assistant.entity import Entity, Household, Needs, Platform, Value, View
from agent.model.driver import DeviceInfo
from agent.model.months import Month
from agent.model.pairs import PairingMode
from agent.model.picture import Session
from agent.model.readings import DeviceKind

_PERCENT: Final = 100.0


def cost_rows(info: DeviceInfo, house: Household) -> tuple[Entity, ...]:
    """The rows of a charger, and of a car that may hang on one of ours."""
    if info.kind is DeviceKind.CHARGER:
        share = replace(SOLAR_SHARE, enabled=house.tariff is not None)
        shares = (share,) if DeviceKind.METER in house.kinds else ()
        return (*_amounts(house, SESSION_COST), *shares)
    paired = house.pairing is not PairingMode.OFF and DeviceKind.CHARGER in house.kinds
    if info.kind is DeviceKind.VEHICLE and paired:
        return _amounts(house, MONTH_COST, MONTH_SAVING)
    return ()


def _amounts(house: Household, *rows: Entity) -> tuple[Entity, ...]:
    return () if house.tariff is None else tuple(replace(row, unit=house.tariff) for row in rows)


def _session(view: View) -> Session | None:
    """The one that runs, or the last one."""
    return view.picture.latest.get(view.info.id)


def _session_cost(view: View) -> Value:
    session = _session(view)
    if session is None or session.currency != view.picture.currency:
        return None
    return money(session.full_cost)


def _session_share(view: View) -> Value:
    session = _session(view)
    own_share = None if session is None else session.own_share
    return None if own_share is None else wire.number(own_share * _PERCENT, 0)


def _session_since(view: View) -> Value:
    session = _session(view)
    return None if session is None else wire.instant(session.plugged_in_at)


def _month(view: View) -> Month | None:
    return month_of(view.info.id, view.picture)


def _of_month(amount: Callable[[Month], float | None]) -> Callable[[View], Value]:
    def value(view: View) -> Value:
        month = _month(view)
        if month is None or month.currency not in (None, view.picture.currency):
            return None
        return money(amount(month))

    return value


def _month_since(view: View) -> Value:
    month = _month(view)
    return None if month is None else wire.instant(month.start)


def _month_details(view: View) -> Value:
    """How much was charged, and of how much of it nobody knows the cost."""
    made = month_document(_month(view), view.picture.currency)
    if made is None:
        return {}
    return {
        "month": made["name"],
        "sessions": made["sessions"],
        "energy": made["energyKwh"],
        "own_share": made["ownShare"],
        "cost_at_once": made["referenceCost"],
        "unaccounted": made["unaccountedKwh"],
    }


SESSION_COST: Final = Entity(
    platform=Platform.SENSOR,
    key="session_cost",
    name="Session cost",
    value=_session_cost,
    device_class="monetary",
    state_class="total",
    precision=2,
    needs=Needs.HEARTH,
    last_reset=_session_since,
)
SOLAR_SHARE: Final = Entity(
    platform=Platform.SENSOR,
    key="session_solar_share",
    name="Session solar share",
    value=_session_share,
    unit="%",
    state_class="measurement",
    precision=0,
    needs=Needs.HEARTH,
)
MONTH_COST: Final = Entity(
    platform=Platform.SENSOR,
    key="month_cost",
    name="Cost this month",
    value=_of_month(lambda month: month.cost),
    device_class="monetary",
    state_class="total",
    precision=2,
    needs=Needs.HEARTH,
    attributes=_month_details,
    last_reset=_month_since,
)
MONTH_SAVING: Final = Entity(
    platform=Platform.SENSOR,
    key="month_saving",
    name="Saving this month",
    value=_of_month(lambda month: month.saving),
    device_class="monetary",
    state_class="total",
    precision=2,
    needs=Needs.HEARTH,
    last_reset=_month_since,
)
