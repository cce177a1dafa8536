"""`hearth check`: exit codes, the summary, and the keys that programs read."""

import json
from pathlib import Path

import pytest

from agent.cli.check import check
from tests.unit.config_files import HOUSE


def write(folder: Path, text: str) -> Path:
    file = folder / "hearth.yaml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return file


def test_the_keys_of_the_json_are_frozen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, "house:\n  timezone: UTC\n  fuse_a: 250\n")
    assert check(file, as_json=True) == 1
    assert json.loads(capsys.readouterr().out) == [
        {
            "file": str(file),
            "line": 3,
            "setting": "house.fuse_a",
            "value": "250",
            "wrong": "too large",
            "remedy": "write 6 to 125 (main fuse, ampere per phase)",
        }
    ]


def test_no_fault_is_an_empty_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(write(tmp_path, HOUSE + "store: {path: hearth.db}\n"), as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_faults_are_what_the_daemon_would_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, "house:\n  timezone: UTC\n  fuse_a: 250\n")
    assert check(file, as_json=False) == 1
    assert capsys.readouterr().out == (
        f"{file}:3: house.fuse_a is 250: too large; write 6 to 125 (main fuse, ampere per phase)\n"
        "Hearth does not start with this file. Faults: 1\n"
    )


def test_a_house_without_anything_is_normal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, HOUSE + "store: {path: hearth.db}\n")
    assert check(file, as_json=False) == 0
    assert capsys.readouterr().out == (
        f"{file}: no faults.\n"
        "  house    Home: 3 x 25 A, Europe/Berlin\n"
        f"  store    {tmp_path}/hearth.db: none yet\n"
        "  normal   no chargers; nothing listens for them\n"
        "  normal   no meter; nothing guards the main fuse, and there is no solar charging\n"
        "  normal   no mqtt section; Home Assistant does not see the house\n"
    )


def test_a_whole_house_is_told_in_a_few_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        HOUSE + "store: {path: hearth.db}\n"
        "chargers: {garage: {identity: CP1, mode: solar, password: hunter2}}\n"
        "devices:\n"
        "  grid: {driver: eastron_sdm630, serial: /dev/ttyUSB0}\n"
        "  roof: {driver: huawei_sun2000, host: 10.0.0.2, port: 6607, parts: [battery, inverter]}\n"
        "mqtt: {host: 10.0.0.3}\n"
        "cloud: {host: cloud.example, agent_id: 3f0c9d2e, username: u}\n"
        "vehicles: {zoe: {source: ovms, topic: ovms/me/zoe}, kona: {source: cloud, id: 4b1f}}\n"
        "schedules: {night: {vehicle: zoe, enabled: false, rules: {all: {}}}}\n"
        "locations: {cabin: {latitude_deg: 61, longitude_deg: 9}}\n"
    )
    file = write(tmp_path, text)
    file.chmod(0o644)
    assert check(file, as_json=False) == 0
    assert capsys.readouterr().out == (
        f"{file}: no faults.\n"
        "  house    Home: 3 x 25 A, Europe/Berlin\n"
        "  charger  garage: CP1 connector 1, 6 to 16 A, mode solar\n"
        "  device   grid: eastron_sdm630 at /dev/ttyUSB0 (meter)\n"
        "  device   roof: huawei_sun2000 at 10.0.0.2:6607 (inverter, battery)\n"
        "  car      zoe: ovms ovms/me/zoe\n"
        "  car      kona: cloud 4b1f\n"
        "  schedule night: for zoe, switched off\n"
        "  place    cabin: no chargers\n"
        "  broker   10.0.0.3:1883\n"
        "  cloud    cloud.example:8883 as 3f0c9d2e\n"
        f"  store    {tmp_path}/hearth.db: none yet\n"
        f"  warning  {file}:3: chargers.garage.password stands in a file that everybody on this "
        f"machine may read; chmod 600 {file}, or give it as HEARTH_CHARGERS__GARAGE__PASSWORD\n"
    )


def test_a_fault_in_an_own_device_model_is_named_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "maps").mkdir()
    model = tmp_path / "maps" / "my_meter.yaml"
    model.write_text("id: my_meter\nvendor: Me\nclass: meter\nregisters:\n  - {role: gird}\n")
    text = HOUSE + "maps_folder: maps\ndevices: {grid: {driver: my_meter, host: a}}\n"
    assert check(write(tmp_path, text), as_json=True) == 1
    faults = json.loads(capsys.readouterr().out)
    assert {(fault["file"], fault["line"]) for fault in faults} == {(str(model), 5)}
    assert all(fault["wrong"] and fault["remedy"] for fault in faults)


PRICED = (
    HOUSE + "store: {path: hearth.db}\n"
    "vehicles: {zoe: {source: ovms, topic: ovms/me/zoe, smart: {ready_by: '07:00'}}}\n"
    "mqtt: {host: 10.0.0.3}\n"
    "chargers: {garage: {identity: CP1}}\n"
)
NIGHT = "night: {per_kwh: 0.2, from: '00:00', to: '06:00'}"
DAY = "per_kwh: 0.3, from: '06:00', to: '24:00'"
GAP = "tariff.prices names no price from"


@pytest.mark.parametrize(
    ("tariff", "says"),
    [
        (f"prices: {{{NIGHT}, day: {{per_kwh: 0.3, from: '06:00', to: '24:00'}}}}", None),
        (
            f"prices: {{{NIGHT}, day: {{per_kwh: 0.3, from: '06:00', to: '23:00'}}}}",
            "23:00 to 24:00 every day, so plans guess it; add one, or a source of market prices",
        ),
        (
            f"prices: {{{NIGHT}, day: {{per_kwh: 0.3, from: '07:00', to: '24:00'}}}}",
            "06:00 to 07:00 every day",
        ),
        (
            f"prices: {{{NIGHT}, day: {{{DAY}, weekdays: [mon, tue]}}}}",
            "06:00 to 24:00 on Wednesday",
        ),
        (
            "prices: {summer: {per_kwh: 0.3, months: [4, 5, 6, 7, 8, 9]}}",
            "00:00 to 24:00 every day",
        ),
        (f"prices: {{{NIGHT}}}, supply_per_kwh: 0.3", None),
        (f"prices: {{{NIGHT}}}, sources: {{spot: {{kind: energy-charts, zone: DE-LU}}}}", None),
    ],
)
def test_hours_of_which_no_price_speaks_are_told_before_they_are_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tariff: str, says: str | None
) -> None:
    file = write(tmp_path, f"{PRICED}tariff: {{currency: EUR, {tariff}}}\n")
    assert check(file, as_json=False) == 0
    told = capsys.readouterr().out
    assert "  car      zoe: ovms ovms/me/zoe, full by 07:00\n" in told
    assert "  tariff   EUR: " in told
    if says is None:
        assert GAP not in told
    else:
        assert f"  warning  {file}:6: {GAP} {says}" in told


def test_a_battery_to_plan_for_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    priced = f"{PRICED}tariff: {{currency: EUR, supply_per_kwh: 0.3}}\nbattery: {{plan: prices}}\n"
    roof = "devices: {roof: {driver: huawei_sun2000, host: 10.0.0.2, parts: [battery, inverter]}}\n"
    says = "no battery among the devices; battery.plan: prices waits for one"
    for text, told in ((priced, True), (priced + roof, False)):
        assert check(write(tmp_path, text), as_json=False) == 0
        assert (says in capsys.readouterr().out) is told


def test_a_number_that_has_to_be_above_0_is_not_told_to_be_small(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = HOUSE + "solar: {service: mqtt, topics: [a], max_power_w: 0}\n"
    assert check(write(tmp_path, text), as_json=False) == 1
    told = capsys.readouterr().out
    assert "max_power_w is 0: too small; write a number above 0, at most 1000000" in told
