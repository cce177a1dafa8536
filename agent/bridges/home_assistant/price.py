"""What Home Assistant shows of prices: what a kWh costs and earns now.

They exist where there is a tariff, and are unknown while nobody knows the price, never 0.
"""

from collections.abc import Callable
from typing import Final

from agent.bridges import wire
from agent.bridges.home_assistant.entity import Entity, Household, Needs, Platform, Value, View
from agent.model.driver import DeviceInfo
from agent.model.prices import slot_at
from agent.model.readings import DeviceKind
from agent.tariffs import import_known_until

_DIGITS: Final = 5
_SHOWN: Final = 4


def price_rows(info: DeviceInfo, house: Household) -> tuple[Entity, ...]:
    """The rows of the gateway."""
    if info.kind is not DeviceKind.LINK or house.tariff is None:
        return ()
    return (
        _row("import_price", "Import price", "import_per_kwh", house.tariff),
        _row("export_price", "Export price", "export_per_kwh", house.tariff),
    )


def _row(key: str, name: str, field: str, currency: str) -> Entity:
    value = _now(field)
    return Entity(
        platform=Platform.SENSOR,
        key=key,
        name=name,
        value=value,
        at_once=value,
        unit=f"{currency}/kWh",
        state_class="measurement",
        precision=_SHOWN,
        needs=Needs.HEARTH,
        attributes=_ends,
    )


def _now(field: str) -> Callable[[View], Value]:
    def value(view: View) -> Value:
        prices, now = view.picture.prices, view.picture.now.at
        slot = None if prices is None else slot_at(prices.slots, now)
        return None if slot is None else wire.number(getattr(slot, field), _DIGITS)

    return value


def _ends(view: View) -> Value:
    """When the price changes, and until when prices are known."""
    prices, now = view.picture.prices, view.picture.now.at
    slot = None if prices is None else slot_at(prices.slots, now)
    return {
        "until": None if slot is None else wire.instant(slot.end),
        "known_until": None if prices is None else wire.instant(import_known_until(prices, now)),
    }
