"""Device maps: the shipped ones are sound, and a faulty one is explained line by line."""

import logging
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from agent.model.readings import BatteryMode, DeviceKind
from drivers.modbus.maps import MapError, known_models, load_models, read_model
from drivers.modbus.model import Table, Tier
from drivers.modbus.yaml_nodes import MapFault
from tests.examples import examples

METER = """\
id: my_meter
vendor: Acme
class: meter
registers:
  - {role: grid, name: power_w, address: 52, type: f32}
"""


def faults_of(text: str, file: str = "my_meter.yaml") -> list[str]:
    faults: list[MapFault] = []
    assert (read_model(text, file, faults) is None) == bool(faults)
    return [str(fault) for fault in faults]


def with_lines(*lines: str) -> str:
    return METER + "\n".join(lines) + "\n"


def test_a_minimal_map_is_a_model() -> None:
    faults: list[MapFault] = []
    model = read_model(METER, "my_meter.yaml", faults)
    assert not faults
    assert model is not None
    assert model.kind is DeviceKind.METER
    assert model.registers[0].table is Table.HOLDING
    assert model.registers[0].tier is Tier.FAST


@pytest.mark.parametrize("name", sorted(known_models()))
def test_every_shipped_map_is_sound(name: str) -> None:
    model = load_models(wanted=[name])[name]
    assert model.id == name
    assert model.registers


def test_the_six_models_are_there() -> None:
    six = {
        "eastron_sdm630",
        "huawei_sun2000",
        "sma_hybrid",
        "sungrow_sh",
        "sunspec",
        "victron_gx",
    }
    assert six <= set(known_models())


def test_every_battery_model_can_do_four_modes() -> None:
    for model in load_models().values():
        if DeviceKind.BATTERY in model.parts:
            assert set(model.modes) == set(BatteryMode) - {
                BatteryMode.UNKNOWN,
                BatteryMode.TIME_OF_USE,
            }


def test_every_watchdog_writes_within_a_third_to_half_of_the_time_out() -> None:
    dogs = [m.watchdog for m in load_models().values() if m.watchdog]
    assert len(dogs) >= 4
    for dog in dogs:
        assert dog.device_timeout_s / 3 <= dog.rewrite_every_s <= dog.device_timeout_s / 2


def test_cyclic_writes_of_a_day_stay_within_what_flash_bears() -> None:
    for model in load_models().values():
        dog = model.watchdog
        for register in model.registers:
            cyclic = dog and (not dog.controls or register.key in dog.controls)
            if dog and cyclic and register.writable and not register.volatile:
                assert 86400 / dog.rewrite_every_s < 40, f"{model.id}: {register.name}"


def test_a_typo_gets_a_suggestion_with_its_line() -> None:
    text = METER.replace("type: f32", "type: f23, adress: 5")
    assert faults_of(text) == [
        "my_meter.yaml:5: registers[0].type is f23: no such choice; did you mean f32?",
        "my_meter.yaml:5: registers[0].adress: no such setting; did you mean address?",
    ]


def test_all_faults_are_told_at_once() -> None:
    text = with_lines(
        "  - {role: gird, name: Power, address: 70000, type: u16, scale: ten}",
        "limits: {max_gap: 300, timeout_s: soon}",
        "vendor: Acme again",
        "modes: {UNKNOWN: [normal]}",
    )
    faults = faults_of(text)
    lines = [int(fault.split(":")[1]) for fault in faults]
    assert sorted(lines) == [6, 6, 6, 6, 7, 7, 8, 9]
    assert any("did you mean grid?" in fault for fault in faults)
    assert any("vendor stands there twice; keep one" in fault for fault in faults)
    assert any("timeout_s is soon: it must be a number" in fault for fault in faults)


@pytest.mark.parametrize("word", ["off", "08:00", "1e3", "on", "2024-01-01"])
def test_words_stay_what_was_written(word: str) -> None:
    text = METER.replace("type: f32", f"type: u16, enum: {{1: {word}}}")
    model = read_model(text, "my_meter.yaml", [])
    assert model is not None
    assert model.registers[0].enum[1] == word


@pytest.mark.parametrize("number", [".nan", "nan", "inf", "'1,5'", "[1]", "{a: 1}"])
def test_a_scale_must_be_a_number(number: str) -> None:
    faults = faults_of(METER.replace("type: f32", f"type: f32, scale: {number}"))
    assert "it must be a number such as 0.1" in faults[0]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (
            ["  - {role: grid, name: power_w, address: 54, type: f32}"],
            "registers: grid.power_w (line 6) has the same name as grid.power_w (line 5)",
        ),
        (
            ["  - {role: grid, name: frequency_hz, address: 52, type: f32}"],
            "registers: grid.frequency_hz (line 6) has the same place as grid.power_w (line 5)",
        ),
        (["  - {role: grid, name: status, type: u16}"], "needs one of address, words, or model"),
        (
            ["  - {role: grid, name: status, address: 1, type: u16, table: coil}"],
            "must be of type bit in a coil",
        ),
        (
            ["  - {role: grid, name: status, address: 1, type: u16, group: roof}"],
            "has group roof, which is not under unit_id.groups",
        ),
        (
            ["  - {role: grid, name: status, model: [1], offset_in_model: 1, type: u16}"],
            "has a SunSpec model; add sunspec",
        ),
        (
            ["  - {role: grid, name: status, words: [1, 2], type: u16}"],
            "lists 2 words, but a u16 has 1",
        ),
        (
            ["derived:", "  - {role: grid, name: power_l1_w, expr: powr_w}"],
            "derived: grid.power_l1_w uses powr_w: no such value; did you mean power_w?",
        ),
        (
            ["derived:", "  - {role: grid, name: power_l1_w, expr: power_w *}"],
            "has the expression 'power_w *': '*' is not allowed",
        ),
        (
            ["commands: {normal: {steps: [{ctl_mode: 1}]}}"],
            "commands.normal: ctl_mode: no such register that can be written",
        ),
        (["modes: {IDLE: [hold]}"], "modes.IDLE is hold: no such command"),
        (["modes: {IDLE: [hold]}"], "modes needs a command normal"),
        (
            ["watchdog: {rewrite_every_s: 50, device_timeout_s: 60}"],
            "at most half of device_timeout_s",
        ),
        (["guards: [{role: grid, name: x, equals: 1, says: no}]"], "guards names grid.x"),
        (["unit_id: 3"], "unit_id: it must be a group of settings"),
        (["functions: {read: [4], write: [6]}"], "functions.read lacks 3"),
    ],
)
def test_contradictions_are_faults(lines: list[str], fault: str) -> None:
    assert any(fault in found for found in faults_of(with_lines(*lines)))


def test_a_map_that_says_nothing_of_use_is_a_fault() -> None:
    assert "Hearth uses none of these names" in faults_of(METER.replace("power_w", "pwr"))[0]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "my_meter.yaml:1: the file is empty"),
        ("- 1\n", "the file must consist of settings"),
        ("id: my_meter\nvendor: [\n", "this is no YAML"),
        ("id: a\tb: c: d\n", "my_meter.yaml:1: this is no YAML"),
        ("id: my_meter\n", "vendor is missing; add one word or sentence"),
    ],
)
def test_a_file_that_is_no_map_is_explained(text: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "my_meter.yaml").write_text(text)
    with pytest.raises(MapError) as error:
        load_models([tmp_path], ["my_meter"])
    assert any(fault in str(f) for f in error.value.faults)


def test_a_file_that_is_no_text_is_explained(tmp_path: Path) -> None:
    (tmp_path / "my_meter.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MapError, match="the file cannot be read"):
        load_models([tmp_path], ["my_meter"])


def test_the_id_is_the_name_of_the_file() -> None:
    assert "id is my_meter: it must be the file's name, other" in faults_of(METER, "other.yaml")[0]


def test_an_unknown_model_gets_a_suggestion() -> None:
    with pytest.raises(MapError, match=r"no device model eastron_sdm360; did you mean eastron"):
        load_models(wanted=["eastron_sdm360"])


def test_a_missing_folder_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(MapError, match="there is no such folder"):
        load_models([tmp_path / "maps"])


def test_a_map_of_ones_own_replaces_hearths_and_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = tmp_path / "eastron_sdm630.yaml"
    own.write_text(METER.replace("my_meter", "eastron_sdm630"))
    with caplog.at_level(logging.INFO):
        model = load_models([tmp_path], ["eastron_sdm630"])["eastron_sdm630"]
    assert len(model.registers) == 1
    assert caplog.messages == [f"device model eastron_sdm630 is read from {own}"]


def test_files_that_the_house_does_not_need_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("not: [a map")
    assert list(load_models([tmp_path], ["eastron_sdm630"])) == ["eastron_sdm630"]


def test_a_control_named_alone_is_the_batterys_or_the_only_one() -> None:
    faults: list[MapFault] = []
    text = with_lines(
        "  - {role: inverter, name: ctl_mode, address: 1, type: u16, access: rw}",
        "  - {role: battery, name: ctl_mode, address: 2, type: u16, access: rw}",
        "  - {role: inverter, name: ctl_limit, address: 3, type: u16, access: rw}",
        "commands: {normal: {steps: [{ctl_mode: 1}, {ctl_limit: 2}, {inverter.ctl_mode: 3}]}}",
    )
    model = read_model(text, "my_meter.yaml", faults)
    assert not faults
    assert model is not None
    assert [step.control for step in model.commands["normal"].steps] == [
        ("battery", "ctl_mode"),
        ("inverter", "ctl_limit"),
        ("inverter", "ctl_mode"),
    ]


def test_units_of_parts_may_be_known_or_left_to_the_installer() -> None:
    text = with_lines("unit_id: {default: 3, meter: 200, groups: {roof: 7, cellar: }}")
    model = read_model(text, "my_meter.yaml", [])
    assert model is not None
    assert model.unit_ids == {"default": 3, "meter": 200, "roof": 7, "cellar": None}


def test_parts_of_a_sum_are_read_as_often_as_the_sum() -> None:
    sma = load_models(wanted=["sma_hybrid"])["sma_hybrid"]
    tiers = {r.key: r.tier for r in sma.registers}
    assert tiers["grid", "import_power_w"] is Tier.FAST
    assert tiers["battery", "ctl_op_mode"] is Tier.NEVER


SHIPPED = {name: path.read_text() for name, path in known_models().items()}


@examples(150, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["eastron_sdm630", "sungrow_sh"]),
    st.integers(0, 10_000),
    st.integers(0, 6),
    st.text(alphabet="ab0:{}[],-&*!|>'\"# \n", max_size=4),
)
def test_no_damage_to_a_map_does_more_than_make_faults(
    name: str, at: int, cut: int, put: str
) -> None:
    text = SHIPPED[name]
    at %= len(text)
    faults: list[MapFault] = []
    read_model(text[:at] + put + text[at + cut :], f"{name}.yaml", faults)
    assert all(fault.line >= 1 and fault.text for fault in faults)


def words(lines: Iterable[str]) -> list[str]:
    return [line.rstrip() for line in lines]


def test_the_example_of_the_documentation_is_a_map_of_twenty_lines() -> None:
    file = Path(__file__).parent / "data" / "example_meter.yaml"
    doc = Path(__file__).parents[2] / "docs" / "modbus-maps.md"
    example = doc.read_text().split("```yaml\n", 1)[1].split("```", 1)[0]
    assert words(example.splitlines()) == words(file.read_text().splitlines())
    assert len(example.splitlines()) == 20
    assert faults_of(example, "example_meter.yaml") == []
