"""Victron GX with ESS: one address, a unit id per service.

Unit 100 is the system, 30 the grid meter, 225 the battery, 227 the inverter, 223 the solar
charger, 20 a solar inverter at the grid side. High word first; + import, + charging. A block
that crosses an address without a service gets exception 2, an absent unit exception 11, an
absent value 0. The setpoint override (2716) and the setpoints of ESS mode 3 fade after 60 s.
Layout: victronenergy/dbus_modbustcp, attributes.csv.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from simulators.plant import Plant
from simulators.registers import ILLEGAL_VALUE, Bank, Cell, Device, Fault, Table

DC_SHARE = 0.6
"""Of the roof hangs on the solar charger, the rest on the solar inverter."""
_FADE_S = 60.0
_EXTERNAL = 3
_BATTERY_V = 52.0
_NO_LIMIT = -1.0


@dataclass(slots=True)
class _Settings:
    plant: Plant
    ess_mode: float = 2
    setpoint_w: float = 0.0
    override_w: float = 0.0
    max_charge_percent: float = 100.0
    max_discharge_percent: float = 100.0
    max_discharge_w: float = _NO_LIMIT
    max_charge_a: float = _NO_LIMIT
    max_feed_in_w: float = _NO_LIMIT
    dc_feed_in: float = 1
    prevent_feed_in: float = 0
    life_state: float = 10
    min_soc_percent: float = 10.0
    vebus_w: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def apply_limits(self) -> None:
        plant = self.plant
        charge_w = plant.max_charge_w * self.max_charge_percent / 100
        if self.max_charge_a >= 0:
            charge_w = min(charge_w, self.max_charge_a * _BATTERY_V)
        discharge_w = plant.max_discharge_w * self.max_discharge_percent / 100
        if self.max_discharge_w >= 0:
            discharge_w = min(discharge_w, self.max_discharge_w)
        plant.order = replace(
            plant.order,
            max_charge_w=charge_w,
            max_discharge_w=discharge_w,
            min_soc_percent=self.min_soc_percent,
        )

    def apply_setting(self) -> None:
        """The stored setpoint stays for good."""
        self.plant.order = replace(self.plant.order, grid_target_w=self.setpoint_w)

    def apply_override(self) -> None:
        """The override fades; 0 hands back to the stored setpoint."""
        order = self.plant.order
        if self.override_w:
            until_s = self.plant.now_s + _FADE_S
            order = replace(order, grid_target_w=self.override_w, grid_target_until_s=until_s)
        else:
            order = replace(order, grid_target_w=self.setpoint_w, grid_target_until_s=float("inf"))
        self.plant.order = order

    def apply_mode(self) -> None:
        """In mode 3 somebody else regulates; without setpoints the inverter passes through."""
        order = self.plant.order
        setpoint_w = 0.0 if self.ess_mode == _EXTERNAL else None
        self.plant.order = replace(order, setpoint_w=setpoint_w, setpoint_until_s=float("inf"))

    def apply_vebus(self) -> None:
        if self.ess_mode == _EXTERNAL:
            until_s = self.plant.now_s + _FADE_S
            self.plant.order = replace(
                self.plant.order, setpoint_w=sum(self.vebus_w), setpoint_until_s=until_s
            )


def build(plant: Plant) -> Device:
    settings = _Settings(plant)
    services = {
        100: [*_system(plant), *_system_settings(settings)],
        30: _grid(plant),
        225: _battery(plant),
        227: _vebus(plant, settings),
        223: _solar_charger(plant),
        20: _solar_inverter(plant),
    }
    units = {}
    for unit, cells in services.items():
        table = Table(cells=cells, gap=0)
        units[unit] = Bank(holding=table, input=table)
    return Device(units=units)


def _cell(address: int, kind: str, get: Callable[[], float], scale: float = 1.0) -> Cell:
    return Cell(address=address, kind=kind, get=get, scale=scale)


def _system(plant: Plant) -> list[Cell]:
    def state() -> float:
        return 0 if not plant.battery_w else 1 if plant.battery_w > 0 else 2

    cells = [
        _cell(840, "u16", lambda: _BATTERY_V, 0.1),
        _cell(841, "s16", lambda: plant.battery_w / _BATTERY_V, 0.1),
        _cell(842, "s16", lambda: plant.battery_w),
        _cell(843, "u16", lambda: plant.soc_percent),
        _cell(844, "u16", state),
        _cell(850, "u16", lambda: plant.pv_w * DC_SHARE),
        _cell(5400, "u16", lambda: 0),
    ]
    for phase in range(3):
        cells += _system_phase(plant, phase)
    return cells


def _system_phase(plant: Plant, phase: int) -> list[Cell]:
    def load_w() -> float:
        return plant.load_w / 3

    def solar_w() -> float:
        return plant.pv_w * (1 - DC_SHARE) / 3

    def grid_w() -> float:
        return plant.grid_phases_w[phase]

    return [
        _cell(808 + phase, "u16", lambda: 0),
        _cell(811 + phase, "u16", solar_w),
        _cell(817 + phase, "u16", load_w),
        _cell(820 + phase, "s16", grid_w),
        _cell(884 + 2 * phase, "u32", lambda: 0),
        _cell(890 + 2 * phase, "u32", solar_w),
        _cell(902 + 2 * phase, "u32", load_w),
        _cell(908 + 2 * phase, "s32", grid_w),
    ]


def _setting(
    settings: _Settings,
    address: int,
    kind: str,
    name: str,
    *,
    least: float,
    most: float,
    scale: float = 1.0,
    then: Callable[[], None] = lambda: None,
) -> Cell:
    def write(value: float) -> None:
        if not least <= value <= most:
            raise Fault(ILLEGAL_VALUE)
        setattr(settings, name, value)
        then()

    return Cell(
        address=address, kind=kind, get=lambda: getattr(settings, name), set=write, scale=scale
    )


def _system_settings(settings: _Settings) -> list[Cell]:
    limits, stored = settings.apply_limits, settings.apply_setting
    override, mode = settings.apply_override, settings.apply_mode
    rows = [
        (2700, "s16", "setpoint_w", -32768, 32767, 1.0, stored),
        (2701, "u16", "max_charge_percent", 0, 100, 1.0, limits),
        (2702, "u16", "max_discharge_percent", 0, 100, 1.0, limits),
        (2703, "s16", "setpoint_w", -3_276_800, 3_276_700, 100.0, stored),
        (2704, "s16", "max_discharge_w", -10, 327_670, 10.0, limits),
        (2705, "s16", "max_charge_a", -1, 32767, 1.0, limits),
        (2706, "s16", "max_feed_in_w", -100, 3_276_700, 100.0, limits),
        (2707, "u16", "dc_feed_in", 0, 1, 1.0, limits),
        (2708, "u16", "prevent_feed_in", 0, 1, 1.0, limits),
        (2716, "s32", "override_w", -1e6, 1e6, 1.0, override),
        (2720, "s32", "max_discharge_w", -1, 1e6, 1.0, limits),
        (2722, "s32", "max_feed_in_w", -1, 1e6, 1.0, limits),
        (2900, "u16", "life_state", 0, 12, 1.0, limits),
        (2901, "u16", "min_soc_percent", 0, 100, 0.1, limits),
        (2902, "u16", "ess_mode", 1, 3, 1.0, mode),
    ]
    return [
        _setting(settings, address, kind, name, least=least, most=most, scale=scale, then=then)
        for address, kind, name, least, most, scale, then in rows
    ]


def _grid(plant: Plant) -> list[Cell]:
    cells = [
        Cell(address=2609, kind="str7", get=lambda: "HQ2219ABCDE"),
        _cell(2634, "u32", lambda: plant.import_wh / 1000, 0.01),
        _cell(2636, "u32", lambda: plant.export_wh / 1000, 0.01),
        _cell(2644, "u16", lambda: plant.frequency_hz, 0.01),
    ]
    for phase in range(3):
        cells += _grid_phase(plant, phase)
    return cells


def _grid_phase(plant: Plant, phase: int) -> list[Cell]:
    def current_a() -> float:
        return plant.grid_phases_w[phase] / plant.voltages_v[phase]

    return [
        _cell(2616 + 2 * phase, "u16", lambda: plant.voltages_v[phase], 0.1),
        _cell(2617 + 2 * phase, "s16", current_a, 0.1),
        _cell(2622 + 2 * phase, "u32", lambda: plant.import_phases_wh[phase] / 1000, 0.01),
        _cell(2628 + 2 * phase, "u32", lambda: plant.export_phases_wh[phase] / 1000, 0.01),
        _cell(2638 + 2 * phase, "s32", lambda: plant.grid_phases_w[phase]),
    ]


def _battery(plant: Plant) -> list[Cell]:
    return [
        _cell(258, "s16", lambda: plant.battery_w),
        _cell(259, "u16", lambda: _BATTERY_V, 0.01),
        _cell(261, "s16", lambda: plant.battery_w / _BATTERY_V, 0.1),
        _cell(262, "s16", lambda: 24.0, 0.1),
        _cell(266, "u16", lambda: plant.soc_percent, 0.1),
        _cell(284, "u16", lambda: 31),
        _cell(304, "u16", lambda: 99.0, 0.1),
        _cell(307, "u16", lambda: plant.max_charge_w / _BATTERY_V, 0.1),
        _cell(308, "u16", lambda: plant.max_discharge_w / _BATTERY_V, 0.1),
    ]


def _vebus(plant: Plant, settings: _Settings) -> list[Cell]:
    def setpoint(address: int, kind: str, phase: int) -> Cell:
        def write(value: float) -> None:
            watts = list(settings.vebus_w)
            watts[phase] = value
            settings.vebus_w = watts[0], watts[1], watts[2]
            settings.apply_vebus()

        return Cell(address=address, kind=kind, get=lambda: settings.vebus_w[phase], set=write)

    cells = [
        _cell(22, "s16", lambda: 50.0, 0.1),
        _cell(31, "u16", lambda: 252 if settings.ess_mode == _EXTERNAL else 3),
        _cell(33, "u16", lambda: 3),
        _cell(38, "u16", lambda: 0),
        _cell(39, "u16", lambda: 0),
        setpoint(37, "s16", 0),
        setpoint(40, "s16", 1),
        setpoint(41, "s16", 2),
        setpoint(96, "s32", 0),
    ]
    for phase in range(3):
        cells.append(_cell(12 + phase, "s16", lambda: plant.battery_w / 3, 10.0))
        cells.append(_cell(23 + phase, "s16", lambda: 0, 10.0))
    return cells


def _solar_charger(plant: Plant) -> list[Cell]:
    return [
        _cell(775, "u16", lambda: 3 if plant.pv_w else 0),
        _cell(776, "u16", lambda: 320.0 if plant.pv_w else 0.0, 0.01),
        _cell(789, "u16", lambda: plant.pv_w * DC_SHARE, 0.1),
        _cell(3728, "u32", lambda: plant.pv_wh * DC_SHARE / 1000),
    ]


def _solar_inverter(plant: Plant) -> list[Cell]:
    def power_w() -> float:
        return plant.pv_w * (1 - DC_SHARE) / 3

    def energy_kwh() -> float:
        return plant.pv_wh * (1 - DC_SHARE) / 3000

    powers = [_cell(1058 + 2 * phase, "u32", power_w) for phase in range(3)]
    return powers + [_cell(1046 + 2 * phase, "u32", energy_kwh, 0.01) for phase in range(3)]
