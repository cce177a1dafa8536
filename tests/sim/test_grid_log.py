"""The log of grid orders on a real disk: appended for good, and a hand in it shows."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

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
