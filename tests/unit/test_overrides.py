"""Smart overrides, in a house with the real planners and the real ledger."""

from dataclasses import replace
from datetime import timedelta

import pytest

from agent.model.actions import ActionKind, ActionState, RequestedBy
from agent.model.readings import DeviceKind, PowerDelivery, VehicleReading
from agent.model.schedules import ScheduleState
from agent.model.targets import Owner, ReasonCode
from agent.plan import overrides
from agent.plan.schedules import controlled
from tests.unit.house import GARAGE
from tests.unit.schedule_world import CAR, World, night

STOPPED, CHARGING = PowerDelivery.STOPPED, PowerDelivery.CHARGING
UNPLUGGED = PowerDelivery.UNPLUGGED


def held(state: PowerDelivery = STOPPED) -> World:
    """By day, with a schedule that charges at night and a car on the charger."""
    world = World(night())
    world.plug(state)
    world.run(300)
    return world


def why(world: World) -> list[str]:
    return [text for _, text in world.ended]


def test_an_override_charges_although_the_schedule_holds_back() -> None:
    world = held()
    made = world.override()
    world.run(20)
    assert world.charging
    order = world.orders[GARAGE]
    assert (order.owner, order.reason.code) == (Owner.OVERRIDE, ReasonCode.OVERRIDE)
    assert world.status is ScheduleState.OVERRIDDEN
    assert world.last.statuses["night"].override == world.running[GARAGE]
    assert world.made(RequestedBy.OVERRIDE) == [(ActionKind.START, ActionState.CONFIRMED)]
    assert made.action_id == world.actions[-1].id


def test_asking_again_gives_the_same_override() -> None:
    world = held()
    first = world.override()
    world.run(30)
    again = world.override()
    assert (again.id, again.action_id) == (first.id, first.action_id)
    assert len(world.actions) == 1


def test_while_it_runs_nobody_steers_and_the_schedule_commands_nothing() -> None:
    world = held()
    world.override()
    assert controlled(GARAGE, world.schedules, world.view(), world.now) is None
    world.until("22:05")
    assert list(world.running) == [GARAGE]
    assert world.made() == []
    world.until("07:00")
    assert (world.charging, world.made()) == (True, [])


def test_it_ends_when_charging_has_ended_for_a_minute_and_no_sooner() -> None:
    world = held()
    world.override()
    world.run(60)
    world.state = PowerDelivery.NO_POWER
    world.run(59)
    assert list(world.running) == [GARAGE]
    world.run(11)
    assert (world.running, why(world)) == ({}, ["garage has stopped charging"])
    assert world.ended[0][0].ended_at is not None
    assert world.orders[GARAGE].reason.code is ReasonCode.SCHEDULE_HOLD


def test_a_pause_of_less_than_a_minute_is_no_end() -> None:
    world = held()
    world.override()
    world.run(60)
    for _ in range(5):
        world.state = PowerDelivery.NO_POWER
        world.run(40)
        world.state = CHARGING
        world.run(40)
    assert list(world.running) == [GARAGE]


def test_the_pause_before_it_has_charged_does_not_end_it_while_its_start_is_tried() -> None:
    world = held()
    world.deaf = True
    world.override()
    world.run(120)
    assert list(world.running) == [GARAGE]
    world.deaf = False
    world.run(60)
    assert world.charging


def test_pulling_the_cable_ends_it_at_once() -> None:
    world = held()
    world.override()
    world.run(60)
    world.plug(UNPLUGGED)
    assert (world.running, why(world)) == ({}, ["garage was unplugged"])


def test_pulling_the_cable_ends_it_also_before_it_has_charged() -> None:
    world = held()
    world.deaf = True
    world.override()
    world.run(20)
    world.plug(UNPLUGGED)
    assert why(world) == ["garage was unplugged"]


def test_without_a_cable_it_waits_a_minute_and_ends() -> None:
    world = World(night())
    world.override()
    world.run(50)
    assert list(world.running) == [GARAGE]
    world.run(20)
    assert why(world) == ["no car is plugged in at garage"]
    assert world.made(RequestedBy.OVERRIDE) == [(ActionKind.START, ActionState.CANCELLED)]


def test_a_cable_within_the_minute_is_in_time() -> None:
    world = World(night())
    world.override()
    world.run(50)
    world.plug()
    world.run(120)
    assert (world.charging, list(world.running)) == (True, [GARAGE])


def test_a_start_that_failed_ends_it() -> None:
    world = held()
    world.deaf = True
    world.override()
    world.run(320)
    assert world.running == {}
    assert why(world) == ["garage did not follow within 5 min (6 attempts)"]


def test_a_start_that_a_person_cancels_ends_it() -> None:
    world = held()
    world.deaf = True
    made = world.override()
    world.cancel(made.action_id or "", "cancelled by user")
    world.run(10)
    assert why(world) == ["cancelled by user"]


def test_a_limit_that_a_person_sets_meanwhile_does_not_end_it() -> None:
    world = held()
    world.deaf = True
    world.override()
    world.act(GARAGE, ActionKind.SET_MAX_CURRENT, RequestedBy.USER, value=10.0)
    world.run(20)
    world.deaf = False
    world.run(300)
    assert (world.charging, list(world.running)) == (True, [GARAGE])


def test_a_stop_that_a_person_asks_for_ends_it() -> None:
    world = held()
    world.override()
    world.run(60)
    world.act(GARAGE, ActionKind.STOP, RequestedBy.USER)
    world.run(30)
    assert why(world) == ["somebody asked for a stop"]
    assert not world.charging


def test_charging_already_it_begins_and_goes_on() -> None:
    world = held()
    world.until("22:05")
    made = world.override()
    assert world.actions[-1].id == made.action_id
    assert world.actions[-1].state is ActionState.CANCELLED
    world.until("07:00")
    assert (world.charging, list(world.running)) == (True, [GARAGE])


def test_ending_it_by_hand_gives_the_charger_back_and_there_is_none_to_end_then() -> None:
    world = held()
    world.override()
    world.run(60)
    world.running, ended = overrides.end(world.running, GARAGE, {}, world.now)
    assert ended is not None
    assert (ended.ended_at, world.running) == (world.now.at, {})
    world.run(10)
    assert not world.charging  # the schedule holds back
    assert overrides.end(world.running, GARAGE, {}, world.now) == ({}, None)


def test_ending_it_stops_nothing_where_the_schedule_charges_too() -> None:
    world = held()
    world.override()
    world.until("22:30")
    world.running, _ = overrides.end(world.running, GARAGE, {}, world.now)
    world.run(300)
    assert world.charging


@pytest.mark.parametrize("same_boot", [True, False])
def test_it_survives_a_restart_after_which_a_pause_counts_anew(*, same_boot: bool) -> None:
    world = held()
    made = world.override()
    world.run(60)
    world.restart(same_boot=same_boot)
    world.run(10)
    assert (world.charging, world.running[GARAGE].id) == (True, made.id)
    world.state = PowerDelivery.NO_POWER
    world.run(50)
    world.restart(same_boot=same_boot)
    world.run(50)
    assert list(world.running) == [GARAGE]
    world.run(20)
    assert world.running == {}
    assert world.ended[0][0].id == made.id


def test_a_charger_out_of_reach_ends_nothing() -> None:
    world = held()
    world.override()
    world.run(60)
    world.silent = True
    world.run(3600)
    assert list(world.running) == [GARAGE]
    world.silent = False
    world.run(60)
    assert (world.charging, list(world.running)) == (True, [GARAGE])


def test_on_a_pair_one_override_covers_the_car_and_its_charger() -> None:
    world = held()
    world.charger_of, world.where = {CAR: GARAGE}, {CAR: "home"}
    world.car = VehicleReading(device=CAR, at=world.now.at, mono_s=0, power_delivery=STOPPED)
    made = world.override(CAR)
    world.run(60)
    assert (world.charging, list(world.running)) == (True, [CAR])
    assert world.actions[-1].device_commanded == GARAGE
    shared = overrides.covering(world.running, world.charger_of)
    assert {name: each.id for name, each in shared.items()} == {CAR: made.id, GARAGE: made.id}
    assert world.status is ScheduleState.OVERRIDDEN
    assert world.override(GARAGE).id == made.id
    assert controlled(CAR, world.schedules, world.view(), world.now) is None
    assert world.orders[GARAGE].by == "a smart override of zoe"
    world.running, ended = overrides.end(world.running, GARAGE, world.charger_of, world.now)
    assert ended is not None
    assert (ended.id, world.running) == (made.id, {})


def test_asked_of_the_charger_it_covers_the_car_on_it() -> None:
    world = held()
    world.charger_of = {CAR: GARAGE}
    made = world.override(GARAGE)
    shared = overrides.covering(world.running, world.charger_of)
    assert shared[CAR].id == made.id
    assert overrides.covering(world.running, {}) == world.running


def test_a_car_that_takes_commands_itself_gets_the_order() -> None:
    world = World()
    world.startable = frozenset({CAR})
    world.car = VehicleReading(device=CAR, at=world.now.at, mono_s=0, power_delivery=STOPPED)
    world.tick()
    running, made, _ = overrides.start({}, CAR, DeviceKind.VEHICLE, {}, "one", world.now)
    done = overrides.step(running, world.snapshot, {}, world.startable, {}, world.now)
    assert done.orders[CAR].charging
    assert done.next_at == world.now.at + timedelta(seconds=60)
    late = world.now.later(61)
    over = overrides.step(done.running, world.snapshot, {}, world.startable, {}, late)
    assert over.ended == (
        (
            replace(made, ended_at=late.at, seen_plugged_in=True, steered=CAR),
            "zoe did not begin to charge",
        ),
    )
