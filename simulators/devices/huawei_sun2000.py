"""Huawei SUN2000 with LUNA2000 and its own meter, behind an SDongle.

High word first; the meter's power is + export, the battery's + charging. One client, deaf for a
second after connecting, 64 registers at a time, whole reads fail across more than 16 unknown
registers, exception 6 when busy. Forced charge and discharge end by themselves after the period
in register 47083. Layout: Huawei Solar Inverter Modbus Interface Definitions V3.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from simulators.battery import FOREVER_S
from simulators.plant import Plant
from simulators.registers import ILLEGAL_VALUE, Bank, Cell, Device, Fault, Table

_STOP, _CHARGE, _DISCHARGE = 0, 1, 2
_UNTIL_FULL = 1


@dataclass(slots=True)
class _Controls:
    """The battery's settings as the app and Modbus write them; defaults of the factory."""

    plant: Plant
    max_charge_w: float = 0.0
    max_discharge_w: float = 0.0
    charge_cutoff_percent: float = 100.0
    discharge_cutoff_percent: float = 5.0
    period_min: float = 0.0
    working_mode: float = 2
    grid_charge: float = 0
    grid_charge_cutoff_percent: float = 100.0
    forced_mode: float = _STOP
    target_soc_percent: float = 100.0
    reserve_percent: float = 5.0
    setting: float = 0
    charge_w: float = 0.0
    discharge_w: float = 0.0
    power_limit_mode: float = 0
    export_limit_w: float = 0.0
    export_limit_percent: float = 100.0

    def __post_init__(self) -> None:
        self.max_charge_w = self.plant.max_charge_w
        self.max_discharge_w = self.plant.max_discharge_w

    @property
    def running_mode(self) -> float:
        """The forced mode, which falls back to stop when its time is over."""
        if self.plant.order.setpoint_w is None and self.forced_mode != _STOP:
            self.forced_mode = _STOP
        return self.forced_mode

    def apply_limits(self) -> None:
        self.plant.order = replace(
            self.plant.order,
            max_charge_w=self.max_charge_w,
            max_discharge_w=self.max_discharge_w,
            min_soc_percent=self.discharge_cutoff_percent,
            max_soc_percent=self.charge_cutoff_percent,
        )

    def apply_forced(self) -> None:
        setpoint_w = {_CHARGE: self.charge_w, _DISCHARGE: -self.discharge_w}.get(
            int(self.forced_mode)
        )
        until_s = self.plant.now_s + self.period_min * 60
        if setpoint_w is None or self.setting == _UNTIL_FULL:
            until_s = FOREVER_S
        self.plant.order = replace(
            self.plant.order, setpoint_w=setpoint_w, setpoint_until_s=until_s
        )


def build(plant: Plant, *, faults: float = 0.0, connect_delay_s: float = 1.0) -> Device:
    cells = [*_inverter(plant), *_meter(plant), *_battery(plant), *_settings(plant)]
    bank = Bank(holding=Table(cells=cells, gap=16), longest_read=64)
    return Device(
        units={1: bank},
        unknown_unit=None,
        max_clients=1,
        connect_delay_s=connect_delay_s,
        faults=faults,
    )


def _inverter(plant: Plant) -> list[Cell]:
    def ac_w() -> float:
        return plant.pv_w - plant.battery_w

    def status() -> float:
        return 0x0200 if plant.pv_w > 0 else 0xA000

    cells = [
        Cell(address=30000, kind="str15", get=lambda: "SUN2000-10KTL-M1"),
        Cell(address=30015, kind="str10", get=lambda: "HV2150123456"),
        Cell(address=30073, kind="u32", get=lambda: plant.rated_w),
        Cell(address=30075, kind="u32", get=lambda: plant.rated_w * 1.1),
        Cell(address=32064, kind="s32", get=lambda: plant.pv_w),
        Cell(address=32080, kind="s32", get=ac_w),
        Cell(address=32085, kind="u16", get=lambda: plant.frequency_hz, scale=0.01),
        Cell(address=32087, kind="s16", get=lambda: 38.5, scale=0.1),
        Cell(address=32089, kind="u16", get=status),
        Cell(address=32090, kind="u16", get=lambda: 0),
        Cell(
            address=32106,
            kind="u32",
            get=lambda: (plant.pv_wh + plant.discharge_wh) / 1000,
            scale=0.01,
        ),
        Cell(address=32108, kind="u32", get=lambda: plant.pv_wh / 1000, scale=0.01),
        Cell(address=32114, kind="u32", get=lambda: plant.pv_wh / 1000, scale=0.01),
    ]
    for string in range(4):
        cells += _string(plant, string)
    for phase in range(3):
        cells += _inverter_phase(plant, phase, ac_w)
    return cells


def _string(plant: Plant, string: int) -> list[Cell]:
    """Two strings share the sun; the other two inputs are empty."""
    volts = 580.0 - 20 * string if string < 2 else 0.0

    def current_a() -> float:
        return plant.pv_w / 2 / volts if volts else 0.0

    return [
        Cell(address=32016 + 2 * string, kind="s16", get=lambda: volts, scale=0.1),
        Cell(address=32017 + 2 * string, kind="s16", get=current_a, scale=0.01),
    ]


def _inverter_phase(plant: Plant, phase: int, ac_w: Callable[[], float]) -> list[Cell]:
    return [
        Cell(address=32069 + phase, kind="u16", get=lambda: plant.voltages_v[phase], scale=0.1),
        Cell(
            address=32072 + 2 * phase,
            kind="s32",
            get=lambda: ac_w() / 3 / plant.voltages_v[phase],
            scale=0.001,
        ),
    ]


def _meter(plant: Plant) -> list[Cell]:
    cells = [
        Cell(address=37100, kind="u16", get=lambda: 1),
        Cell(address=37113, kind="s32", get=lambda: -plant.grid_w),
        Cell(address=37118, kind="s16", get=lambda: plant.frequency_hz, scale=0.01),
        Cell(address=37119, kind="s32", get=lambda: plant.export_wh / 1000, scale=0.01),
        Cell(address=37121, kind="s32", get=lambda: plant.import_wh / 1000, scale=0.01),
    ]
    for phase in range(3):
        cells += _meter_phase(plant, phase)
    return cells


def _meter_phase(plant: Plant, phase: int) -> list[Cell]:
    def export_a() -> float:
        return -plant.grid_phases_w[phase] / plant.voltages_v[phase]

    return [
        Cell(address=37101 + 2 * phase, kind="s32", get=lambda: plant.voltages_v[phase], scale=0.1),
        Cell(address=37107 + 2 * phase, kind="s32", get=export_a, scale=0.01),
        Cell(address=37132 + 2 * phase, kind="s32", get=lambda: -plant.grid_phases_w[phase]),
    ]


def _battery(plant: Plant) -> list[Cell]:
    volts = 412.0
    offline = 0xFFFF
    return [
        Cell(address=37001, kind="s32", get=lambda: plant.battery_w),
        Cell(address=37004, kind="u16", get=lambda: plant.soc_percent, scale=0.1),
        Cell(address=37046, kind="u32", get=lambda: plant.max_charge_w),
        Cell(address=37048, kind="u32", get=lambda: plant.max_discharge_w),
        Cell(address=37738, kind="u16", get=lambda: None, nan=offline),
        Cell(address=37743, kind="s32", get=lambda: None, nan=0x7FFFFFFF),
        Cell(address=37758, kind="u32", get=lambda: plant.capacity_wh),
        Cell(address=37760, kind="u16", get=lambda: plant.soc_percent, scale=0.1),
        Cell(address=37762, kind="u16", get=lambda: 2),
        Cell(address=37763, kind="u16", get=lambda: volts, scale=0.1),
        Cell(address=37764, kind="s16", get=lambda: plant.battery_w / volts, scale=0.1),
        Cell(address=37765, kind="s32", get=lambda: plant.battery_w),
        Cell(address=37780, kind="u32", get=lambda: plant.charge_wh / 1000, scale=0.01),
        Cell(address=37782, kind="u32", get=lambda: plant.discharge_wh / 1000, scale=0.01),
    ]


def _setting(
    controls: _Controls,
    address: int,
    kind: str,
    name: str,
    *,
    most: float,
    least: float = 0,
    then: Callable[[], None] = lambda: None,
) -> Cell:
    """A setting that is kept, range-checked, and acts through `then` if it moves any power."""

    def write(value: float) -> None:
        if not least <= value <= most:
            raise Fault(ILLEGAL_VALUE)
        setattr(controls, name, value)
        then()

    scale = 0.1 if name.endswith("percent") else 1.0
    return Cell(
        address=address, kind=kind, get=lambda: getattr(controls, name), set=write, scale=scale
    )


def _settings(plant: Plant) -> list[Cell]:
    controls = _Controls(plant)

    def force(value: float) -> None:
        if value not in {_STOP, _CHARGE, _DISCHARGE}:
            raise Fault(ILLEGAL_VALUE)
        controls.forced_mode = value
        controls.apply_forced()

    make, limits = partial(_setting, controls), controls.apply_limits
    charge_w, discharge_w = plant.max_charge_w, plant.max_discharge_w
    rated_w = plant.rated_w
    return [
        make(47075, "u32", "max_charge_w", most=charge_w, then=limits),
        make(47077, "u32", "max_discharge_w", most=discharge_w, then=limits),
        make(47081, "u16", "charge_cutoff_percent", least=90, most=100, then=limits),
        make(47082, "u16", "discharge_cutoff_percent", most=20, then=limits),
        make(47083, "u16", "period_min", most=1440),
        make(47086, "u16", "working_mode", most=5),
        make(47087, "u16", "grid_charge", most=1),
        make(47088, "u16", "grid_charge_cutoff_percent", most=100),
        Cell(address=47100, kind="u16", get=lambda: controls.running_mode, set=force),
        make(47101, "u16", "target_soc_percent", most=100),
        make(47102, "u16", "reserve_percent", most=100),
        make(47246, "u16", "setting", most=1),
        make(47247, "u32", "charge_w", most=charge_w),
        make(47249, "u32", "discharge_w", most=discharge_w),
        make(47415, "u16", "power_limit_mode", most=7),
        make(47416, "s32", "export_limit_w", least=-rated_w, most=rated_w),
        make(47418, "s16", "export_limit_percent", least=-100, most=100),
    ]
