"""What the house calls the parts of one Modbus device.

The device itself has the installer's name; the other parts of a hybrid are called NAME_battery,
NAME_meter and NAME_inverter.
"""

from agent.model.driver import DeviceInfo
from agent.model.readings import DeviceId, DeviceKind
from drivers.modbus.config import ModbusConfig
from drivers.modbus.meaning import Parts
from drivers.modbus.model import DeviceModel

_KINDS = (DeviceKind.INVERTER, DeviceKind.BATTERY, DeviceKind.METER)


def device_infos(name: str, config: ModbusConfig, model: DeviceModel) -> list[DeviceInfo]:
    """The parts that the house sees, the device itself first."""
    kinds = _kinds(config, model)
    return [_info(name, kind, kinds, config, model) for kind in kinds]


def part_names(name: str, config: ModbusConfig, model: DeviceModel) -> Parts:
    """The same by kind, for the Readings."""
    ids = {info.kind: info.id for info in device_infos(name, config, model)}
    return Parts(
        inverter=ids.get(DeviceKind.INVERTER),
        battery=ids.get(DeviceKind.BATTERY),
        meter=ids.get(DeviceKind.METER),
    )


def poll_interval_s(config: ModbusConfig, model: DeviceModel) -> float:
    return config.poll_s or max(0.5, model.limits.min_poll_s)


def _kinds(config: ModbusConfig, model: DeviceModel) -> list[DeviceKind]:
    """A profile such as SunSpec may be anything, so it is what it is called unless told."""
    has = [kind for kind in _KINDS if kind in model.parts]
    if config.parts is not None:
        has = [kind for kind in has if kind.value in config.parts]
    elif model.device_class == "profile":
        has = [kind for kind in has if kind is model.kind]
    return sorted(has, key=lambda kind: kind is not model.kind)


def _info(
    name: str,
    kind: DeviceKind,
    kinds: list[DeviceKind],
    config: ModbusConfig,
    model: DeviceModel,
) -> DeviceInfo:
    alone = model.device_class == "profile" and len(kinds) == 1
    itself = kind is model.kind or alone
    battery = kind is DeviceKind.BATTERY
    steered = battery and config.control
    rated = itself or battery
    shown = config.name or name
    return DeviceInfo(
        id=DeviceId(name if itself else f"{name}_{kind.value}"),
        kind=kind,
        name=shown if itself else f"{shown} {kind.value}",
        driver=model.id,
        battery_modes=tuple(mode.value for mode in model.modes) if steered else (),
        limitable=kind is DeviceKind.INVERTER
        and config.control
        and model.production_limit is not None,
        max_power_w=config.max_power_w if rated else None,
        poll_s=poll_interval_s(config, model),
        capacity_wh=config.capacity_kwh * 1000 if battery and config.capacity_kwh else None,
        entry=name,
    )
