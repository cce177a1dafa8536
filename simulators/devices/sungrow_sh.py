"""Sungrow SH hybrid inverter: low word first, input registers to read, holding ones to set.

13009 is export, 13021 and 5213 are + discharging, currents of the meter have no sign. One
client; up to 100 registers, and up to 10 unknown ones in between. A discharge limit below 10 W
is refused. Layout: Communication Protocol of Residential Hybrid Inverter V1.1.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from simulators.plant import Plant
from simulators.registers import ILLEGAL_VALUE, Bank, Cell, Device, Fault, Table

_FORCED, _EXTERNAL = 2, 3
_CHARGE, _DISCHARGE, _STOP = 0xAA, 0xBB, 0xCC
_BATTERY_V = 230.0


@dataclass(slots=True)
class _Controls:
    plant: Plant
    ems_mode: float = 0
    command: float = _STOP
    power_w: float = 0.0
    max_soc_percent: float = 100.0
    min_soc_percent: float = 5.0
    backup: float = 0x55
    reserve_percent: float = 0
    export_limit_w: float = 10_000.0
    export_limit_enable: float = 0x55
    max_charge_w: float = 0.0
    max_discharge_w: float = 0.0

    def __post_init__(self) -> None:
        self.max_charge_w = self.plant.max_charge_w
        self.max_discharge_w = self.plant.max_discharge_w

    def apply(self) -> None:
        setpoint_w = None
        if self.ems_mode in {_FORCED, _EXTERNAL}:
            sign = {_CHARGE: 1.0, _DISCHARGE: -1.0}.get(int(self.command), 0.0)
            setpoint_w = sign * self.power_w
        self.plant.order = replace(
            self.plant.order,
            setpoint_w=setpoint_w,
            max_charge_w=self.max_charge_w,
            max_discharge_w=self.max_discharge_w,
            min_soc_percent=max(self.min_soc_percent, self.reserve_percent),
            max_soc_percent=self.max_soc_percent,
        )


def build(plant: Plant) -> Device:
    readings = [*_inverter(plant), *_meter(plant), *_battery(plant)]
    bank = Bank(
        input=Table(cells=readings, gap=10, low_word_first=True),
        holding=Table(cells=_controls(plant), gap=10, low_word_first=True),
        longest_read=100,
    )
    return Device(units={1: bank}, unknown_unit=None, max_clients=1)


def _cell(address: int, kind: str, get: Callable[[], float | None], scale: float = 1.0) -> Cell:
    return Cell(address=address, kind=kind, get=get, scale=scale)


def _inverter(plant: Plant) -> list[Cell]:
    def ac_w() -> float:
        return plant.pv_w - plant.battery_w

    def flow_bits() -> float:
        bits = 1 if plant.pv_w > 0 else 0
        bits |= 2 if plant.battery_w > 0 else 4 if plant.battery_w < 0 else 0
        return bits | (8 if plant.load_w > 0 else 0) | (16 if plant.grid_w < 0 else 32)

    cells = [
        Cell(address=4989, kind="str10", get=lambda: "A2290412345"),
        _cell(4999, "u16", lambda: 0x0E03),
        _cell(5000, "u16", lambda: plant.rated_w, 100.0),
        _cell(5007, "s16", lambda: 36.2, 0.1),
        _cell(5016, "u32", lambda: plant.pv_w),
        _cell(5241, "u16", lambda: plant.frequency_hz, 0.01),
        _cell(12999, "u16", lambda: 0x0040 if plant.pv_w else 0x0008),
        _cell(13000, "u16", flow_bits),
        _cell(13002, "u32", lambda: plant.pv_wh / 1000, 0.1),
        _cell(13007, "s32", lambda: plant.load_w),
        _cell(13033, "s32", ac_w),
    ]
    for string in range(3):
        cells += _string(plant, string)
    for phase in range(3):
        cells += _inverter_phase(plant, phase, ac_w)
    return cells


def _string(plant: Plant, string: int) -> list[Cell]:
    """Two strings share the sun; the third input is empty."""
    volts = 610.0 - 15 * string if string < 2 else 0.0
    return [
        _cell(5010 + 2 * string, "u16", lambda: volts, 0.1),
        _cell(5011 + 2 * string, "u16", lambda: plant.pv_w / 2 / volts if volts else 0.0, 0.1),
    ]


def _inverter_phase(plant: Plant, phase: int, ac_w: Callable[[], float]) -> list[Cell]:
    return [
        _cell(5018 + phase, "u16", lambda: plant.voltages_v[phase], 0.1),
        _cell(13030 + phase, "s16", lambda: ac_w() / 3 / plant.voltages_v[phase], 0.1),
    ]


def _meter(plant: Plant) -> list[Cell]:
    cells = [
        _cell(5600, "s32", lambda: plant.grid_w),
        _cell(13009, "s32", lambda: -plant.grid_w),
        _cell(13036, "u32", lambda: plant.import_wh / 1000, 0.1),
        _cell(13045, "u32", lambda: plant.export_wh / 1000, 0.1),
    ]
    for phase in range(3):
        cells += _meter_phase(plant, phase)
    return cells


def _meter_phase(plant: Plant, phase: int) -> list[Cell]:
    def current_a() -> float:
        return abs(plant.grid_phases_w[phase]) / plant.voltages_v[phase]

    return [
        _cell(5602 + 2 * phase, "s32", lambda: plant.grid_phases_w[phase]),
        _cell(5740 + phase, "s16", lambda: plant.voltages_v[phase], 0.1),
        _cell(5743 + phase, "u16", current_a, 0.01),
    ]


def _battery(plant: Plant) -> list[Cell]:
    def discharge_a() -> float:
        return -plant.battery_w / _BATTERY_V

    return [
        _cell(5213, "s32", lambda: -plant.battery_w),
        _cell(5630, "s16", discharge_a, 0.1),
        _cell(5634, "u16", lambda: plant.max_charge_w / _BATTERY_V),
        _cell(5635, "u16", lambda: plant.max_discharge_w / _BATTERY_V),
        _cell(5638, "u16", lambda: plant.capacity_wh / 1000, 0.01),
        _cell(13019, "u16", lambda: _BATTERY_V, 0.1),
        _cell(13020, "s16", discharge_a, 0.1),
        _cell(13021, "s16", lambda: -plant.battery_w),
        _cell(13022, "u16", lambda: plant.soc_percent, 0.1),
        _cell(13023, "u16", lambda: 99.0, 0.1),
        _cell(13024, "s16", lambda: 23.0, 0.1),
        _cell(13026, "u32", lambda: plant.discharge_wh / 1000, 0.1),
        _cell(13040, "u32", lambda: plant.charge_wh / 1000, 0.1),
    ]


def _controls(plant: Plant) -> list[Cell]:
    controls = _Controls(plant)

    def make(
        address: int, name: str, allowed: tuple[float, float] | frozenset[int], scale: float
    ) -> Cell:
        def write(value: float) -> None:
            within = (
                value in allowed
                if isinstance(allowed, frozenset)
                else allowed[0] <= value <= allowed[1]
            )
            if not within:
                raise Fault(ILLEGAL_VALUE)
            setattr(controls, name, value)
            controls.apply()

        return Cell(
            address=address, kind="u16", get=lambda: getattr(controls, name), set=write, scale=scale
        )

    on_off = frozenset({0xAA, 0x55})
    return [
        make(13049, "ems_mode", frozenset({0, _FORCED, _EXTERNAL, 4}), 1.0),
        make(13050, "command", frozenset({_CHARGE, _DISCHARGE, _STOP}), 1.0),
        make(13051, "power_w", (0, max(plant.max_charge_w, plant.max_discharge_w)), 1.0),
        make(13057, "max_soc_percent", (50, 100), 0.1),
        make(13058, "min_soc_percent", (0, 50), 0.1),
        make(13073, "export_limit_w", (0, plant.rated_w), 1.0),
        make(13074, "backup", on_off, 1.0),
        make(13086, "export_limit_enable", on_off, 1.0),
        make(13099, "reserve_percent", (0, 100), 1.0),
        make(33046, "max_charge_w", (10, plant.max_charge_w), 10.0),
        make(33047, "max_discharge_w", (10, plant.max_discharge_w), 10.0),
    ]
