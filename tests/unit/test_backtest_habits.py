"""What a house's last days tell: usual, more or less than usual, silent."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from agent.backtest.habits import LOAD, SUN, Habits, Kind

DAYS = 15
STEP_S, DAY = 3600, 24


def made(kind: Kind, power_w: Callable[[int], float | None]) -> Habits:
    """Of a house whose power is told by the hours since step 0, which is a midnight."""
    came = [power_w(n) for n in range(-DAYS * DAY, 2 * DAY)]
    return Habits(kind, came, DAYS * DAY, STEP_S)


def test_usual_is_the_mean_of_the_same_hours_of_the_last_days() -> None:
    habits = made(LOAD, lambda n: 100.0 * -(n // DAY) if n % DAY == 7 else 0.0)
    assert habits.usual(7, 8, 1) == 550  # 100 to 1000
    assert habits.usual(7, 9, 1) == 275
    assert habits.days(7, 8, 1)[0] == 100


def test_of_days_that_were_not_measured_nothing_is_said() -> None:
    habits = made(LOAD, lambda n: None if n // DAY in (-2, -5) else 400.0)
    assert habits.usual(7, 8, 1) == 400
    assert made(LOAD, lambda _: None).usual(7, 8, 1) is None


def test_a_day_like_all_the_others_turns_nothing() -> None:
    for kind in (LOAD, SUN):
        turn = made(kind, lambda n: 100.0 * (n % DAY)).turn(12)
        assert [turn.factor(ahead_s) for ahead_s in (0, 7200, 172_800)] == [1, 1, 1]


def test_last_hours_that_were_busy_fade() -> None:
    kind = replace(LOAD, lasts=0.0)
    turn = made(kind, lambda n: 450.0 if n >= 8 else 300.0).turn(12)
    assert turn.factor(0) == pytest.approx(1.5)
    assert turn.factor(6 * 3600) == pytest.approx(1 + 0.5 / 2.71828, rel=1e-5)


def test_the_root_of_a_quiet_day_lasts() -> None:
    turn = made(LOAD, lambda n: 100.0 if n >= 0 else 400.0).turn(24)
    assert turn.factor(0) == 0.25
    assert turn.factor(10 * DAY * 3600) == pytest.approx(0.5)


def test_dawn_does_not_decide_about_noon() -> None:
    """A little mist before eight, when the day brings 1000 W on average."""
    habits = made(SUN, lambda n: 0.0 if n >= 0 else 10.0 if n % DAY < 8 else 1500.0)
    assert habits.turn(8).now > 0.9
    assert habits.turn(10).now == pytest.approx(0.2)


@pytest.mark.parametrize("kind", [LOAD, SUN])
def test_a_house_that_is_silent_stays_so_for_as_long_again(kind: Kind) -> None:
    habits = made(kind, lambda n: None if n >= 0 else 400.0)
    turn = habits.turn(12)
    assert turn.factor(0) == 0
    assert turn.factor(12 * 3600) == pytest.approx(1 - 1 / 2.71828, rel=1e-5)
    assert habits.turn(1).factor(0) > 0.5


def test_of_a_house_that_was_never_measured_nothing_is_turned() -> None:
    assert made(LOAD, lambda _: None).turn(12).factor(0) == 1
