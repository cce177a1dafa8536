"""`hearth check`: says what is wrong with the installer's file, or what it describes."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from agent.config import ConfigError, Fault, Settings, load
from agent.model.readings import DeviceKind
from drivers.modbus.config import ModbusConfig
from drivers.modbus.maps import MapError, load_models
from drivers.modbus.yaml_nodes import MapFault


def check(path: Path, as_json: bool) -> int:  # noqa: FBT001
    """Check the file and the device models that it uses, and print the outcome.

    Args:
        as_json: print a list of faults, empty when all is well, with the keys of Fault.

    Returns:
        The exit code: 0 when Hearth would start, 1 with faults.
    """
    try:
        settings = load(path)
        kinds = _device_kinds(settings)
    except ConfigError as error:
        print(json.dumps([fault.as_json() for fault in error.faults]) if as_json else error)
        return 1
    print("[]" if as_json else "\n".join(_summary(path, settings, kinds)))
    return 0


def _device_kinds(settings: Settings) -> dict[str, tuple[DeviceKind, ...]]:
    """What each device model in use brings, first what the device itself is.

    Raises:
        ConfigError: a device model cannot be used.
    """
    folders = [settings.maps_folder] if settings.maps_folder else []
    wanted = {device.driver for device in settings.devices.values()}
    try:
        models = load_models(folders, wanted)
    except MapError as error:
        raise ConfigError([_as_fault(fault) for fault in error.faults]) from None
    return {
        name: (model.kind, *sorted(model.parts - {model.kind})) for name, model in models.items()
    }


def _as_fault(fault: MapFault) -> Fault:
    setting, _, rest = fault.text.rpartition(": ")
    wrong, _, remedy = rest.partition("; ")
    return Fault(
        file=fault.file,
        line=fault.line or None,
        setting=setting or "the device model",
        value=None,
        wrong=wrong,
        remedy=remedy or "see docs/modbus-maps.md",
    )


def _summary(
    path: Path, settings: Settings, kinds: dict[str, tuple[DeviceKind, ...]]
) -> Iterator[str]:
    house = settings.house
    yield f"{path}: no faults."
    yield _line("house", f"{house.name}: {house.phases} x {house.fuse_a:g} A, {house.timezone}")
    for name, charger in settings.chargers.items():
        range_a = f"{charger.min_current_a:g} to {charger.max_current_a:g} A"
        where = f"{charger.identity} connector {charger.connector}"
        yield _line("charger", f"{name}: {where}, {range_a}, mode {charger.mode}")
    for name, device in settings.devices.items():
        what = ", ".join(_wanted(device, kinds[device.driver]))
        yield _line("device", f"{name}: {device.driver} at {_address(device)} ({what})")
    if settings.mqtt:
        yield _line("broker", f"{settings.mqtt.host}:{settings.mqtt.port}")
    yield _line("store", str(settings.store.path))
    yield from (_line("normal", text) for text in _absent(settings, kinds))
    yield from (_line("warning", text) for text in settings.warnings)


def _line(word: str, text: str) -> str:
    return f"  {word:<9}{text}"


def _wanted(device: ModbusConfig, kinds: Iterable[DeviceKind]) -> list[DeviceKind]:
    return [kind for kind in kinds if device.parts is None or kind.value in device.parts]


def _address(device: ModbusConfig) -> str:
    port = f":{device.port}" if device.port else ""
    return device.serial or f"{device.host}{port}"


def _absent(settings: Settings, kinds: dict[str, tuple[DeviceKind, ...]]) -> Iterator[str]:
    """What is missing and may well be so."""
    if not settings.chargers:
        yield "no chargers; those that connect are listed as pending approval"
    if not any(
        DeviceKind.METER in _wanted(device, kinds[device.driver])
        for device in settings.devices.values()
    ):
        yield "no meter; nothing guards the main fuse, and there is no solar charging"
    if settings.mqtt is None:
        yield "no mqtt section; Home Assistant does not see the house"
