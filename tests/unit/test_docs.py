"""What the documents show must be what there is."""

import re
import textwrap
from pathlib import Path

import yaml

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
