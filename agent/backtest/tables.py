"""CSV files of a scenario: series of measurements or prices, and trips."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import TextIO

from agent.backtest.faults import BadScenario, fault
from agent.backtest.scenario import Series, Trip

START = "start_utc"
TRIPS = ("vehicle", "leaves", "returns", "used_kwh")
UNKNOWN = ("", "nan")
MOST_FAULTS = 10
"""Of one file; whoever exported it wrongly learns no more from the thousandth."""


@dataclass(frozen=True, slots=True)
class Row:
    """
    Args:
        comma: whether numbers may be written with one.
    """

    line: int
    cells: dict[str, str]
    comma: bool

    def number(self, column: str) -> float | None:
        """None for what is not known.

        Raises:
            ValueError: with remedy.
        """
        text = self.cells[column]
        return _number(text.replace(",", ".") if self.comma else text, column)


def read_series(path: Path, columns: Sequence[str]) -> dict[str, Series]:
    """Some columns of a file, in the order of time.

    Raises:
        BadScenario: the file or a row of it cannot be used.
    """
    faults, rows = [], list[tuple[int, int, tuple[float | None, ...]]]()
    for row in _rows(path, (START, *columns)):
        try:
            at_s = int(instant(row.cells[START]).timestamp())
            rows.append((at_s, row.line, tuple(map(row.number, columns))))
        except ValueError as error:
            wrong, _, remedy = str(error).partition("; ")
            faults.append(fault(path, row.line, "the row", wrong, remedy))
        if len(faults) == MOST_FAULTS:
            break
    rows.sort()
    for before, after in pairwise(rows):
        if before[0] == after[0] and len(faults) < MOST_FAULTS:
            wrong = f"line {before[1]} is of the same instant"
            faults.append(fault(path, after[1], "the row", wrong, _TWICE))
    if faults:
        raise BadScenario(faults)
    if not rows:
        raise BadScenario([fault(path, 1, "the file", "there are no rows in it", _FILL)])
    step_s = _step_s([at_s for at_s, _, _ in rows])
    starts = tuple(at_s for at_s, _, _ in rows)
    return {
        column: Series(step_s=step_s, starts_s=starts, values=tuple(v[n] for _, _, v in rows))
        for n, column in enumerate(columns)
    }


def columns_of(path: Path) -> list[str]:
    """The names of a file's columns beside that of the instants.

    Raises:
        BadScenario: it cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = next(csv.reader(file, delimiter=_delimiter(file)), [])
            return [name.strip() for name in first if name.strip() != START]
    except (OSError, UnicodeDecodeError) as error:
        wrong = f"it cannot be read ({getattr(error, 'strerror', None) or error})"
        remedy = "name a CSV in UTF-8 that is there"
        raise BadScenario([fault(path, None, "the file", wrong, remedy)]) from None


def _delimiter(file: TextIO) -> str:
    """What the first line is parted by: spreadsheets of half of Europe part cells by semicolons,
    since their numbers have commas."""
    first = file.readline()
    file.seek(0)
    return max(",;\t", key=first.count)


_TWICE = (
    "delete one of the two; an hour that a clock shows twice in autumn needs its offset, "
    "e.g. 2024-10-27T02:00+02:00"
)
_FILL = "export it again"
HOUR_S = 3600


def _step_s(starts: Sequence[int]) -> int:
    """The most frequent distance, the shorter one of two as frequent; an hour for a lone row."""
    distances = Counter(b - a for a, b in pairwise(starts))
    return min(distances, key=lambda each: (-distances[each], each), default=HOUR_S)


def read_trips(path: Path, vehicles: Sequence[str]) -> dict[str, tuple[Trip, ...]]:
    """The trips of each vehicle, in the order of time.

    Raises:
        BadScenario: the file or a row of it cannot be used.
    """
    faults, trips = [], list[tuple[Trip, int, str]]()
    for row in _rows(path, TRIPS):
        try:
            trips.append((_trip(row, vehicles), row.line, row.cells["vehicle"]))
        except ValueError as error:
            wrong, _, remedy = str(error).partition("; ")
            faults.append(fault(path, row.line, "the trip", wrong, remedy))
    trips.sort(key=lambda each: (each[2], each[0].leaves))
    for (before, line, car), (after, later, other) in pairwise(trips):
        if car == other and after.leaves < before.returns:
            wrong = f"{car} leaves before it is back from the trip of line {line}"
            faults.append(fault(path, later, "the trip", wrong, "correct one of the two"))
    if faults:
        raise BadScenario(faults)
    return {car: tuple(t for t, _, who in trips if who == car) for car in vehicles}


def _trip(row: Row, vehicles: Sequence[str]) -> Trip:
    cells = row.cells
    if cells["vehicle"] not in vehicles:
        known = ", ".join(vehicles) or "none"
        raise ValueError(f"there is no vehicle {cells['vehicle']}; the scenario has: {known}")
    leaves, returns = instant(cells["leaves"]), instant(cells["returns"])
    if returns <= leaves:
        raise ValueError("it returns before it leaves; swap the two, or give their offsets")
    used_kwh = row.number("used_kwh")
    if used_kwh is None or used_kwh < 0:
        raise ValueError("used_kwh is missing or below 0; write how many kWh the trip took")
    return Trip(leaves=leaves, returns=returns, used_wh=used_kwh * 1000)


def instant(text: str) -> datetime:
    """Read an instant: UTC unless it carries an offset.

    Raises:
        ValueError: with remedy.
    """
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        example = "2024-04-09T17:00:00Z"
        raise ValueError(f"{text or 'nothing'} is no instant; write it like {example}") from None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _number(text: str, column: str) -> float | None:
    """None for what is not known."""
    bare = text.strip()
    if bare.lower() in UNKNOWN:
        return None
    try:
        value = float(bare)
    except ValueError:
        value = float("inf")
    if not isfinite(value):
        remedy = "write a number with a point, or leave it empty where nothing is known"
        raise ValueError(f"{column} is {bare}, which is no number; {remedy}")
    return value


def _rows(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            delimiter = _delimiter(file)
            reader = csv.DictReader(file, delimiter=delimiter)
            names = [name.strip() for name in reader.fieldnames or ()]
            reader.fieldnames = names
            for column in columns:
                if column not in names:
                    wrong = f"there is no column {column}"
                    remedy = f"the first line names: {', '.join(names) or 'nothing'}"
                    raise BadScenario([fault(path, 1, "the file", wrong, remedy)])
            for cells in reader:
                full = {c: cells.get(c) or "" for c in columns}
                yield Row(reader.line_num, full, delimiter != ",")
    except OSError as error:
        wrong = f"it cannot be read ({error.strerror})"
        remedy = "paths are seen from the scenario's own folder"
        raise BadScenario([fault(path, None, "the file", wrong, remedy)]) from None
    except (UnicodeDecodeError, csv.Error) as error:
        wrong = f"it is no CSV in UTF-8 ({error})"
        raise BadScenario([fault(path, None, "the file", wrong, "save it as such")]) from None
