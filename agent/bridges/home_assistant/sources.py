"""What Home Assistant shows of inverters, batteries and meters.

Signs are those of its Energy dashboard: a battery's power is positive when it discharges, the
other way round than inside Hearth; a meter's is positive when energy is imported.
"""

from dataclasses import replace
from typing import Final

from agent.bridges import wire
from agent.bridges.home_assistant.entity import (
    SLOW_STALE_AFTER_S,
    BadCommand,
    Entity,
    Household,
    Platform,
    Value,
    ValueOf,
    View,
)
from agent.bridges.home_assistant.rows import (
    LAST_ACTION,
    PROBLEM,
    REASON,
    amps,
    celsius,
    diagnostic_text,
    hertz,
    lifetime_kwh,
    measured,
    percent,
    said,
    volts,
    watts,
)
from agent.model.driver import DeviceInfo
from agent.model.intents import BatteryModeChoice, Intent
from agent.model.readings import BatteryMode, BatteryStatus

_STATUS: Final = tuple(s.lower() for s in BatteryStatus if s is not BatteryStatus.UNKNOWN)


def _slowly(name: str, digits: int) -> ValueOf:
    return measured(name, digits, valid_for_s=SLOW_STALE_AFTER_S)


def _battery_status(view: View) -> Value:
    status = view.last("status")
    return status.lower() if isinstance(status, str) and status.lower() in _STATUS else None


def _stored_kwh(view: View) -> Value:
    capacity_wh, soc_percent = (
        view.last("capacity_wh"),
        view.fresh("soc_percent", SLOW_STALE_AFTER_S),
    )
    if not isinstance(capacity_wh, int | float) or soc_percent is None:
        return None
    return wire.kwh(capacity_wh * soc_percent / 100)


def _modes(info: DeviceInfo) -> tuple[str, ...]:
    return tuple(mode.lower() for mode in info.battery_modes)


def _mode(view: View) -> Value:
    """None for a mode that can be read but not set: a select may not show it."""
    mode = view.last("operation_mode")
    return mode.lower() if isinstance(mode, str) and mode.lower() in _modes(view.info) else None


def _steerable(info: DeviceInfo, _house: Household) -> bool:
    return bool(info.battery_modes)


def _limitable(info: DeviceInfo, _house: Household) -> bool:
    return info.limitable


def _choose_mode(view: View, payload: str) -> Intent:
    if payload.lower() not in _modes(view.info):
        raise BadCommand(f"send one of {', '.join(_modes(view.info))}")
    return BatteryModeChoice(device=view.info.id, mode=BatteryMode(payload.upper()))


BATTERY: Final = (
    watts("power", "Power", measured("power_w", 0, sign=-1.0)),
    percent("soc", "State of charge", _slowly("soc_percent", 1)),
    lifetime_kwh("energy_charged", "Energy charged", "charge_wh"),
    lifetime_kwh("energy_discharged", "Energy discharged", "discharge_wh"),
    Entity(
        platform=Platform.SENSOR,
        key="stored_energy",
        name="Stored energy",
        value=_stored_kwh,
        device_class="energy_storage",
        unit="kWh",
        state_class="measurement",
        precision=2,
        expires=True,
    ),
    Entity(
        platform=Platform.SELECT,
        key="mode",
        name="Mode",
        value=_mode,
        at_once=_mode,
        options=_modes,
        shown=_steerable,
        command=_choose_mode,
    ),
    Entity(
        platform=Platform.SENSOR,
        key="status",
        name="Status",
        value=_battery_status,
        at_once=_battery_status,
        device_class="enum",
        options=lambda _info: _STATUS,
    ),
    REASON,
    celsius("temperature", "Temperature", _slowly("temperature_c", 1)),
    PROBLEM,
    LAST_ACTION,
)

INVERTER: Final = (
    watts("power", "Power", measured("production_w", 0)),
    lifetime_kwh("energy", "Energy", "production_wh"),
    diagnostic_text("status", "Status", said("status")),
    watts("ac_power", "AC power", measured("ac_power_w", 0), enabled=False),
    hertz("frequency", "Frequency", _slowly("frequency_hz", 2)),
    celsius("temperature", "Temperature", _slowly("temperature_c", 1)),
    replace(
        watts("power_limit", "Power limit", _slowly("production_limit_w", 0)), shown=_limitable
    ),
    replace(REASON, shown=_limitable),
    PROBLEM,
)


def _phase(line: int) -> tuple[Entity, ...]:
    return (
        watts(f"power_l{line}", f"Power L{line}", measured(f"power_l{line}_w", 0), enabled=False),
        amps(f"current_l{line}", f"Current L{line}", measured(f"current_l{line}_a", 1)),
        volts(f"voltage_l{line}", f"Voltage L{line}", measured(f"voltage_l{line}_v", 1)),
    )


METER: Final = (
    watts("power", "Power", measured("power_w", 0)),
    lifetime_kwh("energy_imported", "Energy imported", "import_wh"),
    lifetime_kwh("energy_exported", "Energy exported", "export_wh"),
    *_phase(1),
    *_phase(2),
    *_phase(3),
    hertz("frequency", "Frequency", _slowly("frequency_hz", 2)),
    PROBLEM,
)
