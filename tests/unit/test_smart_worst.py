"""Smart charging in the worst instant: what was known goes missing, what was said is taken back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from agent.model.readings import PowerDelivery, VehicleReading
from agent.model.smart import NO_DEADLINE, FailureCondition, SmartState, Window
from agent.model.snapshot import fold
from agent.model.targets import ReasonCode
from tests.unit.house import CARPORT, GARAGE
from tests.unit.smart_world import CAR, EVENING, World, policy

S = SmartState


def waiting(**more: object) -> World:
    """A car that came home at 20:00 and waits for the night."""
    world = World(policy(**more))
    world.plug()
    world.run(120)
    assert world.stands(S.STOPPED)
    return world


@pytest.mark.parametrize("same_boot", [True, False])
def test_a_car_that_is_silent_after_a_restart_is_ready_all_the_same(*, same_boot: bool) -> None:
    world = waiting()
    world.tells_level, world.planner = False, lambda _: None
    world.restart(same_boot=same_boot)
    world.until("07:00", 30)
    assert world.level == 80
    assert world.plan.final_state is S.FINISHED


def test_what_a_car_told_before_it_was_unplugged_counts_no_more_after_a_restart() -> None:
    world = waiting()
    world.unplug()
    world.run(90)
    world.tells_level = False
    world.restart()
    world.plug()
    world.run(60)
    assert world.stands(S.CONSIDERING)
    assert "level" in (world.status.problem or "")


def test_a_silent_car_that_is_full_sooner_than_reckoned_is_full() -> None:
    world = waiting()
    world.tells_level = False
    world.until("02:30", 30)
    world.level += 5  # the battery is smaller than the file says
    world.until("07:00", 30)
    assert world.plan.final_state is S.FINISHED
    assert len(world.wanted) == 1


def silent_about_its_limit(world: World, *, complete: bool) -> None:
    """From now on the car never tells at which level it stops."""

    def report() -> None:
        told()
        full = complete and world.level >= world.limit
        car = VehicleReading(
            device=CAR, at=world.now.at, mono_s=world.now.mono_s, charging=world.charging,
            soc_percent=world.level, plugged_in=bool(world.state.plugged_in),
            power_delivery=PowerDelivery.COMPLETE if full else None,
        )  # fmt: skip
        world.snapshot[CAR] = fold(None, car)

    told = world._report
    world._report = report  # type: ignore[method-assign]


@pytest.mark.long
@pytest.mark.parametrize("complete", [True, False])
def test_a_car_that_stops_at_a_limit_that_nobody_knows_is_full_there(*, complete: bool) -> None:
    world = World(policy())
    silent_about_its_limit(world, complete=complete)
    world.plug()
    world.until("07:00", 30)
    assert world.level == 80
    assert world.plan.final_state is S.FINISHED
    assert world.stands(S.FULLY_CHARGED)
    ended_at, asked = world.plan.ended_at, len(world.wanted)
    world.until("06:00", 60)
    assert world.plan.ended_at == ended_at
    assert len(world.wanted) == asked


def test_a_car_that_leaves_for_a_strange_charger_is_unplugged_and_not_told_anything() -> None:
    world = World(policy())
    world.paired, world.startable = False, frozenset({CAR})
    world.where = {CAR: "home"}
    world.plug()
    world.run(30)
    assert world.status.state.executing
    world.where = {CAR: None}
    world.run(10)
    assert world.plan.final_state is S.UNPLUGGED
    asked = len(world.wanted)
    world.until("06:00")
    assert not world.status.state.executing
    assert len(world.wanted) == asked
    assert world.orders == {}


def test_a_late_car_goes_on_though_another_day_s_deadline_is_edited() -> None:
    nine = 21 * 60
    world = World(policy(deadlines=(nine,) * 7))
    world.windows = ()
    world.plug()
    world.until("21:10")
    world.edit(policy(deadlines=(*(nine,) * 6, 8 * 60)))
    assert world.stands(S.STARTED)
    assert world.orders[GARAGE].reason.code is ReasonCode.SMART_READY
    world.edit(policy(deadlines=(23 * 60,) * 7))
    world.run(5)
    assert world.plan.deadline == EVENING + timedelta(hours=3)


def test_a_car_that_takes_nothing_is_not_asked_all_night() -> None:
    world = World(policy(deadlines=(22 * 60,) * 7))
    world.startable, world.stubborn = frozenset({CAR}), True
    world.windows = ()
    world.plug()
    world.until("21:59", 10)
    paths = {(steered, override) for steered, _, override in world.wanted}
    assert paths == {(GARAGE, False), (CAR, False), (CAR, True)}
    assert len(world.wanted) <= 25
    world.until("22:10", 10)
    assert world.plan.failure_condition in (FailureCondition.START_FAILED, None)


def test_a_clock_that_is_set_back_and_forth_loses_no_plan() -> None:
    world = waiting()
    before = world.plan
    for hours in (-5, 5):
        world.now = replace(world.now, at=world.now.at + timedelta(hours=hours))
        world.run(60)
    assert world.stands(S.STOPPED)
    assert world.plan.id == before.id
    assert world.plan.stop_confirmed_at == before.stop_confirmed_at
    world.until("07:00")
    assert world.level == 80


def test_who_ends_an_override_at_the_charger_is_not_contradicted() -> None:
    world = waiting()
    world.override()
    world.run(120)
    assert world.stands(S.OVERRIDDEN)
    world.press(start=False)
    world.run(30)
    assert not world.charging
    world.run(60)
    assert [why for _, why in world.ended] == ["garage has stopped charging"]
    assert world.stands(S.STOPPED)
    world.until("07:00")
    assert world.level == 80


def test_who_starts_again_within_the_minute_goes_on_under_the_override() -> None:
    world = waiting()
    world.override()
    world.run(120)
    world.press(start=False)
    world.run(30)
    world.press(start=True)
    world.run(120)
    assert world.charging
    assert world.stands(S.OVERRIDDEN)


def test_a_plan_that_has_no_hours_yet_is_not_late_for_having_waited() -> None:
    world = World(policy(deadlines=NO_DEADLINE, ready_at=EVENING + timedelta(hours=6)))
    world.windows = ()
    world.plug()
    world.until("02:00")
    assert world.plan.final_state is S.FINISHED
    assert world.plan.failure_condition is None


def test_a_car_that_turns_out_to_hang_on_another_charger_was_stopped_by_nobody() -> None:
    world = World(policy())
    world.windows = (Window(start=EVENING, stop=EVENING + timedelta(hours=4)),)
    world.plug()
    world.run(180)
    mind = world.memory.minds[CAR]
    assert mind.phase is not None
    assert mind.phase.steered == GARAGE
    elsewhere = replace(mind, phase=replace(mind.phase, steered=CARPORT))
    world.memory = replace(world.memory, minds={CAR: elsewhere})
    world.press(start=False)
    assert world.stands(S.STARTING)
    assert world.memory.minds[CAR].stopped_by_user == 0
