"""`hearth replay` tells when it would like to probe, and hears the echo of a recorded command."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.cli.replay import replay

CARS, BOXES = ("car-a", "car-b"), ("box-1", "box-2")
HEADER: dict[str, Any] = {
    "hearth": "stream/1",
    "timezone": "Europe/Brussels",
    "site": {"latitude": 50.85, "longitude": 4.35},
    "devices": [
        *({"id": c, "kind": "vehicle", "batteryCapacity": 64.0, "phases": 3} for c in CARS),
        *({"id": b, "kind": "charger", "maxChargeRate": 11.0} for b in BOXES),
    ],
}
PLUGGED = {"isPluggedIn": True, "isCharging": True}


def at(minute: float) -> str:
    whole, seconds = divmod(round(minute * 60), 60)
    return f"2026-06-01T{15 + whole // 60:02d}:{whole % 60:02d}:{seconds:02d}Z"


def row(minute: float, device: str, **fields: Any) -> dict[str, Any]:
    return {"seen": at(minute), "device": device, "at": at(minute), **fields}


def like_cars(until: int, rates: dict[str, float] | None = None, since: int = 4) -> list[Any]:
    """Both cars report every four minutes; both boxes too."""
    kw = rates or {}
    rows = []
    for minute in range(since, until, 4):
        rows += [row(minute, b, chargeRate=kw.get(b, 11.0), **PLUGGED) for b in BOXES]
        rows += [row(minute, c, chargeRate=kw.get(c, 10.2), **PLUGGED) for c in CARS]
    return rows


COMING = [
    *(row(0, b, isPluggedIn=False) for b in BOXES),
    *(row(0, c, isPluggedIn=False, isCharging=False) for c in CARS),
    *(row(2, b, powerDeliveryState="PLUGGED_IN:CHARGING", chargeRate=11.0) for b in BOXES),
]


def run(folder: Path, rows: list[Any], capfd: pytest.CaptureFixture[str], **head: Any) -> list[Any]:
    path = folder / "stream.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in ({**HEADER, **head}, *rows)))
    assert replay(path, lenient=False) == 0
    return [json.loads(text) for text in capfd.readouterr().out.splitlines()]


def wishes(lines: list[Any]) -> list[tuple[str, Any]]:
    return [(each["time"], each["wish"]["probe"]) for each in lines if "wish" in each]


def test_a_wish_is_told_once_for_each_charger_with_its_reason(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told = wishes(run(tmp_path, COMING + like_cars(60), capfd))
    assert [wish["chargerId"] for _, wish in told] == ["box-1", "box-2"]
    when, first = told[0]
    assert when == at(24)  # the first line after twenty minutes: nothing looks ahead
    assert set(first) == {"chargerId", "vehicleId", "why"}
    assert first["vehicleId"] in CARS
    assert first["why"].startswith("it is open whether car-")


def test_a_stream_is_never_probed_itself(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lines = run(tmp_path, COMING + like_cars(60), capfd)
    assert not [each for each in lines if each.get("action", {}).get("kind") == "PROBE"]
    assert not [each for each in lines if each.get("decision", {}).get("code") == "pair-probe"]


def test_where_pairs_only_inform_nothing_is_wished(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = run(tmp_path, COMING + like_cars(60), capfd, pairing="observe-only")
    assert wishes(lines) == []


def test_the_echo_of_a_recorded_command_settles_who_is_where(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = {"seen": at(28), "device": "box-1", "command": "LIMIT", "value": 6}
    slower = {"box-1": 4.1, "car-b": 3.8}
    rows = [
        *COMING,
        *like_cars(27),
        command,
        row(28.2, "box-1", chargeRate=4.1, **PLUGGED),
        *like_cars(40, slower, since=32),
    ]
    lines = run(tmp_path, rows, capfd)
    pairs = {e["pair"]["chargerId"]: e["pair"] for e in lines if "pair" in e}
    assert {b: p["vehicleId"] for b, p in pairs.items()} == {"box-1": "car-b", "box-2": "car-a"}
    assert "echo" in {e["kind"] for e in pairs["box-1"]["evidence"]}
    assert min(e["time"] for e in lines if "pair" in e and e["pair"]["vehicleId"]) == at(32)


def test_a_replay_hears_no_echo_of_commands_that_no_device_was_given(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The engine of the replay would tell the charger a current as its charge begins; the charge
    that it replays never heard of it. A minute later it has another power, and so has the car."""
    slower = {"box-1": 4.1, "car-b": 3.8}
    rows = [
        *COMING,
        row(2.5, "box-1", chargeRate=11.0, **PLUGGED),
        row(2.6, "car-b", chargeRate=10.2, **PLUGGED),
        row(3, "box-1", chargeRate=4.1, **PLUGGED),
        *like_cars(40, slower),
    ]
    lines = run(tmp_path, rows, capfd)
    pairs = [e["pair"] for e in lines if "pair" in e]
    assert pairs
    assert "echo" not in {e["kind"] for pair in pairs for e in pair["evidence"]}
