from agent import sessions
from agent.model.picture import Session
from agent.model.readings import DeviceId, PowerDelivery
from tests.unit.house import GARAGE, NOON, charger, charging, snapshot

KEY = (GARAGE, "energy_wh")


def test_a_session_runs_from_plug_to_plug_and_counts_the_energy_between() -> None:
    open_now: dict[DeviceId, Session] = {}
    told: list[Session] = []
    steps = [
        (charger(NOON, PowerDelivery.UNPLUGGED), 1000.0),
        (charger(NOON.later(10), PowerDelivery.STOPPED), 1000.0),
        (charging(10.0, NOON.later(20)), 1000.0),
        (charging(10.0, NOON.later(3620)), 7900.0),
        (charger(NOON.later(3700), PowerDelivery.UNPLUGGED), 7950.0),
    ]
    for reading, meter_wh in steps:
        now = NOON.later(reading.mono_s - NOON.mono_s)
        after, facts = sessions.step(open_now, snapshot(reading), {KEY: meter_wh}, now)
        open_now, told = dict(after), [*told, *facts]
    assert open_now == {}
    began, ended = told
    assert began.id == ended.id
    assert (began.plugged_out_at, ended.energy_wh, ended.max_power_w) == (None, 6950.0, 6900.0)
    assert (ended.plugged_in_at, ended.plugged_out_at) == (NOON.later(10).at, NOON.later(3700).at)


def test_a_session_keeps_the_car_that_was_known_last_before_the_unplug() -> None:
    zoe, leaf = DeviceId("zoe"), DeviceId("leaf")
    now, plugged = NOON, snapshot(charging(10.0))
    known: list[DeviceId | None] = []
    open_now, _ = sessions.step({}, plugged, {}, now)
    for cars in ({}, {GARAGE: zoe}, {GARAGE: leaf}, {}):
        now = now.later(10)
        open_now, _ = sessions.step(open_now, plugged, {}, now, cars)
        known.append(open_now[GARAGE].vehicle)
    gone = snapshot(charger(now.later(10), PowerDelivery.UNPLUGGED))
    _, (ended,) = sessions.step(open_now, gone, {}, now.later(10), {})
    assert (known, ended.vehicle) == ([None, zoe, leaf, leaf], leaf)


def test_a_car_that_a_person_ruled_out_is_not_kept() -> None:
    zoe = DeviceId("zoe")
    open_now, _ = sessions.step({}, snapshot(charging(10.0)), {}, NOON, {GARAGE: zoe})
    assert open_now[GARAGE].vehicle == zoe
    after, _ = sessions.step(open_now, {}, {}, NOON.later(5), {GARAGE: None})
    assert after[GARAGE].vehicle is None


def test_an_unknown_plug_state_keeps_the_session() -> None:
    open_now, _ = sessions.step({}, snapshot(charging(10.0)), {KEY: 5.0}, NOON)
    unknown = charger(NOON.later(5), PowerDelivery.UNKNOWN)
    after, facts = sessions.step(open_now, snapshot(unknown), {KEY: 5.0}, NOON.later(5))
    assert after[GARAGE].id == open_now[GARAGE].id
    assert facts == ()


def test_a_counter_that_comes_late_does_not_lose_what_the_charger_counted() -> None:
    open_now, _ = sessions.step({}, snapshot(charging(10.0)), {}, NOON)
    told = charger(NOON.later(60), PowerDelivery.CHARGING, session_wh=800.0)
    after, _ = sessions.step(open_now, snapshot(told), {KEY: 50_000.0}, NOON.later(60))
    assert after[GARAGE].energy_wh == 800.0
