"""The example, the editors' schema and the documentation say what the models say."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from agent.config import generate, load, tables
from agent.config.shape import sections
from agent.config.tree import parse

EXAMPLE, SCHEMA = generate.EXAMPLE, generate.SCHEMA
OPTIONAL = re.compile(r"^( *)#(?=[a-z_]+:)", re.MULTILINE)


def everything() -> str:
    """The example with all that is optional switched on."""
    return OPTIONAL.sub(r"\1", EXAMPLE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [generate.EXAMPLE, generate.SCHEMA, generate.DOCUMENT])
def test_what_is_made_from_the_models_is_current(path: Path) -> None:
    current = path.read_text(encoding="utf-8") == generate.generated()[path]
    assert current, "run: python -m agent.config.generate"


def test_every_setting_stands_in_the_example_with_its_description() -> None:
    prose = " ".join(
        line.strip().removeprefix("# ") for line in EXAMPLE.read_text(encoding="utf-8").split("\n")
    )
    written = parse(everything(), str(EXAMPLE)).marks
    keys = {(*where[:1], *where[-1:]) for where in written if where}
    for where, model in sections():
        for key, field in model.model_fields.items():
            assert (*where[:1], key) in keys or (not where and (key,) in {k[:1] for k in keys}), key
            assert field.description, f"{where} {key} has no description"
            assert " ".join(field.description.split()) in prose, key


def test_the_example_has_no_fault() -> None:
    settings = load(EXAMPLE, {})
    assert list(settings.chargers) == ["garage"]
    assert list(settings.devices) == ["grid", "roof"]
    assert settings.mqtt is None


def test_the_example_with_all_that_is_optional_has_no_fault(tmp_path: Path) -> None:
    for name in ("ca.pem", "hearth.pem", "hearth.key"):
        (tmp_path / name).touch()
    (tmp_path / "maps").mkdir()
    file = tmp_path / "hearth.yaml"
    file.write_text(
        everything().replace("/etc/hearth", str(tmp_path)).replace("tls: false", "tls: true")
    )
    settings = load(file, {})
    assert list(settings.chargers) == ["garage", "garden"]
    assert list(settings.devices) == ["grid", "roof", "cellar"]
    assert settings.mqtt is not None
    assert settings.mqtt.client_id == settings.mqtt_client_id == "hearth-home"


def test_what_the_example_shows_as_default_is_the_default() -> None:
    plain, full = load(EXAMPLE, {}), parse(everything(), "")
    for where in (("house",), ("ocpp",), ("store",), ("chargers", "garage"), ("devices", "roof")):
        model: Any = plain
        for part in where:
            model = model[part] if isinstance(model, dict) else getattr(model, part)
        for key, field in type(model).model_fields.items():
            if field.default is not None and not field.is_required() and key != "grid_meter":
                shown = full.get((*where, key))
                assert type(model).__pydantic_validator__.validate_assignment(
                    model.model_construct(**dict(model)), key, shown
                ), key


@pytest.mark.parametrize("text", [EXAMPLE.read_text(encoding="utf-8"), everything()])
def test_an_editor_accepts_the_example(text: str) -> None:
    jsonschema.validate(yaml.safe_load(text), json.loads(SCHEMA.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "wrong",
    [
        {"house": {"timezone": "UTC", "fuse_a": 250}},
        {"house": {"timezone": "UTC"}},
        {"house": {"timezone": "UTC", "fuse_a": 25, "fuse": 1}},
        {"house": {"timezone": "UTC", "fuse_a": 25, "name": None}},
        {"house": {"timezone": "UTC", "fuse_a": 25}, "chargers": {"Garage": {"identity": "A"}}},
        {"house": {"timezone": "UTC", "fuse_a": 25}, "chargers": {"garage": {}}},
    ],
)
def test_an_editor_refuses_what_hearth_refuses(wrong: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_an_editor_accepts_a_serial_number_as_identity() -> None:
    good = {"house": {"timezone": "UTC", "fuse_a": 25}, "chargers": {"garage": {"identity": 123}}}
    jsonschema.validate(good, json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_every_setting_stands_in_the_documentation() -> None:
    document = generate.DOCUMENT.read_text(encoding="utf-8")
    assert [name for name in tables.all_settings() if f"| `{name}` |" not in document] == []


def test_reading_the_file_needs_no_heavy_library() -> None:
    heavy = ["pymodbus", "websockets", "ocpp", "aiomqtt", "paho", "aiosqlite", "rich"]
    code = (
        "import sys; from pathlib import Path; from agent.cli.check import check; "
        f"check(Path({str(EXAMPLE)!r}), True); print(sorted(sys.modules.keys() & set({heavy})))"
    )
    elsewhere = {**os.environ, "HEARTH_STORE__PATH": "/nonexistent/hearth.db"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=elsewhere
    )
    assert done.stdout == "[]\n[]\n"
