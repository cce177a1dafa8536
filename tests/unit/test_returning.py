"""Cars that are away: when plans expect them, and what they keep for them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent.backtest.away import away
from agent.backtest.control import Plugged, Sight
from agent.backtest.scenario import Mode
from agent.model.readings import DeviceId, PowerDelivery
from agent.plan.optimise import programme
from agent.plan.optimise.checking import net_w
from agent.plan.optimise.filled import fill
from agent.plan.optimise.problem import CarTask, Problem
from agent.plan.returning import USED_WH, expected_at, expected_task
from agent.plan.smart import expected_cars
from tests.unit.backtest_house import TEXT
from tests.unit.planning_problems import CAR, NOW, car_of, steps_of
from tests.unit.smart_world import CAR as ZOE
from tests.unit.smart_world import OSLO, World, policy
from tests.unit.test_backtest_planned import made

OTHER = DeviceId("other")
METHODS = pytest.mark.parametrize("solve", [fill, programme.solve])


def coming(hours: float, due_hours: float, **other: object) -> CarTask:
    task = expected_task(
        OTHER,
        NOW + timedelta(hours=hours),
        (NOW + timedelta(hours=due_hours),),
        min_w=4140.0,
        max_w=11_000.0,
        phases=3,
        efficiency=0.9,
    )
    assert task is not None
    return replace(task, **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ((6, 10, 5), (6, 10, 12)),  # from 14:00 in Oslo on
        ((6, 10, 14), (6, 10, 15)),  # later: any hour now
        ((6, 10, 21), None),  # not on this day any more
        ((6, 10, 22), (6, 11, 12)),  # that day has just begun in Oslo
        ((3, 29, 0), (3, 29, 12)),  # clocks change
        ((1, 10, 5), (1, 10, 13)),
    ],
)
def test_a_car_that_is_away_is_expected_in_the_afternoon(
    now: tuple[int, int, int], expected: tuple[int, int, int] | None
) -> None:
    at = expected_at(datetime(2026, *now, tzinfo=UTC), OSLO)
    assert at == (None if expected is None else datetime(2026, *expected, tzinfo=UTC))


def test_nothing_is_expected_of_a_car_that_is_due_before_it_comes_only() -> None:
    at = NOW + timedelta(hours=3)
    figures = {"min_w": 4140.0, "max_w": 11_000.0, "phases": 3, "efficiency": 0.9}
    assert expected_task(OTHER, at, (NOW + timedelta(hours=2),), **figures) is None  # type: ignore[arg-type]


def test_the_sun_of_the_afternoon_is_left_to_the_car_that_comes() -> None:
    sells = (0.09, 0.08, 0.07, 0.06)
    steps = steps_of([0.30] * 10, sun_w=(5500.0,) * 4)
    steps = tuple(replace(step, export_per_kwh=sells[min(t, 3)]) for t, step in enumerate(steps))
    alone = Problem(steps=steps, cars=(car_of(8000.0),), fuse_a=25.0)
    both = replace(alone, cars=(*alone.cars, coming(2, 10)))
    before, after = programme.solve(alone), programme.solve(both)
    assert before is not None
    assert after is not None
    assert before.car_w[CAR][0] == 0
    assert after.car_w[CAR][0] > 0
    assert all(net_w(after, step, t) < 1 for t, step in enumerate(steps[:4]))


@METHODS
def test_a_car_charges_in_no_plan_before_it_is_there(solve: object) -> None:
    problem = Problem(steps=steps_of([0.10] * 3 + [0.30] * 9), cars=(coming(3, 12),), fuse_a=25.0)
    powers_w = solve(problem).car_w[OTHER]  # type: ignore[operator]
    assert not any(powers_w[:3])
    assert sum(powers_w) * 0.9 == pytest.approx(USED_WH, rel=0.01)


@METHODS
def test_a_car_that_is_only_expected_makes_none_late_that_is_here(solve: object) -> None:
    here = car_of(18_000.0, hours_left=4.0, max_w=6900.0)
    cars = (here, coming(0.5, 4.0))
    problem = Problem(steps=steps_of([0.30] * 4), cars=cars, fuse_a=12.0)
    alone = solve(replace(problem, cars=cars[:1]))  # type: ignore[operator]
    solution = solve(problem)  # type: ignore[operator]
    assert sum(solution.car_w[CAR]) == pytest.approx(sum(alone.car_w[CAR]))
    assert solution.short_wh == {}


def at_noon() -> World:
    """The car has charged in the night and has left."""
    world = World(policy())
    world.plug()
    world.until("07:30")
    world.state = PowerDelivery.UNPLUGGED
    world.until("12:00")
    return world


def expected_of(world: World) -> list[CarTask]:
    return list(expected_cars(world.policies, world.view(), world.memory, world.now))


def test_a_car_that_charged_at_home_and_is_away_is_expected() -> None:
    world = at_noon()
    (task,) = expected_of(world)
    assert (task.device, task.arrives) == (ZOE, datetime(2026, 6, 11, 12, tzinfo=UTC))
    assert (task.level_wh, task.limit_wh) == (0.0, USED_WH)
    assert [each.at for each in task.deadlines] == [datetime(2026, 6, 12, 5, tzinfo=UTC)]
    assert (task.min_w, task.phases) == (4140.0, 3)


def test_a_car_that_is_here_or_is_not_planned_for_is_not_expected() -> None:
    world = at_noon()
    world.policies = {ZOE: policy(enabled=False)}
    assert expected_of(world) == []
    world.policies = {ZOE: policy()}
    world.plug()
    assert expected_of(world) == []


def test_a_car_that_has_been_away_for_days_is_not_expected() -> None:
    world = at_noon()
    world.now = world.now.later(2 * 86_400)
    assert expected_of(world) == []


def test_a_backtest_expects_the_smart_cars_that_are_away() -> None:
    scenario = made().scenario
    (own,) = scenario.vehicles
    sight = Sight(
        step=0, step_s=300, at=datetime(2024, 4, 1, 7, tzinfo=UTC), load_w=0.0, sun_w=0.0,
        import_per_kwh=0.3, export_per_kwh=0.0, import_limit_w=1e9, export_limit_w=1e9,
        mains=scenario.mains, cars=[], battery=None, battery_wh=None,
    )  # fmt: skip
    (task,) = away(sight, scenario)
    assert (task.device, task.max_w) == (own.id, own.max_w)
    here = Plugged(vehicle=own, level_wh=0.0, since=sight.at, charging_s=0.0)
    assert list(away(replace(sight, cars=[here]), scenario)) == []
    solar = made(TEXT.replace("mode: smart", f"mode: {Mode.SURPLUS}")).scenario
    assert list(away(sight, solar)) == []
