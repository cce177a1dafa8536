"""What a device did at a moment of the past, from the journal on the disk."""

import asyncio
import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.__main__ import main
from agent.cli.why_then import NoTime, moment
from agent.model.readings import DeviceId
from agent.store import Change
from tests.sim.store_values import NOON, entry, open_store, session

BERLIN = ZoneInfo("Europe/Berlin")


async def house(folder: Path) -> Path:
    store = await open_store(folder)
    does = ("charge at 6 A", "pause", "charge at 16 A")
    entries = [replace(entry(d), at=NOON + timedelta(hours=n)) for n, d in enumerate(does)]
    stay = replace(session("stay", is_open=False), vehicle=DeviceId("zoe"))
    await store.save(Change(journal=tuple(entries), sessions=(stay,)))
    await store.close()
    config = folder / "hearth.yaml"
    config.write_text(
        f"house: {{timezone: Europe/Berlin, fuse_a: 25}}\nstore: {{path: {folder}/hearth.db}}\n"
        "mqtt: {host: 127.0.0.1}\n"
        "chargers: {garage: {name: Under the roof, identity: CP1, password: secret-of-it-all}}\n"
        "devices: {cellar: {driver: eastron_sdm630, host: 127.0.0.1}}\n"
        "vehicles: {zoe: {name: Zoé, source: ovms, topic: ovms/me/zoe}}\n"
    )
    config.chmod(0o600)
    return config


async def test_a_moment_between_two_decisions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = await house(tmp_path)
    assert main(["why", "garage", "--at", "2026-06-01 15:30", "-c", str(config)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "garage at 2026-06-01 15:30: pause"
    assert any(line.startswith("  Until 2026-06-01 16:00:00; then: ") for line in told)
    assert told[-2] == "Before that"


async def test_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = await house(tmp_path)
    asked = ["why", "garage", "--at", "2026-06-01T13:30+00:00", "--json", "-c", str(config)]
    assert main(asked) == 0
    doc = json.loads(capsys.readouterr().out)
    assert set(doc) == {"version", "deviceId", "at", "entries", "next"}
    assert set(doc["entries"][0]) == {"at", "does", "code", "sentence", "inputs"}
    assert [each["does"] for each in doc["entries"]] == ["pause", "charge at 6 A"]
    assert doc["next"]["does"] == "charge at 16 A"


@pytest.mark.parametrize("word", ["under the roof", "Garage", "zoe", "Zoé"])
async def test_a_device_is_called_as_people_call_it_and_a_car_is_told_by_its_charger(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    config = await house(tmp_path)
    assert main(["why", word, "--at", "2026-06-01 14:30", "-c", str(config)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "garage at 2026-06-01 14:30: charge at 6 A"


async def test_a_time_of_day_is_the_last_one_that_hearth_saw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = await house(tmp_path)
    assert main(["why", "garage", "--at", "15:30", "-c", str(config)]) == 0
    assert capsys.readouterr().out.startswith("garage at 2026-06-01 15:30: pause")


@pytest.mark.parametrize(
    ("device", "at", "says"),
    [
        ("garage", "2020-01-01 00:00", "of garage the journal begins at 2026-06-01 14:00"),
        ("garden", "2026-06-01 15:30", "no device garden; there are: cellar, garage, zoe"),
        ("cellar", "2026-06-01 15:30", "nothing about cellar; it did about: garage"),
        ("zoe", "2026-06-01 15:30", "zoe hung on none of your chargers then"),
        ("garage", "2026-06-03 15:30", "Hearth has written nothing down since 2026-06-01 16:00"),
        ("garage", "teatime", '"teatime" is no time; write 07:00'),
    ],
)
async def test_what_nobody_knows_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], device: str, at: str, says: str
) -> None:
    config = await house(tmp_path)
    assert main(["why", device, "--at", at, "-c", str(config)]) == 1
    assert says in capsys.readouterr().err


async def test_a_reader_who_has_seen_enough_is_no_fault(tmp_path: Path) -> None:
    config = await house(tmp_path)
    command = [sys.executable, "-m", "agent", "why", "garage", "--at", "15:30", "-c", str(config)]
    reads, writes = os.pipe()
    os.close(reads)
    async with asyncio.timeout(20):
        child = await asyncio.create_subprocess_exec(
            *command, stdout=writes, stderr=asyncio.subprocess.PIPE
        )
        os.close(writes)
        _, told = await child.communicate()
    assert (child.returncode, told) == (0, b"")


def test_a_time_of_day_is_the_last_one() -> None:
    now = datetime(2026, 6, 2, 5, 0, tzinfo=UTC)  # 07:00 in Berlin
    assert moment("06:30", now, BERLIN) == datetime(2026, 6, 2, 4, 30, tzinfo=UTC)
    assert moment("22:00", now, BERLIN) == datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
    with pytest.raises(NoTime):
        moment("25:00", now, BERLIN)
