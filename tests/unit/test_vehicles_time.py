"""How old each value is, what only flickers, and who is alive."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.readings import PowerDelivery as P
from agent.model.snapshot import FORGET_AFTER_S, power_delivery
from drivers.vehicles.belief import believable
from drivers.vehicles.notes import note_of, recall
from tests.unit.vehicle_cars import START, Drive, a_car

HOUR_S = 3600.0


def test_what_is_said_while_we_listen_is_true_now() -> None:
    assert Drive("teslamate").told(usable_battery_level="61").old_s("soc_percent") == 0


def test_what_the_broker_had_kept_may_be_of_any_age() -> None:
    car = Drive("teslamate").told(True, usable_battery_level="61", charging_state="Charging")
    assert car.soc_percent == 61.0
    assert car.old_s("soc_percent") == FORGET_AFTER_S
    assert power_delivery(car.seen, car.now.later(1).mono_s) is P.UNKNOWN


def test_the_same_value_kept_by_the_broker_is_no_fresher() -> None:
    car = Drive("teslamate").told(usable_battery_level="61").later(HOUR_S)
    assert car.told(True, usable_battery_level="61").old_s("soc_percent") == HOUR_S


def test_a_value_that_changed_while_we_were_away_is_as_old_as_our_leave() -> None:
    car = Drive("ovms").told(v__b__soc="61", v__c__charging="yes").later(HOUR_S).restart(HOUR_S)
    assert car.told(True, v__b__soc="70").soc_percent == 70.0
    assert car.old_s("soc_percent") == HOUR_S


def test_a_plug_that_moved_while_we_were_away_moved_by_now_at_the_latest() -> None:
    car = Drive("ovms").told(v__c__pilot="no").later(HOUR_S).restart(HOUR_S)
    car.told(True, v__c__pilot="yes", v__c__charging="yes")
    assert (car.power_delivery, car.old_s("plugged_in")) == (P.CHARGING, 0)
    assert car.otherwise_s("plugged_in") == 2 * HOUR_S


def test_a_plug_in_is_an_interval_and_stays_one_over_restarts() -> None:
    car = Drive("teslamate").told(charging_state="Disconnected").later(600)
    car.told(charging_state="Stopped")
    assert car.otherwise_s("plugged_in") == 600
    for _ in range(3):
        car = car.restart(100)
    assert (car.power_delivery, car.old_s("plugged_in")) == (P.STOPPED, 300)
    assert car.otherwise_s("plugged_in") == 900


def test_a_heartbeat_makes_the_interval_short() -> None:
    car = Drive("teslamate").told(charging_state="Disconnected", state="online").later(HOUR_S)
    car.told(healthy="true").later(60).told(charging_state="Charging")
    assert car.otherwise_s("plugged_in") == 60


@pytest.mark.parametrize(
    ("state", "soc_old_s", "plug_old_s"),
    [
        ("online", 0, 0),
        ("driving", 0, 0),
        ("asleep", HOUR_S, 90),  # plugging in would have woken it
        ("suspended", HOUR_S, HOUR_S),  # nobody looks at it
        ("offline", HOUR_S, HOUR_S),
    ],
)
def test_a_heartbeat_of_teslamate_confirms_what_it_looked_at(
    state: str, soc_old_s: float, plug_old_s: float
) -> None:
    car = Drive("teslamate").told(
        state=state, charging_state="Disconnected", usable_battery_level="61"
    )
    car.later(HOUR_S).told(healthy="true")
    assert (car.old_s("soc_percent"), car.old_s("power_delivery")) == (soc_old_s, plug_old_s)


def test_an_awake_ovms_confirms_the_plug_and_a_sleeping_one_does_not() -> None:
    for awake, old_s in (("yes", 0), ("no", HOUR_S)):
        car = Drive("ovms").told(v__c__pilot="no", v__e__awake=awake).later(HOUR_S)
        assert car.told(m__time__utc="1795000000").old_s("plugged_in") == old_s


def test_a_value_with_its_own_time_is_as_old_as_that() -> None:
    car = Drive("mqtt")
    said = {"data": {"b.header": {"value": 63}, "at": "2026-11-22T10:00:00Z"}}
    car.hear("bmw", json.dumps(said), retained=True).tell()
    assert car.old_s("soc_percent") == 2 * HOUR_S
    said = {"data": {"b.header": {"value": 50}, "at": "2026-11-22T09:00:00Z"}}
    assert car.hear("bmw", json.dumps(said)).tell().soc_percent == 63.0, "older news"
    said = {"data": {"b.header": {"value": 64}, "at": "2036-11-22T09:00:00Z"}}
    car.hear("bmw", json.dumps(said)).tell()
    assert (car.soc_percent, car.old_s("soc_percent")) == (64.0, 0), "the future is now"


def test_a_common_time_confirms_all_that_is_known() -> None:
    car = Drive("statestream").hear("sensor/level/state", "71", retained=True)
    car.hear("binary_sensor/plug/state", "off", retained=True)
    car.hear("sensor/updated/state", "2026-11-22T11:30:00+00:00", retained=True).tell()
    assert (car.old_s("soc_percent"), car.old_s("plugged_in")) == (1800.0, 1800.0)


def test_a_plug_that_flickers_was_never_pulled() -> None:
    car = Drive("teslamate").told(plugged_in="true", charging_state="Charging").later(100)
    car.told(plugged_in="false", charging_state="Disconnected").later(60)
    assert car.power_delivery is P.CHARGING
    car.told(plugged_in="true", charging_state="Charging").later(60)
    assert car.power_delivery is P.CHARGING
    assert car.seen is not None
    assert "plugged_in" not in car.seen.otherwise_mono_s


def test_an_unplug_that_lasts_is_told_with_the_time_at_which_it_was_said() -> None:
    car = Drive("ovms").told(v__c__pilot="yes", v__c__charging="yes").later(100)
    car.told(v__c__pilot="no", v__c__charging="no").later(70)
    assert car.power_delivery is P.CHARGING
    assert (car.later(10).power_delivery, car.old_s("power_delivery")) == (P.UNPLUGGED, 80)


def test_a_car_that_charges_is_plugged_in_whatever_else_it_says() -> None:
    assert Drive("ovms").told(v__c__pilot="no", v__c__charging="yes").power_delivery is P.CHARGING


def test_of_a_lasting_contradiction_the_newer_word_is_right() -> None:
    car = Drive("ovms").told(v__c__pilot="yes", v__c__charging="yes").later(60)
    car.told(v__c__pilot="no").later(120)  # the end of the charge was lost: QoS 0
    assert car.power_delivery is P.CHARGING
    assert car.later(300).power_delivery is P.UNPLUGGED


def test_a_plug_without_a_word_about_charging_is_only_a_plug() -> None:
    car = Drive("teslamate").told(plugged_in="true")
    assert (car.plugged_in, car.charging, car.power_delivery) == (True, None, None)


def test_a_full_car_is_complete_at_its_own_limit() -> None:
    car = Drive("ovms").told(v__c__pilot="yes", v__c__charging="no", v__b__soc="80")
    assert car.power_delivery is P.STOPPED
    assert car.told(v__c__limit__soc="80").power_delivery is P.COMPLETE


def test_a_charge_that_ended_has_no_power() -> None:
    car = Drive("teslamate").told(charging_state="Charging", charger_power="11")
    assert car.power_w == 11_000.0
    car.later(60).told(charging_state="Stopped", charger_power="")
    assert (car.power_w, car.old_s("power_w")) == (0.0, 0)


def test_a_restart_of_home_assistant_is_no_news_of_the_plug() -> None:
    car = Drive("statestream").told(binary_sensor__plug__state="off").later(HOUR_S)
    car.told(binary_sensor__plug__state="unavailable").later(300)
    assert (car.power_delivery, car.reachable) == (P.UNPLUGGED, False)
    car.told(binary_sensor__plug__state="off").later(600)
    assert (car.power_delivery, car.reachable, car.problem) == (P.UNPLUGGED, True, "")


def test_a_plug_that_stays_unknown_is_told_as_unknown() -> None:
    car = Drive("statestream").told(binary_sensor__plug__state="off").later(HOUR_S)
    car.told(binary_sensor__plug__state="unknown").later(700)
    assert car.power_delivery is P.UNKNOWN


def test_silence_alone_makes_no_value_unknown() -> None:
    car = Drive("ovms").told(v__b__soc="61", s__v3__connected="yes").later(2 * 86_400)
    assert (car.soc_percent, car.reachable) == (61.0, True)
    assert car.old_s("soc_percent") == 2 * 86_400


def test_a_plug_state_is_forgotten_after_seven_days() -> None:
    car = Drive("ovms").told(v__c__pilot="no")
    assert power_delivery(car.seen, car.now.later(FORGET_AFTER_S).mono_s) is P.UNPLUGGED
    assert power_delivery(car.seen, car.now.later(FORGET_AFTER_S + 1).mono_s) is P.UNKNOWN


def test_a_healthy_teslamate_keeps_a_sleeping_car_known_for_weeks() -> None:
    car = Drive("teslamate").told(charging_state="Disconnected", state="asleep")
    for _ in range(20):
        car.later(0.5 * 86_400).told(healthy="true")
    assert power_delivery(car.seen, car.now.mono_s) is P.UNPLUGGED


def test_a_teslamate_that_cannot_ask_says_so() -> None:
    car = Drive("teslamate").told(state="online", usable_battery_level="61", healthy="true")
    car.told(healthy="false")
    assert car.reachable is False
    assert "login" in car.problem
    assert car.told(healthy="true").problem == ""


def test_any_message_is_a_sign_of_life_where_the_installer_says_so() -> None:
    car = Drive("mqtt", more={"fields": {"soc_percent": {"topic": "soc"}}}).told(soc="61")
    assert car.reachable is True
    assert car.later(3590).reachable is True
    assert car.later(20).reachable is False
    assert car.told(True, soc="61").reachable is False, "that was kept by the broker"
    assert car.told(soc="61").reachable is True


@pytest.mark.parametrize(
    ("old", "new", "passed_s", "car", "fine"),
    [
        (60, 50, 60, (True, False), False),
        (60, 50, 3600, (True, False), True),
        (60, 50, 60, (False, False), True),  # it drives
        (60, 50, 60, (None, None), True),
        (60, 56, 60, (True, False), True),
        (60, 70, 60, (True, False), False),
        (60, 70, 60, (True, True), True),
        (60, 70, 600, (False, False), True),
    ],
)
def test_a_state_of_charge_does_not_jump(
    old: float, new: float, passed_s: float, car: tuple[bool | None, bool | None], fine: object
) -> None:
    plugged, charging = car
    assert believable(old, new, passed_s, plugged=plugged, charging=charging) is fine


def test_a_fall_on_the_cable_is_believed_after_an_hour() -> None:
    car = Drive("teslamate").told(
        state="online", charging_state="Complete", usable_battery_level="80"
    )
    car.told(usable_battery_level="60").later(1800).told(healthy="true")
    assert (car.soc_percent, car.old_s("soc_percent")) == (80.0, 1800)
    assert car.later(1810).soc_percent == 60.0, "but not for ever"


def test_a_fall_of_a_sleeping_car_is_not_believed_before_it_wakes() -> None:
    car = Drive("teslamate").told(
        state="online", charging_state="Complete", usable_battery_level="80"
    )
    car.told(state="asleep", usable_battery_level="60").later(5 * HOUR_S)
    assert car.soc_percent == 80.0
    assert car.told(state="online", usable_battery_level="79").later(60).soc_percent == 79.0


def test_a_doubt_ends_when_the_source_comes_back_to_its_senses() -> None:
    car = Drive("teslamate").told(
        state="online", charging_state="Complete", usable_battery_level="80"
    )
    car.told(usable_battery_level="60").told(usable_battery_level="81").later(2 * HOUR_S)
    assert car.soc_percent == 81.0


def test_a_wall_clock_that_nobody_set_makes_everything_old_until_it_is_set() -> None:
    car = Drive("ovms").told(v__b__soc="61", v__c__pilot="no")
    note = note_of(car.car, car.now)
    life = car.restart(60, trusted=False)
    assert life.old_s("soc_percent") == FORGET_AFTER_S
    recall(life.car, note, START.later(120))
    life.now = START.later(120)
    assert life.tell().old_s("soc_percent") == 120


NOTE_VALUES = st.none() | st.booleans() | st.floats() | st.text(max_size=4)


@given(
    st.dictionaries(
        st.sampled_from(["facts", "told", "otherwise", "listened", "x"]),
        st.dictionaries(
            st.sampled_from(["soc_percent", "state", "plugged_in", "power_delivery", "model"]),
            st.lists(NOTE_VALUES | st.sampled_from(["2026-11-22T10:00:00+00:00", True]), max_size=5)
            | NOTE_VALUES,
        )
        | NOTE_VALUES,
    )
)
def test_a_note_that_makes_no_sense_is_as_if_never_written(note: dict[str, object]) -> None:
    car = a_car("ovms")
    recall(car, note, START)
    car.link_up(START)
    car.all_readings()
    car.readings(START)


@given(
    st.lists(st.sampled_from(["Disconnected", "Stopped", "Charging", "", "NoPower"]), min_size=1),
    st.lists(st.floats(1, 10_000), min_size=1, max_size=3),
)
def test_a_restart_changes_nothing_but_the_age(words: list[str], pauses_s: list[float]) -> None:
    car = Drive("teslamate")
    for word in words:
        car.later(100).told(charging_state=word)
    car.later(700)
    before = car
    for pause_s in pauses_s:
        car = car.restart(pause_s)
    away_s = sum(pauses_s)
    for name in ("power_delivery", "plugged_in", "charging"):
        assert getattr(car, name) == getattr(before, name)
        if getattr(car, name) is not None:
            assert car.old_s(name) == pytest.approx((before.old_s(name) or 0) + away_s, abs=0.1)
