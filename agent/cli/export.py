"""hearth export"""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from agent.cli.export_orders import orders
from agent.cli.export_plans import plans
from agent.cli.export_sessions import sessions
from agent.cli.table import Table, as_csv, as_json
from agent.config import ConfigError, load
from agent.store.connection import connect_reader

ORDERS, PLANS = "grid-orders", "plans"


def export(config: Path, what: str, *, month: str | None, in_json: bool) -> int:
    """Print a table of what is on disk, oldest first; Hearth may be running.

    Args:
        what: grid-orders, plans or sessions.
        month: of sessions and plans, "2026-11"; None = all.

    Returns 1 where the config file or the database cannot be read, or a row is not whole, and 2
    where there are no months of what is wanted.
    """
    if what == ORDERS and month is not None:
        print(
            "--month is for plans and sessions; grid-orders are whole",
            file=sys.stderr,
        )
        return 2
    try:
        settings = load(config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    path = settings.store.path
    if not path.exists():
        print(f"there is no database at {path}; Hearth has not run yet", file=sys.stderr)
        return 1
    try:
        with closing(connect_reader(path)) as db:
            table = _table(db, what, month, settings.house.timezone)
    except sqlite3.Error as error:
        print(f"{path} cannot be read ({error}). Remedy: use sudo", file=sys.stderr)
        return 1
    return _printed(table, in_json=in_json)


def _table(db: sqlite3.Connection, what: str, month: str | None, timezone: str) -> Table:
    if what == ORDERS:
        return orders(db)
    return (plans if what == PLANS else sessions)(db, month, timezone)


def _printed(table: Table, *, in_json: bool) -> int:
    sys.stdout.writelines(as_json(table) if in_json else as_csv(table))
    if table.fault is not None:
        print(table.fault, file=sys.stderr)
    return 0 if table.fault is None else 1
