"""What the states say: only what is known, and in Home Assistant's words and signs."""

import json
import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from agent.bridges.home_assistant.discovery import document
from agent.bridges.home_assistant.gateway import GATEWAY
from agent.bridges.home_assistant.presence import available
from agent.bridges.home_assistant.states import Views, counters, state_json, urgent
from agent.bridges.home_assistant.tables import household, rows_of
from agent.bridges.home_assistant.topics import Topics
from agent.bridges.mqtt import Broker
from agent.model.actions import ActionState, FailureType
from agent.model.driver import DeviceInfo
from agent.model.picture import Picture
from agent.model.readings import (
    BatteryMode,
    BatteryReading,
    ChargerReading,
    MeterReading,
    PowerDelivery,
)
from agent.model.targets import ReasonCode
from tests import pictures

EVERYTHING = (GATEWAY, *pictures.DEVICES)
HOUSE = household(pictures.full_picture())
NOTHING_KNOWN = Picture(now=pictures.NOW, devices=pictures.DEVICES, started_at=pictures.AT)


def _state(info: DeviceInfo, picture: Picture, views: Views | None = None) -> dict[str, Any]:
    view = (views or Views()).of(info, picture)
    state: dict[str, Any] = json.loads(state_json(rows_of(info, HOUSE), view))
    return state


def _counters(info: DeviceInfo, picture: Picture) -> dict[str, str]:
    return counters(rows_of(info, HOUSE), Views().of(info, picture))


def _charger(**changes: Any) -> Picture:
    picture = pictures.full_picture()
    state = picture.snapshot[pictures.GARAGE].value
    assert isinstance(state, ChargerReading)
    return replace(picture, snapshot=pictures.snapshot(garage=replace(state, **changes)))


@pytest.mark.parametrize("info", EVERYTHING, ids=lambda info: info.id)
@pytest.mark.parametrize("picture", [pictures.full_picture(), NOTHING_KNOWN], ids=["all", "none"])
def test_a_state_has_every_key_that_discovery_points_to(info: DeviceInfo, picture: Picture) -> None:
    topics = Topics(Broker(host="broker"), "home")
    made: Any = document(topics, info, None, HOUSE)
    state = _state(info, picture)
    pointed = {
        key
        for component in made["components"].values()
        for name, template in component.items()
        if name.endswith("_template")
        for key in re.findall(r"value_json\.(\w+)", template)
    }
    assert pointed == set(state)


@pytest.mark.parametrize("info", EVERYTHING, ids=lambda info: info.id)
def test_where_all_is_known_nothing_is_null(info: DeviceInfo) -> None:
    state = _state(info, pictures.full_picture())
    assert [key for key, value in state.items() if value is None] == []
    counting = {row.key for row in rows_of(info, HOUSE) if row.counter}
    assert set(_counters(info, pictures.full_picture())) == counting


@pytest.mark.parametrize("info", pictures.DEVICES, ids=lambda info: info.id)
def test_where_nothing_is_known_no_figure_is_made_up(info: DeviceInfo) -> None:
    state = _state(info, NOTHING_KNOWN)
    known = {key: value for key, value in state.items() if value not in (None, {})}
    own = {"problem", "current_limit", "charge_now", "car_choice", "last_seen_details"}
    own |= {"smart_charging", "ready_by", "ready_once", "minimum_level"}  # what people set
    own |= {"smart_windows", "smart_min_on", "smart_min_off"}
    assert set(known) <= own
    assert set((known.get("last_seen_details") or {}).values()) <= {None}
    assert known.get("charge_now", "OFF") == "OFF"
    assert known.get("car_choice", "Automatic") == "Automatic"
    assert _counters(info, NOTHING_KNOWN) == {}


def test_no_attribute_has_a_name_that_home_assistant_drops() -> None:
    """MQTT_ATTRIBUTES_BLOCKED of components/mqtt/entity.py, 2024.11 and 2026.11 together."""
    blocked = {
        "assumed_state", "available", "device_class", "entity_id", "group_entities", "name",
        "device_info", "entity_category", "entity_picture", "entity_registry_enabled_default",
        "extra_state_attributes", "force_update", "icon", "friendly_name", "should_poll",
        "state", "supported_features", "unique_id", "unit_of_measurement",
    }  # fmt: skip
    for info in EVERYTHING:
        for key, value in _state(info, pictures.full_picture()).items():
            if key.endswith("_details"):
                assert value
                assert not blocked & value.keys()


@pytest.mark.parametrize("picture", [pictures.full_picture(), NOTHING_KNOWN])
def test_every_value_is_one_that_the_entity_may_have(picture: Picture) -> None:
    topics = Topics(Broker(host="broker"), "home")
    for info in EVERYTHING:
        made: Any = document(topics, info, None, HOUSE)
        state = _state(info, picture)
        for key, component in made["components"].items():
            value = state.get(key)
            if value is None:
                continue
            if "options" in component:
                assert value in component["options"]
            if "unit_of_measurement" in component:
                assert isinstance(value, int | float)
            if "min" in component:
                assert component["min"] <= value <= component["max"]
            if component["platform"] in ("switch", "binary_sensor"):
                assert value in ("ON", "OFF")


def test_a_battery_that_charges_has_negative_power_and_a_meter_that_imports_positive() -> None:
    picture = pictures.full_picture()
    assert _state(pictures.BATTERY, picture)["power"] == -1000
    assert _state(GATEWAY, picture)["battery_power"] == -1000
    assert _state(pictures.METER, picture)["power"] == -1234
    assert _state(GATEWAY, picture)["grid_power"] == -1234


def test_counters_are_kwh_and_unknown_ones_are_left_out() -> None:
    picture = replace(
        pictures.full_picture(), counters_wh={(pictures.GRID, "import_wh"): 1_234_567.8}
    )
    assert _counters(pictures.METER, picture) == {"energy_imported": "1234.568"}


@pytest.mark.parametrize(
    ("delivery", "charging", "plug", "status"),
    [
        (PowerDelivery.CHARGING, "ON", "ON", "charging"),
        (PowerDelivery.STOPPED, "OFF", "ON", "stopped"),
        (PowerDelivery.UNPLUGGED, "OFF", "OFF", "unplugged"),
        (PowerDelivery.FAULT, "OFF", "ON", "fault"),
        (PowerDelivery.UNKNOWN, None, None, None),
    ],
)
def test_the_switch_shows_what_the_charger_says(
    delivery: PowerDelivery, charging: str | None, plug: str | None, status: str | None
) -> None:
    state = _state(pictures.CHARGER, _charger(power_delivery=delivery))
    assert (state["charging"], state["plug"], state["status"]) == (charging, plug, status)


def test_a_stale_power_is_unknown_and_zero_where_no_car_charges() -> None:
    late = {"now": pictures.NOW.later(300.0)}
    assert _state(pictures.CHARGER, replace(_charger(), **late))["power"] is None  # type: ignore[arg-type]
    empty = _charger(power_delivery=PowerDelivery.UNPLUGGED)
    assert _state(pictures.CHARGER, replace(empty, **late))["power"] == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(("limit_a", "shown_a"), [(None, 16), (10.0, 10), (99.0, 16), (0.0, 6)])
def test_the_current_limit_is_never_outside_of_its_range(
    limit_a: float | None, shown_a: float
) -> None:
    limits_a = {} if limit_a is None else {pictures.GARAGE: limit_a}
    picture = replace(pictures.full_picture(), limits_a=limits_a)
    assert _state(pictures.CHARGER, picture)["current_limit"] == shown_a


def test_a_mode_that_can_only_be_read_is_not_shown_by_the_select() -> None:
    reading = BatteryReading(
        device=pictures.ROOF_BATTERY,
        at=pictures.AT,
        mono_s=990.0,
        operation_mode=BatteryMode.TIME_OF_USE,
    )
    picture = replace(pictures.full_picture(), snapshot=pictures.snapshot(roof_battery=reading))
    assert _state(pictures.BATTERY, picture)["mode"] is None


@pytest.mark.parametrize(("age_s", "there"), [(1.0, True), (60.0, True), (61.0, False)])
def test_a_meter_without_fresh_power_is_not_available(age_s: float, there: bool) -> None:  # noqa: FBT001
    picture = replace(pictures.full_picture(), now=pictures.NOW.later(age_s - 10.0))
    assert available(Views().of(pictures.METER, picture)) is there


def test_a_slowly_polled_meter_may_be_silent_for_three_polls() -> None:
    slow = replace(pictures.METER, poll_s=60.0)
    picture = replace(pictures.full_picture(), now=pictures.NOW.later(165.0))
    assert available(Views().of(slow, picture))
    later = replace(picture, now=pictures.NOW.later(175.0))
    assert not available(Views().of(slow, later))


def test_a_charger_is_available_for_as_long_as_its_link_is() -> None:
    picture = replace(_charger(), now=pictures.NOW.later(3600.0))
    assert available(Views().of(pictures.CHARGER, picture))
    assert not available(Views().of(pictures.CHARGER, _charger(reachable=False)))
    assert not available(Views().of(pictures.CHARGER, NOTHING_KNOWN))


def test_a_lost_device_is_not_available_though_its_power_is_fresh() -> None:
    lost = MeterReading(
        device=pictures.GRID, at=pictures.AT, mono_s=999.0, power_w=1.0, reachable=False
    )
    picture = replace(pictures.full_picture(), snapshot=pictures.snapshot(grid=lost))
    assert not available(Views().of(pictures.METER, picture))


def test_a_reason_is_renewed_once_a_minute_or_when_it_is_another() -> None:
    views, picture = Views(), pictures.full_picture()

    def shown(after_s: float, code: ReasonCode, surplus_w: float) -> str:
        target = pictures.target(code, surplus_w)
        later = replace(
            picture,
            now=pictures.NOW.later(after_s),
            targets={pictures.GARAGE: target},
        )
        state = _state(pictures.CHARGER, later, views)
        assert f"{state['reason_details']['surplus_w'] / 1000:.1f} kW" in state["reason"]
        return str(state["reason"])

    first = shown(0.0, ReasonCode.SURPLUS, 7400.0)
    assert shown(59.0, ReasonCode.SURPLUS, 5000.0) == first
    assert "5.0 kW" in shown(60.0, ReasonCode.SURPLUS, 5000.0)
    assert "3.0 kW" in shown(61.0, ReasonCode.SURPLUS_ENDING, 3000.0)


def test_a_reason_that_a_person_caused_is_shown_at_once() -> None:
    views, picture = Views(), pictures.full_picture()
    rows = rows_of(pictures.CHARGER, HOUSE)

    def news(sentence: str, code: ReasonCode) -> tuple[object, object]:
        why = replace(pictures.reason(code), sentence=sentence)
        target = replace(pictures.target(), reason=why)
        later = replace(picture, targets={pictures.GARAGE: target})
        state = _state(pictures.CHARGER, later, views)
        return state["reason"], urgent(rows, views.of(pictures.CHARGER, later))

    before, was_urgent = news(
        "Charging at up to 16 A, because you said so.", ReasonCode.MANUAL_START
    )
    after, urgent_now = news("Charging at up to 8 A, because you said so.", ReasonCode.MANUAL_START)
    assert before != after == "Charging at up to 8 A, because you said so."
    assert was_urgent != urgent_now
    before, was_urgent = news("Charging at 8.1 A: 5500 W is left over.", ReasonCode.SURPLUS)
    after, urgent_now = news("Charging at 8.2 A: 5600 W is left over.", ReasonCode.SURPLUS)
    assert (before, was_urgent) == (after, urgent_now)


def test_a_countdown_that_begins_is_shown_soon_but_does_not_flicker() -> None:
    views, picture = Views(), pictures.full_picture()

    def shown(after_s: float, sentence: str, changes_at: datetime | None) -> object:
        why = replace(
            pictures.reason(ReasonCode.SURPLUS_WAITING), sentence=sentence, changes_at=changes_at
        )
        target = replace(pictures.target(), reason=why)
        now = pictures.NOW.later(after_s)
        later = replace(picture, now=now, targets={pictures.GARAGE: target})
        return _state(pictures.CHARGER, later, views)["reason"]

    assert shown(0.0, "Waiting for the sun.", None) == "Waiting for the sun."
    assert shown(9.0, "Starts in 60 s.", pictures.AT) == "Waiting for the sun."
    assert shown(10.0, "Starts in 59 s.", pictures.AT) == "Starts in 59 s."
    assert shown(40.0, "Starts in 29 s.", pictures.AT) == "Starts in 59 s."


def test_what_was_so_already_is_no_failure() -> None:
    done = pictures.action(ActionState.CANCELLED, detail="Garage is not charging")
    assert done.failure is not None
    done = replace(done, failure=replace(done.failure, type=FailureType.UNNECESSARY))
    picture = replace(pictures.full_picture(), actions=(done,))
    state = _state(pictures.CHARGER, picture)
    assert state["last_action"] == "Stop charging: Garage is not charging"


def test_figures_that_change_all_the_time_are_not_urgent() -> None:
    views, rows = Views(), rows_of(pictures.CHARGER, HOUSE)

    def news(picture: Picture) -> object:
        return urgent(rows, views.of(pictures.CHARGER, picture))

    quiet = news(pictures.full_picture())
    assert news(_charger(power_w=1.0, current_l1_a=0.1)) == quiet
    assert news(replace(pictures.full_picture(), counters_wh={})) == quiet
    assert news(_charger(power_delivery=PowerDelivery.STOPPED)) != quiet
    assert news(replace(pictures.full_picture(), modes={})) != quiet


def test_a_refusal_is_shown_until_something_newer_happens() -> None:
    views, picture = Views(), pictures.full_picture()
    views.refuse(pictures.CHARGER, picture, "no car is plugged in")
    assert _state(pictures.CHARGER, picture, views)["last_action"] == (
        "Refused: no car is plugged in"
    )
    newer = replace(picture, actions=(pictures.action(ActionState.PENDING),))
    assert _state(pictures.CHARGER, newer, views)["last_action"] == "Stop charging: pending"
    assert _state(pictures.CHARGER, picture, views)["last_action"] == "Stop charging: confirmed"


def test_long_sentences_fit_into_a_state() -> None:
    failed = pictures.action(ActionState.FAILED, detail="no answer " * 60)
    picture = replace(pictures.full_picture(), actions=(failed,))
    text = _state(pictures.CHARGER, picture)["last_action"]
    assert len(text) == 255
    assert text.endswith("…")


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_what_is_no_number_is_unknown(wrong: float) -> None:
    assert _state(pictures.CHARGER, _charger(power_w=wrong))["power"] is None
    target = pictures.target()
    reason = replace(target.reason, inputs={"surplus_w": wrong})
    picture = replace(
        pictures.full_picture(), targets={pictures.GARAGE: replace(target, reason=reason)}
    )
    assert _state(pictures.CHARGER, picture)["reason_details"]["surplus_w"] is None


def test_problems_of_links_and_store_stand_on_the_gateway() -> None:
    picture = replace(
        pictures.full_picture(),
        drivers={"OCPP": "up", "Modbus 10.0.0.9:502": "no route to host"},
        store_problem="the disk is full",
    )
    state = _state(GATEWAY, picture)
    assert state["problems"] == (
        "store: the disk is full; Modbus 10.0.0.9:502: no route to host; Garage: ground fault"
    )
    assert state["unapproved_chargers"] == 2
    assert state["pending_actions"] == 1
    assert _state(GATEWAY, _charger(problem=""))["problems"] == "OK"


def test_a_device_that_is_not_there_is_a_problem_of_its_own_and_of_the_house() -> None:
    lost = replace(pictures.snapshot()[pictures.GARAGE].value, reachable=False)
    picture = replace(pictures.full_picture(), snapshot=pictures.snapshot(garage=lost))
    assert _state(pictures.CHARGER, picture)["problem"] == "not connected"
    assert f"{pictures.CHARGER.name}: not connected" in _state(GATEWAY, picture)["problems"]
    silent = replace(pictures.full_picture(), now=pictures.NOW.later(3600.0))
    assert _state(pictures.METER, silent)["problem"] == "no new figures"
    assert _state(pictures.CHARGER, silent)["problem"] == "ground fault"
    unseen = replace(pictures.full_picture(), snapshot={})
    assert _state(pictures.METER, unseen)["problem"] == "not seen since Hearth started"


def test_what_a_device_says_is_wrong_comes_before_what_hearth_notices() -> None:
    said = replace(pictures.snapshot()[pictures.GRID].value, reachable=False, problem="no route")
    picture = replace(pictures.full_picture(), snapshot=pictures.snapshot(grid=said))
    assert _state(pictures.METER, picture)["problem"] == "no route"
    assert _state(GATEWAY, picture)["problems"].endswith(f"{pictures.METER.name}: no route")
