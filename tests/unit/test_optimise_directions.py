"""Where export pays more than import costs, the house draws or feeds in: which of the two pays."""

from collections.abc import Sequence
from itertools import product
from random import Random

import pytest

from agent.plan.optimise.directions import MOST_TRIALS, decide
from agent.plan.optimise.formulate import formulate
from agent.plan.optimise.problem import Problem
from agent.plan.optimise.programme import solve
from agent.plan.optimise.simplex import Simplex
from tests.unit.planning_problems import CAR, battery_of, car_of, steps_of

SOLD_FOR = 0.08


class Counted(Simplex):
    """Counts how often it is solved."""

    runs = 0

    def least(self) -> float | None:
        self.runs += 1
        return super().least()


def twisted(prices: list[float], *, seed: int = 0, duration_s: float = 900.0) -> Problem:
    """A sunny house with a battery that may sell, and a car."""
    dice = Random(seed)
    sun_w = tuple(dice.uniform(0, 5000) for _ in prices)
    steps = steps_of(prices, sun_w=sun_w, export_per_kwh=SOLD_FOR, duration_s=duration_s)
    car = car_of(need_wh=dice.uniform(3000, 9000), hours_left=len(prices) * duration_s / 3600)
    return Problem(steps=steps, cars=(car,), battery=battery_of(3000.0, to_grid=True), fuse_a=25)


def of_all(problem: Problem) -> float:
    """The least cost of all combinations of directions."""
    count = len(formulate(problem)[1].either)
    return min(at(problem, draws) for draws in product((False, True), repeat=count))


def at(problem: Problem, draws: Sequence[bool]) -> float:
    """The least cost if each step has the price of its direction for both ways, which is never
    below the true one."""
    model, layout = formulate(problem)
    simplex = Simplex(model, 3.0)
    for each, inward in zip(layout.either, draws, strict=True):
        one = each.buy if inward else each.sell
        simplex.price(each.into, one)
        simplex.price(each.out, -one)
    cost = simplex.least()
    assert cost is not None
    return cost


def found(problem: Problem) -> float:
    model, layout = formulate(problem)
    best = decide(Simplex(model, 3.0), layout.either)
    assert best is not None
    return best.cost


def test_a_car_takes_full_power_for_an_hour_rather_than_the_sun_of_two() -> None:
    """The sun of both hours sells for 0.08; of an hour at 0.01 a car draws on it but once."""
    steps = steps_of([0.01, 0.012], load_w=0.0, sun_w=(5000.0, 5000.0), export_per_kwh=SOLD_FOR)
    car = car_of(need_wh=9000.0, hours_left=2)
    plan = solve(Problem(steps=steps, cars=(car,), fuse_a=25))
    assert plan is not None
    assert plan.car_w[CAR] == pytest.approx((10_000, 0), abs=1)
    assert plan.cost == pytest.approx(5 * 0.01 - 5 * SOLD_FOR)


@pytest.mark.long
def test_the_search_finds_nearly_all_that_trying_everything_finds() -> None:
    missed, possible = 0.0, 0.0
    for seed in range(8):
        dice = Random(100 + seed)
        problem = twisted([dice.uniform(0.0, 0.07) for _ in range(7)], seed=seed, duration_s=3600)
        as_it_goes = [not each.sunny for each in formulate(problem)[1].either]
        least, cost = of_all(problem), found(problem)
        assert cost >= least - 1e-6
        missed += cost - least
        possible += at(problem, as_it_goes) - least
    assert missed < 0.03 * possible
    assert possible > 1.0, "such houses do not show whether it searches at all"


def test_two_days_of_such_prices_are_not_solved_endlessly() -> None:
    problem = twisted([0.02 + 0.05 * ((t * 7) % 11) / 11 for t in range(192)])
    model, layout = formulate(problem)
    assert len(layout.either) == 192
    simplex = Counted(model, 30.0)
    assert decide(simplex, layout.either) is not None
    assert MOST_TRIALS < simplex.runs <= MOST_TRIALS + 5


def test_without_a_way_out_only_drawing_is_found() -> None:
    steps = steps_of([0.01] * 4, load_w=800.0, export_per_kwh=SOLD_FOR)
    plan = solve(Problem(steps=steps, fuse_a=25))
    assert plan is not None
    assert plan.cost == pytest.approx(4 * 0.8 * 0.01)
