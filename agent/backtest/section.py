"""Takes the settings of a scenario one by one, and notes what is wrong: line, what, remedy."""

import difflib
from collections.abc import Sequence
from math import isfinite
from typing import Any

from agent.config.faults import Fault
from agent.config.tree import Tree, Where, dotted


class Section:
    """A mapping of settings. What is missing or wrong is noted, and something harmless returned,
    so that one look finds every fault.

    Args:
        known: every key that may stand in it.
    """

    def __init__(self, tree: Tree, where: Where, faults: list[Fault], known: Sequence[str]) -> None:
        self.tree, self.where, self.faults = tree, where, faults
        values = tree.get(where) if where else tree.values
        self.values: dict[str, Any] = values if isinstance(values, dict) else {}
        if not isinstance(values, dict):
            self.fault((), "settings are wanted here", "write them as {key: value, ...}")
        for key in self.values:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                remedy = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
                self.fault((key,), "no such setting", remedy)

    def fault(self, key: Where, wrong: str, remedy: str) -> None:
        where = (*self.where, *key)
        value = self.tree.get(where)
        mark = self.tree.mark(where)
        self.faults.append(
            Fault(
                file=mark.file,
                line=mark.line,
                setting=dotted(where),
                value=value if isinstance(value, str) else None,
                wrong=wrong,
                remedy=remedy,
            )
        )

    def has(self, key: str) -> bool:
        """Whether something is said, and not null."""
        value = self.values.get(key)
        return value is not None and value not in ("null", "~")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.values.get(key)
        if isinstance(value, str) and value:
            return value
        if key not in self.values and default is not None:
            return default
        wrong = "it is missing" if key not in self.values else "one value is wanted"
        self.fault((key,), wrong, f"write {key}: ...")
        return default or ""

    def choice(self, key: str, choices: Sequence[str], default: str) -> str:
        value = self.text(key, default)
        if value in choices:
            return value
        self.fault((key,), "that is not among the choices", f"write one of: {', '.join(choices)}")
        return default

    def number(
        self, key: str, default: float | None = None, least: float = 0.0, most: float = 1e6
    ) -> float:
        """A number between `least` and `most`; without a default it must be there."""
        if not self.has(key) and default is not None:
            return default
        text = self.text(key)
        if not text:
            return default or least
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not isfinite(value):
            self.fault((key,), "that is no number", "write it with a point, without a unit")
        elif value < least or value > most:
            self.fault((key,), "that cannot be", f"write a number from {least:g} to {most:g}")
        else:
            return value
        return default or least

    def positive(
        self, key: str, default: float | None = None, most: float = 1e6, otherwise: str = ""
    ) -> float:
        """A number above 0.

        Args:
            otherwise: what else may be done.
        """
        value = self.number(key, default, 0.0, most)
        if value <= 0 and self.has(key) and not self._blamed(key):
            other = otherwise or ("" if default is None else ", or leave it out")
            self.fault((key,), "that cannot be", f"write a number above 0{other}")
        return value or 1.0

    def optional(self, key: str, least: float = 0.0, most: float = 1e6) -> float | None:
        """A number; None where nothing or null stands."""
        return self.number(key, None, least, most) if self.has(key) else None

    def minute(self, key: str) -> int | None:
        """A local time of day, as minutes since midnight; None where nothing stands."""
        if not self.has(key):
            return None
        hour, colon, minute = self.text(key).partition(":")
        if colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2:  # noqa: PLR2004
            total = int(hour) * 60 + int(minute)
            if int(minute) < 60 and total < 24 * 60:  # noqa: PLR2004
                return total
        self.fault((key,), "that is no time of day", 'write it like "07:00"')
        return None

    def _blamed(self, key: str) -> bool:
        return any(each.setting == dotted((*self.where, key)) for each in self.faults)
