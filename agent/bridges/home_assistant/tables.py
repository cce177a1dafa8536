"""The one table: kind of device -> rows."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from agent.bridges.home_assistant.charger import CHARGER, phase_rows
from agent.bridges.home_assistant.cost import cost_rows
from agent.bridges.home_assistant.entity import Entity, Household
from agent.bridges.home_assistant.gateway import HOUSE
from agent.bridges.home_assistant.grid_limit import limit_rows
from agent.bridges.home_assistant.on_charger import car_rows
from agent.bridges.home_assistant.price import price_rows
from agent.bridges.home_assistant.schedules import schedule_rows
from agent.bridges.home_assistant.smart import smart_rows
from agent.bridges.home_assistant.sources import BATTERY, INVERTER, METER
from agent.bridges.home_assistant.vehicle import VEHICLE
from agent.model.driver import DeviceInfo
from agent.model.limits import GRID_INPUT
from agent.model.pairs import PairingMode, ProbePolicy
from agent.model.picture import Picture
from agent.model.readings import DeviceId, DeviceKind

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

_CLOUD: Final = "cloud"
"""Name of its link."""


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
        smart={device: _is_smart(device, picture) for device in picture.smart},
        currency=next((each.plan.currency for each in picture.smart.values() if each.plan), None),
        tariff=picture.currency,
        operator=_has_operator(picture),
    )


def rows_of(info: DeviceInfo, house: Household) -> tuple[Entity, ...]:
    """The entities of a device in a house; those that come and go stand last."""
    fixed = (row for row in TABLE[info.kind] if row.shown(info, house))
    own = (*phase_rows(info, house), *price_rows(info, house), *limit_rows(info, house))
    own += (*cost_rows(info, house), *car_rows(info, house), *smart_rows(info, house))
    return (*fixed, *own, *schedule_rows(info, house))


def _has_operator(picture: Picture) -> bool | None:
    if any(link.startswith(GRID_INPUT) for link in picture.drivers):
        return True
    return False if _CLOUD in picture.drivers else None


def _is_smart(device: DeviceId, picture: Picture) -> bool:
    policy = picture.policies.get(device)
    return policy is not None and policy.enabled
