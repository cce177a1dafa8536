"""Old databases stay readable: one dump per schema is kept in tests/databases."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from agent.store import StoreError
from agent.store.migrations import LATEST, SCRIPTS
from tests.sim.store_values import GARAGE, NOON, ROOF, action, entry, open_store, session

DUMPS = sorted((Path(__file__).parents[1] / "databases").glob("*.sql"))


def build(dump: Path, folder: Path) -> Path:
    path = folder / "hearth.db"
    db = sqlite3.connect(path)
    db.executescript(dump.read_text(encoding="utf-8"))
    db.close()
    return path


def version_of(path: Path) -> int:
    db = sqlite3.connect(path)
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    db.close()
    return version


def beside(path: Path, pattern: str) -> list[Path]:
    return sorted(path.parent.glob(pattern))


def test_a_database_of_each_schema_is_kept() -> None:
    assert [int(dump.stem) for dump in DUMPS] == sorted(SCRIPTS)


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.stem)
async def test_an_old_database_is_brought_up_to_date_with_all_it_holds(
    dump: Path, tmp_path: Path
) -> None:
    path = build(dump, tmp_path)
    store = await open_store(tmp_path)
    known = await store.load()
    assert known.pending == (action("new"),)
    assert known.finished == {GARAGE: action("old", pending=False)}
    assert known.memory == b"\x00plan"
    assert known.settings == {"mode": {"garage": "solar"}}
    assert known.sessions == (session("now"),)
    assert known.counters == {(ROOF, "production_wh"): {"total_wh": 5.5}}
    assert known.journal == (entry("charge at 6 A"), entry("pause"))
    (still_open,) = await store.transactions.open_transactions()
    assert still_open.id_tag == "tag2"
    first, second = await store.history(ROOF, "power_w", NOON, NOON + timedelta(hours=1))
    assert (first.low, first.mean, first.high, first.known_s) == (1000, 1300, 1600, 900)
    assert second.last == 2500
    await store.notebook.write_note("t", "k", {"works": True})
    await store.close()
    assert version_of(path) == LATEST


@pytest.mark.parametrize("dump", DUMPS[:-1], ids=lambda dump: dump.stem)
async def test_a_copy_is_kept_before_a_database_is_changed(dump: Path, tmp_path: Path) -> None:
    for _ in range(2):
        path = build(dump, tmp_path)
        await (await open_store(tmp_path)).close()
        path.unlink()
    copies = beside(path, "hearth.db.schema-*")
    assert [copy.name for copy in copies] == [
        f"hearth.db.schema-{dump.stem}",
        f"hearth.db.schema-{dump.stem}.1",
    ]
    assert {version_of(copy) for copy in copies} == {int(dump.stem)}


async def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = build(DUMPS[0], tmp_path)
    db = sqlite3.connect(path)
    db.execute("CREATE INDEX finished_actions ON action (device)")  # in the way of the script
    before = list(db.iterdump())
    db.close()
    with pytest.raises(StoreError, match="finished_actions already exists"):
        await open_store(tmp_path)
    db = sqlite3.connect(path)
    assert list(db.iterdump()) == before
    db.close()


async def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = build(DUMPS[-1], tmp_path)
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match=r"newer Hearth \(schema 99, this one knows"):
        await open_store(tmp_path)
    assert version_of(path) == 99
    assert not beside(path, "*corrupt*")


async def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "hearth.db")
    db.execute("CREATE TABLE states (x)")
    db.commit()
    db.close()
    with pytest.raises(StoreError, match="another program's database"):
        await open_store(tmp_path)
