"""Eastron SDM630 at the grid connection: a bus meter behind a serial gateway.

Floats, high word first; + is import; phase currents have no sign; even register counts up to 80;
settings take function 16 only. Layout: Eastron SDM630 Modbus protocol V1/V2.
"""

from collections.abc import Callable

from simulators.plant import Plant
from simulators.registers import Bank, Cell, Device, Table


def build(plant: Plant, *, framer: str = "rtu") -> Device:
    """RTU frames over TCP (a transparent gateway), or `socket` for one that translates."""
    cells = [
        _float(52, lambda: plant.grid_w),
        _float(56, lambda: abs(plant.grid_w)),
        _float(62, lambda: 1.0),
        _float(70, lambda: plant.frequency_hz),
        _float(72, lambda: plant.import_wh / 1000),
        _float(74, lambda: plant.export_wh / 1000),
        _float(342, lambda: (plant.import_wh + plant.export_wh) / 1000),
    ]
    for phase in range(3):
        cells += _phase(plant, phase)
    serial = Cell(address=64512, kind="u32", get=lambda: 21_034_567)
    bank = Bank(
        input=Table(cells=cells, gap=None),
        holding=Table(cells=[serial], gap=None),
        longest_read=80,
        even_counts_only=True,
        write_functions=frozenset({16}),
    )
    return Device(units={1: bank}, framer=framer, unknown_unit=None, max_clients=1)


def _float(address: int, get: Callable[[], float]) -> Cell:
    return Cell(address=address, kind="f32", get=get)


def _phase(plant: Plant, phase: int) -> list[Cell]:
    def current_a() -> float:
        return abs(plant.grid_phases_w[phase]) / plant.voltages_v[phase]

    return [
        _float(2 * phase, lambda: plant.voltages_v[phase]),
        _float(6 + 2 * phase, current_a),
        _float(12 + 2 * phase, lambda: plant.grid_phases_w[phase]),
        _float(346 + 2 * phase, lambda: plant.import_phases_wh[phase] / 1000),
        _float(352 + 2 * phase, lambda: plant.export_phases_wh[phase] / 1000),
    ]
