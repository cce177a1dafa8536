"""hearth restore, hearth backup and what hearth check says of a database, on real files."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.__main__ import main
from agent.store import StoreError
from agent.store.migrations import LATEST, SCRIPTS
from agent.store.restore import restore
from tests.sim.store_values import GARAGE, NOON, open_store
from tests.sim.test_store_migrations import DUMPS, build, version_of

STAMP = datetime(2026, 6, 2, 8, 30, 0, tzinfo=UTC)
ASIDE = "hearth.db.replaced-20260602-083000"
CONFIG = "house: {timezone: UTC, fuse_a: 25}\nstore: {path: state/hearth.db}\n"

_KILLED = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from agent.store.restore import restore
steps = int(sys.argv[1])
CALLS = ("open", "os.rename", "os.link", "os.remove", "sqlite3.connect", "os.chown")
def look(event, arguments):
    global steps
    if event in CALLS and any("hearth.db" in str(a) for a in arguments):
        steps -= 1
        if steps < 0:
            os._exit(9)
sys.addaudithook(look)
restore(Path(sys.argv[2]), Path(sys.argv[3]), datetime.now(UTC))
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A folder as systemd makes it, for the database alone."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def config(tmp_path: Path, state: Path) -> Path:  # noqa: ARG001
    file = tmp_path / "hearth.yaml"
    file.write_text(CONFIG)
    file.chmod(0o600)
    return file


async def filled(folder: Path, note: str) -> Path:
    """A database that holds a note and an OCPP transaction."""
    store = await open_store(folder)
    await store.notebook.write_note("told", "by", {"whom": note})
    await store.transactions.open_transaction(
        charger=GARAGE, id_tag=note, started_at=NOON, meter_start_wh=1.0
    )
    await store.close()
    return folder / "hearth.db"


def named(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern))


async def note_in(folder: Path) -> object:
    store = await open_store(folder)
    note = await store.notebook.read_note("told", "by")
    await store.close()
    return None if note is None else note["whom"]


def bytes_of(folder: Path) -> dict[str, bytes]:
    """All that matters of a folder; locks and indexes of a WAL come and go."""
    idle = (".lock", "-shm", ".ballast")
    return {p.name: p.read_bytes() for p in folder.iterdir() if not p.name.endswith(idle)}


async def test_a_backup_takes_the_place_of_the_database(
    tmp_path: Path, state: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await filled(state, "old")
    copy = tmp_path / "copy.db"
    assert main(["backup", str(copy), "-c", str(config)]) == 0
    await filled(state, "new")
    assert main(["restore", str(copy), "-c", str(config)]) == 0
    assert await note_in(state) == "old"
    (aside,) = named(state, "hearth.db.replaced-*")
    assert f"kept as {aside.name}" in capsys.readouterr().out
    assert main(["restore", str(aside), "-c", str(config)]) == 0
    assert await note_in(state) == "new"
    assert not named(state, "*.restoring*")
    assert (state / "hearth.db").stat().st_mode & 0o777 == 0o600


async def test_a_backup_goes_where_there_was_no_database(tmp_path: Path, state: Path) -> None:
    copy = await filled(tmp_path, "old")
    done = restore(copy, state / "hearth.db", STAMP)
    assert (done.aside, done.version) == (None, LATEST)
    assert await note_in(state) == "old"


@pytest.mark.parametrize("dump", DUMPS[:-1], ids=lambda dump: dump.stem)
async def test_an_older_backup_is_brought_up_to_date_before_it_takes_the_place(
    dump: Path, tmp_path: Path, state: Path
) -> None:
    await filled(state, "new")
    old = build(dump, tmp_path)
    before = old.read_bytes()
    done = restore(old, state / "hearth.db", STAMP)
    assert (done.version, version_of(state / "hearth.db")) == (int(dump.stem), LATEST)
    assert done.aside == state / ASIDE
    assert old.read_bytes() == before
    store = await open_store(state)
    assert (await store.load()).memory == b"\x00plan"
    await store.close()


async def test_a_copy_made_by_an_upgrade_can_be_restored_by_the_hearth_before_it(
    state: Path,
) -> None:
    path = build(DUMPS[0], state)
    await (await open_store(state)).close()
    copy = state / f"hearth.db.schema-{DUMPS[0].stem}"
    assert version_of(copy) == int(DUMPS[0].stem)
    assert restore(copy, path, STAMP).version == int(DUMPS[0].stem)


def _newer(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()


def _foreign(path: Path) -> None:
    path.unlink()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE states (x)")
    db.execute(f"PRAGMA user_version = {LATEST}")
    db.close()


def _not_ours(path: Path) -> None:
    path.unlink()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE states (x)")
    db.commit()
    db.close()


def _torn(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _bitten(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[4096:12288] = b"\xff" * 8192
    path.write_bytes(whole)


def _text(path: Path) -> None:
    path.write_text("house: {}\n")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_newer, "was written by a newer Hearth \\(schema 99, .* restore copy.db with that Hearth"),
        (_foreign, "is damaged or of another program \\(no such table"),
        (_not_ours, "another program's database"),
        (_torn, "is damaged"),
        (_bitten, "is damaged"),
        (_text, "is no database. Remedy: name a file made by hearth backup"),
        (_empty, "is no database"),
        (_gone, "cannot be read \\(No such file or directory\\). Remedy"),
    ],
    ids=lambda v: getattr(v, "__name__", None),
)
async def test_what_cannot_be_used_is_refused_and_nothing_changes(
    spoil: object, said: str, tmp_path: Path, state: Path
) -> None:
    path = await filled(state, "new")
    copy = (await filled(tmp_path, "old")).rename(tmp_path / "copy.db")
    spoil(copy)  # type: ignore[operator]
    before = bytes_of(state)
    with pytest.raises(StoreError, match=said):
        restore(copy, path, STAMP)
    assert bytes_of(state) == before
    assert await note_in(state) == "new"


async def test_the_database_itself_is_no_backup(state: Path) -> None:
    path = await filled(state, "new")
    with pytest.raises(StoreError, match="is the database itself"):
        restore(path, path, STAMP)


async def test_while_a_hearth_runs_nothing_is_restored(tmp_path: Path, state: Path) -> None:
    copy = await filled(tmp_path, "old")
    store = await open_store(state)
    with pytest.raises(StoreError, match="in use by another Hearth"):
        restore(copy, state / "hearth.db", STAMP)
    await store.notebook.write_note("told", "by", {"whom": "new"})
    await store.close()
    assert await note_in(state) == "new"


async def test_what_a_killed_hearth_left_in_its_wal_goes_aside_with_the_rest(
    tmp_path: Path, state: Path
) -> None:
    copy = await filled(tmp_path, "old")
    left = tmp_path / "left"
    left.mkdir()
    store = await open_store(left)
    await store.notebook.write_note("told", "by", {"whom": "in the WAL"})
    for suffix in ("", "-wal"):
        (state / f"hearth.db{suffix}").write_bytes((left / f"hearth.db{suffix}").read_bytes())
    await store.close()
    restore(copy, state / "hearth.db", STAMP)
    assert await note_in(state) == "old"
    aside = state / ASIDE
    restore(aside, state / "hearth.db", STAMP)
    assert await note_in(state) == "in the WAL"


async def test_a_damaged_database_is_replaced_and_kept(tmp_path: Path, state: Path) -> None:
    copy = await filled(tmp_path, "old")
    (state / "hearth.db").write_bytes(b"no database at all" * 300)
    (state / "hearth.db-wal").write_bytes(b"what was in flight")
    (state / "hearth.db.suspect").touch()
    restore(copy, state / "hearth.db", STAMP)
    assert await note_in(state) == "old"
    assert (state / ASIDE).read_bytes().startswith(b"no database")
    assert (state / f"{ASIDE}-wal").read_bytes() == b"what was in flight"
    assert not (state / "hearth.db.suspect").exists()


async def test_a_backup_with_its_wal_beside_it_is_taken_with_it(
    tmp_path: Path, state: Path
) -> None:
    """As a database that was set aside after a crash."""
    store = await open_store(tmp_path)
    await store.notebook.write_note("told", "by", {"whom": "in the WAL"})
    left = tmp_path / "left.db"
    for suffix in ("", "-wal"):
        left.with_name(f"left.db{suffix}").write_bytes(
            (tmp_path / f"hearth.db{suffix}").read_bytes()
        )
    await store.close()
    restore(left, state / "hearth.db", STAMP)
    assert await note_in(state) == "in the WAL"


def test_killed_at_any_step_it_leaves_the_old_or_the_new_one_whole(tmp_path: Path) -> None:
    copy = asyncio.run(filled(tmp_path, "old"))
    ended, seen = False, set[object]()
    for step in range(60):
        folder = tmp_path / f"state{step}"
        folder.mkdir()
        path = asyncio.run(filled(folder, "new"))
        done = subprocess.run(
            [sys.executable, "-c", _KILLED, str(step), str(copy), str(path)], check=False
        )
        note = asyncio.run(note_in(folder))
        assert note in ("old", "new"), step
        seen.add(note)
        if done.returncode == 0:
            ended = True
            break
        assert done.returncode == 9
    assert ended
    assert seen == {"old", "new"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
async def test_what_root_restores_belongs_to_the_owner_of_the_folder(
    tmp_path: Path, state: Path
) -> None:
    copy = await filled(tmp_path, "old")
    await filled(state, "new")
    os.chown(state, 12345, 12346)
    restore(copy, state / "hearth.db", STAMP)
    for name in ("hearth.db", "hearth.db.lock", ASIDE):
        file = (state / name).stat()
        assert (file.st_uid, file.st_gid) == (12345, 12346), name


def test_check_tells_what_becomes_of_an_older_database(
    state: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = build(DUMPS[0], state)
    before = path.read_bytes()
    assert main(["check", "-c", str(config)]) == 0
    change = f"schema {min(SCRIPTS)} to {LATEST}"
    assert f"the next start brings it from {change} and keeps a copy" in capsys.readouterr().out
    assert path.read_bytes() == before
    assert version_of(path) == min(SCRIPTS)


async def test_check_looks_while_a_hearth_runs(
    state: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = await open_store(state)
    assert main(["check", "-c", str(config)]) == 0
    assert f"schema {LATEST}, as it should be" in capsys.readouterr().out
    await store.close()


def test_check_refuses_a_newer_database_with_the_remedy(
    state: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _newer(build(DUMPS[-1], state))
    assert main(["check", "-c", str(config)]) == 1
    said = capsys.readouterr().out
    assert "written by a newer Hearth (schema 99" in said
    assert "hearth restore hearth.db.schema-NNNN" in said
    assert main(["check", "--json", "-c", str(config)]) == 1
    assert '"setting": "store.path"' in capsys.readouterr().out


def test_check_says_that_a_damaged_database_would_be_set_aside(
    state: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (state / "hearth.db").write_text("no database")
    assert main(["check", "-c", str(config)]) == 1
    assert "hearth restore with the last backup" in capsys.readouterr().out


async def test_a_backup_at_rest_neither_migrates_nor_mends(
    tmp_path: Path, state: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = build(DUMPS[0], state)
    assert main(["backup", str(tmp_path / "a.db"), "-c", str(config)]) == 0
    assert version_of(tmp_path / "a.db") == version_of(path) == min(SCRIPTS)
    path.write_bytes(b"no database at all" * 300)
    assert main(["backup", str(tmp_path / "b.db"), "-c", str(config)]) == 1
    assert "hearth restore" in capsys.readouterr().err
    assert path.read_bytes().startswith(b"no database")
    assert not (tmp_path / "b.db").exists()


@pytest.fixture
def daemon(config: Path, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "agent", "run", "-c", str(config)], stderr=log
        )
    until_s = time.monotonic() + 15
    while "is ready" not in (tmp_path / "log").read_text():
        assert time.monotonic() < until_s, (tmp_path / "log").read_text()
        time.sleep(0.05)
    yield process
    process.send_signal(signal.SIGTERM)
    process.wait(15)


def test_a_running_hearth_copies_into_its_own_folder_and_the_copy_is_carried_out(
    tmp_path: Path,
    state: Path,
    config: Path,
    daemon: "subprocess.Popen[bytes]",
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert daemon.poll() is None
    copy = tmp_path / "copy.db"
    assert main(["backup", str(copy), "-c", str(config)]) == 0
    assert version_of(copy) == LATEST
    assert copy.stat().st_mode & 0o777 == 0o600
    assert not list(state.glob("*.copying*"))
    assert main(["backup", str(copy), "-c", str(config)]) == 1
    assert main(["restore", str(copy), "-c", str(config)]) == 1
    said = capsys.readouterr().err
    assert "copy.db exists" in said
    assert "in use by another Hearth. Remedy: stop that one first" in said
