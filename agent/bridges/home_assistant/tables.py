"""The one table: kind of device -> rows."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from agent.bridges.home_assistant.charger import CHARGER
from agent.bridges.home_assistant.entity import Entity
from agent.bridges.home_assistant.gateway import HOUSE
from agent.bridges.home_assistant.sources import BATTERY, INVERTER, METER
from agent.model.driver import DeviceInfo
from agent.model.readings import DeviceKind

TABLE: Final[Mapping[DeviceKind, tuple[Entity, ...]]] = MappingProxyType(
    {
        DeviceKind.LINK: HOUSE,
        DeviceKind.CHARGER: CHARGER,
        DeviceKind.BATTERY: BATTERY,
        DeviceKind.INVERTER: INVERTER,
        DeviceKind.METER: METER,
    }
)


def kinds_of(devices: Iterable[DeviceInfo]) -> frozenset[DeviceKind]:
    return frozenset(info.kind for info in devices)


def rows_of(info: DeviceInfo, kinds: frozenset[DeviceKind]) -> tuple[Entity, ...]:
    """The entities of a device in a house with devices of these kinds."""
    return tuple(row for row in TABLE[info.kind] if row.shown(info, kinds))
