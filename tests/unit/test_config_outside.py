"""Environment, systemd credentials, and secrets that nobody must see."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from agent.config import ConfigError, load
from tests.unit.config_files import HOUSE, faults_of, settings_of

CHARGERS = HOUSE + "chargers:\n  front_door: {identity: A}\n"
BROKER = HOUSE + "mqtt: {host: localhost, username: hearth}\n"


def credentials(folder: Path, texts: Mapping[str, str]) -> dict[str, str]:
    place = folder / "credentials"
    place.mkdir()
    for name, text in texts.items():
        (place / name).write_text(text, encoding="utf-8")
    return {"CREDENTIALS_DIRECTORY": str(place)}


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    assert settings_of(tmp_path, HOUSE, {"HEARTH_HOUSE__FUSE_A": "32"}).house.fuse_a == 32


def test_the_environment_may_hold_all(tmp_path: Path) -> None:
    env = {"HEARTH_DEVICES__GRID__DRIVER": "eastron_sdm630", "HEARTH_DEVICES__GRID__HOST": "a"}
    settings = settings_of(tmp_path, HOUSE, env | {"HEARTH_LOG_LEVEL": "debug"})
    assert settings.devices["grid"].host == "a"
    assert settings.log_level == "debug"


@pytest.mark.parametrize("password", ["123456", "[1]", "off", "null", "{}", " a b ", "ünï"])
def test_a_password_from_the_environment_stays_as_it_is(tmp_path: Path, password: str) -> None:
    env = {"HEARTH_CHARGERS__FRONT_DOOR__PASSWORD": password}
    found = settings_of(tmp_path, CHARGERS, env).chargers["front_door"].password
    assert found is not None
    assert found.get_secret_value() == password


def test_a_credential_wins_over_the_environment(tmp_path: Path) -> None:
    env = credentials(tmp_path, {"mqtt__password": "from systemd\n"})
    mqtt = settings_of(tmp_path, BROKER, env | {"HEARTH_MQTT__PASSWORD": "from env"}).mqtt
    assert mqtt is not None
    assert mqtt.password is not None
    assert mqtt.password.get_secret_value() == "from systemd"


def test_a_folder_of_credentials_puts_our_name_before_each(tmp_path: Path) -> None:
    env = credentials(tmp_path, {"hearth_mqtt__password": "from the folder\n"})
    mqtt = settings_of(tmp_path, BROKER, env).mqtt
    assert mqtt is not None
    assert mqtt.password is not None
    assert mqtt.password.get_secret_value() == "from the folder"


def test_a_bad_credential_of_a_folder_is_named_by_its_file(tmp_path: Path) -> None:
    env = credentials(tmp_path, {"hearth_house__fuse_a": "1"})
    (fault,) = faults_of(tmp_path, HOUSE, env)
    assert fault.startswith(f"{tmp_path}/credentials/hearth_house__fuse_a: house.fuse_a is 1: ")


def test_a_credential_of_something_else_is_left_alone(tmp_path: Path) -> None:
    assert settings_of(tmp_path, HOUSE, credentials(tmp_path, {"tlskey": "x"})).chargers == {}


def test_a_bad_value_from_the_environment_names_the_variable(tmp_path: Path) -> None:
    assert faults_of(tmp_path, HOUSE, {"HEARTH_HOUSE__FUSE_A": "16 A"}) == [
        (
            "environment variable HEARTH_HOUSE__FUSE_A: house.fuse_a is 16 A: the setting is "
            "in ampere "
            "and takes a bare number; write 16"
        )
    ]


def test_a_whole_group_is_no_variable(tmp_path: Path) -> None:
    assert faults_of(tmp_path, HOUSE, {"HEARTH_STORE": "big", "HEARTH_DEVICES": "{}"}) == [
        (
            "environment variable HEARTH_DEVICES: devices: it is a group of settings; write its "
            "settings in lines of their own below it, indented, each as key: value"
        ),
        (
            "environment variable HEARTH_STORE: store: it is a group of settings; "
            "write its settings "
            "in lines of their own below it, indented, each as key: value"
        ),
    ]


def test_a_list_is_no_variable(tmp_path: Path) -> None:
    text = HOUSE + "devices: {grid: {driver: eastron_sdm630, host: a}}\n"
    assert faults_of(tmp_path, text, {"HEARTH_DEVICES__GRID__PARTS": '["meter"]'}) == [
        (
            "environment variable HEARTH_DEVICES__GRID__PARTS: "
            'devices.grid.parts is ["meter"]: one '
            "value, but a list is wanted; write it in the file"
        )
    ]


@pytest.mark.parametrize(
    ("variable", "fault"),
    [
        ("HEARTH_HOUSE__FUSE", "house.fuse: no such setting; did you mean fuse_a?"),
        ("HEARTH_HOUS__FUSE_A", "hous: no such setting; did you mean house?"),
        (
            "HEARTH_CHARGERS__FRONTDOOR__PASSWORD",
            (
                "chargers.frontdoor: identity is missing; did you mean front_door, which "
                "stands in the "
                "file?"
            ),
        ),
    ],
)
def test_a_misspelt_variable_is_no_silent_one(tmp_path: Path, variable: str, fault: str) -> None:
    assert faults_of(tmp_path, CHARGERS, {variable: "1"}) == [
        f"environment variable {variable}: {fault}"
    ]


def test_a_bad_credential_is_named_by_its_file(tmp_path: Path) -> None:
    env = credentials(tmp_path, {"house__phases": "2"})
    assert faults_of(tmp_path, HOUSE, env) == [
        (
            f"{tmp_path}/credentials/house__phases: house.phases is 2: no such choice; write "
            "one of "
            "1, 3"
        )
    ]


def test_a_credential_that_is_no_text(tmp_path: Path) -> None:
    env = credentials(tmp_path, {})
    (tmp_path / "credentials" / "mqtt__password").write_bytes(b"\xff\xfe")
    assert faults_of(tmp_path, BROKER, env) == [
        (
            f"{tmp_path}/credentials/mqtt__password: the credential: it is no text in UTF-8; "
            "save it "
            "as UTF-8"
        )
    ]


def test_credentials_that_are_not_there(tmp_path: Path) -> None:
    assert faults_of(tmp_path, HOUSE, {"CREDENTIALS_DIRECTORY": "/no/such"}) == [
        (
            "/no/such: the credential: it cannot be read (No such file or directory); check "
            "LoadCredential= in the service file"
        )
    ]


def test_systemd_says_where_database_and_socket_are(tmp_path: Path) -> None:
    env = {"STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "RUNTIME_DIRECTORY": "/run/hearth"}
    settings = settings_of(tmp_path, HOUSE, env)
    assert settings.store.path == Path("/var/lib/a/hearth.db")
    assert settings.socket_path == Path("/run/hearth/hearth.sock")


def test_the_file_wins_over_the_folders_of_systemd(tmp_path: Path) -> None:
    text = HOUSE + "store: {path: db/house.db}\n"
    settings = settings_of(tmp_path, text, {"STATE_DIRECTORY": "/var/lib/a"})
    assert settings.store.path == tmp_path / "db" / "house.db"
    assert settings.socket_path == tmp_path / "db" / "hearth.sock"


HIDDEN = "hunter2"
LEAKS = [
    CHARGERS.replace("identity: A", f"identity: A, password: [{HIDDEN}]"),
    CHARGERS.replace("identity: A", f"identity: A, pasword: {HIDDEN}"),
    CHARGERS.replace("identity: A", f"identity: A, min_current_a: 99, password: {HIDDEN}"),
    CHARGERS.replace("identity: A", f"identity: A, password: !{HIDDEN} x"),
    CHARGERS.replace("identity: A", f"identity: A, password: *{HIDDEN}"),
    CHARGERS.replace("identity: A", f"identity: A, password: &{HIDDEN}"),
    HOUSE + f"mqtt: {{host: a, password: {HIDDEN}}}\n",
    HOUSE + f"mqtt: {{host: a, username: u, password: {HIDDEN}, password: {HIDDEN}}}\n",
    HOUSE + f"mqtt:\n  password: a: {HIDDEN}\n",
    HOUSE + f"mqtt:\n  password: @{HIDDEN}\n",
    HOUSE + f"mqtt:\n  host: a\n  password: '{HIDDEN}\n",
    f"password:{HIDDEN}\n",
]


@pytest.mark.parametrize("text", LEAKS)
def test_no_fault_shows_a_secret(tmp_path: Path, text: str) -> None:
    file = tmp_path / "hearth.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        load(file, {})
    shown = [
        str(error.value),
        repr(error.value),
        json.dumps([f.as_json() for f in error.value.faults]),
    ]
    assert HIDDEN not in "".join(shown)
    assert error.value.__cause__ is None


def test_settings_do_not_show_a_secret(tmp_path: Path) -> None:
    env = {"HEARTH_MQTT__PASSWORD": HIDDEN, "HEARTH_CHARGERS__FRONT_DOOR__PASSWORD": HIDDEN}
    text = CHARGERS + "mqtt: {host: a, username: u}\n"
    settings = settings_of(tmp_path, text, env)
    assert HIDDEN not in repr(settings) + settings.model_dump_json()


@pytest.mark.parametrize(
    ("mode", "who"), [(0o644, "everybody on this machine"), (0o640, "its group")]
)
def test_a_password_in_a_file_for_many_eyes_is_a_warning(
    tmp_path: Path, mode: int, who: str
) -> None:
    file = tmp_path / "hearth.yaml"
    file.write_text(
        BROKER.replace("}\n", ", password: hunter2}\n").replace("25, password: hunter2", "25")
    )
    file.chmod(mode)
    assert load(file, {}).warnings == (
        (
            f"{file}:2: mqtt.password stands in a file that {who} may read; chmod 600 {file}, "
            "or give "
            "it as HEARTH_MQTT__PASSWORD"
        ),
    )
    file.chmod(0o600)
    assert load(file, {}).warnings == ()


def test_a_password_in_clear_over_the_network_is_a_warning(tmp_path: Path) -> None:
    text = HOUSE + "mqtt: {host: 192.168.1.10, username: u}\n"
    settings = settings_of(tmp_path, text, {"HEARTH_MQTT__PASSWORD": HIDDEN})
    assert settings.warnings == (
        (
            "mqtt.password crosses the network unencrypted; add tls: true if the broker can (port "
            "8883)"
        ),
    )
