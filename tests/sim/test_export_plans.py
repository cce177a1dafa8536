"""Plans of smart charging on a real disk, and the table of them."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.__main__ import main
from agent.model.readings import DeviceId
from agent.model.smart import FailureCondition, SmartPlan, SmartState, Window
from agent.plan.smart.memory import plan_of
from agent.store import Change
from agent.store.connection import connect_reader
from agent.store.plans import plan_of_device
from tests.sim.store_values import HandClock, open_store
from tests.sim.test_export_sessions import configured

ZOE = DeviceId("zoe")
BEGAN = datetime(2026, 5, 31, 22, 30, tzinfo=UTC)  # June in Berlin
RUNS = SmartPlan(
    id="runs",
    device=ZOE,
    location="home",
    currency="EUR",
    created_at=BEGAN + timedelta(days=1),
    deadline=BEGAN + timedelta(days=1, hours=7),
    stop_at=BEGAN + timedelta(days=1),
    start_at=BEGAN + timedelta(days=1, hours=2),
    estimated_finish_at=BEGAN + timedelta(days=1, hours=5),
    first_start_at=BEGAN + timedelta(days=1, hours=2),
    first_finish_at=BEGAN + timedelta(days=1, hours=5),
    non_smart_cost=5.0,
    windows=(Window(start=BEGAN + timedelta(hours=26), stop=BEGAN + timedelta(hours=29)),),
)
OVER = replace(
    RUNS,
    id="over",
    created_at=BEGAN,
    smart_cost=3.0,
    stop_confirmed_at=BEGAN + timedelta(minutes=1),
    start_confirmed_at=BEGAN + timedelta(hours=2),
    ended_at=BEGAN + timedelta(hours=8),
    final_state=SmartState.FINISHED,
    failure_condition=FailureCondition.FINISHED_LATE,
)
OLD = replace(OVER, id="old", created_at=BEGAN - timedelta(days=40))


async def written(folder: Path, *plans: SmartPlan) -> Path:
    store = await open_store(folder, HandClock())
    await store.save(Change(plans=(replace(plans[0], smart_cost=None),)))
    await store.save(Change(plans=plans))
    await store.close()
    return folder / "hearth.db"


async def test_plans_are_exported_oldest_first_by_the_clock_of_the_house(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, await written(tmp_path, OVER, RUNS, OLD))
    assert main(["export", "plans", "-c", config]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["id"] for row in rows] == ["old", "over", "runs"]
    assert main(["export", "plans", "--month", "2026-06", "--json", "-c", config]) == 0
    over, runs = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert over | {"deadline": "", "start": "", "finish": "", "stop": ""} == {
        "made": "2026-06-01T00:30:00+02:00", "ended": "2026-06-01T08:30:00+02:00",
        "device": "zoe", "state": "PLAN:ENDED:FINISHED", "failure": "FINISHED_LATE",
        "deadline": "", "stop": "", "start": "", "finish": "",
        "stop_confirmed": "2026-06-01T00:31:00+02:00",
        "start_confirmed": "2026-06-01T02:30:00+02:00",
        "cost": 3, "cost_at_once": 5, "saving": 2, "currency": "EUR", "id": "over",
    }  # fmt: skip
    assert (runs["state"], runs["ended"], runs["cost"]) == ("PLAN:EXECUTING", None, None)


async def test_a_plan_is_found_by_its_id_or_as_the_latest_of_its_car(tmp_path: Path) -> None:
    path = await written(tmp_path, OVER, RUNS, OLD)
    db = connect_reader(path)
    latest, old = plan_of_device(db, ZOE, None), plan_of_device(db, ZOE, "old")
    assert latest is not None
    assert old is not None
    assert (plan_of(latest), plan_of(old)) == (RUNS, OLD)
    assert plan_of_device(db, "another", "old") is None
    db.close()


async def test_plans_are_kept_for_three_years(tmp_path: Path) -> None:
    ancient = replace(OLD, id="ancient", created_at=BEGAN - timedelta(days=1200))
    clock = HandClock(BEGAN + timedelta(days=2))
    store = await open_store(tmp_path, clock)
    await store.save(Change(plans=(OLD, ancient)))
    for _ in range(3):
        await store.flush()
        await clock.sleep(7200)
        await store._tidy(clock.now())
    await store.close()
    db = connect_reader(tmp_path / "hearth.db")
    assert plan_of_device(db, ZOE, "ancient") is None
    assert plan_of_device(db, ZOE, "old") is not None
    db.close()
