"""The one table: kind of device -> rows."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from agent.bridges.home_assistant.charger import CHARGER
from agent.bridges.home_assistant.entity import Entity, Household
from agent.bridges.home_assistant.gateway import HOUSE
from agent.bridges.home_assistant.on_charger import car_rows
from agent.bridges.home_assistant.schedules import schedule_rows
from agent.bridges.home_assistant.sources import BATTERY, INVERTER, METER
from agent.bridges.home_assistant.vehicle import VEHICLE
from agent.model.driver import DeviceInfo
from agent.model.pairs import PairingMode, ProbePolicy
from agent.model.picture import Picture
from agent.model.readings import DeviceKind

TABLE: Final[Mapping[DeviceKind, tuple[Entity, ...]]] = MappingProxyType(
    {
        DeviceKind.LINK: HOUSE,
        DeviceKind.CHARGER: CHARGER,
        DeviceKind.VEHICLE: VEHICLE,
        DeviceKind.BATTERY: BATTERY,
        DeviceKind.INVERTER: INVERTER,
        DeviceKind.METER: METER,
    }
)


def kinds_of(devices: Iterable[DeviceInfo]) -> frozenset[DeviceKind]:
    return frozenset(info.kind for info in devices)


def household(picture: Picture) -> Household:
    """What decides which entities there are; equal for as long as they stay the same."""
    cars = [(i.id, i.name) for i in picture.devices if i.kind is DeviceKind.VEHICLE]
    schedules = [(each.id, each.name, each.target) for each in picture.schedules.values()]
    pairing = picture.pairing
    return Household(
        kinds=kinds_of(picture.devices),
        pairing=pairing.mode,
        probe=pairing.probe if pairing.mode is PairingMode.FULL else ProbePolicy.OFF,
        cars=tuple(sorted(cars)),
        schedules=tuple(sorted(schedules)),
    )


def rows_of(info: DeviceInfo, house: Household) -> tuple[Entity, ...]:
    """The entities of a device in a house; those that come and go stand last."""
    fixed = (row for row in TABLE[info.kind] if row.shown(info, house))
    return (*fixed, *car_rows(info, house), *schedule_rows(info, house))
