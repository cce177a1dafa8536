"""Whatever is done to the file, Hearth says what is wrong or starts; it never breaks."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agent.config import ConfigError, Fault
from agent.config.generate import EXAMPLE
from agent.config.reading import settings_of
from agent.config.tree import parse
from tests.examples import examples

LINES = [
    line
    for line in re.sub(r"(?m)^( *)#(?=[a-z_]+:)", r"\1", EXAMPLE.read_text()).split("\n")
    if not line.strip().startswith("#") and "/etc/hearth" not in line
]
ODD = st.sampled_from(
    ["", "~", "[a]", "{a: b}", "off", "1e3", "-5", "inf", "'", '"', "*x", "&a", "!t", "- x", ":"]
)
ODDER = st.sampled_from(
    ["9" * 30, "\t", "\x00", "ü", "|", "a: b", "[", "}", "[[a]]", "{a: {b: c}}", "#", "---", "?"]
)
WORDS = ODD | ODDER | st.text(max_size=20)
CHANGES = st.lists(
    st.tuples(st.integers(0, len(LINES) - 1), st.sampled_from("drvi"), st.integers(0, 40), WORDS),
    max_size=4,
)


def changed(changes: list[tuple[int, str, int, str]]) -> str:
    """The example after lines were dropped, indented, given another value or other characters."""
    lines = list(LINES)
    for number, kind, column, word in changes:
        line = lines[number]
        lines[number] = {
            "d": "",
            "r": " " * (column % 7) + line.strip(),
            "v": f"{line.split(':')[0]}: {word}",
            "i": line[:column] + word + line[column:],
        }[kind]
    return "\n".join(lines)


def outcome(text: str, env: dict[str, str]) -> tuple[Fault, ...] | None:
    """The faults, or None when Hearth would start."""
    try:
        settings_of(parse(text, "hearth.yaml"), env, Path("/etc/hearth"))
    except ConfigError as error:
        return error.faults
    return None


def is_explained(faults: tuple[Fault, ...] | None) -> bool:
    return faults is None or (bool(faults) and all(each.wrong and each.remedy for each in faults))


def test_the_example_that_is_changed_below_is_right() -> None:
    assert outcome(changed([]), {}) is None


@given(CHANGES, WORDS)
@examples(80)
def test_a_damaged_file_is_a_list_of_faults_at_worst(
    changes: list[tuple[int, str, int, str]], word: str
) -> None:
    assert is_explained(outcome(changed(changes), {"HEARTH_HOUSE__NAME": word}))


@given(st.text(max_size=200))
@examples(150)
def test_no_text_breaks_the_reader(text: str) -> None:
    faults = outcome(text, {})
    assert faults is not None
    assert is_explained(faults)


@given(st.dictionaries(st.text("ABHEDSCRGTM_", max_size=12), WORDS, max_size=3))
@examples(30)
def test_no_environment_breaks_the_reader(variables: dict[str, str]) -> None:
    env = {f"HEARTH_{name}": text for name, text in variables.items()}
    assert is_explained(outcome(changed([]), env))
