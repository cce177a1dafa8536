"""The trace: one row per step, from which everything that is reported follows."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

DECIMALS = 6
"""mW, and a millionth of a percent point: rounding never shows in a sum."""


@dataclass(frozen=True, slots=True)
class CarRow:
    power_kw: float
    percent: float
    plugged: bool


@dataclass(frozen=True, slots=True)
class Row:
    """Powers and prices are means over the step, percents stand at its end. Rounded as written.

    Args:
        start_s: Unix seconds.
        import_per_kwh, export_per_kwh: None = not known.
        sun_kw: before curtailment.
        battery_kw: + = charging; None = there is none.
        grid_kw: + = import.
    """

    start_s: int
    import_per_kwh: float | None
    export_per_kwh: float | None
    load_kw: float
    sun_kw: float
    curtailed_kw: float
    battery_kw: float | None
    battery_percent: float | None
    grid_kw: float
    cars: tuple[CarRow, ...]
    reason: str


def header(cars: Sequence[str]) -> list[str]:
    names = [
        "start_utc", "price", "export_price", "load_kw", "pv_kw", "curtailed_kw", "battery_kw",
        "battery_percent", "grid_kw",
    ]  # fmt: skip
    return [*names, *(f"{c}_{n}" for c in cars for n in ("kw", "percent", "plugged")), "reason"]


def write(path: Path, cars: Sequence[str], rows: Iterable[Row]) -> None:
    """Raises:
    OSError: the file cannot be written.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header(cars))
        writer.writerows(map(_cells, rows))


def _cells(row: Row) -> list[str]:
    start = datetime.fromtimestamp(row.start_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    figures = (
        row.import_per_kwh, row.export_per_kwh, row.load_kw, row.sun_kw, row.curtailed_kw,
        row.battery_kw, row.battery_percent, row.grid_kw,
    )  # fmt: skip
    cars = [
        cell
        for car in row.cars
        for cell in (_figure(car.power_kw), _figure(car.percent), str(int(car.plugged)))
    ]
    return [start, *map(_figure, figures), *cars, row.reason]


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.{DECIMALS}f}"
