"""SMA Sunny Tripower Smart Energy: 32-bit values, high word first, unit 3.

Grid import and export are two magnitudes, so are charging and discharging; the set-point 40149 is
+ discharging. Solar power is NaN at night; battery power and state of charge are NaN while the
battery idles without sun. Nothing may be read across an unknown register. All controls are
write-only, need function 16, and fade after 60 s. Layout: SMA Modbus parameter lists of the
STPx.0-3SE-40.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from simulators.plant import Plant
from simulators.registers import ILLEGAL_VALUE, Bank, Cell, Device, Fault, Table

_NAN_U32, _NAN_S32 = 0xFFFFFFFF, 0x80000000
_NAN_U64 = 0xFFFFFFFFFFFFFFFF
_FADE_S = 60.0
_DEFAULT_MODE, _CHARGE_MODE = 2424, 2289
_ACTIVE, _INACTIVE = 802, 803
_BATTERY_V = 380.0


@dataclass(slots=True)
class _Controls:
    """What was written during the last 60 s; everything else is as the inverter likes it."""

    plant: Plant
    written: dict[str, float] = field(default_factory=dict)
    fades_at_s: float = 0.0

    def write(self, name: str, value: float) -> None:
        now_s = self.plant.now_s
        if now_s >= self.fades_at_s:
            self.written.clear()
        self.written[name] = value
        self.fades_at_s = now_s + _FADE_S
        self._apply()

    def _apply(self) -> None:
        said = self.written
        setpoint_w = None
        if said.get("min_charge_w"):
            setpoint_w = said["min_charge_w"]
        elif said.get("min_discharge_w"):
            setpoint_w = -said["min_discharge_w"]
        if said.get("enable") == _ACTIVE:
            setpoint_w = -said.get("setpoint_w", 0.0)
        self.plant.order = replace(
            self.plant.order,
            setpoint_w=setpoint_w,
            setpoint_until_s=self.fades_at_s,
            grid_target_w=said.get("grid_w", 0.0),
            grid_target_until_s=self.fades_at_s,
            max_charge_w=said.get("max_charge_w"),
            max_discharge_w=said.get("max_discharge_w"),
            limits_until_s=self.fades_at_s,
        )


def build(plant: Plant) -> Device:
    cells = [*_grid(plant), *_inverter(plant), *_battery(plant), *_controls(plant)]
    table = Table(cells=cells, gap=0)
    bank = Bank(holding=table, input=table)
    return Device(units={3: bank})


def _u32(address: int, get: Callable[[], float | None], scale: float = 1.0) -> Cell:
    return Cell(address=address, kind="u32", get=get, scale=scale, nan=_NAN_U32)


def _s32(address: int, get: Callable[[], float | None], scale: float = 1.0) -> Cell:
    return Cell(address=address, kind="s32", get=get, scale=scale, nan=_NAN_S32)


def _grid(plant: Plant) -> list[Cell]:
    cells = [
        _u32(30581, lambda: plant.import_wh),
        _u32(30583, lambda: plant.export_wh),
        _s32(30865, lambda: max(0.0, plant.grid_w)),
        _s32(30867, lambda: max(0.0, -plant.grid_w)),
        _u32(31447, lambda: plant.frequency_hz, 0.01),
    ]
    for phase in range(3):
        cells += _grid_phase(plant, phase)
    return cells


def _grid_phase(plant: Plant, phase: int) -> list[Cell]:
    def current_a() -> float:
        return abs(plant.grid_phases_w[phase]) / plant.voltages_v[phase]

    return [
        _u32(31253 + 2 * phase, lambda: plant.voltages_v[phase], 0.01),
        _u32(31259 + 2 * phase, lambda: max(0.0, -plant.grid_phases_w[phase])),
        _u32(31265 + 2 * phase, lambda: max(0.0, plant.grid_phases_w[phase])),
        _s32(31435 + 2 * phase, current_a, 0.001),
    ]


def _inverter(plant: Plant) -> list[Cell]:
    """Two strings share the sun; the third input does not exist."""

    def string_w() -> float | None:
        return plant.pv_w / 2 if plant.pv_w > 0 else None

    return [
        _s32(30773, string_w),
        _s32(30775, lambda: plant.pv_w - plant.battery_w),
        _s32(30961, string_w),
        _s32(30967, lambda: None),
    ]


def _battery(plant: Plant) -> list[Cell]:
    def awake(value: float) -> float | None:
        return None if plant.battery_w == 0 and plant.pv_w == 0 else value

    def total(address: int, get: Callable[[], float]) -> Cell:
        return Cell(address=address, kind="u64", get=get, nan=_NAN_U64)

    return [
        _s32(30843, lambda: awake(plant.battery_w / _BATTERY_V), 0.001),
        _u32(30845, lambda: awake(plant.soc_percent)),
        _u32(30851, lambda: awake(_BATTERY_V), 0.01),
        _u32(30955, lambda: 2292 if plant.battery_w >= 0 else 2293),
        _u32(31393, lambda: awake(max(0.0, plant.battery_w))),
        _u32(31395, lambda: awake(max(0.0, -plant.battery_w))),
        total(31397, lambda: plant.charge_wh),
        total(31401, lambda: plant.discharge_wh),
        _u32(40187, lambda: plant.capacity_wh),
    ]


def _controls(plant: Plant) -> list[Cell]:
    controls = _Controls(plant)

    def make(
        address: int,
        name: str,
        *,
        most: float = 1e6,
        words: frozenset[int] | None = None,
        signed: bool = False,
    ) -> Cell:
        def write(value: float) -> None:
            if (words is not None and value not in words) or abs(value) > most:
                raise Fault(ILLEGAL_VALUE)
            controls.write(name, value)

        return Cell(
            address=address,
            kind="s32" if signed else "u32",
            get=lambda: None,
            nan=_NAN_S32 if signed else _NAN_U32,
            set=write,
        )

    return [
        make(40149, "setpoint_w", signed=True),
        make(40151, "enable", words=frozenset({_ACTIVE, _INACTIVE})),
        make(40236, "mode", words=frozenset({_DEFAULT_MODE, _CHARGE_MODE})),
        make(40793, "min_charge_w"),
        make(40795, "max_charge_w"),
        make(40797, "min_discharge_w"),
        make(40799, "max_discharge_w"),
        make(40801, "grid_w"),
    ]
