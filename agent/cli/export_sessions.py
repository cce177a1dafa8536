"""The table of charging sessions, for hearth export. See docs/costs.md."""

import sqlite3
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from agent.bridges.charges import money, share, unaccounted_wh
from agent.bridges.wire import kwh
from agent.cli.table import Table
from agent.model.picture import Session
from agent.months import ended_in, month_of
from agent.store.reading import all_sessions

COLUMNS = (
    "from", "to", "charger", "car", "energy_kwh", "own_share", "cost", "currency",
    "reference_cost", "saving", "unaccounted_kwh", "id",
)  # fmt: skip


def sessions(db: sqlite3.Connection, month: str | None, timezone: str) -> Table:
    """Oldest first.

    Args:
        month: those that ended in it, "2026-11"; None = all, also those that run.
        timezone: IANA name, of the house.
    """
    zone = ZoneInfo(timezone)
    found = list(all_sessions(db))
    if month is not None:
        begins = datetime.strptime(month, "%Y-%m").replace(day=1, tzinfo=zone)
        wanted = month_of(begins, timezone)
        found = [each for each in found if ended_in(wanted, each, timezone)]
    return Table(columns=COLUMNS, rows=[_cells(each, zone) for each in found])


def _cells(session: Session, zone: ZoneInfo) -> list[Any]:
    cost = session.full_cost
    return [
        _at(session.plugged_in_at, zone),
        _at(session.plugged_out_at, zone),
        session.charger,
        session.vehicle,
        kwh(session.energy_wh),
        share(session.own_share),
        money(cost),
        None if cost is None else session.currency,
        money(session.reference_cost),
        money(session.saving),
        kwh(unaccounted_wh(session)),
        session.id,
    ]


def _at(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat(timespec="seconds")
