"""SMA Sunny Tripower Smart Energy: 32-bit values, high word first, unit 3.

Grid import and export are two magnitudes, so are charging and discharging; the set-point 40149 is
+ discharging. Solar power is NaN at night; battery power and state of charge are NaN while the
battery idles without sun. Nothing may be read across an unknown register. All controls are
write-only, need function 16, and fade after 60 s. Layout: SMA Modbus parameter lists of the
STPx.0-3SE-40.
"""

import math
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
    """What was written during the last 60 s, each register by itself; the rest is automatic.

    Args:
        written: name -> (value, house time at which it fades).
    """

    plant: Plant
    written: dict[str, tuple[float, float]] = field(default_factory=dict)

    def write(self, name: str, value: float) -> None:
        self.written[name] = value, self.plant.now_s + _FADE_S
        self._apply()

    def _said(self, name: str) -> tuple[float, float] | None:
        said = self.written.get(name)
        return said if said is not None and self.plant.now_s < said[1] else None

    def _setpoint(self) -> tuple[float | None, float]:
        """The power asked for, + charging, and when that fades."""
        enabled, wanted = self._said("enable"), self._said("setpoint_w")
        if enabled and enabled[0] == _ACTIVE:
            return (-wanted[0], min(wanted[1], enabled[1])) if wanted else (0.0, enabled[1])
        for name, sign in (("min_charge_w", 1.0), ("min_discharge_w", -1.0)):
            least = self._said(name)
            if least and least[0]:
                return sign * least[0], least[1]
        return None, math.inf

    def _apply(self) -> None:
        setpoint_w, setpoint_until_s = self._setpoint()
        grid = self._said("grid_w") or (0.0, math.inf)
        charge = self._said("max_charge_w") or (None, 0.0)
        discharge = self._said("max_discharge_w") or (None, 0.0)
        self.plant.order = replace(
            self.plant.order,
            setpoint_w=setpoint_w,
            setpoint_until_s=setpoint_until_s,
            grid_target_w=grid[0],
            grid_target_until_s=grid[1],
            max_charge_w=charge[0],
            max_discharge_w=discharge[0],
            limits_until_s=max(charge[1], discharge[1]) or math.inf,
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
