"""Schedules and places in the installer's file."""

from pathlib import Path

import pytest

from agent.config.household import locations_of, schedules_of
from agent.model.readings import DeviceId, DeviceKind
from agent.model.schedules import Location, Rule, Schedule
from tests.unit.config_files import faults_of, settings_of

HOUSE = """\
house: {timezone: Europe/Berlin, fuse_a: 25, latitude_deg: 52.5, longitude_deg: 13.4}
chargers:
  garage: {identity: A}
  garden: {identity: B}
vehicles:
  zoe: {source: cloud, id: car-1}
"""
NIGHT = "schedules:\n  night:\n    charger: garage\n    rules:\n      a: "
GOOD = '{from: "22:00", to: "06:00"}\n'


def test_a_schedule_is_read_in_the_installer_s_words(tmp_path: Path) -> None:
    text = f"""{HOUSE}
schedules:
  night:
    name: Cheap nights
    charger: garage
    location: home
    rules:
      cheap: {{from: 22:00, to: 6:00, weekdays: [mon, sun]}}
      never: {{charge: false, from: "00:00", to: "24:00", weekdays: [sat]}}
  car:
    vehicle: zoe
    enabled: false
    charge_otherwise: true
    rules: {{sundays: {{charge: no, weekdays: [sun]}}}}
"""
    found = schedules_of(settings_of(tmp_path, text))
    assert found == {
        "night": Schedule(
            id="night",
            name="Cheap nights",
            target=DeviceId("garage"),
            target_kind=DeviceKind.CHARGER,
            location="home",
            default_should_charge=False,
            rules=(
                Rule(
                    should_charge=True, from_minute=1320, to_minute=360, weekdays=frozenset({0, 6})
                ),
                Rule(should_charge=False, from_minute=0, to_minute=1440, weekdays=frozenset({5})),
            ),
        ),
        "car": Schedule(
            id="car",
            name="car",
            target=DeviceId("zoe"),
            target_kind=DeviceKind.VEHICLE,
            enabled=False,
            default_should_charge=True,
            rules=(Rule(should_charge=False, weekdays=frozenset({6})),),
        ),
    }


def test_the_house_is_a_place_and_has_the_chargers_that_stand_nowhere_else(tmp_path: Path) -> None:
    text = HOUSE + "locations: {cabin: {chargers: [garden], timezone: Europe/Oslo}, flat: {}}"
    found = locations_of(settings_of(tmp_path, text))
    assert list(found) == ["home", "cabin", "flat"]
    assert found["home"] == Location(
        id="home",
        name="Home",
        latitude_deg=52.5,
        longitude_deg=13.4,
        timezone="Europe/Berlin",
        chargers=(DeviceId("garage"),),
    )
    assert (found["cabin"].timezone, found["cabin"].chargers) == ("Europe/Oslo", ("garden",))
    assert (found["flat"].timezone, found["flat"].name) == ("Europe/Berlin", "flat")


def test_a_file_without_either_has_the_house_alone(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, HOUSE)
    assert (dict(schedules_of(settings)), list(locations_of(settings))) == ({}, ["home"])


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        (
            "{from: 22, to: 06:00}",
            (
                "11: schedules.night.rules.a.from is 22: no time of day; "
                "write hours and minutes, as in 22:00"
            ),
        ),
        (
            "{from: 24:00, to: 06:00}",
            (
                "11: schedules.night.rules.a.from is 24:00: there the day ends, and nothing "
                "begins; write 00:00"
            ),
        ),
        (
            "{from: 22:00, to: 24:01}",
            (
                "11: schedules.night.rules.a.to is 24:01: no time of day; "
                "write hours and minutes, as in 22:00"
            ),
        ),
        (
            "{from: 22:00}",
            (
                "11: schedules.night.rules.a: from and to belong together; "
                "give both, or neither for whole days"
            ),
        ),
        (
            "{weekdays: []}",
            (
                "11: schedules.night.rules.a.weekdays is []: no day at all; "
                "name some, as in [mon, fri], or delete the line"
            ),
        ),
        (
            "{weekdays: mon}",
            (
                "11: schedules.night.rules.a.weekdays is mon: one value, but a list is wanted; "
                "write [mon]"
            ),
        ),
        (
            "{weekdays: [Montag]}",
            (
                "11: schedules.night.rules.a.weekdays.0 is Montag: no such choice; "
                "write mon, tue, wed, thu, fri, sat or sun"
            ),
        ),
        (
            "{charge: maybe}",
            (
                "11: schedules.night.rules.a.charge is maybe: neither true nor false; "
                "write true or false"
            ),
        ),
        (
            "{form: 22:00, to: 06:00}",
            "11: schedules.night.rules.a.form: no such setting; did you mean from?",
        ),
    ],
)
def test_what_is_wrong_with_a_rule_is_said(tmp_path: Path, rule: str, fault: str) -> None:
    assert fault in faults_of(tmp_path, HOUSE + NIGHT + rule)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "schedules: {night: {charger: garrage, rules: {a: {}}}}",
            "7: schedules.night.charger is garrage: there is no such charger; did you mean garage?",
        ),
        (
            "schedules: {night: {vehicle: ford, rules: {a: {}}}}",
            "7: schedules.night.vehicle is ford: there is no such vehicle; write one of zoe",
        ),
        (
            "schedules: {night: {charger: garage, location: cabn, rules: {a: {}}}}",
            "7: schedules.night.location is cabn: there is no such place; write one of home",
        ),
        (
            "schedules: {night: {charger: garage, vehicle: zoe, rules: {a: {}}}}",
            (
                "7: schedules.night: charger and vehicle are both given; "
                "delete one, or make two schedules"
            ),
        ),
        (
            "schedules: {night: {rules: {a: {}}}}",
            "7: schedules.night: charger is missing; add charger: or vehicle: with its name",
        ),
        (
            "schedules: {night: {charger: garage}}",
            (
                "7: schedules.night: rules are missing; "
                "add rules: with hours below it, see the example"
            ),
        ),
        (
            (
                "schedules:\n"
                "  one: {charger: garage, rules: {a: {}}}\n"
                "  two: {charger: garage, rules: {a: {}}}"
            ),
            (
                "9: schedules.two.charger is garage: the schedule one steers it already; "
                "put the rules of both into one, or write enabled: false for one"
            ),
        ),
        (
            "locations: {cabin: {timezone: Europe/Olso}}",
            (
                "7: locations.cabin.timezone is Europe/Olso: no such time zone; "
                "did you mean Europe/Oslo?"
            ),
        ),
        (
            "locations: {cabin: {latitude_deg: 60}}",
            (
                "7: locations.cabin: latitude_deg and longitude_deg belong together; "
                "give both or neither"
            ),
        ),
        (
            "locations: {home: {latitude_deg: 60, longitude_deg: 10}}",
            (
                "7: locations.home: the house itself is a place of this name (house.id); "
                "rename it, or delete it"
            ),
        ),
        (
            "locations: {cabin: {latitude_deg: 52.501, longitude_deg: 13.4}}",
            (
                "7: locations.cabin.latitude_deg: cabin is 111 m from Home; "
                "places must be 200 m apart: correct the position, or delete one of the two"
            ),
        ),
        (
            "locations: {cabin: {chargers: [gardn]}}",
            "7: locations.cabin.chargers is gardn: there is no such charger; did you mean garden?",
        ),
        (
            "locations: {cabin: {chargers: [garden]}, flat: {chargers: [garden]}}",
            (
                "7: locations.flat.chargers: garden stands at cabin already; "
                "delete it at one of the two places"
            ),
        ),
    ],
)
def test_contradictions_are_found_with_their_line_and_remedy(
    tmp_path: Path, text: str, fault: str
) -> None:
    assert faults_of(tmp_path, HOUSE + text) == [fault]


def test_a_disabled_schedule_may_wait_beside_another(tmp_path: Path) -> None:
    text = HOUSE + NIGHT + GOOD + "  later: {charger: garage, enabled: false, rules: {a: {}}}"
    assert faults_of(tmp_path, text) == []


def test_a_charger_that_is_wrong_itself_does_not_make_its_schedule_wrong_too(
    tmp_path: Path,
) -> None:
    faults = faults_of(tmp_path, HOUSE.replace("identity: A", "identty: A") + NIGHT + GOOD)
    assert faults
    assert not [each for each in faults if "schedules" in each]
    text = NIGHT.replace("charger: garage", "vehicle: zoe") + GOOD
    (fault,) = faults_of(tmp_path, HOUSE.replace(", id: car-1", "") + text)
    assert "vehicles.zoe" in fault
