"""YAML read as text with line numbers: the reader of a setting decides its type.

`off`, `1e3` and `08:00` stay what was written. Every fault is collected and none stops the
reading, so that the writer of a file sees all of them at once.
"""

import math
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import NamedTuple, TypeVar

import yaml

T = TypeVar("T")

_TRUE, _FALSE = frozenset({"yes", "true", "on"}), frozenset({"no", "false", "off"})
_NOTHING = frozenset({"", "~", "null"})
_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class MapFault(NamedTuple):
    """What is wrong at one line of one file, and what to do about it."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean X?" for the nearest known word, or "" if none is near."""
    near = get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


class Section:
    """A mapping of a file, and the faults found in it.

    Args:
        path: how a fault names it, e.g. "registers[3]".
    """

    def __init__(
        self, node: yaml.MappingNode, path: str, file: str, faults: list[MapFault]
    ) -> None:
        self.path, self.file, self.faults = path, file, faults
        self.line = node.start_mark.line + 1
        self.nodes: dict[str, yaml.Node] = {}
        self._known: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in self.nodes:
                self.fault(f"{self._at(name)} stands there twice; keep one", key)
            self.nodes[name] = value

    def fault(self, text: str, node: yaml.Node | None = None) -> None:
        line = self.line if node is None else node.start_mark.line + 1
        self.faults.append(MapFault(self.file, line, text))

    def at(self, name: str, text: str) -> None:
        """Note a fault of one setting: `text` says what is wrong and the remedy."""
        node = self.nodes.get(name)
        given = f" is {node.value}" if isinstance(node, yaml.ScalarNode) else ""
        self.fault(f"{self._at(name)}{given}: {text}", node)

    def finish(self, *ignored: str) -> None:
        """Report the settings that nobody asked for; `ignored` are allowed and unused."""
        self._known.update(ignored)
        for name, node in self.nodes.items():
            if name not in self._known:
                hint = did_you_mean(name, sorted(self._known))
                self.fault(f"{self._at(name)}: no such setting{hint or '; remove it'}", node)

    def has(self, name: str) -> bool:
        return self._node(name) is not None

    def text(self, name: str, default: str = "", *, required: bool = False) -> str:
        node = self._node(name)
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        self._missing_or_wrong(name, node, "one word or sentence", required=required)
        return default

    def choice(self, name: str, choices: list[str], default: str = "") -> str:
        """One of `choices`; required when there is no default."""
        word = self.text(name, default, required=not default)
        if word in choices:
            return word
        if not word:
            self._empty(name)
            return default or choices[0]
        hint = did_you_mean(word, choices) or f"; use one of {', '.join(choices)}"
        self.at(name, f"no such choice{hint}")
        return default or choices[0]

    def number(self, name: str, default: float) -> float:
        found = self._parsed(name, _finite, "a number such as 0.1")
        return default if found is None else found

    def whole(self, name: str, default: T, *, low: int = 0, high: int = 0xFFFF) -> int | T:
        found = self._parsed(name, lambda text: int(text, 0), "a whole number")
        if found is None:
            return default
        if not low <= found <= high:
            self.at(name, f"it must be between {low} and {high}")
            return default
        return found

    def flag(self, name: str, *, default: bool = False) -> bool:
        word = self.text(name, "yes" if default else "no").lower()
        if word not in _TRUE | _FALSE:
            self.at(name, "it must be yes or no")
        return word in _TRUE

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of words, or one word."""
        return tuple(str(node.value) for node in self._scalars(name))

    def wholes(self, name: str) -> tuple[int, ...]:
        """A list of whole numbers, or one of them; 0x patterns are fine."""
        found = []
        for node in self._scalars(name):
            try:
                found.append(int(node.value, 0))
            except ValueError:
                self.fault(f"{self._at(name)} has {node.value}: it must be a whole number", node)
        return tuple(found)

    def section(self, name: str) -> "Section | None":
        node = self._node(name)
        if isinstance(node, yaml.MappingNode):
            return Section(node, self._at(name), self.file, self.faults)
        self._missing_or_wrong(name, node, "a group of settings", required=False)
        return None

    def sections(self, name: str) -> list["Section"]:
        """A list of groups of settings."""
        node = self._node(name)
        if not isinstance(node, yaml.SequenceNode):
            self._missing_or_wrong(name, node, "a list", required=False)
            return []
        return [self._item(name, index, item) for index, item in enumerate(node.value)]

    def children(self) -> list[tuple[str, "Section"]]:
        """Every setting as a group of settings."""
        named = [(name, self.section(name)) for name in self.nodes]
        return [(name, child) for name, child in named if child is not None]

    def _item(self, name: str, index: int, item: yaml.Node) -> "Section":
        path = f"{self._at(name)}[{index}]"
        if isinstance(item, yaml.MappingNode):
            return Section(item, path, self.file, self.faults)
        self.fault(f"{path}: it must be a group of settings", item)
        empty = yaml.MappingNode("", [], item.start_mark, item.end_mark)
        return Section(empty, path, self.file, self.faults)

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _node(self, name: str) -> yaml.Node | None:
        self._known.add(name)
        node = self.nodes.get(name)
        plain = isinstance(node, yaml.ScalarNode) and not node.style  # "" or None
        return None if plain and node is not None and node.value in _NOTHING else node

    def _scalars(self, name: str) -> list[yaml.ScalarNode]:
        node = self._node(name)
        items = node.value if isinstance(node, yaml.SequenceNode) else [node] if node else []
        found = [item for item in items if isinstance(item, yaml.ScalarNode)]
        if len(found) < len(items):
            self.fault(f"{self._at(name)}: it must be a list of single values", node)
        return found

    def _parsed(self, name: str, parse: Callable[[str], T], wanted: str) -> T | None:
        node = self._node(name)
        if not isinstance(node, yaml.ScalarNode):
            self._missing_or_wrong(name, node, wanted, required=False)
            return None
        try:
            return parse(str(node.value))
        except ValueError:
            self.at(name, f"it must be {wanted}")
            return None

    def _empty(self, name: str) -> None:
        """A text of no letters is as good as none; a missing one was told already."""
        if self._node(name) is not None:
            self.at(name, "it must not be empty")

    def _missing_or_wrong(
        self, name: str, node: yaml.Node | None, wanted: str, *, required: bool
    ) -> None:
        if node is not None:
            self.fault(f"{self._at(name)}: it must be {wanted}", node)
        elif required:
            self.fault(f"{self._at(name)} is missing; add {wanted}")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def read_section(text: str, file: str, faults: list[MapFault]) -> Section | None:
    """Read a whole file; None, and a fault, if it is no YAML mapping."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not readable"
        line = 1 if mark is None else mark.line + 1
        faults.append(MapFault(file, line, f"this is no YAML: {problem}; correct the line"))
        return None
    if isinstance(node, yaml.MappingNode):
        return Section(node, "", file, faults)
    faults.append(MapFault(file, 1, "the file must consist of settings such as `id: my_meter`"))
    return None
