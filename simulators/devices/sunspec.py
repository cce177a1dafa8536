"""A three-phase SunSpec inverter with int+sf models, to be found by walking from 40000.

Models 1, 103, 120, 122, 123, 160 and, where the house has a battery, 124; then the end model. The
scale factor of the power follows the power, as real inverters' do. A read beyond the end model
gets exception 2. Limits of models 123 and 124 fall back after their own revert times.
Layout: sunspec/models on GitHub, json/.
"""

from collections.abc import Callable, Iterator
from functools import partial

from simulators.devices.sunspec_controls import Controls, immediate, storage
from simulators.devices.sunspec_points import Point, fixed, missing, sf, unused
from simulators.plant import Plant
from simulators.registers import Bank, Cell, Device, Table

BASE = 40000
_OPERATING = 7


def build(plant: Plant) -> Device:
    models: list[tuple[int, Callable[[], Iterator[Point]]]] = [
        (1, _common),
        (103, partial(_inverter, plant)),
        (120, partial(_nameplate, plant)),
        (122, partial(_status, plant)),
    ]
    controls = Controls(plant)
    models += [(123, partial(immediate, controls)), (160, partial(_strings, plant))]
    if plant.capacity_wh > 0:
        models.append((124, partial(storage, plant, controls)))
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


def _placed(address: int, points: Iterator[Point]) -> Iterator[Cell]:
    for point in points:
        cell = Cell(address=address, kind=point.kind, get=point.get, set=point.set, nan=point.nan)
        yield cell
        address += cell.size


def _common() -> Iterator[Point]:
    for kind, text in (
        ("str16", "Hearthside"),
        ("str16", "Sunny Side 10"),
        ("str8", ""),
        ("str8", "3.4.1"),
        ("str16", "SS10-0042"),
    ):
        yield fixed(kind, text)
    yield fixed("u16", 1)
    yield missing()


def _inverter(plant: Plant) -> Iterator[Point]:
    def ac_w() -> float:
        return plant.pv_w - plant.battery_w

    def exponent() -> int:
        """Tenths of a watt while they fit, then watts."""
        return -1 if abs(ac_w()) < 3000 else 0

    def scaled_w() -> float:
        return float(ac_w() / 10 ** exponent())

    def phase_a(phase: int) -> Point:
        return Point("u16", lambda: abs(ac_w()) / 3 / plant.voltages_v[phase] * 100)

    def phase_v(phase: int) -> Point:
        return Point("u16", lambda: plant.voltages_v[phase] * 10)

    yield Point("u16", lambda: abs(ac_w()) / 230 * 100)
    yield from (phase_a(phase) for phase in range(3))
    yield sf(-2)
    yield from (missing() for _ in range(3))
    yield from (phase_v(phase) for phase in range(3))
    yield sf(-1)
    yield Point("s16", scaled_w)
    yield Point("s16", exponent)
    yield Point("u16", lambda: plant.frequency_hz * 100)
    yield sf(-2)
    yield from (missing("s16") for _ in range(6))  # VA, VAr and PF, each with its factor
    yield Point("u32", lambda: plant.pv_wh)
    yield sf(0)
    yield from (missing(kind) for kind in ("u16", "s16", "u16", "s16"))  # DCA and DCV
    yield Point("s16", lambda: plant.pv_w)
    yield sf(0)
    yield fixed("s16", 412)
    yield from (missing("s16") for _ in range(3))
    yield sf(-1)
    yield Point("u16", lambda: 4 if plant.pv_w > 0 else 2)
    yield missing()
    yield from (unused("u32") for _ in range(6))


def _nameplate(plant: Plant) -> Iterator[Point]:
    battery = plant.capacity_wh > 0
    yield fixed("u16", 82 if battery else 4)
    yield fixed("u16", plant.rated_w)
    yield sf(0)
    yield fixed("u16", plant.rated_w)
    yield sf(0)
    yield from (missing("s16") for _ in range(5))
    yield fixed("u16", round(plant.rated_w / 690 * 10))
    yield sf(-1)
    yield from (missing("s16") for _ in range(5))
    for rating in (plant.capacity_wh, None, plant.max_charge_w, plant.max_discharge_w):
        yield fixed("u16", rating) if battery and rating is not None else missing()
        yield sf(0) if battery and rating is not None else missing("s16")
    yield missing()


def _status(plant: Plant) -> Iterator[Point]:
    yield fixed("u16", _OPERATING)
    yield fixed("u16", _OPERATING if plant.capacity_wh > 0 else 0)
    yield fixed("u16", 1)
    yield Point("u64", lambda: plant.pv_wh)
    yield from (unused("u64") for _ in range(5))
    yield missing("s16")
    yield missing("s16")
    yield missing()
    yield missing("s16")
    yield unused("u32")
    yield unused("u32")
    yield fixed("str4", "RTC")
    yield missing("u32")
    yield unused()
    yield missing()
    yield missing("s16")


def _strings(plant: Plant) -> Iterator[Point]:
    """Two strings of the roof; with a battery also its two directions, as Fronius has them."""
    sources: list[tuple[str, Callable[[], float], Callable[[], float]]] = [
        (f"String {number}", lambda: plant.pv_w / 2, lambda: plant.pv_wh / 2) for number in (1, 2)
    ]
    if plant.capacity_wh > 0:
        sources += [
            ("StCha 3", lambda: max(0.0, plant.battery_w), lambda: plant.charge_wh),
            ("StDisCha 4", lambda: max(0.0, -plant.battery_w), lambda: plant.discharge_wh),
        ]
    yield from (sf(-2), sf(-1), sf(0), sf(0))
    yield unused("u32")
    yield fixed("u16", len(sources))
    yield missing()
    for number, (name, power_w, energy_wh) in enumerate(sources, 1):
        yield from _module(number, name, power_w, energy_wh)


def _module(
    number: int, name: str, power_w: Callable[[], float], energy_wh: Callable[[], float]
) -> Iterator[Point]:
    volts = 590.0
    yield fixed("u16", number)
    yield fixed("str8", name)
    yield Point("u16", lambda: power_w() / volts * 100)
    yield fixed("u16", volts * 10)
    yield Point("u16", power_w)
    yield Point("u32", energy_wh)
    yield missing("u32")
    yield missing("s16")
    yield fixed("u16", 4)
    yield unused("u32")
