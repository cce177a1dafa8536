"""The one table: kind of device -> rows."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from agent.bridges.home_assistant.charger import CHARGER
from agent.bridges.home_assistant.entity import Entity, View, stale_after_s
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

MAIN_FIGURES: Final[Mapping[DeviceKind, tuple[str, ...]]] = MappingProxyType(
    {
        DeviceKind.BATTERY: ("power_w", "soc_percent"),
        DeviceKind.INVERTER: ("production_w", "ac_power_w"),
        DeviceKind.METER: ("power_w",),
    }
)
"""Without a fresh one of these a device is not available, though its link may be up.

Chargers have none: they are silent for long while no car draws, and their link has a
heartbeat of its own.
"""


def kinds_of(devices: Iterable[DeviceInfo]) -> frozenset[DeviceKind]:
    return frozenset(info.kind for info in devices)


def rows_of(info: DeviceInfo, kinds: frozenset[DeviceKind]) -> tuple[Entity, ...]:
    """The entities of a device in a house with devices of these kinds."""
    return tuple(row for row in TABLE[info.kind] if row.shown(info, kinds))


def available(view: View) -> bool:
    """Whether what the device says can be believed to be true now."""
    if view.info.kind is DeviceKind.LINK:
        return True
    if view.seen is None or not view.seen.reachable:
        return False
    now_mono_s, within_s = view.picture.now.mono_s, stale_after_s(view.info)
    figures = MAIN_FIGURES.get(view.info.kind, ())
    return not figures or any(view.seen.fresh(name, now_mono_s, within_s) for name in figures)
