"""Cars, pairs, charge now and schedules as Home Assistant sees them, and what it may ask."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from agent.bridges.home_assistant.commands import intent_of, orders
from agent.bridges.home_assistant.entity import BadCommand
from agent.bridges.home_assistant.on_charger import choices
from agent.bridges.home_assistant.presence import problem
from agent.bridges.home_assistant.states import Views, state_json, urgent
from agent.bridges.home_assistant.tables import TABLE, household, rows_of
from agent.bridges.home_assistant.topics import Topics
from agent.bridges.mqtt import Broker
from agent.model.actions import ActionState
from agent.model.driver import DeviceInfo
from agent.model.intents import (
    ChargeCommand,
    CorrectPair,
    EnableSchedule,
    EndOverride,
    Intent,
    Refresh,
    StartOverride,
)
from agent.model.pairs import Belief, LockedBy, PairingMode, PairStage, Said
from agent.model.picture import Picture
from agent.model.readings import (
    ChargerReading,
    DeviceId,
    DeviceKind,
    PowerDelivery,
    VehicleReading,
)
from agent.model.schedules import Override, ScheduleState
from tests import pictures

TOPICS = Topics(Broker(host="broker"), "home")
GARAGE, ZOE = pictures.GARAGE, pictures.ZOE
ALONE: dict[str, Any] = {"pairs": (), "beliefs": {}}
OVERRIDE = Override(id="o", device=GARAGE, device_kind=DeviceKind.CHARGER, created_at=pictures.AT)


def _picture(**changes: Any) -> Picture:
    return replace(pictures.full_picture(), **changes)


def _state(info: DeviceInfo, picture: Picture) -> dict[str, Any]:
    rows = rows_of(info, household(picture))
    state: dict[str, Any] = json.loads(state_json(rows, Views().of(info, picture)))
    return state


def _said(car: Mapping[str, Any], charger: Mapping[str, Any] | None = None) -> Any:
    """A snapshot in which the car, and the charger, say something else than usual."""
    usual = pictures.snapshot()
    zoe, garage = usual[ZOE].value, usual[GARAGE].value
    assert isinstance(zoe, VehicleReading)
    assert isinstance(garage, ChargerReading)
    return pictures.snapshot(zoe=replace(zoe, **car), garage=replace(garage, **(charger or {})))


def _ask(device: DeviceId, key: str, payload: str, picture: Picture) -> Intent | None:
    topic = f"hearth/home/{device}/{key}/set"
    return intent_of(orders(TOPICS, picture, frozenset(TABLE))[topic], payload.encode())


def test_a_car_on_a_charger_shows_what_both_know() -> None:
    state = _state(pictures.CAR, _picture())
    shown = {name: state[name] for name in ("charging", "plug", "status", "soc", "range")}
    assert shown == {
        "charging": "ON", "plug": "ON", "status": "charging", "soc": 63.4, "range": 211,
    }  # fmt: skip
    assert (state["power"], state["charge_limit"]) == (7360, 80)
    assert (state["charge_remaining"], state["odometer"]) == (70, 41234.5)
    assert state["charger"] == "Garage"
    assert state["charger_details"] == {
        "confidence": 0.99,
        "decided_by": "heuristic",
        "since": "2026-06-01T12:00:00+00:00",
        "evidence": ["zoe was plugged in at 11:58.: 67 times likelier"],
    }
    assert state["reason"] == _state(pictures.CHARGER, _picture())["reason"]


def test_a_charger_without_a_cable_is_believed_before_its_car() -> None:
    unplugged = {"power_delivery": PowerDelivery.UNPLUGGED, "power_w": 0.0}
    state = _state(pictures.CAR, _picture(snapshot=_said({}, unplugged)))
    assert (state["plug"], state["charging"], state["power"]) == ("OFF", "OFF", 0)
    assert state["charge_remaining"] is None


def test_where_pairs_only_inform_a_car_speaks_for_itself() -> None:
    picture = _picture(snapshot=_said({}, {"power_delivery": PowerDelivery.UNPLUGGED}))
    settings = replace(picture.pairing, mode=PairingMode.OBSERVE_ONLY)
    state = _state(pictures.CAR, replace(picture, pairing=settings))
    assert (state["plug"], state["charging"]) == ("ON", "ON")
    assert state["charger"] == "Garage"


def test_silence_takes_no_value_away_and_a_week_the_plug() -> None:
    old = _picture(now=pictures.NOW.later(6 * 86_400.0), **ALONE)
    state = _state(pictures.CAR, old)
    assert (state["soc"], state["range"], state["plug"], state["status"]) == (
        63.4, 211, "ON", "charging",
    )  # fmt: skip
    assert state["last_seen"] == "2026-06-01T11:59:00+00:00"
    assert state["last_seen_details"]["state_of_charge"] == "2026-06-01T11:59:00+00:00"
    state = _state(pictures.CAR, replace(old, now=pictures.NOW.later(8 * 86_400.0)))
    assert (state["soc"], state["plug"], state["status"], state["charging"]) == (
        63.4, None, None, None,
    )  # fmt: skip
    assert (state["power"], state["charger"]) == (None, None)


def test_a_car_out_of_reach_keeps_its_values_and_says_why() -> None:
    gone = _picture(snapshot=_said({"reachable": False, "problem": "the module is offline"}))
    state = _state(pictures.CAR, gone)
    assert (state["soc"], state["problem"]) == (63.4, "the module is offline")
    view = Views().of(pictures.CAR, _picture(snapshot=_said({"reachable": False})))
    assert problem(view) == "no answer"


def test_a_fault_of_the_charger_is_a_problem_of_the_car_on_it() -> None:
    fault = {"power_delivery": PowerDelivery.FAULT, "problem": "ground fault"}
    state = _state(pictures.CAR, _picture(snapshot=_said({}, fault)))
    assert (state["status"], state["problem"]) == ("fault", "ground fault")


def test_an_untrusted_clock_stamps_nothing() -> None:
    early = _picture(now=replace(pictures.NOW, trusted=False))
    assert _state(pictures.CAR, early)["last_seen"] is None


@pytest.mark.parametrize(
    ("where", "shown"), [({ZOE: "home"}, "Home"), ({ZOE: None}, "away"), ({}, None)]
)
def test_a_place_has_its_name(where: dict[DeviceId, str | None], shown: str | None) -> None:
    assert _state(pictures.CAR, _picture(where=where))["location"] == shown


def test_a_position_is_whole_or_none() -> None:
    at = _state(pictures.CAR, _picture())["tracker_details"]
    assert at == {"latitude": 59.91, "longitude": 10.75, "gps_accuracy": 0}
    half = _picture(snapshot=_said({"longitude_deg": None}))
    assert _state(pictures.CAR, half)["tracker_details"] == {}
    wrong = _picture(snapshot=_said({"longitude_deg": float("nan")}))
    assert _state(pictures.CAR, wrong)["tracker_details"] == {}


def test_an_unplugged_car_hangs_on_nothing_and_one_plugged_elsewhere_nobody_knows_where() -> None:
    free = {"power_delivery": PowerDelivery.UNPLUGGED, "plugged_in": False, "charging": False}
    assert _state(pictures.CAR, _picture(snapshot=_said(free), **ALONE))["charger"] == "none"
    assert _state(pictures.CAR, _picture(**ALONE))["charger"] is None
    candidate = replace(pictures.PAIR, stage=PairStage.ESTABLISHED)
    assert _state(pictures.CAR, _picture(pairs=(candidate,)))["charger"] is None


def test_a_charger_shows_its_car_and_how_sure_that_is() -> None:
    state = _state(pictures.CHARGER, _picture())
    assert (state["car"], state["car_choice"]) == ("Zoe", "Automatic")
    assert state["car_details"] == {
        "says": "Zoe hangs here, 99.3 % sure",
        "confidence": 0.99,
        "runner_up": None,
        "ruled_out": [],
        "settled_by": None,
        "decided_by": "heuristic",
        "since": "2026-06-01T12:00:00+00:00",
        "evidence": ["zoe was plugged in at 11:58.: 67 times likelier"],
    }
    unsure = Belief(charger=GARAGE, vehicle=None, confidence=0.4, runner_up=ZOE)
    state = _state(pictures.CHARGER, _picture(beliefs={GARAGE: unsure}))
    assert (state["car"], state["car_details"]["runner_up"]) == (None, "Zoe")
    free = _said({}, {"power_delivery": PowerDelivery.UNPLUGGED})
    assert _state(pictures.CHARGER, _picture(snapshot=free, beliefs={}))["car"] == "none"


def test_a_person_who_knows_better_is_shown_as_such() -> None:
    guest = replace(pictures.BELIEF, vehicle=None, locked_by=LockedBy.MANUAL)
    state = _state(pictures.CHARGER, _picture(beliefs={GARAGE: guest}))
    assert (state["car"], state["car_choice"]) == ("Guest car", "Guest car")
    mine = replace(pictures.BELIEF, locked_by=LockedBy.MANUAL)
    state = _state(pictures.CHARGER, _picture(beliefs={GARAGE: mine}))
    assert (state["car"], state["car_choice"]) == ("Zoe", "Zoe")


def test_choosing_the_car_corrects_the_pair() -> None:
    picture = _picture()
    assert _ask(GARAGE, "car_choice", "zoe", picture) == CorrectPair(charger=GARAGE, vehicle=ZOE)
    assert _ask(GARAGE, "car_choice", "Guest car", picture) == CorrectPair(
        charger=GARAGE, vehicle=None, guest=True
    )
    with pytest.raises(BadCommand, match="send one of Automatic, Zoe, Guest car"):
        _ask(GARAGE, "car_choice", "Bus", picture)


def test_automatic_takes_back_a_persons_word_and_never_rules_a_car_out() -> None:
    assert _ask(GARAGE, "car_choice", "Automatic", _picture()) is None
    assert _ask(GARAGE, "car_choice", "Automatic", _picture(beliefs={})) is None
    mine = replace(pictures.BELIEF, locked_by=LockedBy.MANUAL)
    asked = _ask(GARAGE, "car_choice", "Automatic", _picture(beliefs={GARAGE: mine}))
    assert asked == CorrectPair(charger=GARAGE, vehicle=None, undo=True)


def test_a_pin_is_shown_also_without_a_cable_and_automatic_takes_it_away() -> None:
    pinned = _picture(beliefs={}, pairs=(), said={GARAGE: Said(pinned=ZOE)})
    state = _state(pictures.CHARGER, pinned)
    assert (state["car_choice"], state["car_details"]) == ("Zoe", {"pinned": "Zoe"})
    asked = _ask(GARAGE, "car_choice", "Automatic", pinned)
    assert asked == CorrectPair(charger=GARAGE, vehicle=None, undo=True)


def test_the_car_shown_can_be_ruled_out_and_that_taken_back() -> None:
    asked = _ask(GARAGE, "car_choice", "Not the car shown", _picture())
    assert asked == CorrectPair(charger=GARAGE, vehicle=None, undo=False)
    unsure = Belief(charger=GARAGE, vehicle=None, confidence=0.9, settles="a card")
    out = _picture(beliefs={GARAGE: unsure}, pairs=(), said={GARAGE: Said(ruled_out=(ZOE,))})
    state = _state(pictures.CHARGER, out)
    assert state["car_choice"] == "Not the car shown"
    assert state["car_details"]["ruled_out"] == ["Zoe"]
    assert state["car_details"]["settled_by"] == "a card"
    back = _ask(GARAGE, "car_choice", "Automatic", out)
    assert back == CorrectPair(charger=GARAGE, vehicle=None, undo=True)


def test_without_a_cable_there_is_no_car_to_choose() -> None:
    with pytest.raises(BadCommand, match="plug the car in first"):
        _ask(GARAGE, "car_choice", "Zoe", _picture(beliefs={}))


def test_every_car_has_a_choice_of_its_own_whatever_people_call_them() -> None:
    names = ["Zoe", "zoe", "automatic", " Guest  car ", "", "x" * 300, "Zoe (b)"]
    made = choices([(DeviceId(chr(97 + at)), name) for at, name in enumerate(names)])
    assert list(made.values()) == list("abcdefg")
    assert len({name.casefold() for name in made} | {"automatic", "guest car"}) == 9
    assert all(len(name.encode()) <= 256 for name in made)


def test_charge_now_is_on_while_an_override_covers_the_device() -> None:
    running = _picture(overrides={GARAGE: OVERRIDE, ZOE: OVERRIDE})
    for info in (pictures.CHARGER, pictures.CAR):
        assert _state(info, _picture())["charge_now"] == "OFF"
        assert _state(info, running)["charge_now"] == "ON"
    assert _ask(GARAGE, "charge_now", "on", _picture()) == StartOverride(device=GARAGE)
    assert _ask(ZOE, "charge_now", "OFF", running) == EndOverride(device=ZOE)
    assert _ask(GARAGE, "charge_now", "OFF", _picture()) is None
    with pytest.raises(BadCommand, match="ON or OFF"):
        _ask(GARAGE, "charge_now", "yes", _picture())


def test_a_car_can_be_told_and_asked() -> None:
    assert _ask(ZOE, "charging", "OFF", _picture()) == ChargeCommand(device=ZOE, charging=False)
    assert _ask(ZOE, "refresh", "PRESS", _picture()) == Refresh(device=ZOE)


def test_a_schedule_has_a_switch_and_says_when_it_turns() -> None:
    state = _state(pictures.CHARGER, _picture())
    assert state["schedule_night"] == "ON"
    assert state["next_night"] == "2026-06-01T22:00:00+00:00"
    assert state["next_night_details"] == {
        "at": "2026-06-01T22:00:00+00:00",
        "then": "do not charge",
        "now": "charge",
        "standing": "ALIGNED",
        "problem": None,
    }
    asked = _ask(GARAGE, "schedule_night", "OFF", _picture())
    assert asked == EnableSchedule(schedule="night", enabled=False)


def test_a_schedule_that_is_off_or_not_looked_at_yet_has_no_next_change() -> None:
    off = {"night": replace(pictures.NIGHT, enabled=False)}
    rests = replace(pictures.STATUS, state=ScheduleState.DISABLED, transitions=())
    state = _state(pictures.CHARGER, _picture(schedules=off, statuses={"night": rests}))
    assert (state["schedule_night"], state["next_night"]) == ("OFF", None)
    assert state["next_night_details"]["standing"] == "INACTIVE:DISABLED"
    state = _state(pictures.CHARGER, _picture(statuses={}))
    assert (state["next_night"], state["next_night_details"]) == (None, {})


def test_what_people_wait_for_goes_out_at_once_and_figures_do_not() -> None:
    def news(info: DeviceInfo, **changes: Any) -> object:
        picture = _picture(**changes)
        return urgent(rows_of(info, household(picture)), Views().of(info, picture))

    quiet = news(pictures.CHARGER)
    retrying = replace(pictures.STATUS, state=ScheduleState.RETRYING)
    assert news(pictures.CHARGER, statuses={"night": retrying}) != quiet
    assert news(pictures.CHARGER, overrides={GARAGE: OVERRIDE}) != quiet
    assert news(pictures.CHARGER, beliefs={}) != quiet
    surer = replace(pictures.BELIEF, confidence=0.999)
    assert news(pictures.CHARGER, beliefs={GARAGE: surer}) == quiet
    calm = news(pictures.CAR)
    assert news(pictures.CAR, snapshot=_said({"power_w": 1.0, "range_km": 1.0})) == calm
    assert news(pictures.CAR, snapshot=_said({"soc_percent": 70.0})) != calm
    assert news(pictures.CAR, pairs=()) != calm


def test_what_a_charger_does_for_its_car_is_its_last_action_too() -> None:
    asked = replace(pictures.action(ActionState.PENDING), device=ZOE)
    picture = _picture(actions=(asked,))
    for info in (pictures.CHARGER, pictures.CAR):
        assert _state(info, picture)["last_action"] == "Stop charging: pending"
    assert _state(pictures.BATTERY, picture)["last_action"] is None
