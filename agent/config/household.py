"""Schedules, places and circuits of the installer's file as the planners know them."""

from collections.abc import Mapping
from types import MappingProxyType

from agent.config.day_hours import WEEKDAYS
from agent.config.models import Settings
from agent.config.schedules import RuleConfig, ScheduleConfig
from agent.model.limits import MAINS, Circuit
from agent.model.readings import DeviceId, DeviceKind
from agent.model.schedules import Location, Rule, Schedule


def locations_of(settings: Settings) -> Mapping[str, Location]:
    """The places by id: the house first, then those of the file in its order."""
    house = settings.house
    elsewhere = {
        name: Location(
            id=name,
            name=each.name or name,
            latitude_deg=each.latitude_deg,
            longitude_deg=each.longitude_deg,
            timezone=each.timezone or house.timezone,
            chargers=tuple(DeviceId(charger) for charger in each.chargers),
        )
        for name, each in settings.locations.items()
    }
    away = {charger for each in elsewhere.values() for charger in each.chargers}
    home = Location(
        id=house.id,
        name=house.name,
        latitude_deg=house.latitude_deg,
        longitude_deg=house.longitude_deg,
        timezone=house.timezone,
        chargers=tuple(DeviceId(name) for name in settings.chargers if name not in away),
    )
    return MappingProxyType({house.id: home, **elsewhere})


def schedules_of(settings: Settings) -> Mapping[str, Schedule]:
    """The schedules by id, which is their name in the file, in its order."""
    return MappingProxyType(
        {name: _schedule(name, each) for name, each in settings.schedules.items()}
    )


def circuits_of(settings: Settings) -> tuple[Circuit, ...]:
    """The circuits below the mains, in the order of the file."""
    return tuple(
        Circuit(
            id=name,
            name=each.name or name,
            parent=each.fed_by or MAINS,
            fuse_a=each.breaker_a,
            margin_a=each.margin_a,
            phases=each.phases,
            meter=None if each.meter is None else DeviceId(each.meter),
            chargers=tuple(DeviceId(charger) for charger in each.chargers),
            unmetered_a=each.unmetered_a,
        )
        for name, each in settings.circuits.items()
    )


def _schedule(name: str, config: ScheduleConfig) -> Schedule:
    kind = DeviceKind.VEHICLE if config.charger is None else DeviceKind.CHARGER
    return Schedule(
        id=name,
        name=config.name or name,
        target=DeviceId(config.charger or config.vehicle or ""),
        target_kind=kind,
        location=config.location,
        enabled=config.enabled,
        default_should_charge=config.charge_otherwise,
        rules=tuple(_rule(each) for each in config.rules.values()),
    )


def _rule(config: RuleConfig) -> Rule:
    begins, ends = config.minutes or (None, None)
    days = config.weekdays
    return Rule(
        should_charge=config.charge,
        from_minute=begins,
        to_minute=ends,
        weekdays=None if days is None else frozenset(WEEKDAYS.index(day) for day in days),
    )
