"""What the planner is told of how often a car began to charge, and since when it rests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent.model.clock import Now
from agent.model.smart import Window
from agent.plan.optimise.problem import CarTask
from agent.plan.smart import SmartMemory, car_task
from agent.plan.smart.memory import Rate
from agent.plan.smart.starting import counted, day_left_s, starts_today
from tests.unit.smart_world import CAR, EVENING, OSLO, World, policy

NOON = Now(at=datetime(2026, 6, 10, 12, tzinfo=UTC), mono_s=1000.0)


def lived(*spans: tuple[bool | None, float], rate: Rate | None = None) -> Rate:
    """What is remembered after a car charged, or did not, for so many seconds each."""
    now, rate = NOON, rate or Rate()
    for charging, lasts_s in spans:
        for _ in range(int(lasts_s // 10)):
            rate = counted(rate, OSLO, now, charging=charging)
            now = now.later(10)
    return rate


def test_a_charge_that_runs_as_hearth_comes_up_is_no_start() -> None:
    assert lived((True, 600)).starts == 0


def test_a_rest_of_less_than_a_minute_is_none() -> None:
    assert lived((False, 600), (True, 600), (False, 50), (True, 600)).starts == 1
    assert lived((False, 600), (True, 600), (False, 70), (True, 600)).starts == 2


def test_what_nobody_can_tell_changes_nothing() -> None:
    assert lived((False, 600), (True, 600), (None, 600), (True, 600)).starts == 1


def test_starts_count_until_local_midnight() -> None:
    rate = lived((False, 600), (True, 60))
    before, after = (datetime(2026, 6, 10, hour, 59, tzinfo=UTC) for hour in (21, 22))
    assert starts_today(rate, OSLO, before) == 1
    assert starts_today(rate, OSLO, after) == 0
    assert day_left_s(OSLO, before) == 60
    next_day = Now(at=after, mono_s=NOON.mono_s + 40_000)
    assert counted(rate, OSLO, next_day, charging=True).starts == 0


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25)])
def test_days_on_which_clocks_change_are_as_long_as_they_are(
    day: tuple[int, int, int], hours: int
) -> None:
    midnight = datetime(*day, tzinfo=UTC) - timedelta(hours=2 if hours == 25 else 1)
    assert day_left_s(OSLO, midnight) == hours * 3600


def test_a_zone_that_nobody_knows_counts_as_utc() -> None:
    assert day_left_s("Nowhere/Else", EVENING) == 6 * 3600


def task_of(world: World) -> CarTask:
    task = car_task(world.policies[CAR], world.view(), world.memory, world.now)
    assert task is not None
    return task


def test_a_task_says_how_often_the_car_began_and_how_long_it_rests() -> None:
    world = World(policy(min_on_s=600.0, min_off_s=1200.0))
    now = world.now.at
    world.windows = (
        Window(start=now + timedelta(minutes=10), stop=now + timedelta(minutes=30)),
        Window(start=now + timedelta(hours=3), stop=now + timedelta(hours=5)),
    )
    world.plug()
    world.run(300)
    assert (task_of(world).starts, task_of(world).paused_s) == (0, None)
    world.run(2400)
    task = task_of(world)
    assert (task.starts, task.min_on_s, task.min_off_s) == (1, 600, 1200)
    assert task.paused_s == pytest.approx(900, abs=30)
    assert task.day_left_s == pytest.approx(4 * 3600 - 2700, abs=60)


def test_starts_outlast_a_restart() -> None:
    memory = SmartMemory(rates={CAR: lived((False, 600), (True, 600), (False, 60))})
    for same_boot, since_s in ((True, memory.rates[CAR].rests_mono_s), (False, 5.0)):
        again = SmartMemory.from_json(memory.to_json(), same_boot=same_boot, now_mono_s=5.0)
        assert again.rates[CAR].starts == 1
        assert again.rates[CAR].rests_mono_s == since_s
    assert replace(memory.rates[CAR], starts=0) != memory.rates[CAR]
