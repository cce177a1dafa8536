"""Settings that are right one by one and cannot be true together."""

from pathlib import Path

import pytest

from tests.unit.config_files import HOUSE, faults_of, settings_of

METER = "{driver: eastron_sdm630, host: 192.168.1.40}"
OWN_MODEL = (
    "id: my_meter\nvendor: Me\nclass: meter\n"
    "registers:\n  - {role: grid, name: power_w, address: 0, type: f32}\n"
)
HYBRID = "{driver: huawei_sun2000, host: 192.168.1.41}"


def house(text: str, devices: str = f"grid: {METER}") -> str:
    return f"house: {{timezone: UTC, fuse_a: 25, {text}}}\ndevices: {{{devices}}}\n"


def chargers(*entries: str, start: str = HOUSE) -> str:
    lines = [f"  charger_{i}: {{{entry}}}\n" for i, entry in enumerate(entries, start=1)]
    return f"{start}chargers:\n{''.join(lines)}"


def devices(*entries: str) -> str:
    lines = [f"  device_{i}: {{{entry}}}\n" for i, entry in enumerate(entries, start=1)]
    return f"{HOUSE}devices:\n{''.join(lines)}"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            house("phases: 1") + "chargers: {garage: {identity: A}}\n",
            (
                "3: chargers.garage.phases is 3: the house has 1 phase (house.phases); "
                "write phases: 1 for this charger, or correct house.phases"
            ),
        ),
        (
            house("fuse_margin_a: 20"),
            (
                "1: house.fuse_margin_a is 20: it leaves 5 A of the fuse, and no car charges below "
                "6 A; write at most 19"
            ),
        ),
        (
            chargers("identity: A, max_current_a: 32, fallback_current_a: 32"),
            (
                "3: chargers.charger_1.fallback_current_a is 32: the main fuse leaves 24 A "
                "(house.fuse_a less fuse_margin_a); write at most 24"
            ),
        ),
        (
            chargers("identity: A, min_current_a: 20"),
            "3: chargers.charger_1.min_current_a is 20: above max_current_a of 16; lower it",
        ),
        (
            chargers("identity: A, phases: 1, phase_switching: true"),
            (
                "3: chargers.charger_1.phase_switching is true: the charger has phases: 1 and only "
                "one with phases: 3 can change to one phase; remove phase_switching"
            ),
        ),
        (
            chargers("identity: A, phase_dwell_s: 300"),
            (
                "3: chargers.charger_1.phase_dwell_s is 300: without phase_switching it does "
                "nothing; add phase_switching: true or remove it"
            ),
        ),
        (
            chargers("identity: A, fallback_current_a: 20"),
            "3: chargers.charger_1.fallback_current_a is 20: above max_current_a of 16; lower it",
        ),
        (
            chargers("identity: A", "identity: A"),
            (
                "4: chargers.charger_2.identity is A: connector 1 of it is already charger_1; give "
                "each charger its own identity, or each socket of a box its connector"
            ),
        ),
        (
            chargers("identity: A, password: x1", "identity: A, connector: 2, password: y2"),
            (
                "4: chargers.charger_2.password: not the password of charger_1, and both are "
                "sockets "
                "of one box; give both the same one, or none"
            ),
        ),
        (
            chargers("identity: A, mode: solar"),
            (
                "3: chargers.charger_1.mode is solar: without a grid meter nobody can see a "
                "surplus; "
                "add the meter under devices, or write mode: fast"
            ),
        ),
        (
            house("latitude_deg: 52.5"),
            "1: house: latitude_deg and longitude_deg belong together; give both or neither",
        ),
    ],
)
def test_house_and_chargers_agree(tmp_path: Path, text: str, fault: str) -> None:
    assert faults_of(tmp_path, text) == [fault]


@pytest.mark.parametrize(
    ("chosen", "there", "fault"),
    [
        (
            "gird",
            f"grid: {METER}",
            ("house.grid_meter is gird: there is no such device; did you mean grid?"),
        ),
        (
            "roof",
            f"roof: {HYBRID}",
            ("house.grid_meter is roof: that is no meter but an inverter; write one of roof_meter"),
        ),
        (
            "roof_battery",
            f"roof: {HYBRID}",
            (
                "house.grid_meter is roof_battery: that is no meter "
                "but a battery; did you mean roof_meter?"
            ),
        ),
        (
            "grid",
            "",
            (
                "house.grid_meter is grid: there is no such device; add the meter under "
                "devices, or delete the line"
            ),
        ),
    ],
)
def test_the_grid_meter_is_a_meter(tmp_path: Path, chosen: str, there: str, fault: str) -> None:
    assert faults_of(tmp_path, house(f"grid_meter: {chosen}", there)) == [f"1: {fault}"]


def test_a_charger_is_no_grid_meter(tmp_path: Path) -> None:
    text = house("grid_meter: garage") + "chargers: {garage: {identity: A}}\n"
    assert faults_of(tmp_path, text) == [
        "1: house.grid_meter is garage: that is no meter but a charger; write one of grid"
    ]


def test_several_meters_need_a_choice(tmp_path: Path) -> None:
    both = f"grid: {METER}, roof: {HYBRID}"
    assert faults_of(tmp_path, house("", both)) == [
        (
            "1: house: grid_meter is missing, and there are several meters: grid, roof_meter; add "
            "grid_meter: grid, or another of them"
        )
    ]
    assert faults_of(tmp_path, house("grid_meter: roof_meter", both)) == []
    one = f"grid: {METER}, roof: {HYBRID[:-1]}, parts: [inverter, battery]}}"
    assert faults_of(tmp_path, house("", one)) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            devices("driver: eastron_smd630, host: a"),
            (
                "3: devices.device_1.driver is eastron_smd630: there is no such device model; "
                "did you "
                "mean eastron_sdm630?"
            ),
        ),
        (
            devices("driver: eastron_sdm630, host: a, parts: [battery]"),
            (
                "3: devices.device_1.parts is battery: eastron_sdm630 has no battery; choose from "
                "meter"
            ),
        ),
        (
            devices("driver: eastron_sdm630, host: a, units: {battery: 3}"),
            (
                "3: devices.device_1.units.battery: eastron_sdm630 has no part of this name with a "
                "unit of its own; delete units, or use unit"
            ),
        ),
        (
            devices(
                "driver: eastron_sdm630, serial: /dev/x, baudrate: 2400",
                "driver: eastron_sdm630, serial: /dev/x, unit: 2",
            ).replace("fuse_a: 25", "fuse_a: 25, grid_meter: device_1"),
            (
                "4: devices.device_2.baudrate is 9600: device_1 on the same line has 2400; write "
                "the "
                "same for both"
            ),
        ),
        (
            devices("driver: eastron_sdm630, host: a, control: true"),
            (
                "3: devices.device_1.control is true: eastron_sdm630 has no battery here, and "
                "nothing "
                "else can be controlled; delete the line"
            ),
        ),
        (
            devices("driver: eastron_sdm630, host: a, capacity_kwh: 10"),
            (
                "3: devices.device_1.capacity_kwh is 10: eastron_sdm630 has no battery here; "
                "delete the line"
            ),
        ),
        (
            devices(
                "driver: huawei_sun2000, host: a, parts: [inverter], framer: socket",
                "driver: eastron_sdm630, host: A, unit: 2, framer: rtu",
            ),
            (
                "4: devices.device_2.framer is rtu: device_1 on the same line has "
                "socket; write the same for both"
            ),
        ),
        (
            devices(
                "driver: huawei_sun2000, serial: /dev/x, parts: [inverter], parity: N",
                "driver: eastron_sdm630, serial: /dev/x, unit: 2, parity: e",
            ),
            (
                "4: devices.device_2.parity is e: device_1 on the same line has N; "
                "write the same for both"
            ),
        ),
        (
            devices(
                "driver: huawei_sun2000, host: a, parts: [inverter]",
                "driver: huawei_sun2000, host: a, parts: [inverter]",
            ),
            (
                "4: devices.device_2: it is the same device as device_1: same driver, address and "
                "unit; delete one of the two, or give each its own unit"
            ),
        ),
        (
            devices("driver: sunspec, host: a, serial: /dev/x, parts: [inverter]"),
            (
                "3: devices.device_1: host and serial are both set; keep host for a network "
                "device or "
                "serial for one on a cable"
            ),
        ),
        (
            devices("driver: eastron_sdm630, host: a, baudrate: 9600"),
            (
                "3: devices.device_1.baudrate is 9600: belongs to a serial line; remove it or use "
                "serial"
            ),
        ),
    ],
)
def test_devices_agree(tmp_path: Path, text: str, fault: str) -> None:
    assert faults_of(tmp_path, text) == [fault]


def test_a_name_is_one_thing(tmp_path: Path) -> None:
    text = f"{HOUSE}devices:\n  roof: {METER}\nchargers:\n  roof: {{identity: A}}\n"
    assert faults_of(tmp_path, text) == [
        "3: devices.roof: a charger has this name too; rename one of the two"
    ]


def test_the_parts_of_a_hybrid_have_names_too(tmp_path: Path) -> None:
    text = f"{house('grid_meter: roof_meter', f'roof: {HYBRID}')}"
    text += "chargers:\n  roof_battery: {identity: A}\n"
    assert faults_of(tmp_path, text) == [
        (
            "2: devices.roof: its battery is called roof_battery, and so is the charger "
            "roof_battery; "
            "rename one of the two, or leave battery out of parts"
        )
    ]


@pytest.mark.parametrize(
    ("key", "group", "rest"),
    [
        ("tls_ca", "mqtt", "host: a, tls: true, "),
        ("tls_key", "ocpp", "tls_certificate: there.pem, "),
    ],
)
def test_a_file_that_is_named_must_be_there(
    tmp_path: Path, key: str, group: str, rest: str
) -> None:
    (tmp_path / "there.pem").touch()
    text = f"{HOUSE}{group}: {{{rest}{key}: gone.pem}}\n"
    assert faults_of(tmp_path, text) == [
        (
            f"2: {group}.{key} is {tmp_path}/gone.pem: there is no such file; put the file "
            "there, or "
            "correct the path"
        )
    ]
    (tmp_path / "gone.pem").touch()
    assert faults_of(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "mqtt: {host: a, tls_ca: hearth.yaml}",
            "2: mqtt.tls_ca is {folder}/hearth.yaml: does nothing without tls; add tls: true",
        ),
        (
            "mqtt: {host: a, password: hunter2}",
            "2: mqtt.password is ********: does nothing without username; add username:",
        ),
        (
            "ocpp: {tls_key: hearth.yaml}",
            "2: ocpp: tls_certificate and tls_key belong together; give both or neither",
        ),
        (
            "maps_folder: maps",
            (
                "2: maps_folder is {folder}/maps: there is no such folder; create it, or "
                "delete the "
                "line"
            ),
        ),
        (
            "store: {path: ''}",
            "2: store.path: it has no value; write one, or delete the line",
        ),
        (
            "store: {path: .}",
            (
                "2: store.path is {folder}: this is a folder; name a file in it, e.g. "
                "{folder}/hearth.db"
            ),
        ),
    ],
)
def test_broker_listener_and_files_agree(tmp_path: Path, text: str, fault: str) -> None:
    assert faults_of(tmp_path, f"{HOUSE}{text}\n") == [fault.format(folder=tmp_path)]


def test_a_socket_path_that_no_system_takes(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, HOUSE + f"api: {{socket: /run/{'x' * 110}}}\n")
    assert fault.endswith("has a path of more than 107 characters; set api.socket to a shorter one")


def test_an_own_device_model_counts(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "my_meter.yaml").write_text(OWN_MODEL)
    text = HOUSE + "maps_folder: maps\ndevices: {grid: {driver: my_meter, host: a}}\n"
    assert settings_of(tmp_path, text).maps_folder == tmp_path / "maps"


def test_no_contradiction_is_made_of_a_default(tmp_path: Path) -> None:
    text = chargers(
        "identity: A, min_current_a: 20, max_current_a: 32A",
        "identity: A, connector: two",
        start="house: {timezone: UTC, fuse_a: 63 A}\n",
    )
    assert faults_of(tmp_path, text) == [
        "1: house.fuse_a is 63 A: the setting is in ampere and takes a bare number; write 63",
        (
            "3: chargers.charger_1.max_current_a is 32A: the setting is in ampere and takes a bare "
            "number; write 32"
        ),
        "4: chargers.charger_2.connector is two: not a whole number; write a whole number",
    ]


def test_no_contradiction_is_made_of_what_is_missing(tmp_path: Path) -> None:
    text = chargers("identity: A, min_current_a: 30, max_current_a: 32", start="house: {}\n")
    assert len(faults_of(tmp_path, text)) == len(["timezone", "fuse_a"])
