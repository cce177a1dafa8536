"""A table on standard output: CSV for spreadsheets, or one JSON object a line for programs."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Args:
    rows: a cell for each column; None = unknown, an empty cell.
    fault: what is wrong with it, for people; None = nothing.
    """

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    fault: str | None = None


def as_json(table: Table) -> Iterator[str]:
    for row in table.rows:
        yield orjson.dumps(dict(zip(table.columns, row, strict=True))).decode() + "\n"


def as_csv(table: Table) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow(_plain(cell) for cell in row)
    yield out.getvalue()


def _plain(cell: Any) -> object:
    match cell:
        case dict():
            return "; ".join(f"{device}: {does}" for device, does in cell.items())
        case bool():
            return "yes" if cell else "no"
        case _:
            return cell
