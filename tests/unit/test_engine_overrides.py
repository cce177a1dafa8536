"""Overrides and schedules of cars in the whole engine: pairs that end, cars that take commands
themselves, devices that are gone, restarts."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent.model.actions import ActionKind, ActionState, FailureType, RequestedBy
from agent.model.clock import Now
from agent.model.intents import (
    ChargeCommand,
    ChargerMode,
    EnableSchedule,
    StartOverride,
)
from agent.model.readings import DeviceKind, PowerDelivery
from agent.model.schedules import ScheduleState
from agent.model.targets import Owner
from tests.unit.engine_house import CAR, NIGHT, House, at_home, car
from tests.unit.house import GARAGE, charger, charging

UNPLUGGED = charger(state=PowerDelivery.UNPLUGGED)
CARS_NIGHT = replace(
    NIGHT, id="cars", name="Car", target=CAR, target_kind=DeviceKind.VEHICLE, location="home"
)
EVENING = Now(at=datetime(2026, 6, 10, 21, 59, 50, tzinfo=UTC), mono_s=1000.0)


def test_an_override_of_a_car_ends_with_the_plug_although_the_pair_ends_with_it_too() -> None:
    house = House(NIGHT)
    house.later(1, charger(), car())
    house.pair()
    assert house.take(StartOverride(device=CAR)).status == 200
    house.later(1, charger())
    house.passes(30, charging(16.0))
    ticked = house.later(5, UNPLUGGED)
    assert house.state.routine.charger_of == {}
    assert house.state.routine.running == {}
    assert ticked.urgent is not None
    assert [o.ended_at for o in ticked.urgent.overrides] == [house.now.at]


def test_an_override_of_a_car_that_nobody_finds_any_more_ends_after_a_minute() -> None:
    house = House(NIGHT)
    house.later(1, charger(), car())
    house.pair()
    override = house.take(StartOverride(device=CAR)).override
    house.passes(30, charging(16.0))
    lost = replace(house.on_disk(), pairing=None)
    again = House(NIGHT, now=house.now, persisted=lost)
    again.passes(50, charging(16.0))
    assert override is not None
    assert again.state.routine.running.keys() == {CAR}
    again.passes(30, charging(16.0))
    assert again.state.routine.running == {}


def test_an_override_of_a_device_that_was_taken_out_of_the_house_is_over() -> None:
    house = House(startable=True)
    house.later(1, car())
    assert house.take(StartOverride(device=CAR)).status == 200
    again = House(cars=(), now=house.now, persisted=house.on_disk())
    ticked = again.later(1, charger())
    assert again.state.routine.running == {}
    assert ticked.urgent is not None
    assert [o.device for o in ticked.urgent.overrides] == [CAR]


def test_an_override_of_a_car_that_nobody_can_tell_is_refused() -> None:
    house = House()
    house.later(1, charger(), car())
    answer = house.take(StartOverride(device=CAR))
    assert answer.status == 400
    assert answer.action is not None
    assert answer.action.failure is not None
    assert answer.action.failure.type is FailureType.FAILED_PRECONDITION
    assert "car is not known to be plugged into" in answer.action.failure.detail
    assert house.state.routine.running == {}


def test_an_override_of_an_empty_charger_waits_a_minute_for_a_car() -> None:
    house = House()
    house.later(1, UNPLUGGED)
    begun = house.take(StartOverride(device=GARAGE))
    assert begun.action is not None
    house.passes(50, UNPLUGGED)
    assert house.state.routine.running.keys() == {GARAGE}
    house.passes(20, UNPLUGGED)
    assert house.state.routine.running == {}
    assert house.action(begun.action.id).state is ActionState.CANCELLED


def test_without_any_schedule_an_override_is_a_start() -> None:
    house = House()
    house.later(1, charger())
    assert house.take(StartOverride(device=GARAGE)).status == 200
    assert house.later(1).targets[GARAGE].owner is Owner.OVERRIDE


def test_charge_now_takes_over_from_the_schedule_s_own_start_and_outlives_it() -> None:
    house = House(CARS_NIGHT, startable=True, now=EVENING)
    house.later(1, charger(), at_home(car()))
    house.pair()
    house.later(15, charger())
    (scheduled,) = house.state.ledger.pending.values()
    assert scheduled.requested_by is RequestedBy.SCHEDULE
    begun = house.take(StartOverride(device=CAR))
    assert begun.action is not None
    assert begun.action.requested_by is RequestedBy.OVERRIDE
    house.passes(30, charger())
    assert house.state.routine.running.keys() == {CAR}
    assert house.action(begun.action.id).pending


@pytest.mark.parametrize("state", [PowerDelivery.UNPLUGGED, PowerDelivery.COMPLETE])
def test_a_schedule_wakes_no_car_that_needs_nothing(state: PowerDelivery) -> None:
    house = House(CARS_NIGHT, startable=True, now=EVENING)
    house.passes(300, at_home(car(state)))
    assert house.state.routine.statuses["cars"].state is ScheduleState.ALIGNED
    assert house.told(CAR) == []
    assert house.state.ledger.pending == {}


def test_a_schedule_of_a_car_on_a_plug_of_its_own_tells_the_car_and_only_once() -> None:
    house = House(CARS_NIGHT, startable=True, now=EVENING)
    house.passes(60, at_home(car()))
    (action,) = house.state.ledger.pending.values()
    assert (action.device_commanded, action.requested_by) == (CAR, RequestedBy.SCHEDULE)
    house.passes(900, at_home(car()))
    house.later(5, at_home(car(PowerDelivery.CHARGING)))
    assert house.action(action.id).state is ActionState.CONFIRMED
    house.passes(300, at_home(car(PowerDelivery.CHARGING)))
    assert house.told(CAR) == [True]
    assert house.sent[-1].owner is Owner.SCHEDULE


def test_a_schedule_never_touches_a_car_on_the_road() -> None:
    anywhere = replace(CARS_NIGHT, location=None)
    house = House(anywhere, startable=True, now=EVENING)
    house.passes(120, at_home(car(), metres_north=5000))
    assert house.state.routine.statuses["cars"].state is ScheduleState.AWAY
    assert house.told(CAR) == []
    assert house.take(ChargeCommand(device=CAR, charging=True)).status == 200


def test_disabling_a_schedule_cancels_what_it_asked_for() -> None:
    house = House(NIGHT, now=EVENING)
    house.later(1, charger())
    house.later(10, charger())
    action = house.state.ledger.pending[GARAGE]
    house.take(EnableSchedule(schedule="night", enabled=False))
    house.later(1, charger())
    done = house.action(action.id)
    assert done.failure is not None
    assert done.failure.type is FailureType.REQUESTED_CANCELLATION
    assert house.told(GARAGE)[-1] is False


def test_an_action_of_a_schedule_is_on_disk_before_its_command_leaves() -> None:
    house = House(NIGHT, now=EVENING)
    house.later(1, charger())
    ticked = house.later(10, charger())
    assert ticked.urgent is not None
    (action,) = ticked.urgent.actions
    assert (action.kind, action.requested_by) == (ActionKind.START, RequestedBy.SCHEDULE)
    assert ticked.held == {GARAGE}
    assert ticked.send == ()


def test_a_restart_makes_no_second_action_of_a_schedule() -> None:
    house = House(NIGHT, now=EVENING)
    house.later(1, charger())
    house.later(10, charger())
    (action,) = house.state.ledger.pending.values()
    again = House(NIGHT, now=house.now, persisted=house.on_disk())
    again.passes(60, charger())
    assert list(again.state.ledger.pending) == [GARAGE]
    assert again.state.ledger.pending[GARAGE].id == action.id
    again.later(5, charging(16.0))
    assert again.action(action.id).state is ActionState.CONFIRMED


def test_what_a_person_did_at_the_charger_survives_a_restart() -> None:
    house = House(NIGHT, charger_mode=ChargerMode.FAST)
    house.passes(120, charger())
    house.passes(130, charging(16.0))  # somebody starts it at the box, and again after the retry
    house.passes(20, charger())
    house.passes(60, charging(16.0))
    assert house.state.routine.statuses["night"].state is ScheduleState.MANUAL_OVERRIDE
    again = House(NIGHT, now=house.now, persisted=house.on_disk(), charger_mode=ChargerMode.FAST)
    again.passes(300, charging(16.0))
    assert again.state.routine.statuses["night"].state is ScheduleState.MANUAL_OVERRIDE
    assert again.told(GARAGE)[-1:] in ([], [True])
    assert again.state.ledger.pending == {}


def test_after_charge_now_a_person_may_command_again_at_once() -> None:
    house = House(NIGHT)
    house.later(1, charger())
    assert house.take(ChargeCommand(device=GARAGE, charging=True)).status == 422
    house.take(StartOverride(device=GARAGE))
    assert house.take(ChargeCommand(device=GARAGE, charging=False)).status != 422
