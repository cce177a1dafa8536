"""What the benchmark of limits makes of its rounds."""

import pytest

from benchmarks.figures import Figure
from benchmarks.parts.limits import Round, figures_of, lags_of


def by_name(*rounds: tuple[float, float], lags_s: tuple[float, ...] = ()) -> dict[str, Figure]:
    rows = [Round(told_s=told_s, back_s=back_s) for told_s, back_s in rounds]
    lags = lags_s or tuple(row.car_s for row in rows)
    found = figures_of("fuse", rows, lags)
    return {figure.name.removeprefix("limits.").removesuffix(".fuse"): figure for figure in found}


def test_what_the_cars_take_by_themselves_is_the_baseline_of_being_back() -> None:
    back = by_name((0.5, 5.25))["back_p99_s"]
    assert (back.value, back.baseline.value, back.met) == (5.25, 4.75, False)


def test_a_quick_car_of_one_round_does_not_hide_that_slow_ones_come_too_late() -> None:
    found = by_name((0.5, 2.5), lags_s=(2.0, 4.0, 4.75, 4.25))
    assert found["back_worst_s"].value == 2.5
    assert found["back_p99_s"].value == 5.25
    assert (found["in_time"].value, found["in_time"].baseline.value) == (0.75, 1.0)
    assert found["in_time"].better == "higher"


def test_the_median_and_the_last_of_a_hundred_are_told() -> None:
    found = by_name(*((each / 100, 3.0) for each in range(1, 101)))
    values = [found[f"told_p{percent}_s"].value for percent in (50, 99)]
    assert values == pytest.approx([0.5, 0.99])


def test_a_house_with_a_battery_and_the_quicker_of_two_cars_have_lags_of_their_own() -> None:
    names = ("fuse.alive", "topic.killed", "fuse.two_cars", "fuse.battery")
    rounds = {name: [Round(told_s=0.5, back_s=0.5 + lag_s)] for lag_s, name in enumerate(names, 1)}
    assert [lags_of(name, rounds) for name in names] == [[1, 2], [1, 2], [3], [4]]
