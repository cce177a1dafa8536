"""A field that the installer mapped: from the text to a word of the vocabulary."""

from datetime import datetime

from drivers.vehicles import parse
from drivers.vehicles.config import FieldConfig
from drivers.vehicles.words import QUANTITIES, Said, meaning, quantity


def as_said(
    word: str,
    config: FieldConfig,
    text: str | None,
    distance: str,
    unit: str | None = None,
    at: datetime | None = None,
) -> Said:
    """Args:
    text: as the source wrote it; None = it says that it does not know.
    distance: km or mi, for distances without any unit.
    unit: as the source names it; the installer's wins.
    """
    if word == "as_of":
        return Said(word=word, value=None, at=parse.moment(text))
    if text is not None and config.values:
        text = _by_table(config, text)
    if word not in QUANTITIES:
        return Said(word=word, value=meaning(word, text), at=at)
    value = parse.number(text)
    if value is not None and config.factor is not None:
        value *= config.factor
    usual = distance if QUANTITIES[word].unit == "km" and config.factor is None else None
    return Said(word=word, value=quantity(word, value, config.unit or unit or usual), at=at)


def _by_table(config: FieldConfig, text: str) -> str | None:
    """What the installer's table says of a text; * stands for all others. The table is final."""
    table = {key.lower(): str(value) for key, value in (config.values or {}).items()}
    found = table.get(text.lower(), table.get("*"))
    return None if found is None else parse.known(found)
