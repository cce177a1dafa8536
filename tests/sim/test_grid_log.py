"""The log of grid orders on a real disk: appended for good, and a hand in it shows."""

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from agent.__main__ import main
from agent.model.limits import GridEntry, GridOrder, GridWord, Scope
from agent.store import Change
from agent.store.grid_log import read
from tests.sim.store_values import GARAGE, NOON, open_store

ORDER = GridOrder(id="1", source="relay", scope=Scope.EACH, import_w=4200.0, began_at=NOON)


def entry(word: GridWord, after_s: float) -> GridEntry:
    at = NOON + timedelta(seconds=after_s)
    return GridEntry(
        at=at, word=word, order=ORDER, after_s=after_s, reaction={GARAGE: "charge at 6 A"}
    )


async def written(folder: Path) -> Path:
    for batch in ((GridWord.BEGAN, GridWord.HELD), (GridWord.QUARTER, GridWord.ENDED)):
        store = await open_store(folder)  # the chain goes on after a restart
        await store.save(Change(grid_log=tuple(entry(w, n) for n, w in enumerate(batch))))
        await store.close()
    return folder / "hearth.db"


async def test_entries_are_read_back_in_their_order_and_whole(tmp_path: Path) -> None:
    db = sqlite3.connect(await written(tmp_path))
    rows = list(read(db))
    assert [row.doc["word"] for row in rows] == ["began", "held", "quarter", "ended"]
    assert all(row.whole for row in rows)
    assert rows[0].doc["order"]["import_w"] == 4200.0
    assert rows[0].doc["reaction"] == {"garage": "charge at 6 A"}
    db.close()


async def test_nobody_changes_a_row_and_who_takes_one_out_is_seen(tmp_path: Path) -> None:
    db = sqlite3.connect(await written(tmp_path))
    with pytest.raises(sqlite3.IntegrityError, match="never changed"):
        db.execute("UPDATE grid_log SET doc = '{}' WHERE id = 2")
    db.execute("DELETE FROM grid_log WHERE id = 2")
    assert [row.whole for row in read(db)] == [True, False, True]
    db.execute("DROP TRIGGER grid_log_stays")
    db.execute("UPDATE grid_log SET doc = '{}' WHERE id = 4")
    assert [row.whole for row in read(db)] == [True, False, False]
    db.close()


async def test_the_log_is_exported_for_others_to_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = await written(tmp_path)
    config = tmp_path / "hearth.yaml"
    config.write_text(f"house: {{timezone: UTC, fuse_a: 25}}\nstore: {{path: {path}}}\n")
    config.chmod(0o600)
    assert main(["export", "grid-orders", "-c", str(config)]) == 0
    header, began, *_ = capsys.readouterr().out.splitlines()
    assert header.startswith("at,word,source,scope,import_w")
    assert began.startswith("2026-06-01T12:00:00+00:00,began,relay,each,4200.0,,")
    assert began.endswith("garage: charge at 6 A,1,yes,")
    db = sqlite3.connect(path)
    db.execute("DELETE FROM grid_log WHERE id = 2")
    db.commit()
    db.close()
    assert main(["export", "grid-orders", "--json", "-c", str(config)]) == 1
    told = capsys.readouterr()
    assert [json.loads(line)["whole"] for line in told.out.splitlines()] == [True, False, True]
    assert "1 rows were changed, or rows before them taken out" in told.err


async def test_an_export_of_nothing_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "hearth.yaml"
    config.write_text(
        f"house: {{timezone: UTC, fuse_a: 25}}\nstore: {{path: {tmp_path}/none.db}}\n"
    )
    config.chmod(0o600)
    assert main(["export", "grid-orders", "-c", str(config)]) == 1
    assert "Hearth has not run yet" in capsys.readouterr().err
