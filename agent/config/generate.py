"""Writes what is made from the models: example, schema for editors, tables of the documentation.

python -m agent.config.generate
"""

from collections.abc import Mapping
from pathlib import Path

from agent.config import example, schema, tables

DOCUMENT = Path("docs/configuration.md")
EXAMPLE = Path("config/hearth.example.yaml")
SCHEMA = Path("config/hearth.schema.json")


def generated() -> Mapping[Path, str]:
    """What each file should hold."""
    written_by_hand = DOCUMENT.read_text(encoding="utf-8").partition(tables.HEADING)[0]
    return {
        EXAMPLE: example.text(),
        SCHEMA: schema.text(),
        DOCUMENT: written_by_hand + tables.text(),
    }


if __name__ == "__main__":
    for path, text in generated().items():
        path.write_text(text, encoding="utf-8")
