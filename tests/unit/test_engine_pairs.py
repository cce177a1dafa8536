"""A car and its charger: two ways to charge it, one Action, and what happens when they part."""

from dataclasses import replace

import pytest

from agent.model.actions import Action, ActionKind, ActionState, FailureType
from agent.model.intents import ChargeCommand, ChargerMode, CorrectPair, PinPair
from agent.model.readings import DeviceId, PowerDelivery
from agent.model.snapshot import fold
from tests.unit.engine_house import CAR, NIGHT, House, car
from tests.unit.house import GARAGE, charger, charging

UNPLUGGED = charger(state=PowerDelivery.UNPLUGGED)


def why(action: Action) -> tuple[ActionState, FailureType, str]:
    assert action.failure is not None
    return action.state, action.failure.type, action.failure.detail


def paired(*, startable: bool, **more: object) -> House:
    house = House(startable=startable, **more)  # type: ignore[arg-type]
    house.later(1, charger(), car())
    house.pair()
    return house


def test_what_the_charger_does_not_do_the_car_is_asked_itself_under_the_same_id() -> None:
    house = paired(startable=True)
    action = house.started()
    house.passes(320, charger(), car())
    assert house.action(action.id).device_commanded == CAR
    assert house.told(CAR) == [True]
    house.later(60, car(PowerDelivery.CHARGING))
    done = house.action(action.id)
    assert (done.state, done.failure) == (ActionState.CONFIRMED, None)


def test_meanwhile_the_charger_still_lets_the_car_charge_and_no_longer_once_both_failed() -> None:
    house = paired(startable=True)
    action = house.started()
    house.passes(320, charger(), car())
    assert house.state.wishes.chargers[GARAGE].manual is True
    house.passes(1810, charger(), car())
    assert not house.action(action.id).pending
    assert house.state.wishes.chargers[GARAGE].manual is None


def test_only_when_both_are_spent_it_fails_and_names_both() -> None:
    house = paired(startable=True)
    action = house.started()
    house.passes(2200, charger(), car())
    state, kind, detail = why(house.action(action.id))
    assert (state, kind) == (ActionState.FAILED, FailureType.NO_RESPONSE)
    assert "garage did not follow" in detail
    assert "car did not follow" in detail
    assert house.told(CAR) == [True]  # each command may wake it: one is enough


def test_where_the_car_takes_no_commands_the_charger_alone_is_named() -> None:
    house = paired(startable=False)
    action = house.started()
    house.passes(310, charger(), car())
    state, kind, detail = why(house.action(action.id))
    assert (state, kind) == (ActionState.FAILED, FailureType.NO_RESPONSE)
    assert detail.startswith("garage did not follow")
    assert "car" not in detail


def test_what_the_charger_refuses_the_car_is_asked() -> None:
    house = paired(startable=True)
    action = house.started()
    house.later(1, charger())
    house.refuse(GARAGE, "the box says no")
    house.later(1, charger())
    house.later(1, charger())
    assert house.told(CAR) == [True]
    house.refuse(CAR, "not now")
    state, kind, detail = why(house.action(action.id))
    assert (state, kind) == (ActionState.CANCELLED, FailureType.FAILED_PRECONDITION)
    assert detail == "garage: the box says no; then car: not now"


@pytest.mark.parametrize(
    "hindrance",
    [
        replace(charger(), reachable=False),
        charger(state=PowerDelivery.NO_POWER),
        replace(charger(), controllable=False),
    ],
)
def test_a_charger_that_cannot_do_it_now_is_not_waited_for(hindrance: object) -> None:
    house = paired(startable=True)
    house.later(1, hindrance)  # type: ignore[arg-type]
    action = house.started()
    assert action.device_commanded == CAR
    house.later(1)
    assert house.told(CAR) == [True]


def test_a_car_on_no_charger_is_helped_by_the_one_it_turns_out_to_hang_on() -> None:
    house = House(startable=True)
    house.later(1, charger(), car())
    action = house.started()
    assert action.device_commanded == CAR
    house.passes(600, charger(), car())
    house.pair()
    house.passes(1300, charger(), car())
    assert house.action(action.id).device_commanded == GARAGE
    assert house.told(GARAGE)[-1:] == [True]
    house.later(5, charging(16.0))
    assert house.action(action.id).state is ActionState.CONFIRMED


def test_a_pulled_cable_ends_a_start_with_the_charger_s_name_and_wakes_no_car() -> None:
    house = paired(startable=True)
    action = house.started()
    house.later(1, charger())
    house.later(5, UNPLUGGED)
    state, kind, detail = why(house.action(action.id))
    assert (state, kind) == (ActionState.CANCELLED, FailureType.FAILED_PRECONDITION)
    assert detail == "car was unplugged from garage"
    house.passes(60, UNPLUGGED)
    assert house.told(CAR) == []


def test_a_pulled_cable_makes_a_stop_needless() -> None:
    house = paired(startable=False)
    house.later(1, charging(16.0))
    action = house.take(ChargeCommand(device=CAR, charging=False)).action
    assert action is not None
    house.later(5, UNPLUGGED)
    assert why(house.action(action.id))[1] is FailureType.UNNECESSARY


def test_a_pair_that_was_wrong_hands_the_action_to_the_car_if_it_takes_commands() -> None:
    house = paired(startable=True)
    action = house.started()
    house.later(1, charger())
    house.take(PinPair(charger=GARAGE, vehicle=None))
    house.take(CorrectPair(charger=GARAGE, vehicle=None, guest=True))
    house.later(1, charger())
    house.later(1, charger())
    assert house.action(action.id).device_commanded == CAR
    assert house.state.wishes.chargers[GARAGE].manual is None  # a guest hangs there
    assert house.told(CAR) == [True]


def test_a_pair_that_was_wrong_ends_the_action_if_nobody_else_can_be_told() -> None:
    house = paired(startable=False)
    action = house.started()
    house.later(1, charger())
    house.take(PinPair(charger=GARAGE, vehicle=None))
    house.take(CorrectPair(charger=GARAGE, vehicle=None, guest=True))
    house.later(1, charger())
    state, kind, detail = why(house.action(action.id))
    assert (state, kind) == (ActionState.CANCELLED, FailureType.FAILED_PRECONDITION)
    assert detail == "car is no longer known to be plugged into garage"
    house.later(1, charger())
    assert house.told(GARAGE)[-1:] == [False]


def test_the_car_s_own_newer_word_proves_what_the_charger_was_told() -> None:
    house = paired(startable=False)
    action = house.started()
    house.later(1, charger())
    house.later(10, car(PowerDelivery.CHARGING))
    assert house.action(action.id).state is ActionState.CONFIRMED


def test_the_car_s_older_word_proves_nothing_against_the_charger_s() -> None:
    house = paired(startable=False)
    house.later(1, charging(16.0), car(PowerDelivery.CHARGING))
    action = house.take(ChargeCommand(device=CAR, charging=False)).action
    assert action is not None
    house.later(1)
    stale = house.now.mono_s + 1
    house.later(2, charging(16.0))
    seen = fold(house.snapshot[CAR], replace(car(), at=house.now.at, mono_s=stale))
    house.snapshot[CAR] = seen
    house.later(1)
    assert house.action(action.id).pending


def test_a_command_to_the_charger_acts_on_the_charger_only() -> None:
    house = paired(startable=True)
    action = house.take(ChargeCommand(device=GARAGE, charging=True)).action
    assert action is not None
    assert (action.device, action.device_commanded) == (GARAGE, GARAGE)
    house.passes(400, charger(), car())
    assert why(house.action(action.id))[0] is ActionState.FAILED
    assert house.told(CAR) == []


@pytest.mark.parametrize("start", [True, False])
def test_a_schedule_of_the_charger_keeps_people_from_steering_its_car(*, start: bool) -> None:
    house = House(NIGHT, startable=True)
    house.later(1, charger(), car())
    house.pair()
    answer = house.take(ChargeCommand(device=CAR, charging=start))
    assert (answer.status, answer.action) == (422, None)
    for word in ("Night", "of garage", "disable", "smart override"):
        assert word in str(answer.problem)


def test_the_window_is_the_charger_s_where_it_is_told_and_the_car_s_where_that_is() -> None:
    house = House(startable=True)
    house.later(1, charger(), car())
    assert house.started().window_s == 1800
    house = paired(startable=False)
    assert house.started().window_s == 300


def test_a_car_told_before_a_restart_is_not_told_again() -> None:
    house = House(startable=True)
    house.later(1, car())
    action = house.started()
    house.later(1, car())
    assert house.told(CAR) == [True]
    again = House(startable=True, now=house.now, persisted=house.on_disk())
    again.passes(600, car())
    assert again.told(CAR) == []
    again.later(5, car(PowerDelivery.CHARGING))
    assert again.action(action.id).state is ActionState.CONFIRMED


def test_a_car_that_was_not_told_before_a_restart_is_told_after_it() -> None:
    house = House(startable=True)
    house.later(1, car())
    action = house.started()
    again = House(startable=True, now=house.now, persisted=house.on_disk(), boot="next")
    again.passes(600, car())
    assert again.told(CAR) == [True]
    assert again.action(action.id).pending


def test_a_command_that_never_left_for_want_of_a_link_is_sent_again() -> None:
    house = House(startable=True)
    house.later(1, car())
    house.started()
    house.later(1, car())
    house.engine.undelivered(house.sent[-1])
    house.passes(60, car())
    assert house.told(CAR) == [True, True]
    house.passes(600, car())
    assert house.told(CAR) == [True, True]


def test_a_car_that_was_taken_out_of_the_house_takes_its_action_along() -> None:
    house = paired(startable=False)
    action = house.started()
    house.later(1, charger())
    again = House(cars=(), now=house.now, persisted=house.on_disk())
    (gone,) = again.state.unsaved
    assert gone.id == action.id
    state, kind, detail = why(gone)
    assert (state, kind) == (ActionState.CANCELLED, FailureType.NOT_FOUND)
    assert "car is no longer" in detail
    ticked = again.later(1, charger())
    assert ticked.urgent is not None
    assert ticked.urgent.actions == (gone,)
    assert again.state.ledger.pending == {}


def test_nobody_knows_what_a_charger_out_of_reach_does() -> None:
    house = House(charger_mode=ChargerMode.FAST)
    house.later(1, charging(16.0))
    house.later(1, replace(charger(), power_delivery=None, reachable=False))
    action = house.take(ChargeCommand(device=GARAGE, charging=True)).action
    assert action is not None
    assert action.pending


def test_another_car_is_not_told_what_the_one_on_the_charger_is_asked() -> None:
    other = DeviceId("van")
    house = House(cars=(CAR, other), startable=True)
    house.later(1, charger(), car(), replace(car(), device=other))
    house.take(PinPair(charger=GARAGE, vehicle=CAR))
    house.later(1)
    action = house.started()
    house.passes(400, charger(), car())
    assert house.action(action.id).device_commanded == CAR
    assert house.told(other) == []
    assert [a.kind for a in house.state.ledger.pending.values()] == [ActionKind.START]


def test_a_session_knows_its_car_until_the_unplug_also_when_the_car_says_so_first() -> None:
    house = paired(startable=False)
    session = house.state.tally.sessions[GARAGE]
    assert session.vehicle == CAR
    house.later(5, car(PowerDelivery.UNPLUGGED))
    ended = house.later(5, UNPLUGGED).urgent
    assert ended is not None
    assert [(each.id, each.vehicle) for each in ended.sessions] == [(session.id, CAR)]


def test_the_session_of_a_guest_has_no_car() -> None:
    house = paired(startable=False)
    assert house.state.tally.sessions[GARAGE].vehicle == CAR
    house.take(CorrectPair(charger=GARAGE, vehicle=None, guest=True))
    house.later(5, charger(), car())
    assert house.state.tally.sessions[GARAGE].vehicle is None
