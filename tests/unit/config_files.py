"""Short ways from a text to what Hearth says about it."""

from collections.abc import Mapping
from pathlib import Path

from agent.config import ConfigError, Settings, load

HOUSE = "house: {timezone: Europe/Berlin, fuse_a: 25}\n"


def settings_of(folder: Path, text: str, env: Mapping[str, str] | None = None) -> Settings:
    """Load a text as a file."""
    file = folder / "hearth.yaml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return load(file, env or {})


def faults_of(folder: Path, text: str, env: Mapping[str, str] | None = None) -> list[str]:
    """What the installer sees, one line per fault, without the name of the file."""
    try:
        settings_of(folder, text, env)
    except ConfigError as error:
        *lines, last = str(error).split("\n")
        assert last == f"Hearth does not start with this file. Faults: {len(lines)}"
        return [line.removeprefix(f"{folder}/hearth.yaml:") for line in lines]
    return []
