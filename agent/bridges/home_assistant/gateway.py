"""What Home Assistant shows of Hearth itself: whether it runs, and the house as a whole."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from agent import __version__
from agent.bridges import wire
from agent.bridges.home_assistant.entity import (
    Entity,
    Household,
    Needs,
    Platform,
    Value,
    ValueOf,
    View,
)
from agent.bridges.home_assistant.forecast import SUN
from agent.bridges.home_assistant.presence import problem
from agent.bridges.home_assistant.rows import (
    counter_kwh,
    diagnostic_text,
    percent,
    watts,
)
from agent.model.driver import DeviceInfo
from agent.model.picture import Picture
from agent.model.readings import DeviceId, DeviceKind, LinkReading

GATEWAY: Final = DeviceInfo(
    id=DeviceId("hearth"), kind=DeviceKind.LINK, name="Hearth", driver="hearth"
)
"""Hearth as a device of its own; everything else hangs on it."""

Exists = Callable[[DeviceInfo, Household], bool]


def _with(*needed: DeviceKind) -> Exists:
    def exists(_info: DeviceInfo, house: Household) -> bool:
        return house.kinds.issuperset(needed)

    return exists


def _total(name: str, digits: int, sign: float = 1.0) -> ValueOf:
    def value(view: View) -> Value:
        figure: float | None = getattr(view.picture.totals, name)
        return wire.number(None if figure is None else sign * figure, digits)

    return value


def _house(row: Entity, *needed: DeviceKind) -> Entity:
    """A figure of the whole house: shown where its parts are installed."""
    return replace(row, needs=Needs.HEARTH, shown=_with(*needed))


def _kwh(key: str, name: str, field: str, *needed: DeviceKind) -> Entity:
    return _house(
        counter_kwh(key, name, lambda view: wire.kwh(getattr(view.picture.totals, field))),
        *needed,
    )


def _watts(key: str, name: str, field: str, *needed: DeviceKind, sign: float = 1.0) -> Entity:
    return _house(watts(key, name, _total(field, 0, sign)), *needed)


def _count(key: str, name: str, count: Callable[[Picture], int]) -> Entity:
    def value(view: View) -> Value:
        return count(view.picture)

    return Entity(
        platform=Platform.SENSOR,
        key=key,
        name=name,
        value=value,
        at_once=value,
        state_class="measurement",
        category="diagnostic",
        precision=0,
        needs=Needs.HEARTH,
    )


def unapproved(picture: Picture) -> tuple[str, ...]:
    """Identities that knocked and stand in no config file."""
    links = (seen.value for seen in picture.snapshot.values())
    return tuple(
        identity
        for link in links
        if isinstance(link, LinkReading)
        for identity in link.pending_approval or ()
    )


def _problems(view: View) -> Value:
    picture = view.picture
    found = [f"{name}: {state}" for name, state in picture.drivers.items() if state != "up"]
    if picture.store_problem is not None:
        found.insert(0, f"store: {picture.store_problem}")
    found += [
        f"{info.name}: {what}"
        for info in picture.devices
        if (what := problem(View(info=info, picture=picture, seen=picture.snapshot.get(info.id))))
    ]
    return wire.short_text("; ".join(found)) or "OK"


_METER, _BATTERY = DeviceKind.METER, DeviceKind.BATTERY
_INVERTER, _CHARGER = DeviceKind.INVERTER, DeviceKind.CHARGER

HOUSE: Final = (
    Entity(
        platform=Platform.BINARY_SENSOR,
        key="connectivity",
        name="Connection",
        value=lambda _view: "online",
        device_class="connectivity",
        category="diagnostic",
        needs=Needs.NOTHING,
    ),
    replace(diagnostic_text("version", "Version", lambda _view: __version__), enabled=False),
    Entity(
        platform=Platform.SENSOR,
        key="started",
        name="Started",
        value=lambda view: wire.instant(view.picture.started_at),
        device_class="timestamp",
        category="diagnostic",
        needs=Needs.HEARTH,
        enabled=False,
    ),
    diagnostic_text("problems", "Problems", _problems),
    replace(
        _count("pending_actions", "Pending actions", lambda p: sum(a.pending for a in p.actions)),
        enabled=False,
    ),
    _count("unapproved_chargers", "Unapproved chargers", lambda p: len(unapproved(p))),
    _watts("grid_power", "Grid power", "grid_w", _METER),
    _watts("solar_power", "Solar power", "production_w", _INVERTER),
    _watts("battery_power", "Battery power", "battery_w", _BATTERY, sign=-1.0),
    _watts("house_power", "House power", "load_w", _METER),
    # The chargers show their own already.
    replace(_watts("chargers_power", "Chargers power", "chargers_w", _CHARGER), enabled=False),
    _house(
        percent(
            "battery_soc",
            "Battery state of charge",
            _total("battery_soc_percent", 1),
            enabled=False,
        ),
        _BATTERY,
    ),
    _kwh("grid_energy_imported", "Grid energy imported", "grid_import_wh", _METER),
    _kwh("grid_energy_exported", "Grid energy exported", "grid_export_wh", _METER),
    _kwh("solar_energy", "Solar energy", "production_wh", _INVERTER),
    _kwh("battery_energy_charged", "Battery energy charged", "battery_charge_wh", _BATTERY),
    _kwh(
        "battery_energy_discharged", "Battery energy discharged", "battery_discharge_wh", _BATTERY
    ),
    _kwh("house_energy", "House energy", "load_wh", _METER),
    *SUN,
    replace(_kwh("chargers_energy", "Chargers energy", "chargers_wh", _CHARGER), enabled=False),
)
