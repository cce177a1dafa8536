"""Small sums over named values."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.expressions import ExpressionError, parse

VALUES = {"a": 5.0, "b": 3.0, "grid.power_w": 100.0, "unknown": None}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a", 5),
        ("-a", -5),
        ("a - b - 1", 1),
        ("a - (b - 1)", 3),
        ("grid.power_w + -b", 97),
        ("min(a, b, 4)", 3),
        ("max(5000, grid.power_w)", 5000),
        ("2.5 + a", 7.5),
        ("min(a)", 5),
    ],
)
def test_sums_are_reckoned_from_left_to_right(text: str, value: float) -> None:
    assert parse(text).value(VALUES.get) == value


def test_one_unknown_part_makes_the_sum_unknown() -> None:
    assert parse("a + unknown").value(VALUES.get) is None
    assert parse("min(a, unknown)").value(VALUES.get) is None


def test_unknown_parts_count_nothing_where_the_map_says_so() -> None:
    assert parse("a + unknown").value_of_known(VALUES.get) == 5
    assert parse("unknown").value_of_known(VALUES.get) is None


def test_names_are_listed_once() -> None:
    assert parse("a + b - a").names == ("a", "b")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "it ends where a name"),
        ("a +", "it ends where a name"),
        ("a b", "'b' is not expected"),
        ("(a", "closing bracket"),
        ("a * b", r"'\*' is not allowed"),
        ("__import__('os')", "'\\('|not allowed|not expected"),
        (", a", "stands where a name"),
        ("((((((((((((((((((((((a))))))))))))))))))))))", "too deeply"),
    ],
)
def test_nothing_else_is_understood(text: str, fault: str) -> None:
    with pytest.raises(ExpressionError, match=fault):
        parse(text)


@given(st.text(alphabet="ab+-(),. min0_*'\"[]", max_size=30))
def test_no_text_does_more_than_fail(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        parse(text).value(VALUES.get)
