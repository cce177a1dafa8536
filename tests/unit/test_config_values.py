"""One setting at a time: wrong names, units, numbers and words, each with its remedy."""

from pathlib import Path

import pytest

from agent.config import Settings
from tests.unit.config_files import HOUSE, faults_of, settings_of

CHARGER = HOUSE + "chargers:\n  garage:\n    identity: A\n    "
METER = HOUSE + "devices:\n  grid:\n    driver: eastron_sdm630\n    host: 192.168.1.40\n    "
BROKER = HOUSE + "mqtt:\n  host: broker\n  "
STORE = HOUSE + "store:\n  "


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            METER + "max_power_w: 11kW",
            (
                "6: devices.grid.max_power_w is 11kW: the setting is in "
                "watts and takes a bare number; write 11000"
            ),
        ),
        (
            METER + "max_power_w: 11,5 kW",
            (
                "6: devices.grid.max_power_w is 11,5 kW: the setting is "
                "in watts and takes a bare number; write 11500"
            ),
        ),
        (
            METER + "max_power_w: 50 A",
            (
                "6: devices.grid.max_power_w is 50 A: A is the wrong unit; "
                "write the bare number of watts"
            ),
        ),
        (
            METER + "max_power_w: inf",
            ("6: devices.grid.max_power_w is inf: not a number; write a number"),
        ),
        (
            METER + "poll_s: 5s",
            (
                "6: devices.grid.poll_s is 5s: the setting is in seconds and takes "
                "a bare number; write 5"
            ),
        ),
        (
            METER + "poll_s: 500 ms",
            (
                "6: devices.grid.poll_s is 500 ms: the setting is in seconds "
                "and takes a bare number; write 0.5"
            ),
        ),
        (
            METER + "poll_s: 2 minutes",
            (
                "6: devices.grid.poll_s is 2 minutes: the setting is in "
                "seconds and takes a bare number; write 120"
            ),
        ),
        (
            METER + "poll_s: fast",
            ("6: devices.grid.poll_s is fast: not a number; write a number of seconds"),
        ),
        (METER + "poll_s: 1,5", "6: devices.grid.poll_s is 1,5: a decimal comma; write 1.5"),
        (
            METER + "max_power_w: 11,000",
            (
                "6: devices.grid.max_power_w is 11,000: a decimal comma; "
                "write 11000, or 11.000 if that was meant"
            ),
        ),
        (METER + "unit: 0x10", "6: devices.grid.unit is 0x10: not a decimal number; write 16"),
        (METER + "unit: 1.5", "6: devices.grid.unit is 1.5: not a whole number; write 2"),
        (
            METER + "unit: 1e1",
            ("6: devices.grid.unit is 1e1: not written as a whole number; write 10"),
        ),
        (
            METER + "unit: one",
            ("6: devices.grid.unit is one: not a whole number; write a whole number"),
        ),
        (
            METER + "port: 502/tcp",
            ("6: devices.grid.port is 502/tcp: not a whole number; write a whole number"),
        ),
        (
            METER + "poll_s: 0.1",
            (
                "6: devices.grid.poll_s is 0.1: too small; write 0.5 to 3600 "
                "(seconds between two readings of the device)"
            ),
        ),
        (
            METER + "port: 70000",
            ("6: devices.grid.port is 70000: too large; write 1 to 65535 (TCP port)"),
        ),
        (
            METER + "max_power_w: 0",
            (
                "6: devices.grid.max_power_w is 0: too small; write a number "
                "above 0 (rated power in watts)"
            ),
        ),
        (
            METER + "poll_s:",
            ("6: devices.grid.poll_s: it has no value; write one, or delete the line"),
        ),
        (
            METER + "reverse_sign: maybe",
            ("6: devices.grid.reverse_sign is maybe: neither true nor false; write true or false"),
        ),
        (
            METER + "framer: tcp",
            ("6: devices.grid.framer is tcp: no such choice; write one of auto, socket, rtu"),
        ),
        (
            METER + "parts: meter",
            ("6: devices.grid.parts is meter: one value, but a list is wanted; write [meter]"),
        ),
        (
            METER + "parts: [meter, batery]",
            "6: devices.grid.parts.1 is batery: no such choice; write inverter, battery or meter",
        ),
        (
            METER + "host: ' '",
            "6: devices.grid.host: it stands twice, first on line 5; delete one of the two",
        ),
        (
            METER + "name: ' '",
            "6: devices.grid.name: it has no value; write one, or delete the line",
        ),
        (
            METER + "name: [a, b]",
            ("6: devices.grid.name: it is a list, but one value is wanted; write it in one line"),
        ),
        (
            CHARGER + "max_current_a: 16A",
            (
                "5: chargers.garage.max_current_a is 16A: the setting is "
                "in ampere and takes a bare number; write 16"
            ),
        ),
        (
            CHARGER + "mode: solr",
            (
                "5: chargers.garage.mode is solr: no such choice; write one of "
                "off, fast, solar, min_solar, smart; did you mean solar?"
            ),
        ),
        (
            CHARGER + "accept_tags: closed",
            ("5: chargers.garage.accept_tags is closed: no such choice; write open or [closed]"),
        ),
        (
            STORE + "quota_mb: 1GB",
            (
                "3: store.quota_mb is 1GB: the setting is in megabytes and "
                "takes a bare number; write 1000"
            ),
        ),
        (
            STORE + "keep_raw_days: 1 week",
            (
                "3: store.keep_raw_days is 1 week: the setting is in "
                "days and takes a bare number; write 7"
            ),
        ),
        (
            BROKER + "base_topic: hearth/#",
            (
                "4: mqtt.base_topic is hearth/#: not a topic; write "
                "words between slashes, without #, + and spaces"
            ),
        ),
        (
            BROKER + "username: ''",
            ("4: mqtt.username: it has no value; write one, or delete the line"),
        ),
        (
            HOUSE + "mqtt: broker",
            (
                "2: mqtt: it is a group of settings; write its settings in lines "
                "of their own below it, indented, each as key: value"
            ),
        ),
        (
            HOUSE + "devices:\n  - driver: sunspec",
            (
                "2: devices: it is a list; delete the - and "
                "give each entry a name, as in name: on its own line"
            ),
        ),
    ],
)
def test_a_wrong_value_is_shown_with_what_to_write(tmp_path: Path, text: str, fault: str) -> None:
    assert faults_of(tmp_path, text + "\n") == [fault]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (METER + "prot: 502", "6: devices.grid.prot: no such setting; did you mean port?"),
        (METER + "Poll-S: 1", "6: devices.grid.Poll-S: no such setting; did you mean poll_s?"),
        (METER + "slave_id: 1", "6: devices.grid.slave_id: no such setting; did you mean unit?"),
        (METER + "fuse_a: 1", "6: devices.grid.fuse_a: no such setting; it belongs under house"),
        (
            METER + "mode: off",
            (
                "6: devices.grid.mode: no such setting; it belongs under pairing or under "
                "chargers.NAME"
            ),
        ),
        (HOUSE + "fuse_a: 1", "2: fuse_a: no such setting; it belongs under house"),
        (HOUSE + "device:", "2: device: no such setting; did you mean devices?"),
        (HOUSE + "wallboxes:", "2: wallboxes: no such setting; did you mean chargers?"),
        (
            HOUSE + "grid: {driver: sunspec, host: a}",
            ("2: grid: no such setting; it belongs under devices"),
        ),
        (
            HOUSE + "zzz: 1",
            ("2: zzz: no such setting; delete it; known here: " + ", ".join(Settings.model_fields)),
        ),
        (BROKER + "pasword: hunter2", "4: mqtt.pasword: no such setting; did you mean password?"),
        (
            BROKER + "log_level: info",
            ("4: mqtt.log_level: no such setting; it belongs at the left margin"),
        ),
    ],
)
def test_an_unknown_setting_leads_to_the_right_one(tmp_path: Path, text: str, fault: str) -> None:
    assert faults_of(tmp_path, text + "\n") == [fault]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (
            "store:\n",
            [("1: the file: house is missing; add house: with timezone and fuse_a below it")],
        ),
        (
            "house:\n",
            [
                (
                    "1: house: timezone is missing; add timezone: Europe/Berlin (IANA time zone "
                    "of the house)"
                ),
                "1: house: fuse_a is missing; add fuse_a: 25 (main fuse, ampere per phase)",
            ],
        ),
        (
            "house:\n  fuse_a:\n  timezone: UTC\n",
            ["2: house.fuse_a: it has no value; write one, or delete the line"],
        ),
        (
            HOUSE + "chargers:\n  garage:\n",
            [("3: chargers.garage: it has no value; write one, or delete the line")],
        ),
        (
            HOUSE + "chargers:\n  garage: {mode: off}\n",
            [
                (
                    "3: chargers.garage: identity is missing; add identity: ... (the name "
                    "that the charger "
                    "gives itself when it connects: the last part of the URL in its settings, "
                    "often its "
                    "serial number)"
                )
            ],
        ),
        (
            HOUSE + "devices:\n  roof: {driver: sunspec}\n",
            [
                (
                    "3: devices.roof: host is missing; add the device's network address, or "
                    "serial: with "
                    "the path of the serial adapter"
                )
            ],
        ),
    ],
)
def test_what_is_missing_is_named_with_an_example(
    tmp_path: Path, text: str, faults: list[str]
) -> None:
    assert faults_of(tmp_path, text) == faults


@pytest.mark.parametrize(
    ("zone", "remedy"),
    [
        ("Berlin", "did you mean Europe/Berlin?"),
        ("europe/berlin", "did you mean Europe/Berlin?"),
        ("New York", "did you mean America/New_York?"),
        ("Europe", "write one such as Europe/Berlin"),
        ("../etc/passwd", "write one such as Europe/Berlin"),
        ("somewhere", "write one such as Europe/Berlin"),
    ],
)
def test_a_wrong_time_zone_leads_to_the_right_one(tmp_path: Path, zone: str, remedy: str) -> None:
    text = f"house: {{timezone: {zone}, fuse_a: 25}}\n"
    assert faults_of(tmp_path, text) == [
        f"1: house.timezone is {zone}: no such time zone; {remedy}"
    ]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Garage Left", "garage_left"),
        ("front-door", "front_door"),
        ("a__b", "a_b"),
        ("Küche", "kueche"),
        ("2nd", "device_2nd"),
        ("a" * 33, "a" * 32),
        ("+-", "device"),
    ],
)
def test_a_name_that_is_none_leads_to_one(tmp_path: Path, name: str, near: str) -> None:
    text = HOUSE + f"chargers:\n  {name}: {{identity: A}}\n"
    assert faults_of(tmp_path, text) == [
        (
            f"3: chargers.{name}: a name has lower-case letters, digits and single "
            "underscores, begins "
            f"with a letter and has at most 32 characters; write {near}"
        )
    ]
    assert settings_of(tmp_path, text.replace(name, near)).chargers[near].identity == "A"


def test_a_long_value_is_shortened(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, METER + f"poll_s: {'x' * 500}\n")
    assert fault == (
        f"6: devices.grid.poll_s is {'x' * 200}...: not a number; write a number of seconds"
    )


def test_all_faults_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        "house:\n  fuse_a: 250\n  timezone: UTC\n"
        "devices:\n  grid:\n    driver: eastron_sdm63O\n    host: a\n    prot: 502\n    "
        "poll_s: 0.1\n"
        "  roof:\n    driver: eastron_sdm630\n"
        "chargers:\n  garage: {identity: A, min_current_a: 20, mode: fats}\n"
        "  garden: {identity: A, phases: 4}\n"
    )
    assert faults_of(tmp_path, text) == [
        "2: house.fuse_a is 250: too large; write 6 to 125 (main fuse, ampere per phase)",
        (
            "6: devices.grid.driver is eastron_sdm63O: there is no such device model; did you mean "
            "eastron_sdm630?"
        ),
        "8: devices.grid.prot: no such setting; did you mean port?",
        (
            "9: devices.grid.poll_s is 0.1: too small; write 0.5 to 3600 (seconds between two "
            "readings of the device)"
        ),
        (
            "10: devices.roof: host is missing; add the device's network address, or serial: "
            "with the "
            "path of the serial adapter"
        ),
        (
            "13: chargers.garage.mode is fats: no such choice; write one of off, fast, solar, "
            "min_solar, smart; did you mean fast?"
        ),
        "13: chargers.garage.min_current_a is 20: above max_current_a of 16; lower it",
        (
            "14: chargers.garden.phases is 4: too large; write 1 to 3 (phases wired to the "
            "charger: 1, "
            "2 or 3)"
        ),
        (
            "14: chargers.garden.identity is A: connector 1 of it is already garage; give "
            "each charger "
            "its own identity, or each socket of a box its connector"
        ),
    ]
