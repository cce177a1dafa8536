"""What the YAML parser says, in words that lead to the mistake."""

import yaml

from agent.config.faults import ConfigError, Fault

_TAB = "'\\t' that cannot start any token"
_UNCLOSED = "while scanning a quoted scalar"

_HINTS = (
    (
        _TAB,
        "a tab stands here",
        "indent with spaces, YAML knows no tabs",
    ),
    (
        "that cannot start any token",
        "a text must not begin like this",
        "put the text in 'single quotes'",
    ),
    (
        "mapping values are not allowed here",
        "a colon stands where none can be",
        "put a text with a colon in 'quotes', or look at the line above: it lacks its colon",
    ),
    (
        "could not find expected ':'",
        "this line is no setting",
        "write it as key: value, with a space after the colon",
    ),
    (
        _UNCLOSED,
        "a quotation mark is never closed",
        "close it with the same mark",
    ),
    ("expected <block end>", "the indentation fits nothing above", "indent it like its neighbours"),
    ("expected ',' or", "a bracket is never closed", "close it, or leave the brackets out"),
    ("unknown escape character", "a backslash in double quotes", "use 'single quotes' instead"),
    ("found undefined tag handle", "tags are not read", "delete the tag"),
)


def whole(file: str, wrong: str, remedy: str, line: int = 1) -> ConfigError:
    """Nothing can be made of the file."""
    fault = Fault(file=file, line=line, setting="the file", value=None, wrong=wrong, remedy=remedy)
    return ConfigError([fault])


def not_yaml(file: str, error: yaml.MarkedYAMLError, text: str) -> ConfigError:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    said = f"{error.context} {error.problem}"
    if "\t" in _indentation(text, line):
        said = _TAB
    for words, wrong, remedy in _HINTS:
        if words in said:
            opened = error.context_mark if words == _UNCLOSED else None
            return whole(file, wrong, remedy, opened.line + 1 if opened else line)
    return whole(file, f"it is no YAML here ({error.problem})", "check this line", line)


def _indentation(text: str, line: int) -> str:
    lines = text.splitlines()
    this = lines[line - 1] if line <= len(lines) else ""
    return this[: len(this) - len(this.lstrip())]
