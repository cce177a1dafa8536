"""What the documents show must be what there is."""

import re
import subprocess
import textwrap
from pathlib import Path

import yaml

from benchmarks.__main__ import LONGER, PARTS
from drivers.modbus.maps import read_model

ROOT = Path(__file__).parents[2]


def test_the_meter_in_contributing_is_a_complete_device_model() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    block = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert block is not None
    map_text = textwrap.dedent(block[1])
    assert len(map_text.strip().splitlines()) <= 20
    faults: list[object] = []
    model = read_model(map_text, "my_meter.yaml", faults)  # type: ignore[arg-type]
    assert faults == []
    assert model is not None
    assert yaml.safe_load(map_text)["class"] == "meter"


def test_every_link_in_the_readme_leads_somewhere() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_what_the_install_notes_name_is_there() -> None:
    text = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    named = set(re.findall(r"systemd/[\w./-]+\.(?:sh|conf)", text))
    assert named == {"systemd/install.sh", "systemd/hearth.service.d/serial.conf"}
    assert all((ROOT / name).is_file() for name in named)
    assert all((ROOT / "docs" / link).exists() for link in re.findall(r"\]\(([^)#]+)\)", text))
    five_lines = text.split("```")[1].strip().splitlines()
    assert len(five_lines) == 5


def test_the_install_script_is_one_that_a_shell_can_read() -> None:
    script = ROOT / "systemd" / "install.sh"
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
    assert script.stat().st_mode & 0o111
    placed = script.read_text(encoding="utf-8")
    for name in ("hearth.service", "hearth.sysusers", "hearth.tmpfiles"):
        assert (ROOT / "systemd" / name).is_file()
        assert name in placed


def test_every_benchmark_can_be_asked_for_by_name() -> None:
    parts = {path.stem for path in (ROOT / "benchmarks" / "parts").glob("[a-z]*.py")}
    assert parts == {*PARTS, *LONGER}
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")]
    named = {name for text in texts for name in re.findall(r"ONLY=(\w+)", text)}
    assert named <= parts
