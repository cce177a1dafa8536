"""The values that Hearth understands, by role and name, and how often each is worth reading.

A register under any other name is allowed in a device map and never polled.
"""

from collections.abc import Mapping
from types import MappingProxyType

from drivers.modbus.model import Key, Tier

PHASES = (1, 2, 3)

_FAST = (
    "grid.power_w",
    "inverter.power_w",
    "inverter.production_power_w",
    "pv.production_power_w",
    "pv.dc_power_w",
    "battery.battery_power_w",
)
_FAST_PER_PHASE = ("power_l{}_w", "current_l{}_a", "voltage_l{}_v")
_NORMAL = (
    "grid.frequency_hz",
    "grid.status",
    "inverter.frequency_hz",
    "inverter.status",
    "battery.soc_percent",
    "battery.status",
    "battery.battery_voltage_v",
    "battery.battery_current_a",
)
_SLOW = (
    "grid.energy_import_kwh",
    "grid.energy_export_kwh",
    "inverter.temperature_c",
    "inverter.lifetime_production_kwh",
    "pv.lifetime_production_kwh",
    "battery.battery_capacity_kwh",
    "battery.charge_energy_kwh",
    "battery.discharge_energy_kwh",
    "battery.max_charge_power_w",
    "battery.max_discharge_power_w",
    "battery.reserve_percent",
    "battery.ctl_reserve_percent",
    "battery.temperature_c",
)
_ONCE = (
    "device.manufacturer",
    "device.model",
    "device.firmware",
    "device.serial_number",
    "inverter.rated_power_w",
)


def _key(dotted: str) -> Key:
    role, name = dotted.split(".")
    return (role, name)


TIERS: Mapping[Key, Tier] = MappingProxyType(
    {_key(dotted): Tier.FAST for dotted in _FAST}
    | {("grid", name.format(n)): Tier.FAST for name in _FAST_PER_PHASE for n in PHASES}
    | {_key(dotted): Tier.NORMAL for dotted in _NORMAL}
    | {_key(dotted): Tier.SLOW for dotted in _SLOW}
    | {_key(dotted): Tier.ONCE for dotted in _ONCE}
)

ROLES = (
    "grid",
    "inverter",
    "pv",
    "battery",
    "load",
    "device",
    "gen",
    "charger",
    "heat_pump",
    "gateway",
    "plant",
)

WORDS = ("value", "max", "max_charge", "max_discharge", "rate")
"""What a step of a command may ask of its caller: watts, and `rate` in percent of the most."""
