"""A three-phase SunSpec inverter with int+sf models, to be found by walking from 40000.

Models 1, 103, 120, 122, 123, 160 and, where the house has a battery, 124; then the end model. The
scale factor of the power follows the power, as real inverters' do. A read beyond the end model
gets exception 2. Limits of models 123 and 124 fall back after their own revert times.
Layout: sunspec/models on GitHub, json/.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from simulators.plant import Plant
from simulators.registers import ILLEGAL_VALUE, Bank, Cell, Device, Fault, Get, Set, Table

BASE = 40000
_NAN = {"u16": 0xFFFF, "s16": 0x8000, "u32": 0xFFFFFFFF, "u64": 0xFFFFFFFFFFFFFFFF}
_OPERATING = 7
_LIMIT_CHARGE, _LIMIT_DISCHARGE = 1, 2


@dataclass(frozen=True, slots=True)
class _Point:
    """The next point of a model; `get` returns the raw number."""

    kind: str
    get: Get
    set: Set | None = None
    nan: int | None = None


def _is(kind: str, value: float | str) -> _Point:
    return _Point(kind, lambda: value)


def _none(kind: str = "u16") -> _Point:
    return _Point(kind, lambda: None, nan=_NAN[kind])


def _zero(kind: str = "u16") -> _Point:
    """An accumulator or bit field that is not used."""
    return _is(kind, 0)


def _sf(exponent: int) -> _Point:
    return _is("s16", exponent)


@dataclass(slots=True)
class _Controls:
    plant: Plant
    limit_percent: float = 10_000
    limit_revert_s: float = 0
    limit_enabled: float = 0
    connected: float = 1
    storage_mode: float = 0
    out_rate: float = 10_000
    in_rate: float = 10_000
    rate_revert_s: float = 0
    grid_charge: float = 0
    reserve_percent: float = 500

    def setting(self, name: str, least: float, most: float) -> _Point:
        def write(value: float) -> None:
            if not least <= value <= most:
                raise Fault(ILLEGAL_VALUE)
            setattr(self, name, value)
            self.apply()

        kind = "s16" if least < 0 else "u16"
        return _Point(kind, lambda: getattr(self, name), write)

    def apply(self) -> None:
        plant = self.plant
        until_s = plant.now_s + self.limit_revert_s if self.limit_revert_s else math.inf
        plant.pv_limit_w, plant.pv_limit_until_s = None, math.inf
        if not self.connected:
            plant.pv_limit_w = 0.0
        elif self.limit_enabled:
            plant.pv_limit_w = plant.rated_w * self.limit_percent / 10_000
            plant.pv_limit_until_s = until_s
        self._apply_storage()

    def _apply_storage(self) -> None:
        """A negative limit is a demand: discharging at most -50 % is charging at half power."""
        plant, mode = self.plant, int(self.storage_mode)
        until_s = plant.now_s + self.rate_revert_s if self.rate_revert_s else math.inf
        setpoint_w = charge_w = discharge_w = None
        if mode & _LIMIT_CHARGE:
            charge_w = plant.max_charge_w * self.in_rate / 10_000
            setpoint_w = charge_w if charge_w < 0 else None
        if mode & _LIMIT_DISCHARGE:
            discharge_w = plant.max_charge_w * self.out_rate / 10_000
            setpoint_w = -discharge_w if discharge_w < 0 else setpoint_w
        plant.order = replace(
            plant.order,
            setpoint_w=setpoint_w,
            setpoint_until_s=until_s,
            max_charge_w=None if setpoint_w is not None else charge_w,
            max_discharge_w=None if setpoint_w is not None else discharge_w,
            limits_until_s=until_s,
            min_soc_percent=self.reserve_percent / 100,
        )


def build(plant: Plant) -> Device:
    models: list[tuple[int, Callable[[], Iterator[_Point]]]] = [
        (1, _common),
        (103, partial(_inverter, plant)),
        (120, partial(_nameplate, plant)),
        (122, partial(_status, plant)),
    ]
    controls = _Controls(plant)
    models += [(123, partial(_immediate, controls)), (160, partial(_strings, plant))]
    if plant.capacity_wh > 0:
        models.append((124, partial(_storage, plant, controls)))
    cells = [Cell(address=BASE, kind="str2", get=lambda: "SunS")]
    address = BASE + 2
    for model, points in models:
        body = list(_placed(address + 2, points()))
        length = sum(cell.size for cell in body)
        cells += [_constant(address, model), _constant(address + 1, length), *body]
        address += 2 + length
    cells += [_constant(address, 0xFFFF), _constant(address + 1, 0)]
    bank = Bank(holding=Table(cells=cells, gap=0))
    return Device(units={1: bank})


def _constant(address: int, value: int) -> Cell:
    return Cell(address=address, kind="u16", get=lambda: value)


def _placed(address: int, points: Iterator[_Point]) -> Iterator[Cell]:
    for point in points:
        cell = Cell(address=address, kind=point.kind, get=point.get, set=point.set, nan=point.nan)
        yield cell
        address += cell.size


def _common() -> Iterator[_Point]:
    for kind, text in (
        ("str16", "Hearthside"),
        ("str16", "Sunny Side 10"),
        ("str8", ""),
        ("str8", "3.4.1"),
        ("str16", "SS10-0042"),
    ):
        yield _is(kind, text)
    yield _is("u16", 1)
    yield _none()


def _inverter(plant: Plant) -> Iterator[_Point]:
    def ac_w() -> float:
        return plant.pv_w - plant.battery_w

    def exponent() -> int:
        """Tenths of a watt while they fit, then watts."""
        return -1 if abs(ac_w()) < 3000 else 0

    def scaled_w() -> float:
        return float(ac_w() / 10 ** exponent())

    def phase_a(phase: int) -> _Point:
        return _Point("u16", lambda: abs(ac_w()) / 3 / plant.voltages_v[phase] * 100)

    def phase_v(phase: int) -> _Point:
        return _Point("u16", lambda: plant.voltages_v[phase] * 10)

    yield _Point("u16", lambda: abs(ac_w()) / 230 * 100)
    yield from (phase_a(phase) for phase in range(3))
    yield _sf(-2)
    yield from (_none() for _ in range(3))
    yield from (phase_v(phase) for phase in range(3))
    yield _sf(-1)
    yield _Point("s16", scaled_w)
    yield _Point("s16", exponent)
    yield _Point("u16", lambda: plant.frequency_hz * 100)
    yield _sf(-2)
    for _ in range(3):  # VA, VAr, PF
        yield _none("s16")
        yield _none("s16")
    yield _Point("u32", lambda: plant.pv_wh)
    yield _sf(0)
    for kind in ("u16", "u16"):  # DCA, DCV
        yield _none(kind)
        yield _none("s16")
    yield _Point("s16", lambda: plant.pv_w)
    yield _sf(0)
    yield _is("s16", 412)
    yield from (_none("s16") for _ in range(3))
    yield _sf(-1)
    yield _Point("u16", lambda: 4 if plant.pv_w > 0 else 2)
    yield _none()
    yield from (_zero("u32") for _ in range(6))


def _nameplate(plant: Plant) -> Iterator[_Point]:
    battery = plant.capacity_wh > 0
    yield _is("u16", 82 if battery else 4)
    yield _is("u16", plant.rated_w)
    yield _sf(0)
    yield _is("u16", plant.rated_w)
    yield _sf(0)
    yield from (_none("s16") for _ in range(5))
    yield _is("u16", round(plant.rated_w / 690 * 10))
    yield _sf(-1)
    yield from (_none("s16") for _ in range(5))
    for rating in (plant.capacity_wh, None, plant.max_charge_w, plant.max_discharge_w):
        yield _is("u16", rating) if battery and rating is not None else _none()
        yield _sf(0) if battery and rating is not None else _none("s16")
    yield _none()


def _status(plant: Plant) -> Iterator[_Point]:
    yield _is("u16", _OPERATING)
    yield _is("u16", _OPERATING if plant.capacity_wh > 0 else 0)
    yield _is("u16", 1)
    yield _Point("u64", lambda: plant.pv_wh)
    yield from (_zero("u64") for _ in range(5))
    yield _none("s16")
    yield _none("s16")
    yield _none()
    yield _none("s16")
    yield _zero("u32")
    yield _zero("u32")
    yield _is("str4", "RTC")
    yield _none("u32")
    yield _zero()
    yield _none()
    yield _none("s16")


def _immediate(controls: _Controls) -> Iterator[_Point]:
    yield _none()
    yield _none()
    yield controls.setting("connected", 0, 1)
    yield controls.setting("limit_percent", 0, 10_000)
    yield _none()
    yield controls.setting("limit_revert_s", 0, 65_534)
    yield _none()
    yield controls.setting("limit_enabled", 0, 1)
    yield _is("s16", 100)
    yield from (_none() for _ in range(3))
    yield _is("u16", 0)
    yield from (_none("s16") for _ in range(3))
    yield from (_none() for _ in range(3))
    yield _none()
    yield _is("u16", 0)
    yield _sf(-2)
    yield _sf(-2)
    yield _none("s16")


def _strings(plant: Plant) -> Iterator[_Point]:
    """Two strings of the roof; with a battery also its two directions, as Fronius has them."""
    sources: list[tuple[str, Callable[[], float], Callable[[], float]]] = [
        (f"String {number}", lambda: plant.pv_w / 2, lambda: plant.pv_wh / 2) for number in (1, 2)
    ]
    if plant.capacity_wh > 0:
        sources += [
            ("StCha 3", lambda: max(0.0, plant.battery_w), lambda: plant.charge_wh),
            ("StDisCha 4", lambda: max(0.0, -plant.battery_w), lambda: plant.discharge_wh),
        ]
    yield from (_sf(-2), _sf(-1), _sf(0), _sf(0))
    yield _zero("u32")
    yield _is("u16", len(sources))
    yield _none()
    for number, (name, power_w, energy_wh) in enumerate(sources, 1):
        yield from _module(number, name, power_w, energy_wh)


def _module(
    number: int, name: str, power_w: Callable[[], float], energy_wh: Callable[[], float]
) -> Iterator[_Point]:
    volts = 590.0
    yield _is("u16", number)
    yield _is("str8", name)
    yield _Point("u16", lambda: power_w() / volts * 100)
    yield _is("u16", volts * 10)
    yield _Point("u16", power_w)
    yield _Point("u32", energy_wh)
    yield _none("u32")
    yield _none("s16")
    yield _is("u16", 4)
    yield _zero("u32")


def _storage(plant: Plant, controls: _Controls) -> Iterator[_Point]:
    def status() -> float:
        return 6 if not plant.battery_w else 4 if plant.battery_w > 0 else 3

    yield _is("u16", plant.max_charge_w)
    yield _is("u16", 100)
    yield _is("u16", 100)
    yield controls.setting("storage_mode", 0, 3)
    yield _none()
    yield controls.setting("reserve_percent", 0, 10_000)
    yield _Point("u16", lambda: plant.soc_percent * 100)
    yield _none()
    yield _none()
    yield _Point("u16", status)
    yield controls.setting("out_rate", -10_000, 10_000)
    yield controls.setting("in_rate", -10_000, 10_000)
    yield _none()
    yield controls.setting("rate_revert_s", 0, 65_534)
    yield _none()
    yield controls.setting("grid_charge", 0, 1)
    yield _sf(0)
    yield _sf(0)
    yield _none("s16")
    yield _sf(-2)
    yield _sf(-2)
    yield from (_none("s16") for _ in range(2))
    yield _sf(-2)
