"""Sessions on a real disk: what of them is read back at a start, and the table for people."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.__main__ import main
from agent.model.picture import Session
from agent.model.readings import DeviceId
from agent.store import Change
from tests.sim.store_values import GARAGE, NOON, HandClock, open_store

YARD, ZOE = DeviceId("yard"), DeviceId("zoe")
KNOWN = Session(
    id="known",
    charger=GARAGE,
    plugged_in_at=datetime(2026, 5, 31, 21, tzinfo=UTC),
    plugged_out_at=datetime(2026, 5, 31, 22, 30, tzinfo=UTC),  # June in Berlin
    energy_wh=10_000.0,
    max_power_w=11_000.0,
    currency="EUR",
    cost=2.0,
    own_wh=2_500.0,
    accounted_wh=10_000.0,
    traced_wh=10_000.0,
    reference_cost=3.0,
    vehicle=ZOE,
)
UNKNOWN = replace(
    KNOWN,
    id="unknown",
    plugged_in_at=NOON - timedelta(hours=2),
    plugged_out_at=NOON,
    accounted_wh=4_000.0,
    traced_wh=4_000.0,
    reference_cost=None,
    vehicle=None,
)
RUNNING = replace(UNKNOWN, id="running", plugged_out_at=None)
OLD = replace(
    KNOWN,
    id="old",
    charger=YARD,
    plugged_in_at=NOON - timedelta(days=200),
    plugged_out_at=NOON - timedelta(days=199),
)
OLDER = replace(
    OLD,
    id="older",
    plugged_in_at=NOON - timedelta(days=300),
    plugged_out_at=NOON - timedelta(days=299),
)


async def written(folder: Path, *sessions: Session) -> Path:
    store = await open_store(folder, HandClock())
    await store.save(Change(sessions=sessions))
    await store.close()
    return folder / "hearth.db"


def configured(folder: Path, database: Path) -> str:
    config = folder / "hearth.yaml"
    config.write_text(
        f"house: {{timezone: Europe/Berlin, fuse_a: 25}}\nstore: {{path: {database}}}\n"
    )
    config.chmod(0o600)
    return str(config)


async def test_a_start_knows_the_sessions_of_its_month_and_the_last_one_of_everybody(
    tmp_path: Path,
) -> None:
    await written(tmp_path, OLDER, OLD, KNOWN, UNKNOWN, RUNNING)
    store = await open_store(tmp_path, HandClock())
    persisted = await store.load()
    await store.close()
    assert [each.id for each in persisted.ended] == ["old", "known", "unknown"]
    assert persisted.ended[1] == KNOWN
    assert [each.id for each in persisted.sessions] == ["running"]


async def test_the_last_session_of_a_car_is_known_when_others_charged_there_since(
    tmp_path: Path,
) -> None:
    guest = replace(OLD, id="guest", plugged_in_at=NOON - timedelta(days=100), vehicle=None)
    guest = replace(guest, plugged_out_at=NOON - timedelta(days=99))
    await written(tmp_path, OLD, guest)
    store = await open_store(tmp_path, HandClock())
    persisted = await store.load()
    await store.close()
    assert [each.id for each in persisted.ended] == ["old", "guest"]


async def test_the_sessions_of_a_month_are_exported_by_the_clock_of_the_house(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, await written(tmp_path, OLD, KNOWN, UNKNOWN, RUNNING))
    assert main(["export", "sessions", "--month", "2026-06", "-c", config]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["id"] for row in rows] == ["known", "unknown"]
    assert rows[0] == {
        "from": "2026-05-31T23:00:00+02:00", "to": "2026-06-01T00:30:00+02:00",
        "charger": "garage", "car": "zoe", "energy_kwh": "10.0", "own_share": "0.25",
        "cost": "2.0", "currency": "EUR", "reference_cost": "3.0", "saving": "1.0",
        "unaccounted_kwh": "0.0", "id": "known",
    }  # fmt: skip
    unknown = {"car", "own_share", "cost", "currency", "reference_cost", "saving"}
    assert {name for name, cell in rows[1].items() if cell == ""} == unknown
    assert rows[1]["unaccounted_kwh"] == "6.0"


async def test_all_sessions_are_exported_for_programs_with_those_that_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, await written(tmp_path, OLD, KNOWN, RUNNING))
    assert main(["export", "sessions", "--json", "-c", config]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["id"], row["to"] is None) for row in rows] == [
        ("old", False), ("known", False), ("running", True),
    ]  # fmt: skip
    assert rows[2]["cost"] is None


async def test_a_month_that_is_none_and_a_month_of_orders_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, tmp_path / "none.db")
    with pytest.raises(SystemExit) as stopped:
        main(["export", "sessions", "--month", "2026-13", "-c", config])
    assert stopped.value.code == 2
    assert "2026-13 is no month; write one as in 2026-11" in capsys.readouterr().err
    assert main(["export", "grid-orders", "--month", "2026-11", "-c", config]) == 2
    assert "--month is for plans and sessions" in capsys.readouterr().err
