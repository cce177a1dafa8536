"""The table of the grid operator's orders, for hearth export."""

import sqlite3
from typing import Any

from agent.cli.table import Table
from agent.store.grid_log import Logged, read

COLUMNS = (
    "at", "word", "source", "scope", "import_w", "export_w", "ends_at", "after_s", "measured_w",
    "mean_w", "most_w", "over_s", "reaction", "order", "whole", "note",
)  # fmt: skip


def orders(db: sqlite3.Connection) -> Table:
    """Oldest first, with a fault where a row is not whole."""
    rows = list(read(db))
    broken = sum(1 for row in rows if not row.whole)
    return Table(
        columns=COLUMNS,
        rows=[_cells(row) for row in rows],
        fault=f"{broken} rows were changed, or rows before them taken out" if broken else None,
    )


def _cells(row: Logged) -> list[Any]:
    doc, order = row.doc, row.doc.get("order", {})
    own = {"at": row.at.isoformat(), "whole": row.whole, "order": order.get("id")}
    return [own[key] if key in own else doc.get(key, order.get(key)) for key in COLUMNS]
