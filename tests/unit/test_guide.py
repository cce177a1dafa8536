"""A new plan is adopted where it is worth it, and not for a cent."""

from dataclasses import replace
from datetime import timedelta

from agent.plan.guide import adopt
from agent.plan.moment import Guide, Moment
from agent.plan.optimise.checking import assess
from agent.plan.optimise.filled import fill
from agent.plan.optimise.problem import Problem
from tests.unit.planning_problems import CAR, battery_of, car_of, steps_of


def problem_of(prices: list[float], **other: object) -> Problem:
    car = car_of(need_wh=9900, hours_left=len(prices))
    problem = Problem(steps=steps_of(prices), cars=(car,), battery=battery_of(), fuse_a=25)
    return replace(problem, **other)  # type: ignore[arg-type]


def guide_of(problem: Problem, revision: str) -> Guide:
    return Guide(problem=problem, solution=fill(problem), revision=revision)


def moment_of(problem: Problem) -> Moment:
    return Moment(
        at=problem.steps[0].start,
        load_w=500,
        sun_w=0,
        load_high_w=500,
        import_per_kwh=None,
        export_per_kwh=None,
        cars=problem.cars,
        fuse_a=25,
    )


OLD = problem_of([0.20, 0.21, 0.40, 0.40, 0.21, 0.21])


def test_the_first_plan_is_adopted() -> None:
    new = guide_of(OLD, "2")
    assert adopt(None, new, moment_of(OLD)) is new


def test_hours_do_not_move_for_a_cent() -> None:
    old = guide_of(OLD, "1")
    new = guide_of(problem_of([0.203, 0.21, 0.40, 0.40, 0.20, 0.20]), "2")
    assert new.solution.car_w != old.solution.car_w
    kept = adopt(old, new, moment_of(new.problem))
    assert kept.solution.car_w == old.solution.car_w
    assert kept.problem == new.problem
    assert kept.revision == "2"
    assert assess(kept.problem, kept.solution).faults == ()


def test_hours_move_where_it_pays() -> None:
    old = guide_of(OLD, "1")
    new = guide_of(problem_of([0.40, 0.40, 0.10, 0.10, 0.40, 0.40]), "2")
    assert adopt(old, new, moment_of(new.problem)) is new


def test_what_would_be_late_is_not_kept() -> None:
    """Half an hour later half an hour of the old plan is gone, and nothing was charged in it."""
    old = guide_of(OLD, "1")
    later = replace(
        OLD,
        steps=tuple(replace(step, start=step.start + timedelta(hours=5)) for step in OLD.steps[:1]),
        cars=(replace(OLD.cars[0], deadlines=OLD.cars[0].deadlines),),
    )
    new = guide_of(later, "2")
    adopted = adopt(old, new, moment_of(later))
    missing = assess(later, adopted.solution).short_wh
    assert missing <= assess(later, new.solution).short_wh + 50


def test_other_promises_need_another_plan() -> None:
    old = guide_of(OLD, "1")
    new = guide_of(replace(OLD, cars=(car_of(hours_left=3),)), "2")
    assert adopt(old, new, moment_of(new.problem)) is new
    assert new.solution.short_wh == {}
    assert sum(new.solution.car_w[CAR][3:]) == 0
