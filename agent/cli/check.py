"""`hearth check`: says what is wrong with the installer's file or the database, or what it
describes and what becomes of the database."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from agent.config import ConfigError, Fault, Settings, load
from agent.config.smart import VehicleSettings
from agent.model.driver import DeviceInfo
from agent.model.readings import DeviceKind
from drivers.modbus.config import ModbusConfig
from drivers.modbus.maps import load_models
from drivers.modbus.parts import device_infos

Parts = Mapping[str, Sequence[DeviceInfo]]
"""Entry under devices -> what the house sees of it."""

_NOT_ALLOWED = "{}: only its owner may look at it; sudo hearth check does"


def check(path: Path, as_json: bool) -> int:  # noqa: FBT001
    """Check the file and the device models that it uses, and print the outcome.

    Args:
        as_json: print a list of faults, empty when all is well, with the keys of Fault.

    Returns:
        The exit code: 0 when Hearth would start, 1 with faults.
    """
    try:
        settings = load(path)
    except ConfigError as error:
        print(json.dumps([fault.as_json() for fault in error.faults]) if as_json else error)
        return 1
    database, fault = _database(settings.store.path)
    if fault is not None:
        print(
            json.dumps([fault.as_json()]) if as_json else f"{fault.wrong}. Remedy: {fault.remedy}"
        )
        return 1
    summary = _summary(path, settings, _parts(settings), database)
    print("[]" if as_json else "\n".join(summary))
    return 0


def _database(path: Path) -> tuple[str, Fault | None]:
    """What this Hearth will do with the database, and why it cannot."""
    try:
        if not path.exists():
            return f"{path}: none yet", None
    except PermissionError:
        return _NOT_ALLOWED.format(path), None
    from agent.store import StoreError
    from agent.store.look import NotAllowed, look

    try:
        found = look(path)
    except NotAllowed:
        return _NOT_ALLOWED.format(path), None
    except StoreError as error:
        return "", _fault(path, str(error))
    if found.version is None:
        return f"{path}: none yet", None
    if found.version < found.latest:
        change = f"schema {found.version} to {found.latest}"
        return f"{path}: the next start brings it from {change} and keeps a copy", None
    return f"{path}: schema {found.version}, as it should be", None


def _fault(path: Path, said: str) -> Fault:
    wrong, _, remedy = said.partition(". Remedy: ")
    name = str(path)
    return Fault(file=name, line=None, setting="store.path", value=name, wrong=wrong, remedy=remedy)


def _parts(settings: Settings) -> Parts:
    folders = [settings.maps_folder] if settings.maps_folder else []
    models = load_models(folders, {device.driver for device in settings.devices.values()})
    return {
        name: device_infos(name, config, models[config.driver])
        for name, config in settings.devices.items()
    }


def _summary(path: Path, settings: Settings, parts: Parts, database: str) -> Iterator[str]:
    house = settings.house
    yield f"{path}: no faults."
    yield _line("house", f"{house.name}: {house.phases} x {house.fuse_a:g} A, {house.timezone}")
    for name, charger in settings.chargers.items():
        range_a = f"{charger.min_current_a:g} to {charger.max_current_a:g} A"
        where = f"{charger.identity} connector {charger.connector}"
        yield _line("charger", f"{name}: {where}, {range_a}, mode {charger.mode}")
    for name, device in settings.devices.items():
        what = ", ".join(info.kind for info in parts[name])
        yield _line("device", f"{name}: {device.driver} at {_address(device)} ({what})")
    for name, car in settings.vehicles.items():
        source = " ".join(filter(None, (car.source, car.topic or car.id)))
        yield _line("car", f"{name}: {source}{_ready(car)}")
    for name, schedule in settings.schedules.items():
        off = "" if schedule.enabled else ", switched off"
        yield _line("schedule", f"{name}: for {schedule.charger or schedule.vehicle}{off}")
    for name, place in settings.locations.items():
        yield _line("place", f"{name}: {', '.join(place.chargers) or 'no chargers'}")
    if (tariff := settings.tariff) is not None:
        named = ", ".join((*tariff.prices, *tariff.sources))
        yield _line("tariff", f"{tariff.currency}: {named}" if named else tariff.currency)
    if settings.mqtt:
        yield _line("broker", f"{settings.mqtt.host}:{settings.mqtt.port}")
    if (cloud := settings.cloud) is not None:
        yield _line("cloud", f"{cloud.host}:{cloud.port} as {cloud.agent_id}")
    yield _line("store", database)
    yield from (_line("normal", text) for text in _absent(settings, parts))
    yield from (_line("warning", text) for text in settings.warnings)


def _line(word: str, text: str) -> str:
    return f"  {word:<9}{text}"


def _ready(car: VehicleSettings) -> str:
    smart = car.smart
    return f", full by {smart.ready_by}" if smart is not None and smart.enabled else ""


def _address(device: ModbusConfig) -> str:
    port = f":{device.port}" if device.port else ""
    return device.serial or f"{device.host}{port}"


def _absent(settings: Settings, parts: Parts) -> Iterator[str]:
    """What is missing and may well be so."""
    if not settings.chargers:
        yield "no chargers; nothing listens for them"
    if not any(info.kind is DeviceKind.METER for infos in parts.values() for info in infos):
        yield "no meter; nothing guards the main fuse, and there is no solar charging"
    from agent.assembly.rules import plan_settings
    from agent.plan.abilities import shortcomings

    devices = tuple(info for infos in parts.values() for info in infos)
    yield from shortcomings(plan_settings(settings, devices))
    batteries = any(info.kind is DeviceKind.BATTERY for info in devices)
    if settings.battery.plan != "alone" and not batteries:
        yield f"no battery among the devices; battery.plan: {settings.battery.plan} waits for one"
    if settings.mqtt is None:
        yield "no mqtt section; Home Assistant does not see the house"
