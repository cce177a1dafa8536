"""What is wrong with the installer's settings, where, and what helps."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing to correct.

    Args:
        file: the file, or "environment variable NAME".
        line: counted from 1; None when `file` has no lines.
        setting: the path of the setting, e.g. devices.grid.host.
        value: as it was written; None when there is none or it must not be shown.
        wrong, remedy: two halves of one sentence.
    """

    file: str
    line: int | None
    setting: str
    value: str | None
    wrong: str
    remedy: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        given = self.setting if self.value is None else f"{self.setting} is {self.value}"
        return f"{where}: {given}: {self.wrong}; {self.remedy}"

    def as_json(self) -> dict[str, str | int | None]:
        """The frozen shape of `hearth check --json`."""
        return asdict(self)


class ConfigError(Exception):
    """Hearth cannot start with these settings; str() is what the installer sees."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(str(self))

    def __str__(self) -> str:
        lines = [str(fault) for fault in self.faults]
        return "\n".join([*lines, f"Hearth does not start with this file. Faults: {len(lines)}"])
