"""A charge that a person ended at the charger, and what its mode makes of that."""

import pytest

from agent.model.actions import ActionKind
from agent.model.intents import ChargeCommand, ChargerMode
from agent.model.readings import PowerDelivery
from agent.model.targets import ChargerTarget, Owner
from tests.unit.engine_house import House
from tests.unit.house import GARAGE, charger, charging


def ended(mode: ChargerMode = ChargerMode.FAST) -> House:
    """A house where somebody has ended the charge at the charger a second ago."""
    house = House(charger_mode=mode)
    house.later(1, charging(16.0))
    house.later(60, charging(16.0))
    house.later(1, charger(transaction_id=0, ended_by_hand=True))
    return house


def wanted(house: House) -> ChargerTarget:
    target = house.later(1).targets[GARAGE]
    assert isinstance(target, ChargerTarget)
    return target


def test_the_mode_fast_begins_no_other_charge_for_five_minutes() -> None:
    house = ended()
    target = wanted(house)
    assert (target.charging, target.owner) == (False, Owner.MANUAL)
    assert "somebody ended the charge at the charger" in target.reason.sentence
    changes_at = target.reason.changes_at
    assert changes_at is not None
    assert 290 < (changes_at - house.now.at).total_seconds() <= 300
    house.passes(280)
    assert not wanted(house).charging
    house.passes(30)
    assert wanted(house).charging


def test_who_presses_start_is_heard_at_once() -> None:
    house = ended()
    action = house.take(ChargeCommand(device=GARAGE, charging=True)).action
    assert action is not None
    assert action.kind is ActionKind.START
    assert wanted(house).charging


def test_a_card_that_begins_another_charge_is_heard_at_once() -> None:
    house = ended()
    house.later(20, charger(state=PowerDelivery.INITIALIZING, ended_by_hand=False))
    assert wanted(house).charging


def test_the_next_car_is_not_kept_waiting() -> None:
    house = ended()
    house.later(20, charger(state=PowerDelivery.UNPLUGGED, ended_by_hand=False))
    house.later(20, charger())
    assert wanted(house).charging


@pytest.mark.parametrize("word", [None, False])
def test_an_end_that_is_no_person_s_word_is_made_good_at_once(word: bool | None) -> None:  # noqa: FBT001
    house = House(charger_mode=ChargerMode.FAST)
    house.later(1, charging(16.0))
    house.later(60, charger(transaction_id=0, ended_by_hand=word))
    assert wanted(house).charging


def test_where_the_mode_is_off_it_says_so() -> None:
    assert "the mode is off" in wanted(ended(ChargerMode.OFF)).reason.sentence
