"""One JSON object from outside, with accessors that say where and what is wrong.

A null is like a key that is missing; keys that nobody asks for are ignored.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, TypeVar

from agent.bridges.documents.faults import Unreadable
from agent.bridges.documents.ids import as_uuid

E = TypeVar("E", bound=StrEnum)

LONGEST_TEXT: Final = 255
LARGEST_INTEGER: Final = 2**53 - 1
_RFC3339: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Fields:
    """Every method raises Unreadable; `find_` gives None where the key is missing or null."""

    values: Mapping[str, Any]
    at: str = ""

    def has(self, name: str) -> bool:
        return name in self.values

    def fault(self, name: str, what: str, remedy: str) -> Unreadable:
        return Unreadable(f"{self.at}/{name}", what, remedy)

    def only(self, *names: str) -> None:
        """Refuse all other keys, where leaving one out would turn the meaning round."""
        for name in self.values:
            if name not in names:
                raise self.fault(name, "is not known here", f"give {', '.join(names)} only")

    def part(self, name: str) -> "Fields":
        found = self.find_part(name)
        if found is None:
            raise self.fault(name, "is missing", "give an object")
        return found

    def find_part(self, name: str) -> "Fields | None":
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.fault(name, "is no object", "give an object")
        return Fields(value, f"{self.at}/{name}")

    def find_parts(self, name: str, most: int) -> Iterator["Fields"]:
        """The objects of a list; none where it is missing."""
        for index, value in enumerate(self.find_list(name, most) or ()):
            if not isinstance(value, dict):
                raise self.fault(f"{name}/{index}", "is no object", "give an object")
            yield Fields(value, f"{self.at}/{name}/{index}")

    def find_list(self, name: str, most: int) -> list[Any] | None:
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or len(value) > most:
            raise self.fault(name, "is no list of that length", f"give a list of at most {most}")
        return value

    def text(self, name: str) -> str:
        found = self.find_text(name)
        if found is None:
            raise self.fault(name, "is missing", "give a text")
        return found

    def find_text(self, name: str) -> str | None:
        value = self.values.get(name)
        if value is None or (isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT):
            return value
        raise self.fault(name, "is no text", f"give 1 to {LONGEST_TEXT} characters")

    def flag(self, name: str) -> bool:
        found = self.find_flag(name)
        if found is None:
            raise self.fault(name, "is missing", "give true or false")
        return found

    def find_flag(self, name: str) -> bool | None:
        value = self.values.get(name)
        if value is None or isinstance(value, bool):
            return value
        raise self.fault(name, "is neither true nor false", "give true or false")

    def figure(self, name: str, least: float, most: float) -> float:
        found = self.find_figure(name, least, most)
        if found is None:
            raise self.fault(name, "is missing", f"give a number from {least:g} to {most:g}")
        return found

    def find_figure(self, name: str, least: float, most: float) -> float | None:
        value = self.values.get(name)
        if value is None:
            return None
        usable = isinstance(value, int | float) and not isinstance(value, bool)
        if not usable or not math.isfinite(value) or not least <= value <= most:
            remedy = f"give a number from {least:g} to {most:g}"
            raise self.fault(name, "is no number in that range", remedy)
        return float(value)

    def integer(self, name: str, least: int) -> int:
        value = self.values.get(name)
        usable = isinstance(value, int) and not isinstance(value, bool)
        if not usable or not least <= value <= LARGEST_INTEGER:  # type: ignore[operator]
            raise self.fault(name, "is no whole number", f"give one from {least} on")
        return int(value)  # type: ignore[arg-type]

    def instant(self, name: str) -> datetime:
        found = self.find_instant(name)
        if found is None:
            raise self.fault(name, "is missing", "give an instant like 2026-06-01T12:00:00Z")
        return found

    def find_instant(self, name: str) -> datetime | None:
        value = self.values.get(name)
        if value is None:
            return None
        try:
            if not isinstance(value, str) or not _RFC3339.fullmatch(value):
                raise ValueError(value)
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            remedy = "give one like 2026-06-01T12:00:00Z"
            raise self.fault(name, "is no instant", remedy) from None

    def uuid(self, name: str) -> str:
        found = self.find_uuid(name)
        if found is None:
            raise self.fault(name, "is missing", "give a UUID")
        return found

    def find_uuid(self, name: str) -> str | None:
        value = self.values.get(name)
        found = as_uuid(value)
        if value is not None and found is None:
            raise self.fault(name, "is no UUID", "give the id of the resource, not its name")
        return found

    def choice(self, name: str, kind: type[E]) -> E:
        value = self.values.get(name)
        if isinstance(value, str) and value in list(kind):
            return kind(value)
        raise self.fault(name, "is none of the known words", f"give one of {', '.join(kind)}")
