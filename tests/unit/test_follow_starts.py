"""How often a car begins on a day: by the policy, never at the price of being ready."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.targets import ReasonCode
from agent.plan.follow import follow
from agent.plan.moment import Guide, Setpoints
from agent.plan.optimise.filled import fill
from agent.plan.optimise.problem import CarTask, Problem
from tests.unit.planning_problems import CAR, a_problem, car_of, steps_of
from tests.unit.test_follow import guide_of, moment_of, on_plan

HOUR_S = 3600.0
SUNNY = (6000.0,) * 4
NIGHT = [0.30, 0.20, 0.10, 0.10, 0.30, 0.30, 0.30, 0.30]


def house(prices: list[float], car: CarTask, sun_w: tuple[float, ...] = ()) -> Problem:
    return Problem(steps=steps_of(prices, sun_w=sun_w), cars=(car,), fuse_a=25)


def rested(**other: object) -> CarTask:
    """A car that has charged since it was plugged in, and has paused for an hour."""
    usual = {"paused_s": HOUR_S, "min_on_s": 1800.0, "min_off_s": 1800.0, "day_left_s": 6 * HOUR_S}
    return car_of(**{"hours_left": None, **usual, **other})  # type: ignore[arg-type]


def under_way(**other: object) -> CarTask:
    return rested(charging=True, charging_s=HOUR_S, **other)


def sunny(car: CarTask, sun_w: float = 6000.0) -> Setpoints:
    """What a car does in a sunny afternoon of which the plan knows."""
    return on_plan(house([0.6, *[0.4] * 7], car, sun_w=SUNNY), sun_w=sun_w)


@pytest.mark.parametrize(("paused_s", "power_w"), [(None, 5500.0), (1799.0, 0.0), (1800.0, 5500.0)])
def test_a_pause_lasts_as_long_as_the_policy_says(paused_s: float | None, power_w: float) -> None:
    done = sunny(rested(paused_s=paused_s, hours_left=8))
    assert done.car_w[CAR] == pytest.approx(power_w)
    if not power_w:
        assert done.why[CAR].code is ReasonCode.PLAN_KEEPS
        assert "it has just stopped" in done.why[CAR].sentence


@pytest.mark.parametrize(("starts", "begins"), [(0, True), (2, True), (3, False), (7, False)])
def test_sun_gets_what_is_left_of_the_starts_of_a_day(starts: int, *, begins: bool) -> None:
    done = sunny(rested(hours_left=20, starts=starts))
    assert (done.car_w[CAR] > 0) is begins
    if not begins:
        said = f"it has begun {starts} times today, and begins again only if it must, to be full"
        assert said in done.why[CAR].sentence


def test_the_last_start_waits_for_sun_that_lasts() -> None:
    """Now for an hour, or after a dear one for three."""
    short = steps_of([0.4, 2.0, *[0.4] * 6], sun_w=(6000.0, 0.0, 6000.0, 6000.0, 6000.0))
    for starts, begins in ((1, True), (2, False)):
        car = rested(hours_left=20, need_wh=40_000.0, starts=starts)
        done = on_plan(Problem(steps=short, cars=(car,), fuse_a=25))
        assert (done.car_w[CAR] > 0) is begins


def test_what_has_no_time_begins_however_often_it_did() -> None:
    used_up = {"starts": 9, "paused_s": 0.0}
    late = rested(hours_left=1, **used_up)
    assert follow(moment_of(cars=(late,)), None).car_w[CAR] == 11_000
    low = rested(minimum_wh=55_000.0, **used_up)
    assert follow(moment_of(cars=(low,)), None).car_w[CAR] == 11_000


def test_of_a_morning_one_start_is_for_good_and_waits_for_the_best_time() -> None:
    car = rested(hours_left=8, need_wh=18_000.0, day_left_s=20 * HOUR_S)
    plan = guide_of(house(NIGHT, car))
    charging = Guide(
        problem=plan.problem,
        solution=replace(plan.solution, car_w={CAR: (11_000.0,) * 8}),
        revision="1",
    )
    worth = {"import_per_kwh": 0.05}
    for starts, begins in ((0, True), (1, False), (2, False)):
        moment = moment_of(cars=(replace(car, starts=starts),), **worth)
        assert (follow(moment, charging).car_w[CAR] > 0) is begins
    best = moment_of(cars=(replace(car, starts=1),), **worth, at=plan.problem.steps[2].start)
    assert follow(best, charging).car_w[CAR] > 0


def test_who_has_begun_for_good_is_not_left_before_it_is_full() -> None:
    car = under_way(hours_left=8, need_wh=18_000.0, day_left_s=20 * HOUR_S)
    for starts, power_w in ((1, 0.0), (2, car.min_w)):
        done = on_plan(house(NIGHT, replace(car, starts=starts)))
        assert done.car_w[CAR] == power_w
    assert "begin again would not pay" in done.why[CAR].sentence


def test_a_charge_on_the_last_start_goes_on_through_a_cloud_and_not_through_the_evening() -> None:
    car = under_way(hours_left=20, starts=3, need_wh=40_000.0)
    assert sunny(car, sun_w=600.0).car_w[CAR] == 4140
    assert sunny(replace(car, starts=1), sun_w=600.0).car_w[CAR] == 0
    dark = house([0.4] * 8 + [0.1] * 8, car)
    assert on_plan(dark).car_w[CAR] == 0


@given(problem=a_problem(), starts=st.integers(0, 5), paused_s=st.none() | st.floats(0, 7200))
def test_starts_never_hold_back_what_is_in_a_hurry(
    problem: Problem, starts: int, paused_s: float | None
) -> None:
    cars = tuple(
        replace(
            car, starts=starts, paused_s=paused_s, min_on_s=1800.0, min_off_s=1800.0, charging=False
        )
        for car in problem.cars
    )
    fresh = tuple(replace(car, starts=0, paused_s=None) for car in cars)
    guide = Guide(problem=problem, solution=fill(problem), revision="1")
    moment = moment_of(cars=cars, battery=problem.battery, fuse_a=problem.fuse_a)
    told, free = (follow(replace(moment, cars=each), guide) for each in (cars, fresh))
    for car in cars:
        if free.why[car.device].code in (ReasonCode.PLAN_READY, ReasonCode.PLAN_MINIMUM):
            assert told.why[car.device].code is free.why[car.device].code
            assert told.car_w[car.device] >= free.car_w[car.device] - 1


def test_a_car_that_is_nearly_full_is_not_left_for_a_cent() -> None:
    """On its last start, 0.3 kWh before the end, though the price of now is a little too high."""
    dear = [0.42, 0.4, 0.4, 0.4]
    for need_wh, goes_on in ((300.0, True), (9000.0, False)):
        car = under_way(hours_left=None, starts=3, need_wh=need_wh)
        plan = guide_of(house(dear, car))
        waits = replace(plan.solution, car_w={CAR: (0.0,) * 4}, car_worth={CAR: (0.4,) * 4})
        guide = Guide(problem=plan.problem, solution=waits, revision="1")
        done = follow(moment_of(cars=(car,), import_per_kwh=0.42), guide)
        assert (done.car_w[CAR] > 0) is goes_on
