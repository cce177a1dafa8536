"""Lengths of time in words."""

import pytest

from agent.plan.durations import duration


@pytest.mark.parametrize(
    ("length_s", "says"),
    [
        (0.0, "0 s"), (-0.3, "0 s"), (45.0, "45 s"), (89.0, "89 s"), (90.0, "2 min"),
        (3590.0, "1 h 00 min"), (59_481.0, "16 h 31 min"), (-600.0, "-10 min"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_told_as_people_say_it(length_s: float, says: str) -> None:
    assert duration(length_s) == says
