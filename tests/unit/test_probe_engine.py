"""A probe in a house with the real engine: Action, journal, commands, people, restarts."""

from dataclasses import replace

import pytest

from agent.model.actions import ActionKind, ActionState, FailureType, RequestedBy
from agent.model.intents import (
    AskProbe,
    CancelAction,
    ChargeCommand,
    ChargerMode,
    CorrectPair,
    CurrentLimit,
    EnableSchedule,
    Intent,
    ModeChoice,
    PinPair,
    Refresh,
    StartOverride,
)
from agent.model.pairs import ProbePolicy
from agent.model.targets import ReasonCode
from tests.unit.house import CARPORT, GARAGE
from tests.unit.probe_house import ProbeHouse
from tests.unit.probe_world import ONE, TWO


def charging(**more: object) -> ProbeHouse:
    """Both cars have charged alike for a while, and nobody knows who is where."""
    house = ProbeHouse(**more)  # type: ignore[arg-type]
    house.come()
    house.passes(330)
    house.state.prober.memory = replace(house.state.prober.memory, wishes={}, of={}, spent={})
    return house


def probing(**more: object) -> ProbeHouse:
    house = charging(**more)
    house.wish()
    house.passes(60)
    assert house.given_a == {GARAGE: 6.0, CARPORT: 16.0}
    return house


def outcome(house: ProbeHouse) -> tuple[ActionState, FailureType | None]:
    (action,) = house.probes
    return action.state, None if action.failure is None else action.failure.type


def test_it_is_an_action_of_pairing_with_a_sentence_that_ends_after_its_time() -> None:
    house = probing()
    (action,) = house.probes
    assert (action.kind, action.device, action.value) == (ActionKind.PROBE, GARAGE, 6.0)
    assert action.requested_by is RequestedBy.PAIRING
    assert action.pending
    told = [e.reason.sentence for e in house.journal if e.reason.code is ReasonCode.PAIR_PROBE]
    assert told == ["Charging slower for 8 min to see which car this is."]
    house.passes(400)
    assert house.given_a == {GARAGE: 16.0, CARPORT: 16.0}
    assert not house.probes[0].pending


def test_its_command_waits_until_the_action_is_on_disk() -> None:
    house = charging()
    house.wish()
    ticked = house.tick()
    assert GARAGE in ticked.held
    assert [t.device for t in ticked.send if t.device == GARAGE] == []
    assert ticked.urgent is not None
    assert [a.kind for a in ticked.urgent.actions] == [ActionKind.PROBE]
    assert house.given_a[GARAGE] == 6.0


def test_the_other_charger_never_moves() -> None:
    house = probing()
    house.passes(600)
    assert {box for _, box, _ in house.log} == {GARAGE}


def test_both_chargers_are_probed_one_after_the_other() -> None:
    house = charging()
    for car in house.cars.values():
        car.mute = True
    house.wish(GARAGE)
    house.wish(CARPORT)
    lowest = []
    for _ in range(120):
        house.tick()
        lowest.append(sum(amps < 16 for amps in house.given_a.values()))
    assert max(lowest) == 1
    assert {a.device for a in house.probes} == {GARAGE, CARPORT}


@pytest.mark.parametrize(
    "intent",
    [
        ChargeCommand(device=GARAGE, charging=True),
        ChargeCommand(device=GARAGE, charging=False),
        ChargeCommand(device=CARPORT, charging=False),
        ChargeCommand(device=ONE, charging=True),
        CurrentLimit(device=GARAGE, max_current_a=10),
        ModeChoice(device=GARAGE, mode=ChargerMode.SOLAR),
        StartOverride(device=GARAGE),
        PinPair(charger=GARAGE, vehicle=TWO),
        CorrectPair(charger=GARAGE, vehicle=ONE),
        EnableSchedule(schedule="night", enabled=False),
    ],
)
def test_whatever_a_person_presses_ends_it_at_once(intent: Intent) -> None:
    house = probing()
    house.take(intent)
    state, failure = outcome(house)
    assert state is ActionState.CANCELLED
    assert failure in (FailureType.REQUESTED_CANCELLATION, FailureType.CONFLICT)
    house.passes(30)
    assert house.given_a[GARAGE] != 6.0


def test_a_person_may_cancel_it_like_any_action() -> None:
    house = probing()
    answer = house.take(CancelAction(action_id=house.probes[0].id))
    assert answer.status == 200
    house.passes(20)
    assert house.given_a[GARAGE] == 16.0
    assert outcome(house) == (ActionState.CANCELLED, FailureType.REQUESTED_CANCELLATION)


def test_to_ask_a_car_for_news_disturbs_nothing() -> None:
    house = probing()
    house.take(Refresh(device=ONE))
    assert house.probes[0].pending


def test_a_pulled_cable_ends_it() -> None:
    house = probing()
    house.leave(GARAGE)
    house.passes(20)
    assert outcome(house) == (ActionState.CANCELLED, FailureType.UNNECESSARY)


def test_a_charger_that_does_not_follow_fails_and_nobody_is_bothered_with_it() -> None:
    house = charging()
    house.deaf.add(GARAGE)
    house.wish()
    house.passes(150)
    assert outcome(house) == (ActionState.FAILED, FailureType.NO_RESPONSE)
    assert house.state.outcomes.failures == {}


def test_after_a_restart_the_charger_goes_back_and_the_plug_in_is_not_probed_again() -> None:
    house = probing().restarted()
    house.passes(30)
    assert house.given_a[GARAGE] == 16.0
    (action,) = house.probes
    assert action.failure is not None
    assert action.failure.detail == "Hearth was started anew"
    house.passes(900)
    house.wish()
    house.passes(600)
    assert [a.id for a in house.probes] == [action.id]


def test_a_wish_outlives_a_restart() -> None:
    house = charging()
    house.wish()
    house = house.restarted()
    house.passes(300)
    assert len(house.probes) == 1


def test_where_people_are_asked_nothing_happens_until_somebody_says_yes() -> None:
    house = charging(policy=ProbePolicy.ALWAYS_ASK)
    house.wish()
    house.passes(60)
    assert house.probes == []
    assert house.state.prober.questions[GARAGE].startswith("May this charger charge at 6 A for")
    answer = house.take(AskProbe(device=GARAGE))
    assert answer.action is not None
    assert (answer.status, answer.action.requested_by) == (200, RequestedBy.USER)
    house.passes(20)
    assert house.given_a[GARAGE] == 6.0
    assert house.state.prober.questions == {}
    again = house.take(AskProbe(device=GARAGE))
    assert again.status == 409
    assert again.problem == "garage is not probed: garage is being probed already"


def test_where_it_is_off_nobody_gets_one() -> None:
    house = charging(policy=ProbePolicy.OFF)
    house.wish()
    house.passes(60)
    assert house.probes == []
    answer = house.take(AskProbe(device=GARAGE))
    assert (answer.status, answer.action) == (409, None)
    assert answer.problem == "garage is not probed: probing is off (pairing.probe)"


def test_only_a_charger_is_probed() -> None:
    answer = charging().take(AskProbe(device=ONE))
    assert (answer.status, answer.problem) == (400, "one is no charger; only chargers are probed")


def test_a_command_that_found_no_charger_makes_the_answer_matter() -> None:
    house = charging(schedules=())
    house.wish()
    house.passes(60)
    assert house.probes == []
    refused = house.take(ChargeCommand(device=ONE, charging=False))
    assert refused.status == 400
    house.passes(60)
    assert [a.device for a in house.probes] == [GARAGE]


def test_a_person_s_manual_start_is_left_alone() -> None:
    house = charging()
    house.take(ChargeCommand(device=GARAGE, charging=True))
    house.wish()
    house.passes(400)
    assert house.probes == []


def test_no_probe_reaches_over_the_turn_of_a_schedule() -> None:
    """It turns at 20:00: at 19:56 it is too late for six minutes, at 20:02 too early."""
    house = ProbeHouse(now=ProbeHouse().now.later(7.7 * 3600))
    house.come()
    house.passes(540)
    house.wish()
    house.passes(330)
    assert f"{house.now.at:%H:%M}" == "20:02"
    assert house.probes == []
    house.passes(90)
    assert len(house.probes) == 1
