"""YAML read as plain text: mappings, lists and strings, and the line of each of them.

YAML turns `off` into False, 12:30 into 750 and 010 into 8, and leaves 1e3 a text, by rules that
nobody knows by heart. Here every scalar stays the text that was typed; the models decide what a
setting means. What would make the file hard to read for the next person (anchors, merge keys,
tags) is refused rather than half supported.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from agent.config.faults import Fault
from agent.config.yaml_faults import not_yaml, whole

Where = tuple[str | int, ...]
"""Path of a setting, e.g. ("devices", "grid", "host")."""

LARGEST_BYTES = 1_000_000
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a setting was written; `line` is None outside the file."""

    file: str
    line: int | None


@dataclass(slots=True)
class Tree:
    """What was written, before anybody says what it means.

    Args:
        values: nested dicts and lists of texts; None where a key has no value.
        marks: path -> where it was written; () is the file itself.
        refused: paths whose value was dropped, with a fault that says so.
    """

    values: dict[str, Any] = field(default_factory=dict)
    marks: dict[Where, Mark] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    refused: set[Where] = field(default_factory=set)

    def get(self, where: Where) -> Any:
        """What stands at a path; None where nothing does."""
        here: Any = self.values
        for part in where:
            if isinstance(here, dict):
                here = here.get(part)
            elif isinstance(here, list) and isinstance(part, int) and part < len(here):
                here = here[part]
            else:
                return None
        return here

    def mark(self, where: Where) -> Mark:
        """The mark of a path, or of the nearest thing around it."""
        while where not in self.marks and where:
            where = where[:-1]
        return self.marks[where]


def read_tree(path: Path) -> Tree:
    """Read a file; faults that leave the rest readable are in `Tree.faults`.

    Raises:
        ConfigError: nothing can be made of it.
    """
    return parse(read_text(path), str(path))


def read_text(path: Path) -> str:
    """Raises:
    ConfigError: the file is missing, unreadable, huge, or not text.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise whole(str(path), "there is no such file", _COPY_EXAMPLE) from None
    except IsADirectoryError:
        raise whole(str(path), "this is a folder", "name the file in it") from None
    except PermissionError:
        remedy = "let the user that Hearth runs as read it, e.g. chgrp hearth and chmod 640"
        raise whole(str(path), "Hearth may not read it", remedy) from None
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise whole(str(path), f"it cannot be read ({reason})", "check the disk") from None
    if len(raw) > LARGEST_BYTES:
        raise whole(str(path), "it is larger than 1 MB", "name Hearth's own file") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        wrong = f"this line is not UTF-8 (byte 0x{raw[error.start]:02x})"
        raise whole(str(path), wrong, "save the file as UTF-8", line) from None


_COPY_EXAMPLE = "copy config/hearth.example.yaml there and change it to your house"


def parse(text: str, file: str) -> Tree:
    """Parse YAML.

    Raises:
        ConfigError: it is no YAML, or not a mapping of settings.
    """
    tree = Tree(marks={(): Mark(file, 1)})
    try:
        _Builder(yaml.parse(text, Loader=yaml.BaseLoader), tree, file).document()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        wrong = f"a character that no text file has (code {ord(text[error.position])})"
        raise whole(file, wrong, "delete it", line) from None
    except yaml.MarkedYAMLError as error:
        raise not_yaml(file, error, text) from None
    return tree


class _Builder:
    """Turns the parser's events into a Tree."""

    def __init__(self, events: Any, tree: Tree, file: str) -> None:
        self.events = events
        self.tree = tree
        self.file = file

    def document(self) -> None:
        root: Any = None
        for event in self.events:
            if isinstance(event, yaml.NodeEvent):
                if root is not None:
                    line = _line(event)
                    raise whole(self.file, "a second document begins", "delete the ---", line)
                root = self.node(event, ())
                if not isinstance(root, dict):
                    self._no_settings(root, event)
        if root is None:
            raise whole(self.file, "there is nothing in it", _COPY_EXAMPLE)
        self.tree.values = root

    def _no_settings(self, root: Any, event: Any) -> None:
        line = _line(event)
        if isinstance(root, list):
            raise whole(self.file, "it is a list", "delete the - before the settings", line)
        remedy = "write each setting as key: value, with a space after the colon"
        raise whole(self.file, "no setting stands here, only text", remedy, line)

    def node(self, event: Any, where: Where) -> Any:
        line = _line(event)
        if isinstance(event, yaml.AliasEvent):
            self.fault(line, where, "aliases (*) are not read", _OR_QUOTE)
            self.tree.refused.add(where)
            return None
        if event.anchor is not None:
            self.fault(line, where, "anchors (&) are not read", _OR_QUOTE)
        if event.tag is not None:
            self.fault(line, where, "tags (!) are not read", _OR_QUOTE)
        if len(where) > DEEPEST:
            raise whole(self.file, "settings are nested too deep", "check the brackets", line)
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(where)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(where)
        plain_nothing = event.value == "" and event.style is None
        return None if plain_nothing else event.value

    def mapping(self, where: Where) -> dict[str, Any]:
        branch: dict[str, Any] = {}
        while not isinstance(key := next(self.events), yaml.MappingEndEvent):
            line = _line(key)
            if not isinstance(key, yaml.ScalarEvent):
                raise whole(self.file, "a setting needs a name of plain text", "check {}[]", line)
            here = (*where, key.value)
            if key.value == "<<":
                self.node(next(self.events), here)
                self.fault(line, here, "merge keys are not read", "write the settings out")
            elif key.value in branch:
                first = self.tree.marks[here].line
                self.fault(line, here, f"it stands twice, first on line {first}", _ONE_OF_TWO)
                ignored = Tree(marks={(): Mark(self.file, 1)})
                _Builder(self.events, ignored, self.file).node(next(self.events), here)
            else:
                self.tree.marks[here] = Mark(self.file, line)
                value = self.node(next(self.events), here)
                if here not in self.tree.refused:
                    branch[key.value] = value
        return branch

    def sequence(self, where: Where) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            here = (*where, len(items))
            self.tree.marks[here] = Mark(self.file, _line(event))
            items.append(self.node(event, here))
        return items

    def fault(self, line: int, where: Where, wrong: str, remedy: str) -> None:
        """Note a fault, without the value: what looks like a tag may be a password."""
        self.tree.faults.append(
            Fault(
                file=self.file,
                line=line,
                setting=dotted(where),
                value=None,
                wrong=wrong,
                remedy=remedy,
            )
        )


def _line(event: Any) -> int:
    """Counted from 1."""
    return int(event.start_mark.line) + 1


_OR_QUOTE = "write the value itself; a text that begins like this is put in 'quotes'"
_ONE_OF_TWO = "delete one of the two"


def dotted(where: Where) -> str:
    """The path as people write it."""
    return ".".join(map(str, where)) or "the file"
