"""The life of a plan: its states, its end, and the instants that are never overwritten."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent.model.actions import ActionKind, ActionState, RequestedBy
from agent.model.intents import ChargerMode
from agent.model.prices import Prices
from agent.model.readings import PowerDelivery
from agent.model.smart import FailureCondition, SmartState, Window, Windows
from agent.model.targets import Owner, Reason, ReasonCode
from agent.model.wishes import ChargerWish
from agent.plan.smart import controlled
from agent.plan.smart.plans import is_late
from tests.unit.house import GARAGE
from tests.unit.smart_world import CAR, EVENING, SEVEN, World, follow_windows, policy, prices

S = SmartState


def between(start_h: float, stop_h: float) -> Window:
    """Hours after the car came home."""
    start = EVENING + timedelta(hours=start_h)
    return Window(start=start, stop=EVENING + timedelta(hours=stop_h))


NOW = between(-1, 4)


def planned(**more: object) -> World:
    """A car that came home at 20:00 and waits for the night."""
    world = World(policy(**more))
    world.plug()
    world.run(120)
    assert world.stands(S.STOPPED)
    return world


def charging(**more: object) -> World:
    """A car that is charged by its plan."""
    world = World(policy(**more))
    world.windows = (NOW,)
    world.plug()
    world.run(180)
    assert world.stands(S.STARTED)
    return world


def test_without_a_policy_a_car_is_disabled() -> None:
    world = World()
    world.plug()
    assert world.states == [S.DISABLED]
    assert world.status.consideration is None
    assert world.orders == {}


def test_a_night_goes_from_considering_to_full() -> None:
    world = World(policy())
    assert world.stands(S.CONSIDERING)
    world.plug()
    world.until("07:00")
    expected = [S.CONSIDERING, S.STOPPED, S.STARTING, S.STARTED, S.FINISHED, S.FULLY_CHARGED]
    assert world.states == expected
    assert world.made() == [(ActionKind.START, ActionState.CONFIRMED)]
    assert world.plan.final_state is S.FINISHED
    assert world.plan.failure_condition is None
    assert world.plan.smart_cost == pytest.approx(2.22, abs=0.05)
    assert world.plan.saving == pytest.approx(6 - 2.22, abs=0.05)


def test_a_charge_that_runs_already_is_stopped_by_the_plan() -> None:
    world = World(policy())
    world.plug(PowerDelivery.CHARGING)
    world.run(60)
    assert world.states == [S.CONSIDERING, S.STOPPING, S.STOPPED]
    assert world.made() == [(ActionKind.STOP, ActionState.CONFIRMED)]
    assert world.plan.stop_confirmed_at is not None
    assert world.plan.start_confirmed_at is None


@pytest.mark.parametrize(
    ("undo", "missing"),
    [
        (lambda world: world.unplug(), "zoe is not plugged in"),
        (lambda world: world.where.update({GARAGE: None}), "at none of your places"),
        (lambda world: world.scheduled.update({GARAGE: 'the schedule "Night"'}), "steers garage"),
        (lambda world: setattr(world, "silent", True), "out of reach"),
        (lambda world: world.edit(policy(deadlines=(None,) * 7)), "no deadline"),
        (lambda world: setattr(world, "planner", lambda _: None), "being made"),
    ],
)
def test_what_is_missing_for_a_plan_is_named(undo: object, missing: str) -> None:
    world = World(policy())
    world.state = PowerDelivery.STOPPED
    undo(world)  # type: ignore[operator]
    world.tick()
    assert world.stands(S.CONSIDERING)
    assert missing in (world.status.problem or "")
    assert world.orders.get(GARAGE) is None


def test_without_a_level_there_is_no_time_estimate_and_no_plan() -> None:
    world = World(policy())
    world.snapshot.clear()
    world.tells_level = False
    world.plug()
    assert world.stands(S.CONSIDERING)
    assert world.status.consideration is not None
    assert world.status.consideration.has_time_estimate is False
    assert world.status.problem == "zoe: the level of its battery is not known"
    world.tells_level = True
    world.run(20)
    assert world.stands(S.STOPPED)


@pytest.mark.parametrize("capacity_wh", [None, 0.0])
def test_a_capacity_that_nobody_knows_is_named_with_the_remedy(capacity_wh: float | None) -> None:
    world = World(policy())
    world.devices = tuple(replace(each, capacity_wh=capacity_wh) for each in world.devices)
    world.plug()
    assert world.stands(S.CONSIDERING)
    assert "capacity_kwh" in (world.status.problem or "")


def test_a_place_without_prices_is_unknown() -> None:
    world = World(policy())
    world.prices = {}
    world.plug()
    assert world.stands(S.UNKNOWN)
    assert "no prices for home" in (world.status.problem or "")


def test_a_car_that_nobody_can_tell_is_unknown() -> None:
    world = World(policy())
    world.memory = replace(world.memory, minds={})
    view = replace(world.view(), steerable=frozenset())
    world.view = lambda: view  # type: ignore[method-assign]
    world.tick()
    assert world.stands(S.UNKNOWN)


def test_below_the_minimum_it_charges_at_once_at_any_price() -> None:
    world = World(policy(minimum_percent=50.0))
    world.plug()
    world.run(120)
    assert world.stands(S.STARTED)
    assert world.orders[GARAGE].reason.code is ReasonCode.SMART_MINIMUM
    world.run(3600)
    assert world.stands(S.STOPPED)
    assert world.level == pytest.approx(50, abs=0.5)
    world.until("07:00")
    assert world.level == 80


def test_a_limit_below_the_minimum_clamps_it_with_a_warning_and_keeps_what_was_asked() -> None:
    world = World(policy(minimum_percent=70.0))
    world.limit = 60.0
    world.plug()
    world.run(3 * 3600, 60)
    assert world.level == 60
    assert world.stands(S.FULLY_CHARGED)
    assert "the minimum of 70 % is above the limit of 60 %" in (world.status.warning or "")
    assert world.policies[CAR].minimum_percent == 70


def test_a_limit_that_drops_under_the_level_ends_the_plan_as_finished() -> None:
    world = planned()
    world.limit = 35.0
    world.run(70)
    assert world.plan.final_state is S.FINISHED
    assert world.stands(S.FULLY_CHARGED)


def test_a_full_car_is_considered_again_once_charge_is_needed() -> None:
    world = World(policy(), level=80.0)
    world.plug()
    assert world.stands(S.FULLY_CHARGED)
    world.level = 78.0
    world.run(60)
    assert world.stands(S.FULLY_CHARGED)
    world.level = 60.0
    world.run(60)
    assert world.stands(S.STOPPED)


def test_too_little_time_left_starts_at_once_and_never_stops() -> None:
    world = World(policy(deadlines=((21 * 60),) * 7))
    world.windows = ()
    world.plug()
    world.run(120)
    assert world.stands(S.STARTED)
    assert world.orders[GARAGE].reason.code is ReasonCode.SMART_READY
    world.run(4 * 3600, 60)
    assert world.states[-4:] == [S.STARTING, S.STARTED, S.FINISHED, S.FULLY_CHARGED]


def test_a_planner_that_never_says_charge_does_not_make_the_car_late() -> None:
    world = World(policy())
    world.windows = ()
    world.plug()
    world.until("07:00")
    assert world.level == 80
    assert world.plan.ended_at is not None
    assert world.plan.ended_at <= world.plan.deadline
    assert SmartState.STARTED in world.states


def test_a_planner_that_dies_does_not_make_the_car_late() -> None:
    world = planned()
    world.planner = lambda _: None
    world.until("07:00")
    assert world.level == 80


def test_a_planner_that_never_lived_does_not_make_the_car_late() -> None:
    world = World(policy())
    world.wishes = world.wishes.with_charger(GARAGE, ChargerWish(mode=ChargerMode.OFF))
    world.planner = lambda _: None
    world.plug()
    world.run(60)
    assert world.stands(S.CONSIDERING)
    world.until("07:00")
    assert world.level == 80


@pytest.mark.parametrize(("share", "late"), [(0.150, False), (0.151, True)])
def test_finished_late_begins_above_15_percent(share: float, *, late: bool) -> None:
    plan = planned().plan
    lasts = plan.first_finish_at - (plan.first_start_at or plan.created_at)
    assert is_late(plan, plan.first_finish_at + share * lasts) is late


@pytest.mark.parametrize(("share", "late"), [(0.150, False), (0.151, True)])
def test_of_a_short_plan_15_minutes_are_the_measure(share: float, *, late: bool) -> None:
    plan = planned().plan
    short = replace(plan, first_finish_at=(plan.first_start_at or EVENING) + timedelta(minutes=2))
    at = short.first_finish_at + share * timedelta(minutes=15)
    assert is_late(short, at) is late


def test_a_plan_that_is_made_anew_is_still_measured_by_its_first_estimate() -> None:
    world = planned()
    first = world.plan.first_finish_at
    world.windows = tuple(
        Window(start=each.start + timedelta(hours=1), stop=each.stop + timedelta(minutes=50))
        for each in world.windows
    )
    world.run(60)
    assert world.plan.estimated_finish_at == first + timedelta(minutes=50)
    assert world.plan.first_finish_at == first
    assert world.plan.start_at == EVENING + timedelta(hours=7)


def test_a_plan_that_was_held_up_finishes_late() -> None:
    world = charging()
    world.held_back, world.deaf = frozenset({GARAGE}), True
    world.windows = (between(-1, 10),)
    world.press(start=False)
    world.run(5 * 3600, 60)
    assert world.stands(S.STARTED)
    assert "no room" in (world.status.problem or "")
    world.held_back, world.deaf = frozenset(), False
    world.run(3 * 3600, 60)
    assert world.plan.final_state is S.FINISHED
    assert world.plan.failure_condition is FailureCondition.FINISHED_LATE


def test_the_first_confirmed_start_is_never_overwritten() -> None:
    world = charging()
    first = world.plan.start_confirmed_at
    world.press(start=False)
    world.run(600)
    assert world.stands(S.STARTED)
    assert world.plan.start_confirmed_at == first
    assert world.plan.stop_confirmed_at is not None
    stopped = world.plan.stop_confirmed_at
    world.windows = ()
    world.run(3600)
    assert world.stands(S.STOPPED)
    assert world.plan.stop_confirmed_at == stopped


def test_a_start_by_somebody_else_is_confirmed_too() -> None:
    world = planned()
    world.press(start=True)
    assert world.plan.start_confirmed_at == world.now.at
    assert world.stands(S.STARTED)
    assert world.orders[GARAGE].owner is Owner.MANUAL


def test_somebody_who_starts_it_is_contradicted_once() -> None:
    world = planned()
    world.press(start=True)
    world.run(60)
    assert world.charging
    world.run(120)
    assert world.stands(S.STOPPED)
    assert not world.charging
    world.run(120)
    world.press(start=True)
    world.run(180)
    assert world.stands(S.FAILED)
    assert world.plan.failure_condition is FailureCondition.STARTED_BY_USER
    assert world.charging


def test_an_interrupted_charge_is_started_again_after_five_minutes() -> None:
    world = charging()
    world.press(start=False)
    world.run(50)
    assert world.stands(S.STARTED)
    world.run(30)
    assert world.stands(S.CHARGE_INTERRUPTED)
    assert world.orders[GARAGE].reason.code is ReasonCode.SMART_YIELDS
    world.run(180)
    assert world.stands(S.CHARGE_INTERRUPTED)
    world.run(120)
    assert world.stands(S.STARTED)
    assert world.states[-3:] == [S.CHARGE_INTERRUPTED, S.STARTING, S.STARTED]


@pytest.mark.long
def test_a_person_who_stops_it_twice_has_the_last_word() -> None:
    world = charging()
    for _ in range(2):
        world.press(start=False)
        world.run(420)
    assert world.stands(S.FAILED)
    assert world.plan.failure_condition is FailureCondition.STOPPED_BY_USER
    assert "twice" in (world.status.problem or "")
    world.run(3600)
    assert not world.charging
    world.press(start=True)
    world.run(600)
    assert world.charging
    assert GARAGE not in world.orders
    world.unplug()
    world.run(70)
    assert world.stands(S.CONSIDERING)


def test_a_short_hesitation_is_no_interruption() -> None:
    world = charging()
    world.press(start=False)
    world.run(40)
    world.press(start=True)
    world.run(60)
    assert S.CHARGE_INTERRUPTED not in world.states
    assert world.memory.minds[CAR].stopped_by_user == 0


def test_a_stop_that_fails_is_retried_and_then_given_up() -> None:
    world = World(policy())
    world.deaf = True
    world.plug(PowerDelivery.CHARGING)
    world.run(400)
    assert world.stands(S.STOP_FAILED)
    world.run(3600, 30)
    assert world.states == [S.CONSIDERING, S.STOPPING, S.STOP_FAILED, S.STOPPING, S.STOP_FAILED,
                            S.STOPPING, S.FAILED]  # fmt: skip
    assert world.plan.failure_condition is FailureCondition.STOP_FAILED
    assert "simply charges" in (world.status.problem or "")
    assert GARAGE not in world.orders


def test_a_stop_that_fails_once_and_then_works_goes_on() -> None:
    world = World(policy())
    world.deaf = True
    world.plug(PowerDelivery.CHARGING)
    world.run(400)
    world.deaf = False
    world.run(500)
    assert world.stands(S.STOPPED)


def test_a_start_that_fails_is_tried_on_every_path_before_its_latest_start() -> None:
    world = World(policy())
    world.startable = frozenset({CAR})
    world.deaf = True
    world.plug()
    world.until("07:00", 30)
    paths = [(steered, override) for steered, kind, override in world.wanted if kind == "START"]
    assert (GARAGE, False) in paths
    assert (CAR, False) in paths
    assert (CAR, True) in paths
    assert S.START_FAILED in world.states


def test_far_from_the_latest_start_only_the_usual_path_is_tried() -> None:
    world = World(policy(deadlines=(18 * 60,) * 7))
    world.startable, world.windows = frozenset({CAR}), (NOW,)
    world.deaf = True
    world.plug()
    world.run(3600, 30)
    assert {(steered, override) for steered, _, override in world.wanted} == {(GARAGE, False)}
    assert S.START_FAILED in world.states


def test_a_start_that_never_worked_fails_at_the_deadline() -> None:
    world = World(policy())
    world.deaf = True
    world.plug()
    world.until("08:30", 30)
    assert S.FAILED in world.states
    failed = [each.plan for each in world.told if each.state is S.FAILED and each.plan]
    assert failed[0].failure_condition is FailureCondition.START_FAILED


def test_what_could_not_be_started_by_its_deadline_is_charged_as_soon_as_it_can_be() -> None:
    world = World(policy())
    world.deaf = True
    world.plug()
    world.until("08:30", 30)
    assert world.plan.deadline > world.now.at
    attempts = len(world.wanted)
    world.run(3600, 30)
    assert len(world.wanted) - attempts <= 4  # nothing is pressing, so not every half minute
    world.deaf = False
    world.until("10:30", 30)
    assert world.stands(S.STARTED)
    assert world.windows[0].stop < world.now.at  # the planner would wait
    world.until("14:00", 60)
    assert world.plan.final_state is S.FINISHED


def test_after_a_replug_what_could_not_be_started_is_planned_like_any_other() -> None:
    world = World(policy())
    world.deaf = True
    world.plug()
    world.until("07:00", 30)
    while not world.stands(S.FAILED):
        world.run(10)
    world.deaf = False
    world.unplug()
    world.run(120)
    world.plug()
    world.run(120)
    assert world.stands(S.STOPPED)


def test_a_car_that_takes_nothing_may_have_a_timer_of_its_own() -> None:
    world = charging()
    world.stubborn = True
    world.state = PowerDelivery.NO_POWER
    world.run(100)
    assert world.stands(S.CHARGE_INTERRUPTED)
    assert "timer" in (world.status.problem or "")


def test_unplugging_ends_the_plan_and_replugging_makes_another() -> None:
    world = planned()
    first = world.plan.id
    world.unplug()
    assert world.stands(S.UNPLUGGED)
    assert world.plan.ended_at == world.now.at
    world.run(10)
    world.plug()
    assert world.stands(S.STOPPED)
    assert world.plan.id != first


def test_turning_the_policy_off_ends_the_plan_and_is_shown_for_a_minute() -> None:
    world = planned()
    world.edit(policy(enabled=False))
    assert world.stands(S.TURNED_OFF)
    assert world.plan.final_state is S.TURNED_OFF
    assert GARAGE not in world.orders
    world.run(70)
    assert world.stands(S.DISABLED)


def test_turning_it_on_again_at_once_makes_another_plan_at_once() -> None:
    world = planned()
    first = world.plan.id
    world.edit(policy(enabled=False))
    world.edit(policy())
    assert world.stands(S.STOPPED) or world.stands(S.STOPPING)
    assert world.plan.id != first


def test_turning_it_off_takes_back_the_action_that_is_under_way() -> None:
    world = World(policy())
    world.deaf = True
    world.plug(PowerDelivery.CHARGING)
    world.run(20)
    assert world.made() == [(ActionKind.STOP, ActionState.PENDING)]
    world.edit(policy(enabled=False))
    assert world.made() == [(ActionKind.STOP, ActionState.CANCELLED)]


def test_another_deadline_ends_the_plan_and_makes_a_new_one_without_letting_go() -> None:
    world = planned()
    first = world.plan.id
    world.edit(policy(deadlines=(8 * 60,) * 7))
    assert world.stands(S.DEADLINE_CHANGED)
    assert world.orders[GARAGE].charging is False
    world.run(2)
    assert world.stands(S.STOPPED)
    assert world.plan.id != first
    assert world.plan.deadline == datetime(2026, 6, 11, 6, tzinfo=UTC)


def test_an_edit_that_leaves_this_deadline_alone_leaves_the_plan_alone() -> None:
    world = planned()
    first = world.plan.id
    world.edit(policy(deadlines=(*SEVEN[:6], 9 * 60)))  # of Sunday; today is Wednesday
    world.run(10)
    assert world.plan.id == first
    assert S.DEADLINE_CHANGED not in world.states


def test_another_time_zone_that_moves_the_deadline_ends_the_plan() -> None:
    world = planned()
    world.locations = {"home": replace(world.locations["home"], timezone="UTC")}
    world.tick()
    assert world.stands(S.DEADLINE_CHANGED)


def test_a_place_whose_zone_is_not_known_here_is_planned_and_spoken_of_in_utc() -> None:
    world = World(policy())
    world.locations = {"home": replace(world.locations["home"], timezone="Nowhere/Else")}
    world.plug()
    world.until("07:00")
    assert (world.plan.deadline.hour, world.plan.deadline.minute) == (7, 0)
    assert world.states[-1] in (S.FINISHED, S.FULLY_CHARGED)


def test_ready_at_outranks_the_daily_deadline_once() -> None:
    once = EVENING + timedelta(hours=5)
    world = planned(ready_at=once)
    assert world.plan.deadline == once
    world.run(5 * 3600, 60)
    assert world.level == 80
    world.unplug()
    world.level = 40.0
    world.run(3600, 60)
    world.plug()
    world.run(10)
    assert world.plan.deadline == datetime(2026, 6, 11, 5, tzinfo=UTC)


def test_while_an_override_runs_the_plan_rests_and_takes_over_after_it() -> None:
    world = planned()
    world.override()
    world.run(60)
    assert world.stands(S.OVERRIDDEN)
    assert GARAGE not in world.last.orders
    assert world.charging
    assert world.plan.start_confirmed_at is not None
    world.stubborn = True
    world.press(start=False)
    world.run(90)
    assert world.stands(S.STOPPED)
    assert world.plan.ended_at is None


def test_full_under_an_override_is_finished() -> None:
    world = planned()
    world.override()
    world.run(5 * 3600, 60)
    assert world.plan.final_state is S.FINISHED


def test_a_deadline_that_passes_under_an_override_gives_the_next_day_its_own_plan() -> None:
    world = World(policy(deadlines=(21 * 60,) * 7), level=20.0)
    world.plug()
    world.run(60)
    world.override()
    world.run(3700, 60)
    assert world.stands(S.OVERRIDDEN)
    world.stubborn = True
    world.press(start=False)
    world.run(90)
    ends = [each.plan.final_state for each in world.told if each.plan and each.plan.ended_at]
    assert S.DEADLINE_CHANGED in ends
    assert world.plan.deadline > EVENING + timedelta(hours=24)


def test_a_schedule_that_takes_over_ends_the_plan() -> None:
    world = planned()
    world.scheduled = {GARAGE: 'the schedule "Night"'}
    world.tick()
    assert world.stands(S.TURNED_OFF)
    world.run(70)
    assert world.stands(S.CONSIDERING)


def test_a_person_is_refused_while_the_plan_executes_and_not_while_it_is_considered() -> None:
    world = World(policy())
    assert controlled(CAR, world.memory, world.charger_of, world.now) is None
    world.plug()
    for device in (CAR, GARAGE):
        found = controlled(device, world.memory, world.charger_of, world.now)
        assert found == "smart charging of zoe"
    world.override()
    world.run(10)
    assert controlled(GARAGE, world.memory, world.charger_of, world.now) is None
    untrusted = replace(world.now, trusted=False)
    assert controlled(CAR, world.memory, world.charger_of, untrusted) is None


def test_prices_that_come_late_are_waited_for_while_there_is_time() -> None:
    world = World(policy(deadlines=(18 * 60,) * 7))  # tomorrow evening
    world.prices = {"home": prices(4)}
    world.windows = (
        Window(start=EVENING + timedelta(hours=16), stop=EVENING + timedelta(hours=18)),
    )
    world.plug()
    world.run(60)
    assert world.stands(S.AWAITING_PRICES)
    world.prices = {"home": prices(36)}
    world.windows = (between(6, 8),)
    world.run(60)
    assert world.stands(S.STOPPED)
    assert world.plan.start_at == EVENING + timedelta(hours=6)


def test_own_sun_costs_what_it_would_have_earned_and_plan_and_session_agree() -> None:
    world = World(policy())
    world.plug()
    world.until("02:30")
    world.own = 1.0
    world.until("05:59")
    session = world.sessions[GARAGE]
    assert world.plan.final_state is S.FINISHED
    assert world.plan.smart_cost == pytest.approx(session.full_cost, abs=0.002)
    own_kwh = (session.own_wh or 0.0) / 1000
    assert own_kwh > 10
    bought_kwh = (session.energy_wh or 0.0) / 1000 - own_kwh
    assert world.plan.smart_cost == pytest.approx(0.1 * bought_kwh + 0.05 * own_kwh, abs=0.01)


def test_a_plan_pays_for_its_own_charging_alone() -> None:
    world = World(policy(enabled=False))
    world.plug()
    world.run(1800)
    before = world.sessions[GARAGE].cost or 0.0
    assert before > 0.5
    world.edit(policy())
    world.until("07:00")
    total = world.sessions[GARAGE].full_cost
    assert total is not None
    assert world.plan.smart_cost == pytest.approx(total - before, abs=0.05)


def test_a_meter_that_is_silent_for_a_moment_does_not_make_the_cost_unknown() -> None:
    world = World(policy())
    world.plug()
    world.until("02:30")
    known = world.plan.smart_cost
    world.own = None
    world.run(120)
    assert world.plan.smart_cost == pytest.approx(known, abs=0.5)
    world.own = 0.0
    world.until("07:00")
    assert world.plan.smart_cost == pytest.approx(2.22, abs=0.05)


def test_prices_that_never_come_do_not_make_the_car_late() -> None:
    world = World(policy())
    world.prices = {"home": Prices(currency="EUR")}
    world.windows = ()
    world.plug()
    world.run(60)
    assert world.stands(S.AWAITING_PRICES)
    world.until("07:00")
    assert world.level == 80
    assert world.plan.smart_cost is None


def test_at_too_short_notice_nothing_is_waited_for() -> None:
    world = World(policy(deadlines=(0,) * 7))  # midnight: two hours of charging, four to go
    world.prices = {"home": prices(2)}
    world.windows = (between(1, 3),)
    world.plug()
    world.run(60)
    assert world.stands(S.STOPPED)


def test_a_single_window_is_the_cheapest_and_is_not_left_again() -> None:
    world = World(policy(windows=Windows.SINGLE))
    world.windows = ()  # the planner has no say
    world.plug()
    world.run(60)
    assert world.plan.start_at == EVENING + timedelta(hours=6)
    assert world.plan.smart_cost == pytest.approx(22.2 * 0.1, abs=0.01)
    assert world.plan.non_smart_cost == pytest.approx(22.2 * 0.3, abs=0.01)
    world.until("02:30")
    assert world.stands(S.STARTED)
    world.prices = {"home": prices(cheap=9.0)}
    world.run(600)
    assert world.stands(S.STARTED)


def test_a_stretch_once_begun_lasts_half_an_hour_and_so_does_a_pause() -> None:
    world = charging()
    world.windows = ()
    world.run(1200)
    assert world.stands(S.STARTED)
    assert world.orders[GARAGE].most_a == pytest.approx(6)
    assert world.orders[GARAGE].most_w == pytest.approx(4140)
    world.run(700)
    assert world.stands(S.STOPPED)
    world.windows = (between(0, 5),)
    world.run(1200)
    assert world.stands(S.STOPPED)
    world.run(700)
    assert world.stands(S.STARTED)


def test_at_a_public_charger_a_car_is_left_alone() -> None:
    world = World(policy())
    world.paired = False
    world.where = {CAR: None}
    world.startable = frozenset({CAR})
    world.plug(PowerDelivery.CHARGING)
    world.run(600)
    assert world.states == [S.CONSIDERING]
    assert world.wanted == []


def test_a_clock_that_is_not_trusted_lets_no_plan_act() -> None:
    world = planned()
    world.now = replace(world.now.later(10), trusted=False)
    world.tick()
    assert world.stands(S.STOPPED)
    assert world.last.orders == {}
    assert "time of day" in (world.status.problem or "")


@pytest.mark.parametrize("same_boot", [True, False])
def test_a_restart_changes_nothing(*, same_boot: bool) -> None:
    world = planned()
    before = world.plan
    world.restart(same_boot=same_boot)
    world.run(120)
    assert world.stands(S.STOPPED)
    assert world.plan.id == before.id
    assert world.plan.stop_confirmed_at == before.stop_confirmed_at
    world.until("07:00")
    assert world.level == 80
    assert [by for by in world.made() if by[0] is ActionKind.STOP] == []


def test_events_tell_each_change_once_and_nothing_twice() -> None:
    world = World(policy())
    world.plug()
    world.run(3600)
    told = [each.state for each in world.told if each.device == CAR]
    assert told == [S.CONSIDERING, S.STOPPED]


def test_what_is_asked_is_asked_by_smart_charging() -> None:
    world = charging()
    assert {each.requested_by for each in world.actions} == {RequestedBy.SMART_CHARGING}


def test_wires_that_leave_nothing_do_not_turn_the_plan_round() -> None:
    world = charging()
    full = Reason(code=ReasonCode.PLAN_LIMIT, sentence="The wires are full.")
    world.planner = lambda each: replace(follow_windows(each), power_w=0.0, reason=full)
    before = len(world.actions)
    world.run(2400)
    assert world.orders[GARAGE].charging
    assert world.orders[GARAGE].most_a == pytest.approx(6)
    assert len(world.actions) == before
    assert world.stands(S.STARTED)


def test_what_the_planner_calls_urgent_is_tried_on_every_path() -> None:
    world = World(policy(deadlines=(18 * 60,) * 7))
    world.startable, world.windows, world.deaf = frozenset({CAR}), (NOW,), True
    ready = Reason(code=ReasonCode.PLAN_READY, sentence="Now is the time to start.")
    world.planner = lambda each: replace(follow_windows(each), reason=ready)
    world.plug()
    world.run(3600, 30)
    assert {(steered, override) for steered, _, override in world.wanted} >= {
        (GARAGE, False),
        (CAR, False),
    }


def test_what_had_to_start_is_not_stopped_because_less_is_missing() -> None:
    world = World(policy(deadlines=(22 * 60,) * 7))
    world.windows = ()
    world.plug()
    world.run(600)
    assert world.orders[GARAGE].reason.code is ReasonCode.SMART_READY
    world.limit = 60.0
    world.run(60)
    assert world.orders[GARAGE].reason.code is ReasonCode.SMART_READY
    assert world.stands(S.STARTED)


def test_after_a_restart_of_the_machine_what_was_waited_for_is_waited_for_anew() -> None:
    world = charging()
    world.press(start=False)
    world.run(120)
    assert world.stands(S.CHARGE_INTERRUPTED)
    world.restart(same_boot=False)
    world.run(400)
    assert world.stands(S.STARTED)
    assert world.charging
