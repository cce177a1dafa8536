"""The file as text: what YAML would make of it, and what is no YAML at all."""

from pathlib import Path

import pytest

from agent.config import ConfigError, load
from agent.model.intents import ChargerMode
from tests.unit.config_files import HOUSE, faults_of, settings_of

OR_QUOTE = "write the value itself; a text that begins like this is put in 'quotes'"
CHARGER = HOUSE + "chargers:\n  garage:\n    identity: "


@pytest.mark.parametrize(
    "typed", ["no", "08:00", "1e3", "0x10", "010", "~", "null", "1_000", "2024-01-01", "yes", "1.0"]
)
def test_a_text_stays_what_was_typed(tmp_path: Path, typed: str) -> None:
    assert settings_of(tmp_path, CHARGER + typed).chargers["garage"].identity == typed


def test_mode_off_is_the_mode_off(tmp_path: Path) -> None:
    text = CHARGER + "A\n" + "    mode: off\n"
    assert settings_of(tmp_path, text).chargers["garage"].mode is ChargerMode.OFF


@pytest.mark.parametrize(("typed", "meant"), [("010", 10), ("1e1", 10), ("10.0", 10), ("'10'", 10)])
def test_a_number_is_decimal(tmp_path: Path, typed: str, meant: float) -> None:
    text = f"house: {{timezone: Europe/Berlin, fuse_a: {typed}}}\n"
    assert settings_of(tmp_path, text).house.fuse_a == meant


@pytest.mark.parametrize("typed", ["on", "yes", "true", "True", "'on'"])
def test_true_may_be_said_in_many_ways(tmp_path: Path, typed: str) -> None:
    settings = settings_of(tmp_path, HOUSE + f"mqtt: {{host: broker, tls: {typed}}}\n")
    assert settings.mqtt is not None
    assert settings.mqtt.tls
    assert settings.mqtt.port == 8883


def test_empty_groups_are_empty(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, HOUSE + "devices:\nchargers:\nstore:\napi:\nocpp:\n")
    assert settings.devices == {}
    assert settings.chargers == {}


def test_windows_line_ends_and_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "hearth.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + HOUSE.replace("\n", "\r\n").encode())
    assert load(file, {}).house.fuse_a == 25


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "",
            (
                "1: the file: there is nothing in it; copy config/hearth.example.yaml there and "
                "change it to your house"
            ),
        ),
        (
            "# nothing\n",
            (
                "1: the file: there is nothing in it; copy config/hearth.example.yaml "
                "there and change it to your house"
            ),
        ),
        (
            "house:\n\tfuse_a: 25\n",
            ("2: the file: a tab stands here; indent with spaces, YAML knows no tabs"),
        ),
        ("- house\n", "1: the file: it is a list; delete the - before the settings"),
        (
            "fuse_a:25\n",
            (
                "1: the file: no setting stands here, only text; write each setting as "
                "key: value, with a space after the colon"
            ),
        ),
        (
            "house:\n  name: a: b\n",
            (
                "2: the file: a colon stands where none can be; put a text with "
                "a colon in 'quotes', or look at the line above: it lacks its colon"
            ),
        ),
        (
            "house:\n  fuse_a 25\n  id: x\n",
            (
                "3: the file: a colon stands where none can be; put a "
                "text with a colon in 'quotes', or look at the line above: it lacks its colon"
            ),
        ),
        (
            "house:\n  name: @home\n",
            ("2: the file: a text must not begin like this; put the text in 'single quotes'"),
        ),
        (
            "house:\n  name: 'home\n  id: x\n",
            ("2: the file: a quotation mark is never closed; close it with the same mark"),
        ),
        (
            "house:\n    id: x\n  name: y\n",
            ("3: the file: the indentation fits nothing above; indent it like its neighbours"),
        ),
        (
            "house: {id: x\n",
            ("2: the file: a bracket is never closed; close it, or leave the brackets out"),
        ),
        (
            'house: {name: "\\q"}\n',
            ("1: the file: a backslash in double quotes; use 'single quotes' instead"),
        ),
        (HOUSE + "---\na: b\n", "3: the file: a second document begins; delete the ---"),
        ("? [a]\n: b\n", "1: the file: a setting needs a name of plain text; check {}[]"),
        ("[" * 100, "1: the file: settings are nested too deep; check the brackets"),
        ("house: x\x07y\n", "1: the file: a character that no text file has (code 7); delete it"),
    ],
)
def test_what_is_no_settings_file_is_explained(tmp_path: Path, text: str, fault: str) -> None:
    assert faults_of(tmp_path, text) == [fault]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "house:\n  fuse_a: 25\n  timezone: UTC\n  fuse_a: 35\n",
            "4: house.fuse_a: it stands twice, first on line 2; delete one of the two",
        ),
        (
            HOUSE + "house: {id: x}\n",
            "2: house: it stands twice, first on line 1; delete one of the two",
        ),
        (
            HOUSE + "store: &s {quota_mb: 100}\n",
            f"2: store: anchors (&) are not read; {OR_QUOTE}",
        ),
        (
            HOUSE + "store: {<<: {quota_mb: 100}}\n",
            "2: store.<<: merge keys are not read; write the settings out",
        ),
        (
            HOUSE + "mqtt: {host: a, username: u, password: !secret mqtt}\n",
            f"2: mqtt.password: tags (!) are not read; {OR_QUOTE}",
        ),
        (
            HOUSE + "mqtt: {host: a, username: u, password: *hunter2}\n",
            f"2: mqtt.password: aliases (*) are not read; {OR_QUOTE}",
        ),
    ],
)
def test_what_hides_a_value_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    assert faults_of(tmp_path, text) == [fault]


def test_an_endless_expansion_is_never_expanded(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{k}: &{k} [*{p}, *{p}]\n" for p, k in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert len(faults_of(tmp_path, HOUSE + bomb)) == 9 + 16 + 9


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path / "no.yaml", {})
    assert str(error.value) == (
        f"{tmp_path}/no.yaml:1: the file: there is no such file; copy config/hearth.example.yaml "
        "there and change it to your house\nHearth does not start with this file. Faults: 1"
    )


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="this is a folder; name the file in it"):
        load(tmp_path, {})


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "hearth.yaml"
    file.write_bytes(b"#" * 1_000_001)
    with pytest.raises(ConfigError, match="it is larger than 1 MB; name Hearth's own file"):
        load(file, {})


def test_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "hearth.yaml"
    file.write_bytes("house:\n  name: Müller\n".encode("latin-1"))
    with pytest.raises(ConfigError) as error:
        load(file, {})
    assert (
        "hearth.yaml:2: the file: this line is not UTF-8 (byte 0xfc); save the file as UTF-8"
        in (str(error.value))
    )
