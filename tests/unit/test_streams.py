"""Streams: read, refused, replayed."""

import gzip
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agent.bridges.streams import Fault, opened
from agent.cli.replay import replay
from agent.cli.replaying import Replay
from agent.control.engine import Engine
from agent.model.pairs import Commanded, Observation
from agent.model.readings import DeviceId, DeviceKind, MeterReading, PowerDelivery
from benchmarks.households.life import live
from benchmarks.households.profiles import house
from benchmarks.households.telling import header, line, told

HEADER: dict[str, Any] = {
    "hearth": "stream/1",
    "timezone": "Europe/Brussels",
    "site": {"latitude": 50.85, "longitude": 4.35},
    "devices": [
        {"id": "car", "kind": "vehicle", "batteryCapacity": 64.0, "maxChargeRate": 11.0},
        {"id": "box", "kind": "charger", "maxChargeRate": 11.0},
        {"id": "grid", "kind": "meter"},
    ],
    "idTokens": {"VID:001122334455": "car"},
}


def at(minute: float) -> str:
    whole, seconds = int(minute), round(minute % 1 * 60)
    return f"2026-06-01T15:{whole:02d}:{seconds:02d}Z"


def row(minute: float, device: str, **fields: Any) -> dict[str, Any]:
    return {"seen": at(minute), "device": device, "at": at(minute), **fields}


def write(folder: Path, *rows: Any, head: Any = HEADER, name: str = "s.jsonl") -> Path:
    path = folder / name
    text = "".join(
        (r if isinstance(r, str) else json.dumps(r)) + "\n" for r in (head, *rows) if r is not None
    )
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


COMING_HOME = (
    row(0, "box", isPluggedIn=False),
    row(1, "car", isPluggedIn=False, isCharging=False, batteryLevel=40),
    row(5, "car", isPluggedIn=False, isCharging=False, batteryLevel=40),
    row(6.5, "box", powerDeliveryState="PLUGGED_IN:CHARGING", chargeRate=11.0),
    row(10, "car", isPluggedIn=True, isCharging=True, batteryLevel=40, chargeRate=10.2),
    row(40, "box", isPluggedIn=False, powerDeliveryState="UNPLUGGED", chargeRate=None),
)


def run(path: Path, capfdbinary: pytest.CaptureFixture[bytes], **options: Any) -> list[Any]:
    assert replay(path, lenient=options.get("lenient", False)) == options.get("code", 0)
    return [json.loads(text) for text in capfdbinary.readouterr().out.splitlines()]


def pairs(rows: list[Any]) -> list[tuple[str, str | None]]:
    return [(r["time"], r["pair"]["vehicleId"]) for r in rows if "pair" in r]


def test_lines_become_what_they_say_in_the_units_inside(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        row(1, "box", powerDeliveryState="PLUGGED_IN:CHARGING", chargeRate=7.2, idToken="X",
            energyRegister=1234.5, maxCurrent=16),
        {"seen": at(2), "device": "car", "at": at(1), "batteryLevel": None, "isPluggedIn": True},
        {"seen": at(3), "device": "box", "command": "LIMIT", "value": 10},
        row(4, "grid", power=-1.5),
        row(5, "car", powerDeliveryState="PLUGGED_IN:SOMETHING_NEW"),
    )  # fmt: skip
    with opened(path) as stream:
        box, car, command, grid, new = [entry.says for entry in stream.entries()]
    assert isinstance(box, Observation)
    assert (box.power_w, box.energy_wh, box.max_current_a) == (7200.0, 1_234_500.0, 16.0)
    assert (box.power_delivery, box.id_token) == (PowerDelivery.CHARGING, "X")
    assert isinstance(car, Observation)
    assert car.unknown == {"soc_percent"}
    assert (car.seen.at - car.at).total_seconds() == 60
    assert isinstance(command, Commanded)
    assert command == Commanded(device=command.device, seen=command.seen, command="LIMIT", value=10)
    assert isinstance(grid, MeterReading)
    assert grid.power_w == -1500.0
    assert isinstance(new, Observation)
    assert new.power_delivery is PowerDelivery.UNKNOWN


def test_the_header_says_which_devices_there_are(tmp_path: Path) -> None:
    with opened(write(tmp_path)) as stream:
        settings = stream.header.pairing_settings()
        kinds = {name: device.kind for name, device in stream.header.devices.items()}
    assert kinds[DeviceId("grid")] is DeviceKind.METER
    assert (settings.cars[0].capacity_wh, settings.cars[0].max_power_w) == (64_000.0, 11_000.0)
    assert settings.cars[0].id_tokens == {"VID:001122334455"}
    assert settings.chargers[0].latitude_deg == 50.85
    assert settings.timezone == "Europe/Brussels"


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        (("{oops",), ":2: that is no JSON"),
        (("[1]",), ":2: that is no JSON object"),
        ((row(5, "box"), row(4, "box")), ":3: seen is 2026-06-01T15:04:00Z, before"),
        ((row(1, "bax"),), ":2: no device is called 'bax'; the header lists car, box, grid"),
        (({"device": "box"},), ":2: seen is missing"),
        (({"seen": "yesterday", "device": "box"},), ":2: seen is 'yesterday'; it must be"),
        (({"seen": "2026-06-01T15:00:00", "device": "box"},), "a time with an offset"),
        (({"seen": at(1)},), ":2: it names neither a device nor an intent"),
        ((row(1, "car", batteryLevel="full"),), ":2: batteryLevel is 'full'; it must be a number"),
        ((row(1, "car", isPluggedIn="yes"),), ":2: isPluggedIn is 'yes'; it must be true"),
        (({"seen": at(1), "device": "box", "command": "JUMP"},), ":2: command is 'JUMP'; known:"),
        (({"seen": at(1), "intent": {"command": "fly", "body": {}}},), ":2: intent"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_with_its_remedy(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], rows: tuple[Any, ...], what: str
) -> None:
    path = write(tmp_path, *rows)
    assert replay(path, lenient=False) == 2
    error = capfd.readouterr().err
    assert error.startswith(f"{path}:")
    assert what in error
    assert replay(path, lenient=True) == 0
    assert "lines left out as faulty: 1" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("head", "what"),
    [
        ({}, "this is no header"),
        ({"hearth": "stream/2", "devices": []}, "this is no header"),
        ({"hearth": "stream/1"}, "devices is missing"),
        ({**HEADER, "timezone": "Mars/Base"}, "timezone is 'Mars/Base'"),
        ({**HEADER, "devices": [{"id": "x", "kind": "kettle"}]}, "the kind of x is 'kettle'"),
        ({**HEADER, "devices": HEADER["devices"] * 2}, "car stands twice"),
        ({**HEADER, "pairing": "maybe"}, "pairing is 'maybe'"),
        ({**HEADER, "idTokens": {"a": "nobody"}}, "which is no device here"),
        ({**HEADER, "site": {"latitude": "north"}}, "site needs latitude and longitude"),
    ],
)
def test_a_header_that_cannot_be_used_is_a_fault_of_line_one(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], head: Any, what: str
) -> None:
    path = write(tmp_path, head=head)
    assert replay(path, lenient=True) == 2
    error = capfd.readouterr().err
    assert error.startswith(f"{path}:1: ")
    assert what in error


def test_files_that_are_none_are_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").write_bytes(b"")
    whole = gzip.compress((json.dumps(HEADER) + "\n").encode() * 100)
    (tmp_path / "half.gz").write_bytes(whole[: len(whole) // 2])
    for name, what in (("none", "No such file"), ("empty", "is empty"), ("half.gz", "damaged")):
        assert replay(tmp_path / name, lenient=False) == 2
        assert what in capfd.readouterr().err


def test_a_packed_file_reads_like_a_plain_one_whatever_its_name(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    plain = run(write(tmp_path, *COMING_HOME), capfdbinary)
    packed = write(tmp_path, *COMING_HOME, name="s.gz")
    assert run(packed, capfdbinary) == plain
    assert run(packed.rename(tmp_path / "other"), capfdbinary) == plain


def test_a_pair_is_told_when_it_begins_and_ends_and_once_at_the_end(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    rows = run(write(tmp_path, *COMING_HOME), capfdbinary)
    assert pairs(rows) == [(at(10), "car"), (at(40), None), (at(40), None)]
    pair = next(r["pair"] for r in rows if "pair" in r)
    assert list(pair) == ["chargerId", "vehicleId", "confidence", "runnerUp", "evidence"]
    assert pair["evidence"][0]["kind"] == "plug-in"
    assert set(pair["evidence"][0]) == {"kind", "points", "says"}
    decisions = [r["decision"] for r in rows if "decision" in r]
    assert decisions[0]["deviceId"] == "box"


def test_what_people_want_becomes_actions(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    stop = {"targetType": "vehicle", "targetId": "car", "kind": "STOP"}
    rows = run(
        write(
            tmp_path,
            *COMING_HOME[:5],
            {"seen": at(12), "intent": {"command": "action.create", "body": stop}},
            row(12.5, "box", powerDeliveryState="PLUGGED_IN:STOPPED"),
        ),
        capfdbinary,
    )
    actions = [(r["action"]["deviceId"], r["action"]["state"]) for r in rows if "action" in r]
    assert actions[0] == ("box", "PENDING")
    assert actions[-1] == ("box", "CONFIRMED")


def test_a_person_can_pin_and_correct_in_a_stream(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    guest = {"command": "pair.correct", "body": {"chargerId": "box", "vehicleId": None,
                                                "guest": True}}  # fmt: skip
    path = write(tmp_path, *COMING_HOME[:5], {"seen": at(12), "intent": guest})
    rows = run(path, capfdbinary)
    assert pairs(rows) == [(at(10), "car"), (at(12), None), (at(12), None)]


def test_a_silent_rival_is_waited_for_and_the_next_line_tells(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    other = {**HEADER, "devices": [*HEADER["devices"], {"id": "van", "kind": "vehicle"}]}
    rows = (
        row(0.5, "van", isPluggedIn=False),
        *COMING_HOME[1:4],
        row(10, "car", isPluggedIn=True),
        row(50, "box", chargeRate=11.0),
    )
    path = write(tmp_path, row(0, "box", isPluggedIn=False), *rows, head=other)
    assert pairs(run(path, capfdbinary)) == [(at(50), "car"), (at(50), "car")]


def generated(folder: Path, seed: int, lines: int | None = None) -> Path:
    dice = Random(seed)
    home = house("hard", dice)
    rows = [line(event) for event in told(home, live(home, 3, dice), 3, dice)]
    return write(folder, *rows[:lines], head=header(home), name=f"{seed}-{lines}.jsonl")


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_one_file_gives_one_output_and_its_beginning_the_beginning(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], seed: int
) -> None:
    path = generated(tmp_path, seed)
    assert replay(path, lenient=False) == 0
    whole = capfdbinary.readouterr().out
    replay(path, lenient=False)
    assert capfdbinary.readouterr().out == whole
    head, *lines = path.read_text().splitlines()
    count = len(lines)
    chargers = [d["kind"] for d in json.loads(head)["devices"]].count("charger")
    assert b'"vehicleId":"car' in whole
    for part in (count // 3, count // 2, count - 7):
        replay(generated(tmp_path, seed, part), lenient=False)
        rows = capfdbinary.readouterr().out.splitlines(keepends=True)
        assert whole.startswith(b"".join(rows[:-chargers]))


class Thorough(Replay):
    """Runs the whole engine on every line."""

    def _at_rest(self, engine: Engine) -> bool:
        del engine
        return False


@pytest.mark.long
@pytest.mark.parametrize("seed", [3, 4])
def test_lines_that_move_nothing_may_pass_the_engine_by(tmp_path: Path, seed: int) -> None:
    def told(kind: type[Replay]) -> list[bytes]:
        with opened(generated(tmp_path, seed)) as stream:
            run = kind(stream.header)
            rows = [text for entry in stream.entries() for text in run.take(entry)]
            return [*rows, *run.end()]

    assert told(Replay) == told(Thorough)


def test_streams_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="name a stream file"), opened(tmp_path):
        pass


def test_whoever_has_seen_enough_of_a_replay_is_no_fault_of_the_stream(tmp_path: Path) -> None:
    with pytest.raises(BrokenPipeError), opened(write(tmp_path)):
        raise BrokenPipeError
