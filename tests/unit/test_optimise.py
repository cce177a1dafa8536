"""Plans: always feasible, as cheap as can be, ready in time."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from agent.model.readings import DeviceId
from agent.plan.optimise import programme
from agent.plan.optimise.checking import assess, better, net_w
from agent.plan.optimise.filled import fill
from agent.plan.optimise.mains import ENDLESS_W
from agent.plan.optimise.problem import Method, Problem, Solution
from tests.examples import examples
from tests.unit.planning_problems import (
    CAR,
    NOW,
    a_problem,
    battery_of,
    car_of,
    steps_of,
)

NIGHT = [0.40] * 4 + [0.10] * 3 + [0.30] * 5
METHODS = pytest.mark.parametrize("solve", [fill, programme.solve])


def solved(problem: Problem) -> Solution:
    solution = programme.solve(problem)
    assert solution is not None
    return solution


@examples(60)
@given(a_problem())
def test_the_filled_plan_keeps_every_limit(problem: Problem) -> None:
    solution = fill(problem)
    assert assess(problem, solution).faults == ()
    assert solution.method is Method.FILLED


@examples(60)
@given(a_problem())
def test_the_programme_keeps_every_limit(problem: Problem) -> None:
    assert assess(problem, solved(problem)).faults == ()


@examples(30)
@given(a_problem())
def test_the_better_of_two_plans_is_never_the_dearer(problem: Problem) -> None:
    one, other = solved(problem), fill(problem)
    best = assess(problem, better(problem, one, other))
    mine, yours = assess(problem, one), assess(problem, other)
    assert best.short_wh <= min(mine.short_wh, yours.short_wh) + 50
    if abs(mine.short_wh - yours.short_wh) <= 50:
        assert best.judged == min(mine.judged, yours.judged)


@examples(15)
@given(a_problem(most_steps=12))
def test_the_same_problem_gets_the_same_plan(problem: Problem) -> None:
    assert solved(problem) == solved(problem)
    assert fill(problem) == fill(problem)


@METHODS
def test_a_car_charges_in_the_cheapest_hours_before_its_deadline(solve: object) -> None:
    problem = Problem(steps=steps_of(NIGHT), cars=(car_of(hours_left=8),), fuse_a=25)
    solution = solve(problem)  # type: ignore[operator]
    charged = [t for t, power_w in enumerate(solution.car_w[CAR]) if power_w > 0]
    assert charged == [4, 5]
    assert solution.short_wh == {}


@METHODS
def test_below_its_minimum_a_car_charges_at_once_at_any_price(solve: object) -> None:
    car = car_of(need_wh=50_000, hours_left=11, minimum_wh=18_000.0)
    solution = solve(Problem(steps=steps_of(NIGHT), cars=(car,), fuse_a=25))  # type: ignore[operator]
    assert solution.car_w[CAR][0] * 0.9 >= 8000 - 1


@METHODS
def test_a_deadline_that_cannot_be_kept_is_said_and_missed_by_as_little_as_can_be(
    solve: object,
) -> None:
    problem = Problem(
        steps=steps_of(NIGHT), cars=(car_of(need_wh=30_000, hours_left=2),), fuse_a=25
    )
    solution = solve(problem)  # type: ignore[operator]
    assert solution.car_w[CAR][:2] == pytest.approx((11_000, 11_000))
    assert solution.short_wh[CAR] == pytest.approx(30_000 - 22_000 * 0.9)


@METHODS
def test_two_cars_on_one_phase_share_its_fuse(solve: object) -> None:
    cars = tuple(
        car_of(need_wh=10_000, hours_left=8, device=name, phases=1, min_w=1380.0, max_w=7360.0)
        for name in ("one", "two")
    )
    solution = solve(Problem(steps=steps_of(NIGHT, load_w=300), cars=cars, fuse_a=25))  # type: ignore[operator]
    for pair in zip(*solution.car_w.values(), strict=True):
        assert sum(pair) <= 25 * 230 - 100 + 1
    assert solution.short_wh == {}


@METHODS
def test_the_battery_is_filled_cheap_and_emptied_dear(solve: object) -> None:
    steps = steps_of([0.10] * 24 + [0.60] * 24, load_w=1000, duration_s=900)
    solution = solve(Problem(steps=steps, battery=battery_of(1000.0), fuse_a=25))  # type: ignore[operator]
    assert sum(solution.battery_w[:24]) / 4 == pytest.approx(6000 / 0.95 / 0.95, rel=0.05)
    assert all(power_w == pytest.approx(-1000, abs=20) for power_w in solution.battery_w[24:])


@METHODS
def test_a_battery_that_may_not_is_not_charged_from_the_grid(solve: object) -> None:
    battery = battery_of(1000.0, from_grid=False)
    steps = steps_of([0.10] * 6 + [0.60] * 6, load_w=1000, sun_w=(1500.0,))
    solution = solve(Problem(steps=steps, battery=battery, fuse_a=25))  # type: ignore[operator]
    assert solution.battery_w[0] == pytest.approx(500)
    assert max(solution.battery_w[1:]) <= 0


@METHODS
def test_the_battery_does_not_feed_a_car_unless_it_may(solve: object) -> None:
    steps = steps_of([0.50] * 3 + [0.10] * 3, load_w=400)
    car = car_of(need_wh=25_000, hours_left=3)
    tight = Problem(steps=steps, cars=(car,), battery=battery_of(9000.0), fuse_a=25)
    kept = solve(tight)  # type: ignore[operator]
    assert min(kept.battery_w) >= -400 - 1
    assert tight.battery is not None
    lent = solve(replace(tight, battery=replace(tight.battery, feeds_cars=True)))  # type: ignore[operator]
    assert min(lent.battery_w) < -1000


@METHODS
def test_sun_that_costs_is_turned_down(solve: object) -> None:
    steps = steps_of([0.10] * 2, load_w=400, sun_w=(3000.0, 3000.0), export_per_kwh=-0.05)
    solution = solve(Problem(steps=steps, fuse_a=25, curtailable=True))  # type: ignore[operator]
    assert solution.curtail_w == pytest.approx((2600, 2600))


@METHODS
def test_a_car_of_sun_alone_takes_what_is_left_over_and_no_more(solve: object) -> None:
    car = car_of(hours_left=None, sun_only=True)
    steps = steps_of([0.30] * 4, load_w=500, sun_w=(0.0, 6000.0, 3000.0, 0.0))
    solution = solve(Problem(steps=steps, cars=(car,), fuse_a=25))  # type: ignore[operator]
    assert solution.car_w[CAR] == pytest.approx((0, 5500, 0, 0))


@METHODS
def test_a_price_of_the_highest_power_flattens_it(solve: object) -> None:
    car = car_of(need_wh=20_000, hours_left=8, min_w=1380.0)
    flat = Problem(steps=steps_of([0.2] * 8), cars=(car,), fuse_a=25)
    charged = replace(flat, peak_per_kw=4.0, peak_free_w=4000.0)
    high, low = (
        max(net_w(s, step, t) for t, step in enumerate(flat.steps))
        for s in (solve(flat), solve(charged))  # type: ignore[operator]
    )
    assert low < high - 2000


@METHODS
def test_power_in_hours_that_do_not_count_is_free(solve: object) -> None:
    car = car_of(need_wh=20_000, hours_left=8, min_w=1380.0)
    steps = tuple(
        replace(step, peak_free_w=4000.0 if t < 4 else ENDLESS_W)
        for t, step in enumerate(steps_of([0.2] * 4 + [0.21] * 4))
    )
    problem = Problem(steps=steps, cars=(car,), fuse_a=25, peak_per_kw=40.0)
    solution = solve(problem)  # type: ignore[operator]
    taken_w = [net_w(solution, step, t) for t, step in enumerate(steps)]
    assert max(taken_w[:4]) <= 4001
    assert max(taken_w[4:]) > 4500
    verdict = assess(problem, solution)
    assert (verdict.faults, verdict.short_wh) == ((), 0)
    assert verdict.cost < 10  # no peak is paid for


@METHODS
def test_where_the_house_alone_is_over_a_limit_nothing_is_added(solve: object) -> None:
    steps = tuple(replace(step, import_limit_w=4200.0) for step in steps_of(NIGHT, load_w=5000))
    problem = Problem(steps=steps, cars=(car_of(),), battery=battery_of(), fuse_a=25)
    solution = solve(problem)  # type: ignore[operator]
    assert set(solution.car_w[CAR]) == {0.0}
    assert max(solution.battery_w) <= 0


def test_the_programme_beats_filling_where_cars_and_battery_want_the_same_hours() -> None:
    prices = [0.2 + 0.1 * math.sin(t) for t in range(24)]
    steps = steps_of(prices, load_w=800, sun_w=(0.0,) * 12 + (5000.0,) * 5)
    problem = Problem(
        steps=steps, cars=(car_of(need_wh=25_000, hours_left=18),), battery=battery_of(), fuse_a=20
    )
    assert assess(problem, solved(problem)).judged <= assess(problem, fill(problem)).judged + 0.02


def test_the_worth_of_stored_energy_is_what_it_replaces() -> None:
    """Charged in the morning at 0.10, it covers an evening at 0.60."""
    problem = Problem(
        steps=steps_of([0.10] * 4 + [0.60] * 6, load_w=2000), battery=battery_of(1000.0), fuse_a=25
    )
    for solution in (solved(problem), fill(problem)):
        assert 0.10 / 0.95 < solution.battery_worth[0] <= 0.60 * 0.95 + 0.001


def test_nothing_is_planned_for_after_the_car_has_left() -> None:
    steps = steps_of([0.40] * 4 + [0.01] * 8)
    problem = Problem(steps=steps, cars=(car_of(hours_left=4),), fuse_a=25)
    for solution in (solved(problem), fill(problem)):
        assert sum(solution.car_w[CAR][4:]) == 0
        assert solution.short_wh == {}


def test_a_deadline_between_two_steps_is_kept_before_it() -> None:
    car = car_of(hours_left=None)
    due = replace(car_of(hours_left=2.5), level_wh=car.level_wh)
    assert due.deadlines[0].at == NOW + timedelta(hours=2.5)
    problem = Problem(steps=steps_of([0.4, 0.4, 0.1, 0.1]), cars=(due,), fuse_a=25)
    for solution in (solved(problem), fill(problem)):
        assert sum(solution.car_w[CAR][:2]) * 0.9 == pytest.approx(10_000, abs=60)


def test_a_plan_for_another_house_is_no_plan() -> None:
    problem = Problem(steps=steps_of(NIGHT), cars=(car_of(),), fuse_a=25)
    other = replace(problem, steps=problem.steps[:3])
    assert assess(problem, fill(other)).faults
    assert better(problem, fill(other), fill(problem)).short_wh == {}


@METHODS
@pytest.mark.parametrize(("low_w", "buys"), [(None, True), (1000.0, True), (100.0, False)])
def test_nothing_dear_is_stored_for_a_load_that_may_not_come(
    solve: Callable[[Problem], Solution], low_w: float | None, *, buys: bool
) -> None:
    steps = steps_of([0.26] * 4 + [0.31] * 4 + [0.10] * 4, load_w=1000.0)
    steps = tuple(replace(step, load_low_w=low_w) for step in steps)
    plan = solve(Problem(steps=steps, battery=battery_of(1000.0), fuse_a=25))
    kept_wh = sum(max(power_w, 0.0) for power_w in plan.battery_w[:4])
    assert (kept_wh > 1000) == buys


def test_where_there_is_not_enough_for_two_one_of_them_is_in_time() -> None:
    cars = tuple(
        car_of(
            need_wh=12_000, hours_left=4, device=DeviceId(name), phases=1, min_w=1380, max_w=7360
        )
        for name in ("one", "two")
    )
    problem = Problem(steps=steps_of([0.3, 0.1, 0.3, 0.2, 0.4]), cars=cars, fuse_a=25)
    assert set(solved(problem).short_wh) == {"two"}


@METHODS
def test_a_car_on_one_phase_that_is_due_sooner_stops_none_on_three(
    solve: Callable[[Problem], Solution],
) -> None:
    steps = tuple(replace(s, import_limit_w=9000.0) for s in steps_of([0.3] * 8, load_w=200.0))
    even = car_of(need_wh=42_000, hours_left=8, device=DeviceId("even"), max_w=7400.0)
    lone = car_of(
        need_wh=24_000, hours_left=6, device=DeviceId("lone"), phases=1, min_w=1380.0, max_w=7400.0
    )
    solution = solve(Problem(steps=steps, cars=(even, lone), fuse_a=20))
    missing_wh = sum(solution.short_wh.values())
    assert missing_wh < 17_000
    assert min(solution.car_w[even.device][:5]) >= 4140
