"""Smart charging in the installer's file."""

import re
from datetime import date
from pathlib import Path

import pytest

from agent.config.skipped import skipped_deadlines
from agent.config.smart import policies_of
from agent.config.tree import read_tree
from agent.model.readings import DeviceKind
from agent.model.smart import NO_DEADLINE, SmartPolicy, Windows
from tests.unit.config_files import faults_of, settings_of
from tests.unit.house import GARAGE
from tests.unit.smart_world import CAR

DOCUMENT = Path(__file__).parents[2] / "docs" / "smart-charging.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
HOUSE = """\
house: {timezone: Europe/Berlin, fuse_a: 25}
tariff: {currency: EUR, sources: {spot: {kind: energy-charts, zone: DE-LU}}}
"""
CHARGER = "chargers:\n  garage: {identity: A, smart: "
ZOE = "vehicles:\n  zoe: {source: cloud, id: car-1, smart: "


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_of_the_documentation_is_taken(tmp_path: Path, text: str) -> None:
    assert len(EXAMPLES) == 2
    assert faults_of(tmp_path, HOUSE.splitlines()[0] + "\n" + text) == []


def test_a_car_is_read_in_the_installer_s_words(tmp_path: Path) -> None:
    text = (
        f"{HOUSE}{ZOE}"
        '{ready_by: "07:00 on weekdays, 09:00 on Sunday", minimum_percent: 20, windows: single,'
        " min_on_s: 600, min_off_s: 900, least_minimum_percent: 10}}\n"
    )
    assert policies_of(settings_of(tmp_path, text)) == {
        CAR: SmartPolicy(
            target=CAR,
            enabled=True,
            deadlines=(*(420,) * 5, None, 540),
            minimum_percent=20.0,
            least_minimum_percent=10.0,
            windows=Windows.SINGLE,
            min_on_s=600.0,
            min_off_s=900.0,
        )
    }


def test_a_charger_is_read_in_the_installer_s_words(tmp_path: Path) -> None:
    text = f'{HOUSE}{CHARGER}{{duration_h: 2.5, cycle_ends: "06:00"}}}}\n'
    assert policies_of(settings_of(tmp_path, text)) == {
        GARAGE: SmartPolicy(
            target=GARAGE,
            target_kind=DeviceKind.CHARGER,
            enabled=True,
            deadlines=(360,) * 7,
            duration_s=9000.0,
        )
    }


def test_what_is_off_needs_no_deadline(tmp_path: Path) -> None:
    found = policies_of(settings_of(tmp_path, f"{HOUSE}{ZOE}{{enabled: false}}}}\n"))
    assert (found[CAR].enabled, found[CAR].deadlines) == (False, NO_DEADLINE)


@pytest.mark.parametrize(
    ("smart", "says"),
    [
        ("{minimum_percent: 20}", "ready_by is missing; add ready_by: 07:00"),
        ("{ready_by: none}", "add ready_by: 07:00"),
        ("{ready_by: soon}", "write a time such as 07:00"),
        ('{ready_by: "24:00"}', "write 00:00"),
        ('{ready_by: "07:00 on someday"}', "someday is no day of the week"),
        ('{ready_by: "07:00", minimum_percent: 120}', "write 0 to 100"),
        (
            '{ready_by: "07:00", minimum_percent: 5, least_minimum_percent: 10}',
            "minimum_percent is 5: below least_minimum_percent; write 0, or at least 10",
        ),
    ],
)
def test_each_fault_of_a_car_is_told_with_the_remedy(tmp_path: Path, smart: str, says: str) -> None:
    (fault,) = faults_of(tmp_path, f"{HOUSE}{ZOE}{smart}}}\n")
    assert says in fault
    assert "vehicles.zoe.smart" in fault


SKIPS = (
    "vehicles.zoe.smart.ready_by is 02:30, which the change to summer time skips on Sunday,"
    " 2027-03-28: that day it counts as 03:00; write a time before 02:00, or leave it if that is"
    " early enough"
)


def skipped(folder: Path, text: str) -> list[tuple[int | None, str]]:
    settings = settings_of(folder, text)
    tree = read_tree(folder / "hearth.yaml")
    return list(skipped_deadlines(settings, tree, date(2026, 11, 22)))


def test_a_deadline_that_the_change_to_summer_time_skips_is_told_with_its_line(
    tmp_path: Path,
) -> None:
    text = f'{HOUSE}{ZOE}{{ready_by: "02:30"}}}}\n'
    assert skipped(tmp_path, text) == [(4, SKIPS)]
    (warned,) = settings_of(tmp_path, text).warnings
    assert warned.startswith(f"{tmp_path}/hearth.yaml:4: vehicles.zoe.smart.ready_by is 02:30")


@pytest.mark.parametrize("ready_by", ["01:59", "03:00", "02:30 on weekdays", "02:30 on Saturday"])
def test_a_deadline_that_every_clock_shows_is_none_to_warn_of(
    tmp_path: Path, ready_by: str
) -> None:
    assert skipped(tmp_path, f'{HOUSE}{ZOE}{{ready_by: "{ready_by}"}}}}\n') == []


def test_a_charger_s_deadline_is_of_the_place_where_it_stands(tmp_path: Path) -> None:
    smart = f'{HOUSE}{CHARGER}{{duration_h: 2, cycle_ends: "02:15"}}}}\n'
    assert "chargers.garage.smart.cycle_ends is 02:15" in skipped(tmp_path, smart)[0][1]
    away = "locations:\n  hut: {timezone: %s, chargers: [garage]}\n"
    assert skipped(tmp_path, smart + away % "Asia/Tokyo") == []
    howe = skipped(tmp_path, smart + away % "Australia/Lord_Howe")  # half an hour of summer time
    assert "2027-10-03: that day it counts as 02:30; write a time before 02:00" in howe[0][1]


def test_a_charger_needs_its_hours_and_the_end_of_its_cycle(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, f"{HOUSE}{CHARGER}{{windows: multi}}}}\n")
    assert any("duration_h" in each for each in faults)
    assert any("cycle_ends" in each for each in faults)


def test_a_schedule_for_the_same_car_is_a_contradiction(tmp_path: Path) -> None:
    schedule = "schedules: {night: {vehicle: zoe, rules: {a: {from: 22:00, to: 06:00}}}}\n"
    text = f'{HOUSE}{ZOE}{{ready_by: "07:00"}}}}\n{schedule}'
    (fault,) = faults_of(tmp_path, text)
    assert "the schedule night steers zoe already; write enabled: false here or there" in fault
    off = text.replace("{vehicle:", "{enabled: false, vehicle:")
    assert faults_of(tmp_path, off) == []


def test_a_schedule_that_steers_the_only_charger_is_warned_of(tmp_path: Path) -> None:
    schedule = "schedules: {night: {charger: garage, rules: {a: {from: 22:00, to: 06:00}}}}\n"
    garage = "chargers:\n  garage: {identity: A}\n"
    text = f'{HOUSE}{ZOE}{{ready_by: "07:00"}}}}\n{garage}{schedule}'
    (warned,) = settings_of(tmp_path, text).warnings
    assert warned == (
        f"{tmp_path}/hearth.yaml:4: vehicles.zoe.smart gives way to the schedule night, so that no"
        " plan is ever followed: every charger has one; write enabled: false here or there"
    )
    for free in (
        text.replace("{charger:", "{enabled: false, charger:"),
        text.replace("ready_by:", "enabled: false, ready_by:"),
        text.replace("  garage:", "  street: {identity: B}\n  garage:"),
    ):
        assert settings_of(tmp_path, free).warnings == ()


def test_without_prices_and_without_a_cloud_nothing_can_be_planned(tmp_path: Path) -> None:
    bare = HOUSE.splitlines()[0] + "\n"
    text = f'{bare}{ZOE}{{ready_by: "07:00"}}}}\n'
    (fault,) = faults_of(tmp_path, text)
    assert "there are no prices" in fault
    assert "add a tariff section" in fault
    assert faults_of(tmp_path, text.replace("ready_by:", "enabled: false, ready_by:")) == []
