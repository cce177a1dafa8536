"""What a person says of the car on a charger, through a real daemon: it holds at once, over a kill,
and the cloud and recordings hear of it."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.bridges.documents import device_id
from agent.model.readings import DeviceId
from tests.sim.living_house import AGENT, Living, living, until
from tests.sim.test_living_pairs import plugged_in

pytestmark = [pytest.mark.mosquitto, pytest.mark.timed]

MORNING = datetime(2026, 6, 15, 8, tzinfo=UTC)
SPEED = 60.0


def hearth(house: Living, *words: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "agent", *words, "-c", str(house.folder / "hearth.yaml")],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def on_charger(house: Living) -> dict[str, Any]:
    doc: dict[str, Any] = json.loads(hearth(house, "why", "garage", "--json"))
    return doc["pairing"][0] if doc["pairing"] else {}


def test_a_word_holds_at_once_and_over_a_kill_and_is_told_to_the_cloud(tmp_path: Path) -> None:
    with living(tmp_path, MORNING, SPEED) as house:
        plugged_in(house)
        until("the pair", lambda: house.device("zoe").get("pluggedInChargerId") == "garage")
        told = hearth(house, "why", "garage")
        assert "hangs here, 99" in told
        assert "times likelier" in told
        recording = subprocess.Popen(
            [sys.executable, "-m", "agent", "record", "--for", "6s", "--positions", "rounded",
             "-c", str(tmp_path / "hearth.yaml"), "--out", str(tmp_path / "stream.jsonl")],
        )  # fmt: skip
        until("it records", (tmp_path / "stream.jsonl").exists)

        assert "a guest's car hangs here" in hearth(house, "pair", "garage", "guest")
        assert house.device("garage")["pluggedInVehicleId"] is None
        assert house.device("zoe")["pluggedInChargerId"] is None
        house.kill()
        house.start()
        assert on_charger(house)["isGuest"] is True

        assert "zoe" in hearth(house, "why", "zoe").lower()
        hearth(house, "pair", "garage", "automatic")
        until("found anew", lambda: on_charger(house).get("lockedBy") == "heuristic")
        assert "garage is not probed: " in hearth(house, "pair", "garage", "find-out", code=1)
        assert "no vehicle is called bus" in hearth(house, "pair", "garage", "bus", code=1)
        hearth(house, "pair", "garage", "zoe", "--always")
        assert on_charger(house)["pinnedVehicleId"] == "zoe"
        result = house.command(
            "pair.correct", chargerId=device_id(AGENT, DeviceId("garage")), vehicleId=None,
            undo=True,
        )  # fmt: skip
        assert result["status"] == 200, result
        until("no pin", lambda: on_charger(house).get("pinnedVehicleId") is None)

        recording.wait(30)
        lines = [json.loads(t) for t in (tmp_path / "stream.jsonl").read_text().splitlines()]
        intents = [line["intent"] for line in lines if "intent" in line]
        assert {"command": "pair.correct"}.items() <= intents[0].items()
        assert intents[0]["body"]["guest"] is True
        guests = [
            event["charger"]["pairing"]
            for event in house.events("user:charger:updated")
            if event["charger"]["pairing"]
        ]
        assert any(pairing["isGuest"] for pairing in guests)
        ours = device_id(AGENT, DeviceId("zoe"))
        assert any(pairing["pinnedVehicleId"] == ours for pairing in guests)
