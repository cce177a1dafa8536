"""Schedules at work, in a house with the real planners and the real ledger."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent.model.actions import ActionKind, ActionState, RequestedBy
from agent.model.readings import DeviceId, DeviceKind, PowerDelivery, VehicleReading
from agent.model.schedules import Location, Rule, ScheduleState
from agent.model.targets import Owner, ReasonCode
from agent.plan.schedules import ScheduleMemory, Step, controlled, step
from tests.unit.house import GARAGE
from tests.unit.schedule_world import CAR, EVENING, HOME, World, night

CHARGING, STOPPED = PowerDelivery.CHARGING, PowerDelivery.STOPPED
START, STOP = ActionKind.START, ActionKind.STOP


def plugged(at: datetime = EVENING, state: PowerDelivery = STOPPED) -> World:
    """A charger under a schedule that charges at night, a car on it, and everything at peace."""
    world = World(night(), at=at)
    world.plug(state)
    world.run(300)
    return world


def test_a_car_waits_for_the_night_and_starts_on_the_second() -> None:
    world = plugged()
    assert (world.charging, world.status) == (False, ScheduleState.ALIGNED)
    world.until("21:59")
    world.run(59.5)
    assert not world.charging
    world.until("22:00")
    assert world.charging
    assert world.sent[-1] == (datetime(2026, 6, 10, 20, tzinfo=UTC), True)
    world.run(59)
    assert world.status is ScheduleState.PENDING
    world.run(2)
    assert world.status is ScheduleState.ALIGNED
    world.until("06:00")
    world.run(10)
    assert not world.charging
    assert world.made() == [(START, ActionState.CONFIRMED), (STOP, ActionState.CONFIRMED)]


def test_a_car_that_is_plugged_in_by_day_is_stopped_at_once() -> None:
    world = World(night())
    world.run(120)
    world.plug(CHARGING)
    assert not world.charging
    assert world.sent[-1] == (world.now.at, False)


def test_who_reads_the_order_learns_why_and_until_when() -> None:
    world = plugged()
    hold = world.orders[GARAGE]
    assert (hold.owner, hold.by) == (Owner.SCHEDULE, 'the schedule "Night"')
    assert hold.reason.sentence == 'Not charging until 22:00: the schedule "Night" holds back.'
    assert hold.reason.changes_at == datetime(2026, 6, 10, 20, tzinfo=UTC)
    world.until("22:00")
    assert (
        world.orders[GARAGE].reason.sentence
        == 'Charging until 06:00: the schedule "Night" says so.'
    )
    assert world.codes() == [ReasonCode.SCHEDULE_CHARGE]


def test_nothing_is_done_while_the_time_of_day_is_not_known() -> None:
    world = plugged(state=CHARGING)
    lost = replace(world.now, trusted=False)
    done = step(world.schedules, world.view(), world.memory, lost)
    assert (done.orders, done.wanted, done.released) == ({}, (), {})
    assert done.memory.minds == world.memory.minds
    status = done.statuses["night"]
    assert (status.state, status.should_charge) == (ScheduleState.PENDING, None)
    assert status.problem == "the time of day is not known yet, so no schedule is followed"
    assert controlled(GARAGE, world.schedules, world.view(), lost) is None


def test_an_unplugged_and_a_full_car_need_no_action() -> None:
    world = World(night())
    world.until("22:01")
    assert (world.status, world.made()) == (ScheduleState.ALIGNED, [])
    status = world.last.statuses["night"]
    assert (status.should_charge, status.plugged_in, status.expected) == (True, False, False)
    world.plug(PowerDelivery.NO_POWER)
    world.run(100)
    status = world.last.statuses["night"]
    assert (status.state, status.needs_charge) == (ScheduleState.ALIGNED, False)
    assert world.made() == []


def test_a_car_known_to_be_full_needs_no_action() -> None:
    world = World(night())
    world.charger_of = {CAR: GARAGE}
    world.car = VehicleReading(
        device=CAR, at=world.now.at, mono_s=0, soc_percent=80.0, charge_limit_percent=80.0
    )
    world.deaf = True
    world.plug()
    world.until("22:02")
    assert world.made() == []
    assert world.last.statuses["night"].expected is False


def test_who_stops_the_charge_at_the_car_is_not_fought_but_asked_once() -> None:
    world = plugged()
    world.until("22:10")
    sent = len(world.sent)
    world.press(start=False)
    stopped_at = world.now.at
    assert (world.status, world.codes()) == (ScheduleState.RETRYING, [ReasonCode.SCHEDULE_YIELDS])
    assert world.orders[GARAGE].owner is Owner.MANUAL
    assert world.orders[GARAGE].reason.changes_at == stopped_at + timedelta(seconds=120)
    world.run(119)
    assert not any(charging for _, charging in world.sent[sent:])
    world.run(1)
    assert world.sent[-1] == (stopped_at + timedelta(seconds=120), True)
    world.run(30)
    assert (world.charging, world.status) == (True, ScheduleState.ALIGNED)
    sent = len(world.sent)
    world.press(start=False)
    assert world.status is ScheduleState.MANUAL_OVERRIDE
    world.until("05:59")
    assert not any(charging for _, charging in world.sent[sent:])
    assert world.status is ScheduleState.MANUAL_OVERRIDE
    said = world.orders[GARAGE].reason
    assert said.sentence == (
        'Somebody stopped the charge at the car or the charger; the schedule "Night" leaves it so'
        " until 06:00 or until the car is unplugged."
    )
    world.until("22:00")
    assert world.charging


def test_who_starts_the_charge_by_day_is_asked_once_and_then_left_alone() -> None:
    world = plugged()
    world.press(start=True)
    assert (world.charging, world.status) == (True, ScheduleState.RETRYING)
    world.run(120)
    assert not world.charging
    world.run(60)
    world.press(start=True)
    world.run(600)
    assert (world.charging, world.status) == (True, ScheduleState.MANUAL_OVERRIDE)
    assert world.orders[GARAGE].charging
    world.until("22:05")
    assert (world.charging, world.status) == (True, ScheduleState.ALIGNED)
    world.until("06:00")
    assert not world.charging


def test_a_manual_override_ends_with_the_cable() -> None:
    world = plugged()
    world.press(start=True)
    world.run(200)
    world.press(start=True)
    assert world.status is ScheduleState.MANUAL_OVERRIDE
    world.plug(PowerDelivery.UNPLUGGED)
    world.run(20)
    world.plug(CHARGING)
    assert not world.charging


@pytest.mark.parametrize("same_boot", [True, False])
def test_a_restart_forgets_no_manual_override_and_repeats_no_try(*, same_boot: bool) -> None:
    world = plugged()
    world.press(start=True)
    world.run(60)
    world.restart(same_boot=same_boot)
    assert world.charging
    world.run(130)
    assert (world.charging, len(world.made())) == (False, 1)
    world.run(60)
    world.press(start=True)
    world.restart(same_boot=same_boot)
    world.run(3600)
    assert (world.charging, world.status) == (True, ScheduleState.MANUAL_OVERRIDE)
    assert len(world.made()) == 1


@pytest.mark.parametrize("same_boot", [True, False])
def test_a_restart_while_an_action_runs_asks_for_no_second_one(*, same_boot: bool) -> None:
    world = plugged()
    world.deaf = True
    world.until("22:00")
    world.run(15)
    world.restart(same_boot=same_boot)
    world.run(60)
    assert world.made() == [(START, ActionState.PENDING)]
    assert world.status in (ScheduleState.REQUESTED, ScheduleState.PENDING)


def test_a_failed_action_is_tried_again_after_5_15_and_then_every_30_minutes() -> None:
    world = plugged()
    world.deaf = True
    world.until("22:00")
    world.run(3 * 3600)
    asked = [a.created_at for a in world.actions]
    ended = [a.completed_at for a in world.actions]
    pauses = [
        (later - end).total_seconds() / 60
        for later, end in zip(asked[1:], ended, strict=False)
        if end is not None
    ]
    assert [round(pause) for pause in pauses[:4]] == [5, 15, 30, 30]
    assert {state for _, state in world.made()[:-1]} == {ActionState.FAILED}


def test_after_a_failure_the_status_says_that_it_is_tried_again() -> None:
    world = plugged()
    world.deaf = True
    world.until("22:00")
    shown = []
    for _ in range(2):
        world.run(200)
        shown.append(world.status)
    assert shown == [ScheduleState.REQUESTED, ScheduleState.RETRYING]
    world.deaf = False
    world.until("22:12")
    assert (world.charging, world.status) == (True, ScheduleState.ALIGNED)


def test_an_action_that_a_person_cancels_is_not_made_again_at_once() -> None:
    world = plugged()
    world.deaf = True
    world.until("22:00")
    world.run(15)
    world.cancel(world.actions[-1].id, "cancelled by user")
    world.run(10)
    assert world.codes() == [ReasonCode.SCHEDULE_YIELDS]
    assert len(world.made()) == 1


def test_a_limit_that_a_person_sets_meanwhile_is_not_cancelled_by_the_schedule() -> None:
    world = plugged()
    world.deaf = True
    world.until("22:00")
    world.run(15)
    limit = world.act(GARAGE, ActionKind.SET_MAX_CURRENT, RequestedBy.USER, value=10.0)
    world.run(60)
    done = next(a for a in world.actions if a.id == limit.id)
    assert done.state is ActionState.CONFIRMED
    assert world.made() == [(START, ActionState.CANCELLED), (START, ActionState.PENDING)]


def test_a_start_is_called_back_when_the_night_is_over() -> None:
    world = World(night(22 * 60, 22 * 60 + 2))
    world.plug()
    world.deaf = True
    world.until("22:03")
    (made,) = world.actions
    assert made.state is ActionState.CANCELLED
    assert made.failure is not None
    assert made.failure.type.value == "REQUESTED_CANCELLATION"
    assert made.failure.detail == "the schedule that asked for it wants it no more"


def test_an_action_that_a_newer_one_takes_over_is_not_cancelled_twice() -> None:
    world = World(night(22 * 60, 22 * 60 + 2))
    world.plug()
    world.deaf = True
    world.until("22:01")
    world.now = world.now.later(90)
    world.state = CHARGING
    done = step(world.schedules, world.view(), world.memory, world.now)
    assert (done.wanted, done.released) == ((), {world.actions[-1].id: done_why(done)})
    world._report()
    done = step(world.schedules, world.view(), world.memory, world.now)
    assert ([each.kind for each in done.wanted], done.released) == ([STOP], {})


def done_why(done: Step) -> str:
    (why,) = done.released.values()
    return why


def test_a_night_that_was_slept_through_begins_anew() -> None:
    world = plugged()
    world.press(start=True)
    world.run(200)
    world.press(start=True)
    assert world.status is ScheduleState.MANUAL_OVERRIDE
    world.now = world.now.later(24 * 3600)
    world.tick()
    assert not world.charging


def test_disabling_calls_back_the_action_and_hands_the_charger_back() -> None:
    world = plugged()
    world.deaf = True
    world.until("22:00")
    world.edit(night(enabled=False))
    assert world.status is ScheduleState.DISABLED
    assert world.made() == [(START, ActionState.CANCELLED)]
    assert world.orders == {}
    assert world.last.statuses["night"].transitions == ()


def test_an_edit_counts_at_once_and_shows_as_pending() -> None:
    world = plugged()
    assert not world.charging
    world.edit(night(19 * 60, 23 * 60))
    assert (world.charging, world.status) == (True, ScheduleState.PENDING)
    world.run(61)
    assert world.status is ScheduleState.ALIGNED


def test_another_time_zone_counts_at_once() -> None:
    world = plugged()
    assert not world.charging
    world.locations = {"home": replace(HOME, timezone="Asia/Tokyo")}
    world.tick()
    assert world.charging  # 18:05 UTC is 03:05 there
    world.locations = {}
    world.tick()
    (first, _) = world.last.statuses["night"].transitions
    assert first.at == datetime(2026, 6, 10, 22, tzinfo=UTC)  # no place, no zone: UTC


def test_a_zone_that_this_machine_does_not_know_stops_the_schedule_and_nothing_else() -> None:
    world = plugged()
    world.locations = {"home": replace(HOME, timezone="Mars/Base")}
    world.tick()
    status = world.last.statuses["night"]
    assert (status.state, world.orders) == (ScheduleState.INCAPABLE, {})
    assert status.problem == "no such time zone: Mars/Base; write one such as Europe/Berlin"


def test_a_charger_schedule_without_location_applies_even_where_nobody_knows_the_place() -> None:
    world = plugged()
    world.where = {GARAGE: None}
    world.tick()
    assert world.orders[GARAGE].charging is False
    world.edit(night(location="cabin"))
    assert (world.orders, world.status) == ({}, ScheduleState.AWAY)
    world.where = {GARAGE: "cabin"}
    world.locations = {"home": HOME, "cabin": Location(id="cabin", name="Cabin", timezone="UTC")}
    world.tick()
    assert world.orders[GARAGE].charging is False


def car_schedule(location: str | None = None) -> World:
    world = World(night(target=CAR, target_kind=DeviceKind.VEHICLE, location=location))
    world.startable = frozenset({CAR})
    world.car = VehicleReading(device=CAR, at=world.now.at, mono_s=0, power_delivery=CHARGING)
    world.where = {CAR: None}
    world.tick()
    return world


def test_a_car_at_a_public_charger_is_left_alone() -> None:
    world = car_schedule()
    world.run(60)
    assert (world.orders, world.made(), world.status) == ({}, [], ScheduleState.AWAY)
    assert controlled(CAR, world.schedules, world.view(), world.now) is None
    world.where = {CAR: "home"}
    done = step(world.schedules, world.view(), world.memory, world.now)
    assert done.orders[CAR].charging is False
    assert [(w.device, w.steered, w.kind) for w in done.wanted] == [(CAR, CAR, STOP)]


def test_a_car_schedule_with_a_location_applies_there_and_nowhere_else() -> None:
    world = car_schedule(location="cabin")
    world.locations = {"home": HOME, "cabin": Location(id="cabin", name="Cabin")}
    for place, state in (("home", ScheduleState.AWAY), ("cabin", ScheduleState.PENDING)):
        world.where = {CAR: place}
        done = step(world.schedules, world.view(), ScheduleMemory(), world.now)
        assert done.statuses["night"].state is state


def test_a_schedule_of_a_car_steers_the_charger_that_it_hangs_on() -> None:
    world = car_schedule()
    world.where, world.charger_of = {CAR: "home"}, {CAR: GARAGE}
    world.plug(CHARGING)
    assert not world.charging
    assert list(world.orders) == [GARAGE]
    made = world.actions[-1]
    assert (made.device, made.device_commanded, made.kind) == (CAR, GARAGE, STOP)


def test_a_car_that_nobody_can_steer_says_why() -> None:
    world = car_schedule()
    world.where, world.startable = {CAR: "home"}, frozenset()
    world.tick()
    status = world.last.statuses["night"]
    assert (status.state, world.orders) == (ScheduleState.INCAPABLE, {})
    assert status.problem == (
        "zoe is not known to be plugged into one of your chargers, and takes no commands itself"
    )


def test_a_car_that_somebody_started_is_not_told_anything_while_the_schedule_gives_way() -> None:
    world = car_schedule()
    world.where = {CAR: "home"}
    stopped = VehicleReading(device=CAR, at=world.now.at, mono_s=0, power_delivery=STOPPED)
    memory, now = ScheduleMemory(), world.now
    for seconds, state in ((0, stopped), (30, stopped), (70, stopped), (80, world.car)):
        now = world.now.later(seconds)
        world.car = state
        world.now, before = now, world.now
        world._report()
        world.now = before
        done = step(world.schedules, world.view(), memory, now)
        memory = done.memory
        assert (CAR in done.orders) is (seconds < 80)
    assert done.statuses["night"].state is ScheduleState.RETRYING


def test_two_schedules_on_one_charger_are_steered_by_the_first_and_the_other_says_so() -> None:
    world = plugged()
    world.edit(night(id="zz", name="Late", default_should_charge=True, rules=()))
    assert world.orders[GARAGE].by == 'the schedule "Night"'
    other = world.last.statuses["zz"]
    assert other.state is ScheduleState.INCAPABLE
    assert other.problem == (
        'garage is steered by the schedule "Night" already; disable one of the two'
    )


def test_the_charger_s_own_schedule_goes_before_that_of_the_car_on_it() -> None:
    world = plugged()
    world.charger_of, world.where = {CAR: GARAGE}, {CAR: "home"}
    world.edit(night(id="aa", target=CAR, target_kind=DeviceKind.VEHICLE))
    assert world.orders[GARAGE].by == 'the schedule "Night"'
    assert world.last.statuses["aa"].state is ScheduleState.INCAPABLE


def test_who_steers_is_told_for_the_charger_and_for_the_car_on_it() -> None:
    world = plugged()
    world.charger_of = {CAR: GARAGE}
    by = controlled(GARAGE, world.schedules, world.view(), world.now)
    assert by == 'the schedule "Night"'
    by = controlled(CAR, world.schedules, world.view(), world.now)
    assert by == 'the schedule "Night" of garage'
    assert controlled(DeviceId("other"), world.schedules, world.view(), world.now) is None
    off = {"night": night(enabled=False)}
    assert controlled(GARAGE, off, world.view(), world.now) is None


def test_what_the_house_itself_holds_back_is_nobody_s_manual_override() -> None:
    world = plugged()
    world.until("22:10")
    world.held_back = frozenset({GARAGE})
    world.press(start=False)
    status = world.last.statuses["night"]
    assert (status.state, world.codes()) == (
        ScheduleState.RETRYING,
        [ReasonCode.SCHEDULE_CHARGE],
    )
    assert status.problem == "there is no room for this charge under the limits of the house"
    world.held_back = frozenset()
    world.run(20)
    assert (world.charging, world.status) == (True, ScheduleState.ALIGNED)


def test_a_charger_out_of_reach_forgets_no_manual_override() -> None:
    world = plugged()
    world.press(start=True)
    world.run(200)
    world.press(start=True)
    world.silent = True
    world.run(600)
    status = world.last.statuses["night"]
    assert (status.state, status.problem) == (ScheduleState.INCAPABLE, "garage is out of reach")
    world.silent = False
    world.run(600)
    assert (world.charging, world.status) == (True, ScheduleState.MANUAL_OVERRIDE)


def test_a_status_keeps_its_stamp_as_long_as_it_says_the_same() -> None:
    world = plugged()
    stamp = world.last.statuses["night"].changed_at
    world.run(600)
    tree = world.memory.to_json()
    world.memory = ScheduleMemory.from_json(tree, same_boot=True, now_mono_s=world.now.mono_s)
    world.run(60)
    assert world.last.statuses["night"].changed_at == stamp
    world.until("22:00")
    assert world.last.statuses["night"].changed_at == world.now.at


def test_the_next_instant_is_the_transition_or_the_end_of_a_pause() -> None:
    world = plugged()
    assert world.last.next_at == datetime(2026, 6, 10, 20, tzinfo=UTC)
    world.press(start=True)
    assert world.last.next_at == world.now.later(120).at


def test_a_wall_clock_that_jumps_by_an_hour_counts_at_once() -> None:
    world = plugged()
    world.now = replace(world.now, at=world.now.at + timedelta(hours=3))
    world.tick()
    assert world.charging
    world.now = replace(world.now, at=world.now.at - timedelta(hours=3))
    world.tick()
    assert not world.charging


@pytest.mark.long
def test_a_month_of_nights_is_what_the_clock_on_the_wall_says() -> None:
    rules = (
        Rule(should_charge=True, from_minute=22 * 60, to_minute=6 * 60),
        Rule(should_charge=False, from_minute=120, to_minute=150, weekdays=frozenset({6})),
    )
    second_pass = datetime(2026, 10, 25, 1, tzinfo=UTC)
    world = World(night(rules=rules), at=datetime(2026, 10, 10, 12, 0, 30, tzinfo=UTC))
    world.plug()
    for _ in range(30 * 24 * 6):
        world.run(600, step_s=600)
        offset = timedelta(hours=2 if world.now.at < second_pass else 1)
        wall = world.now.at + offset
        minute, weekday = wall.hour * 60 + wall.minute, wall.weekday()
        again = second_pass <= world.now.at < second_pass + timedelta(hours=1)
        held = weekday == 6 and 120 <= minute < 150 and not again
        assert world.charging == ((minute >= 1320 or minute < 360) and not held), wall
    assert {state for _, state in world.made()} == {ActionState.CONFIRMED}
