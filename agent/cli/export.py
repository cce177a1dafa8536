"""hearth export"""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from agent.config import ConfigError, load
from agent.store.connection import connect_reader
from agent.store.grid_log import Logged, read

COLUMNS = (
    "at", "word", "source", "scope", "import_w", "export_w", "ends_at", "after_s", "measured_w",
    "mean_w", "most_w", "over_s", "reaction", "order", "whole",
)  # fmt: skip


def export(config: Path, *, as_json: bool) -> int:
    """Print the log of the grid operator's orders, oldest first; Hearth may be running.

    Returns 1 where the config file or the database cannot be read, or a row is not whole.
    """
    try:
        path = load(config).store.path
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    if not path.exists():
        print(f"there is no database at {path}; Hearth has not run yet", file=sys.stderr)
        return 1
    try:
        with closing(connect_reader(path)) as db:
            rows = list(read(db))
    except sqlite3.Error as error:
        print(f"{path} cannot be read ({error}). Remedy: use sudo", file=sys.stderr)
        return 1
    sys.stdout.writelines(_json(rows) if as_json else _csv(rows))
    broken = sum(1 for row in rows if not row.whole)
    if broken:
        print(f"{broken} rows were changed, or rows before them taken out", file=sys.stderr)
    return 1 if broken else 0


def _json(rows: list[Logged]) -> Iterator[str]:
    for row in rows:
        yield orjson.dumps(dict(zip(COLUMNS, _cells(row), strict=True))).decode() + "\n"


def _csv(rows: list[Logged]) -> Iterator[str]:
    import csv
    import io

    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for row in rows:
        table.writerow(_plain(cell) for cell in _cells(row))
    yield out.getvalue()


def _cells(row: Logged) -> list[Any]:
    doc, order = row.doc, row.doc.get("order", {})
    own = {"at": row.at.isoformat(), "whole": row.whole, "order": order.get("id")}
    return [own[key] if key in own else doc.get(key, order.get(key)) for key in COLUMNS]


def _plain(cell: Any) -> object:
    match cell:
        case dict():
            return "; ".join(f"{device}: {does}" for device, does in cell.items())
        case bool():
            return "yes" if cell else "no"
        case _:
            return cell
