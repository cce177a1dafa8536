"""What cannot be true: no crash, no pair by default, and a sentence in the log."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.cli.replay import replay
from agent.control.doubts import AGAIN_S, Doubts
from agent.model.pairs import Observation
from agent.model.readings import ChargerReading, DeviceId, PowerDelivery, VehicleReading
from tests.unit.house import NOON
from tests.unit.test_edge_cases import STREAMS, Stream, named, told, unknown
from tests.unit.test_edge_cases import at_the_end as end

CAR = DeviceId("car")


def says(minutes: float = 0.0, late_minutes: float = 0.0, **said: Any) -> Observation:
    now = NOON.later(minutes * 60)
    return Observation(device=CAR, seen=now, at=now.later(-late_minutes * 60).at, **said)


def logged(caplog: pytest.LogCaptureFixture, *words: Observation) -> list[str]:
    Doubts().look(words)
    return caplog.messages


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"soc_percent": 140.0}, "car says that its battery is at 140 %; that is not used"),
        ({"soc_percent": -1.0}, "car says that its battery is at -1 %; that is not used"),
        ({"power_w": 1e9}, "car says that it takes 1e+06 kW; that is not used"),
        ({"power_w": float("nan")}, "car says that it takes nan kW; that is not used"),
        (
            {"latitude_deg": 0.0, "longitude_deg": 0.0},
            "car says that it is at 0, 0: its receiver has no fix; that is not used",
        ),
        (
            {"latitude_deg": 95.0, "longitude_deg": 4.0},
            "car says that it is at 95, 4, which is nowhere",
        ),
        (
            {"late_minutes": -120.0, "plugged_in": True},
            "car tells of 2 h from now; taken as of now. Check its clock",
        ),
    ],
)
def test_a_value_that_cannot_be_true_is_told(
    said: dict[str, Any], sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert logged(caplog, says(**said)) == [sentence]


def test_a_car_that_jumps_into_the_sea_is_told(caplog: pytest.LogCaptureFixture) -> None:
    here = says(latitude_deg=50.85, longitude_deg=4.35)
    at_sea = says(10, latitude_deg=48.0, longitude_deg=-30.0)
    assert logged(caplog, here, at_sea) == ["car says that it moved 2578 km in 10 min"]


def test_a_drive_is_no_jump(caplog: pytest.LogCaptureFixture) -> None:
    here = says(latitude_deg=50.85, longitude_deg=4.35)
    there = says(30, latitude_deg=51.2, longitude_deg=4.4)
    assert logged(caplog, here, there) == []


def test_a_plug_told_after_the_unplug_that_followed_it_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert logged(caplog, says(0, plugged_in=False), says(1, 5, plugged_in=True)) == [
        "car tells now of a plug 5 min ago, before what it said last; sorted in by time"
    ]


def test_a_fault_that_stays_is_told_once_an_hour(caplog: pytest.LogCaptureFixture) -> None:
    doubts = Doubts()
    for minute in range(180):
        doubts.look([says(minute, soc_percent=140.0)])
    assert len(caplog.messages) == 180 * 60 / AGAIN_S


def test_before_the_clock_of_the_house_is_set_nobody_is_said_to_be_ahead(
    caplog: pytest.LogCaptureFixture,
) -> None:
    word = says(0, -120.0, plugged_in=True)
    assert logged(caplog, replace(word, seen=replace(word.seen, trusted=False))) == []


def test_readings_become_evidence_and_only_those_of_chargers_and_cars() -> None:
    now = NOON
    heard = Doubts().hear(
        (
            VehicleReading(device=CAR, at=now.at, mono_s=now.mono_s, soc_percent=40.0),
            ChargerReading(
                device=DeviceId("box"), at=now.at, mono_s=now.mono_s,
                power_delivery=PowerDelivery.CHARGING,
            ),
        ),
        now,
    )  # fmt: skip
    assert [(word.device, word.plugged_in) for word in heard] == [("car", None), ("box", True)]


def test_impossible_values_make_no_pair(capfdbinary: Stream) -> None:
    """A level of 140 %, a billion kilowatts, and a position in the Atlantic."""
    rows = told("impossible_values", capfdbinary)
    assert named(rows) == []
    assert unknown(end(rows))


def test_a_time_in_the_future_makes_no_pair_that_stays(capfdbinary: Stream) -> None:
    """The car says in 2031 that it is plugged in, and now that it is not."""
    assert unknown(end(told("times_in_the_future", capfdbinary)))


def test_a_plug_told_before_the_unplug_before_it_makes_no_pair(capfdbinary: Stream) -> None:
    """The charger delivers plug, unplug and plug in the wrong order; our car is elsewhere."""
    rows = told("plug_told_before_the_unplug_before_it", capfdbinary)
    assert named(rows) == []
    assert unknown(end(rows))


def test_a_vehicle_that_stands_twice_in_a_stream_is_refused(
    tmp_path: Path, capfdbinary: Stream
) -> None:
    lines = (STREAMS / "car_asleep.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    head = json.loads(lines[0])
    head["devices"].append(head["devices"][0])
    path = tmp_path / "twice.jsonl"
    path.write_text(json.dumps(head) + "\n" + "".join(lines[1:]), encoding="utf-8")
    assert replay(path, lenient=False) == 2
    assert b"car-a stands twice among the devices" in capfdbinary.readouterr().err
