"""One schedule against one target, moment by moment."""

from dataclasses import replace

import pytest

from agent.model.actions import (
    Action,
    ActionKind,
    ActionState,
    Failure,
    FailureType,
    RequestedBy,
)
from agent.model.readings import DeviceKind
from agent.model.schedules import ScheduleState
from agent.plan.condition import Condition
from agent.plan.schedule_memory import Mind
from agent.plan.schedule_mind import Case, Verdict, judge
from tests.unit.house import GARAGE, NOON

IDLE = Condition(charging=False, plugged_in=True, needs_charge=True)
BUSY = Condition(charging=True, plugged_in=True, needs_charge=True)
FULL = Condition(charging=False, plugged_in=True, needs_charge=False)
STARTING = replace(IDLE, starting=True)
LOST = Condition(problem="garage is out of reach")
FRESH = Mind(key="k", since_mono_s=NOON.mono_s)


def action(
    state: ActionState = ActionState.PENDING,
    failure: FailureType | None = None,
    *,
    name: str = "new",
    kind: ActionKind = ActionKind.START,
) -> Action:
    return Action(
        id=name, device=GARAGE, device_kind=DeviceKind.CHARGER, kind=kind, state=state,
        created_at=NOON.at, updated_at=NOON.at, requested_by=RequestedBy.SCHEDULE,
        device_commanded=GARAGE, created_mono_s=NOON.mono_s, boot_id="boot", window_s=300.0,
        failure=Failure(type=failure, detail="why") if failure else None,
    )  # fmt: skip


def at(
    seconds: float,
    mind: Mind,
    condition: Condition,
    newest: Action | None = None,
    *,
    want: bool = True,
) -> Verdict:
    case = Case(should_charge=want, condition=condition, newest=newest)
    return judge(mind, case, NOON.later(seconds))


def settled(*, want: bool = True) -> Mind:
    """A minute of agreement."""
    agreed = BUSY if want else IDLE
    mind = at(0, FRESH, agreed, want=want).mind
    return at(60, mind, agreed, want=want).mind


def test_an_action_that_nobody_made_counts_as_failed_after_a_minute() -> None:
    asked = at(0, FRESH, IDLE)
    assert (asked.ask, asked.wake_s) == (True, 60.0)
    waits = at(59, asked.mind, IDLE)
    assert (waits.ask, waits.state) == (False, ScheduleState.REQUESTED)
    late = at(60, waits.mind, IDLE)
    assert (late.ask, late.state, late.wake_s) == (False, ScheduleState.RETRYING, 300.0)
    assert at(359, late.mind, IDLE).ask is False
    assert at(360, late.mind, IDLE).ask is True


def test_what_was_asked_before_this_stretch_proves_nothing() -> None:
    old = action(ActionState.FAILED, FailureType.NO_RESPONSE, name="old")
    asked = at(0, FRESH, IDLE, old)
    assert asked.ask
    assert at(10, asked.mind, IDLE, old).state is ScheduleState.REQUESTED


def test_an_action_under_way_is_taken_for_its_own() -> None:
    found = at(0, FRESH, IDLE, action())
    assert (found.ask, found.state) == (False, ScheduleState.REQUESTED)


def test_a_charger_that_begins_anew_while_the_schedule_gives_way_is_still_left_alone() -> None:
    gives_way = at(70, settled(), IDLE)
    assert (gives_way.charging, gives_way.wake_s) == (False, 120.0)
    starts = at(90, gives_way.mind, STARTING)
    assert (starts.ask, starts.charging, starts.state) == (False, False, ScheduleState.RETRYING)


def test_a_charge_that_starts_over_by_itself_is_nobody_s_stop() -> None:
    starts = at(70, settled(), STARTING)
    assert (starts.charging, starts.ask) == (True, True)


@pytest.mark.parametrize("failure", [FailureType.NO_RESPONSE, FailureType.FAILED_PRECONDITION])
def test_a_try_that_fails_is_the_last_one(failure: FailureType) -> None:
    gives_way = at(70, settled(), IDLE)
    tries = at(190, gives_way.mind, IDLE)
    assert tries.ask
    failed = at(500, tries.mind, IDLE, action(ActionState.FAILED, failure))
    assert (failed.state, failed.charging) == (ScheduleState.MANUAL_OVERRIDE, False)
    much_later = at(20_000, failed.mind, IDLE, action(ActionState.FAILED, failure))
    assert (much_later.ask, much_later.state) == (False, ScheduleState.MANUAL_OVERRIDE)


def test_who_does_as_the_schedule_says_after_all_is_with_it_again() -> None:
    gives_way = at(70, settled(), IDLE)
    back = at(100, gives_way.mind, BUSY)
    assert (back.state, back.charging) == (ScheduleState.ALIGNED, True)
    assert back.mind.yields_mono_s is None
    assert at(130, back.mind, IDLE).wake_s == 120.0


def test_a_full_car_settles_nothing() -> None:
    full = at(0, FRESH, FULL)
    assert full.state is ScheduleState.ALIGNED
    thirsty = at(3600, at(3000, full.mind, FULL).mind, IDLE)
    assert thirsty.ask


def test_an_outage_changes_neither_what_is_told_nor_what_is_remembered() -> None:
    gives_way = at(70, settled(), IDLE)
    lost = at(80, gives_way.mind, LOST)
    assert (lost.charging, lost.ask, lost.mind) == (False, False, gives_way.mind)
    assert (lost.state, lost.problem) == (ScheduleState.INCAPABLE, "garage is out of reach")
    assert at(80, settled(), LOST).charging is True


def test_the_second_time_within_half_an_hour_is_for_good_and_after_it_is_not() -> None:
    gives_way = at(70, settled(want=False), BUSY, want=False)
    assert gives_way.charging is True
    tries = at(190, gives_way.mind, BUSY, want=False)
    assert tries.ask
    done = action(ActionState.CONFIRMED, kind=ActionKind.STOP)
    peace = at(195, tries.mind, IDLE, done, want=False).mind
    soon = at(1900, at(1000, peace, IDLE, done, want=False).mind, BUSY, done, want=False)
    assert soon.state is ScheduleState.MANUAL_OVERRIDE
    peace = at(1995, peace, IDLE, done, want=False).mind
    late = at(2000, peace, BUSY, done, want=False)
    assert (late.state, late.wake_s) == (ScheduleState.RETRYING, 120.0)


def test_an_action_that_turned_out_needless_is_not_repeated_in_haste() -> None:
    asked = at(0, FRESH, IDLE)
    needless = action(ActionState.CANCELLED, FailureType.UNNECESSARY)
    assert at(10, asked.mind, IDLE, needless).ask is False
    assert at(311, at(10, asked.mind, IDLE, needless).mind, IDLE, needless).ask is True
