"""Never: each thing that forbids a probe, alone, in a house where all else allows it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from agent.model.driver import DeviceInfo
from agent.model.intents import ChargerMode
from agent.model.pairs import Belief, LockedBy, PairingCar, PairingMode, ProbePolicy
from agent.model.readings import DeviceId, DeviceKind, PowerDelivery
from agent.model.targets import ChargerTarget, Owner, Reason, ReasonCode
from agent.model.wishes import ChargerWish, Order, Wishes
from agent.plan import Memory, decide
from agent.plan.memory import ChargerMemory
from agent.plan.probe_rules import Deadline, Never, Way, duration_s, matters, way
from agent.plan.settings import ChargerSettings, PlanSettings
from tests.unit.house import CARPORT, GARAGE, NOON, charger, charging, info, snapshot
from tests.unit.probe_world import (
    LATER,
    ONE,
    SETTINGS,
    TWO,
    WISH,
    car,
    said,
    target,
    told,
    view,
)


def order(code: ReasonCode) -> dict[DeviceId, Order]:
    reason = Reason(code=code, sentence="Because.")
    return {GARAGE: Order(charging=True, owner=Owner.OVERRIDE, reason=reason, by="somebody")}


def codes(garage: ReasonCode, carport: ReasonCode = ReasonCode.MODE_FAST) -> dict[str, Any]:
    return {"targets": told(target(GARAGE, garage), target(CARPORT, carport))}


def devices(*others: DeviceInfo) -> dict[str, Any]:
    return {"settings": replace(SETTINGS, devices=(*SETTINGS.devices[:2], *others))}


def moved(device: DeviceId, ago_s: float) -> dict[str, Any]:
    calm = ChargerMemory(limit_a=16.0, changed_mono_s=NOON.mono_s)
    fresh = ChargerMemory(limit_a=16.0, changed_mono_s=LATER.mono_s - ago_s)
    return {"limits": {GARAGE: calm, CARPORT: calm, device: fresh}}


def box(**more: Any) -> dict[str, Any]:
    return said(replace(charging(16), **more))


def edge(in_s: float) -> dict[str, Any]:
    return {"edges": ((LATER.at + timedelta(seconds=in_s)),)}


def ready(in_s: float, needed_s: float | None, who: DeviceId = GARAGE) -> dict[str, Any]:
    at = LATER.at + timedelta(seconds=in_s)
    return {"ready_by": {who: Deadline(at=at, needed_s=needed_s)}}


def mute_cars() -> dict[str, Any]:
    """Cars that tell no more than whether they charge."""
    chargers = {d: seen for d, seen in said()["snapshot"].items() if d not in (ONE, TWO)}
    return {"snapshot": {**chargers, **snapshot(car(ONE, power_w=None), car(TWO, power_w=None))}}


NEVER: dict[str, tuple[dict[str, Any], str]] = {
    "off": ({"policy": ProbePolicy.OFF}, "probing is off"),
    "pairs only inform": ({"mode": PairingMode.OBSERVE_ONLY}, "pairs only inform"),
    "no pairs": ({"mode": PairingMode.OFF}, "pairs only inform"),
    "known": ({"beliefs": {GARAGE: Belief(charger=GARAGE, vehicle=TWO)}}, "two is on garage"),
    "said": (
        {"beliefs": {GARAGE: Belief(charger=GARAGE, locked_by=LockedBy.MANUAL)}},
        "somebody said",
    ),
    "nothing plugged in": ({"sessions": {CARPORT: "s2"}}, "no car is plugged in"),
    "lost": (box(reachable=False), "out of reach"),
    "watched only": (box(controllable=False), "watched but not steered"),
    "paused": (said(charger(LATER)), "is not charging"),
    "just begun": (
        said(charger(LATER.later(-100)), charging(16, LATER.later(-60))),
        "has only just begun",
    ),
    "a person's start": (codes(ReasonCode.MANUAL_START), "because somebody wanted"),
    "an override": (codes(ReasonCode.OVERRIDE), "because somebody wanted"),
    "an override begins": ({"orders": order(ReasonCode.OVERRIDE)}, "because somebody wanted"),
    "a start at the car": (codes(ReasonCode.SCHEDULE_YIELDS), "because somebody wanted"),
    "by the sun": (codes(ReasonCode.SURPLUS), "the sun moves garage"),
    "fuse": (codes(ReasonCode.FUSE_LIMIT), "the main fuse holds garage"),
    "fuse elsewhere": (
        codes(ReasonCode.MODE_FAST, ReasonCode.FUSE_LIMIT),
        "the main fuse holds carport",
    ),
    "no meter": (
        codes(ReasonCode.MODE_FAST, ReasonCode.FUSE_METER_LOST),
        "the main fuse holds carport",
    ),
    "the sun elsewhere": (
        codes(ReasonCode.MODE_FAST, ReasonCode.SURPLUS),
        "the sun moves carport",
    ),
    "another has moved": (moved(CARPORT, 60), "carport has been given another current"),
    "it has moved": (moved(GARAGE, 60), "garage has been given another current"),
    "a command": ({"busy": frozenset({GARAGE})}, "a command for garage is under way"),
    "a command elsewhere": ({"busy": frozenset({CARPORT})}, "a command for carport"),
    "schedule turns": (edge(500), "turns soon"),
    "schedule turns now": (edge(0), "turns soon"),
    "schedule has just turned": (edge(-100), "has just turned"),
    "a person's word of just now": ({"manual": frozenset({GARAGE})}, "because somebody wanted"),
    "ready soon": (ready(3600, 3000), "must be ready"),
    "ready, nobody knows how much is missing": (ready(36_000, None), "must be ready"),
    "its car must be ready": (ready(3600, 3000, ONE), "one must be ready"),
    "the other car must be ready": (ready(3600, 3000, TWO), "two must be ready"),
    "a step may end the session": (box(steppable=False), "may end the session"),
    "too slow to see": (said(charging(9)), "too slowly"),
    "no car tells its power": (mute_cars(), "tell its power"),
}
"""What is different -> what is said."""


def test_in_a_calm_house_a_charger_goes_down_to_what_a_car_must_at_least_get() -> None:
    assert way(WISH, view(), LATER) == Way(from_a=16.0, to_a=6.0, lasts_s=450.0)


@pytest.mark.parametrize("name", NEVER)
def test_never(name: str) -> None:
    changes, sentence = NEVER[name]
    with pytest.raises(Never, match=sentence):
        way(WISH, view(**changes), LATER)


def test_without_a_trusted_clock_nobody_knows_when_a_schedule_turns() -> None:
    with pytest.raises(Never, match="time of day"):
        way(WISH, view(), replace(LATER, trusted=False))


@pytest.mark.parametrize(
    "changes",
    [edge(-200), edge(450 + 90 + 180 + 5), ready(36_000, 3600), moved(CARPORT, 200)],
)
def test_what_is_far_enough_forbids_nothing(changes: dict[str, Any]) -> None:
    assert way(WISH, view(**changes), LATER).to_a == 6.0


def test_a_pause_is_made_only_where_a_step_shows_nothing_and_the_charger_calls_it_harmless() -> (
    None
):
    slow = replace(charging(9), pausable=True)
    assert way(WISH, view(**said(slow)), LATER).to_a == 0.0
    assert way(WISH, view(**box(pausable=True)), LATER).to_a == 6.0
    for unsure in (None, False):
        with pytest.raises(Never):
            way(WISH, view(**said(replace(slow, pausable=unsure))), LATER)


def test_a_car_that_may_not_wake_up_again_is_never_paused() -> None:
    slow = said(replace(charging(9), pausable=True))
    sleepy = devices(info(ONE, DeviceKind.VEHICLE), info(TWO, DeviceKind.VEHICLE, pausable=False))
    with pytest.raises(Never, match="too slowly"):
        way(WISH, view(**slow, **sleepy), LATER)


def test_a_car_that_stops_below_its_own_least_power_is_not_taken_there() -> None:
    cars = (PairingCar(id=ONE, min_power_w=5520.0), PairingCar(id=TWO))
    seen = box(phases=3)
    assert way(WISH, view(cars=cars, **seen), LATER).to_a == pytest.approx(8.0)
    greedy = (PairingCar(id=ONE), PairingCar(id=TWO, min_power_w=9660.0))
    with pytest.raises(Never, match="too slowly"):
        way(WISH, view(cars=greedy, **seen), LATER)


def test_what_tells_only_its_power_is_taken_to_feed_as_many_phases_as_the_likeliest_car() -> None:
    blind = charger(NOON, PowerDelivery.CHARGING, GARAGE, power_w=3450.0)
    began = charger(NOON.later(-60)), charger(NOON.later(-60), device=CARPORT)
    slow = {"snapshot": snapshot(*began, blind, charging(16, device=CARPORT), car(ONE), car(TWO))}
    one_phase = (PairingCar(id=ONE, phases=1), PairingCar(id=TWO, phases=3))
    assert way(WISH, view(cars=one_phase, **slow), LATER).from_a == pytest.approx(15.0)
    for cars in ((PairingCar(id=ONE),), (PairingCar(id=ONE, phases=3),)):
        with pytest.raises(Never, match="too slowly"):
            way(WISH, view(cars=cars, **slow), LATER)
    measured = said(charging(5))
    with pytest.raises(Never, match="too slowly"):
        way(WISH, view(cars=one_phase, **measured), LATER)


@pytest.mark.parametrize(("watts", "amps"), [(1400.0, 6.1), (1380.0, 6.0), (1610.0, 7.0)])
def test_the_least_of_a_car_is_a_current_that_chargers_can_be_given(
    watts: float, amps: float
) -> None:
    cars = (PairingCar(id=ONE, min_power_w=watts), PairingCar(id=TWO))
    assert way(WISH, view(cars=cars, **box(phases=1)), LATER).to_a == amps


@pytest.mark.parametrize(
    ("one_s", "two_s", "lasts_s"),
    [(60.0, 60.0, 180.0), (300.0, 100.0, 450.0), (1150.0, 60.0, 1200.0), (4000.0, 200.0, 300.0)],
)
def test_it_lasts_as_long_as_the_reporting_of_the_cars_needs_within_bounds(
    one_s: float, two_s: float, lasts_s: float
) -> None:
    assert duration_s(WISH, view(intervals_s={ONE: one_s, TWO: two_s})) == lasts_s


def test_without_a_measured_interval_the_slower_of_both_cars_sources_counts() -> None:
    assert duration_s(WISH, view()) == 450.0
    one = info(ONE, DeviceKind.VEHICLE, poll_s=200.0)
    two = info(TWO, DeviceKind.VEHICLE, poll_s=400.0)
    assert duration_s(WISH, view(**devices(one, two))) == 600.0
    assert duration_s(WISH, view(intervals_s={TWO: 300.0}, **devices(one, two))) == 450.0


def test_cars_that_report_too_seldom_are_not_probed() -> None:
    with pytest.raises(Never, match="too seldom"):
        way(WISH, view(intervals_s={ONE: 2400.0, TWO: 1300.0}), LATER)


def test_it_matters_where_a_decision_about_one_of_the_two_waits() -> None:
    assert matters(WISH, view()) == "the schedule waits"
    assert matters(WISH, view(asked={TWO: "a start waits"})) == "a start waits"
    assert matters(WISH, view(asked={DeviceId("third"): "a start waits"})) is None
    assert matters(WISH, view(asked={})) is None
    known = Belief(charger=GARAGE, vehicle=ONE)
    assert matters(WISH, view(beliefs={GARAGE: known})) is None


@pytest.mark.parametrize(("mode", "amps"), [(ChargerMode.FAST, 6.0), (ChargerMode.OFF, 0.0)])
def test_a_probe_never_gives_a_charger_more_than_it_would_have(
    mode: ChargerMode, amps: float
) -> None:
    order = Order(
        charging=True,
        owner=Owner.DEFAULT,
        reason=Reason(code=ReasonCode.PAIR_PROBE, sentence="Because."),
        by="a probe",
        most_a=6.0,
    )
    limits = Wishes(chargers={GARAGE: ChargerWish(mode=mode)})
    settings = PlanSettings(devices=SETTINGS.devices[:1], chargers={GARAGE: ChargerSettings()})
    seen = snapshot(charging(16))
    done = decide(seen, limits, settings, Memory(), LATER, caps={GARAGE: order})
    target = done.targets[GARAGE]
    assert isinstance(target, ChargerTarget)
    assert target.max_current_a == amps
    assert (target.reason.code is ReasonCode.PAIR_PROBE) is (amps > 0)
