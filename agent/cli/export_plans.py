"""The table of the plans of smart charging, for hearth export. See docs/smart-charging.md."""

import sqlite3
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from agent.bridges.charges import money
from agent.cli.table import Table
from agent.model.smart import SmartPlan
from agent.plan.smart.memory import plan_of
from agent.store.plans import all_plans

COLUMNS = (
    "made", "ended", "device", "state", "failure", "deadline", "stop", "start", "finish",
    "stop_confirmed", "start_confirmed", "cost", "cost_at_once", "saving", "currency", "id",
)  # fmt: skip
RUNS = "PLAN:EXECUTING"


def plans(db: sqlite3.Connection, month: str | None, timezone: str) -> Table:
    """Oldest first.

    Args:
        month: those that were made in it, "2026-11"; None = all, also the one that runs.
        timezone: IANA name, of the house.
    """
    zone = ZoneInfo(timezone)
    rows, broken = list[list[Any]](), 0
    for doc in all_plans(db):
        try:
            plan = plan_of(doc)
        except (KeyError, TypeError, ValueError):
            broken += 1
            continue
        if month is None or f"{plan.created_at.astimezone(zone):%Y-%m}" == month:
            rows.append(_cells(plan, zone))
    return Table(
        columns=COLUMNS,
        rows=rows,
        fault=f"{broken} plans are damaged, or of another version" if broken else None,
    )


def _cells(plan: SmartPlan, zone: ZoneInfo) -> list[Any]:
    return [
        _at(plan.created_at, zone),
        _at(plan.ended_at, zone),
        plan.device,
        RUNS if plan.final_state is None else plan.final_state.value,
        None if plan.failure_condition is None else plan.failure_condition.value,
        _at(plan.deadline, zone),
        _at(plan.stop_at, zone),
        _at(plan.start_at, zone),
        _at(plan.estimated_finish_at, zone),
        _at(plan.stop_confirmed_at, zone),
        _at(plan.start_confirmed_at, zone),
        money(plan.smart_cost),
        money(plan.non_smart_cost),
        money(plan.saving),
        plan.currency,
        plan.id,
    ]


def _at(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat(timespec="seconds")
