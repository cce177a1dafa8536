"""Cars that share wires charge side by side, not by turns."""

from datetime import timedelta
from itertools import pairwise

import pytest

from agent.model.readings import DeviceId
from agent.plan.optimise.evening import evened
from agent.plan.optimise.problem import Deadline, Problem
from agent.plan.optimise.programme import solve
from tests.unit.planning_problems import CAR, NOW, battery_of, car_of, steps_of

OTHER = DeviceId("other")
QUARTERS = steps_of([0.2] * 4 + [0.3] * 4, duration_s=900)
BY_TURNS = {CAR: [8000.0, 0, 8000.0, 0, 0, 0, 0, 0], OTHER: [0, 6000.0, 0, 6000.0, 0, 0, 0, 0]}


def two_cars(**other: object) -> Problem:
    cars = (car_of(hours_left=2), car_of(device=OTHER, hours_left=2))
    return Problem(**{"steps": QUARTERS, "cars": cars, "fuse_a": 16, **other})  # type: ignore[arg-type]


def test_each_gets_its_mean_of_a_run_of_one_price_and_the_battery_too() -> None:
    problem = two_cars(battery=battery_of())
    cars_w, battery_w = evened(problem, BY_TURNS, [0.0, 2000.0, 0, 0, 500.0, 0, 0, 0])
    assert cars_w[CAR] == pytest.approx([4000.0] * 4 + [0.0] * 4)
    assert cars_w[OTHER] == pytest.approx([3000.0] * 4 + [0.0] * 4)
    assert battery_w == pytest.approx([500.0] * 4 + [500.0, 0, 0, 0])


def test_a_deadline_ends_a_run() -> None:
    soon = Deadline(at=NOW + timedelta(minutes=30), level_wh=60_000.0)
    cars = (car_of(deadlines=(soon,)), car_of(device=OTHER, hours_left=2))
    cars_w, _ = evened(two_cars(cars=cars), {**BY_TURNS, CAR: [8000.0, 0, 0, 0, 0, 0, 0, 0]}, [])
    assert cars_w[CAR] == pytest.approx([4000.0, 4000.0, 0, 0, 0, 0, 0, 0])


@pytest.mark.parametrize(
    "problem",
    [
        Problem(steps=QUARTERS, cars=(car_of(hours_left=2),), fuse_a=16),
        two_cars(steps=steps_of([0.2] * 8, sun_w=(3000.0,) * 8, duration_s=900)),
        two_cars(steps=steps_of([0.2 + 0.01 * n for n in range(8)], duration_s=900)),
    ],
    ids=["a car alone", "sun to spare", "a price for each quarter"],
)
def test_else_nothing_is_changed(problem: Problem) -> None:
    wishes_w = {car.device: BY_TURNS[car.device] for car in problem.cars}
    assert evened(problem, wishes_w, [])[0] == wishes_w


def test_two_cars_on_a_small_fuse_begin_once() -> None:
    prices = [price for price in (0.30, 0.20, 0.25, 0.40) for _ in range(4)]
    cars = tuple(
        car_of(need_wh=9000.0, hours_left=4, device=name, max_w=7400.0) for name in (CAR, OTHER)
    )
    plan = solve(Problem(steps=steps_of(prices, duration_s=900), cars=cars, fuse_a=16))
    assert plan is not None
    for powers_w in plan.car_w.values():
        assert sum(b > 0 >= a for a, b in pairwise((0.0, *powers_w))) == 1
    assert not plan.short_wh
