"""Between one phase and three: by the sun, with patience, within a budget, and seen to be true."""

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.model.intents import ChargerMode
from agent.model.targets import ChargerTarget, Owner, Reason, ReasonCode
from agent.model.wishes import Order
from agent.plan import Memory
from agent.plan.phase_memory import Kept
from agent.plan.settings import PhaseRules
from tests.examples import examples
from tests.unit.house import SETTINGS
from tests.unit.phase_house import TICK_S, PhaseHouse

DWELL_S = 600
FUSE_A = 16.0
HURRY_S = 90.0
"""A change that somebody in a hurry has begun may end when nobody hurries any more."""
LITTLE_W, MUCH_W = 2500.0, 7000.0


def on_one() -> PhaseHouse:
    """A house in which the car has come to charge on one phase."""
    house = PhaseHouse()
    house.run(LITTLE_W, DWELL_S + 60)
    assert house.phases == 1
    assert house.amps > 0
    return house


def told(house: PhaseHouse) -> ChargerTarget:
    assert house.last is not None
    return house.last


def test_too_little_sun_for_three_phases_charges_on_one_after_it_has_lasted() -> None:
    house = PhaseHouse()
    waiting = house.run(LITTLE_W, DWELL_S - 30)
    assert waiting is not None
    assert (waiting.charging, house.switches) == (False, [])
    assert "It changes to one phase in 1 min if this lasts." in waiting.reason.sentence
    charging = house.run(LITTLE_W, 120)
    assert charging is not None
    assert charging.phases == 1
    assert charging.max_current_a == pytest.approx(10.8, abs=0.2)
    assert "It is on one phase, since three phases need 4140 W." in charging.reason.sentence
    assert len(house.switches) == 1


def test_more_sun_brings_three_phases_back_and_a_pause_goes_before() -> None:
    house = on_one()
    house.run(MUCH_W, DWELL_S - 30)
    assert house.phases == 1
    assert "three phases in 1 min" in told(house).reason.sentence
    house.run(MUCH_W, 45)
    assert told(house).reason.code is ReasonCode.PHASES_SWITCH
    house.run(MUCH_W, 60)
    assert (house.phases, told(house).phases) == (3, 3)
    assert told(house).max_current_a == pytest.approx(10.1, abs=0.2)
    assert house.under_current == 0


def test_sun_that_comes_and_goes_changes_nothing() -> None:
    house = PhaseHouse()
    for _ in range(20):
        house.run(LITTLE_W, DWELL_S // 2)
        house.run(MUCH_W, DWELL_S // 2)
    assert house.switches == []


def test_hardly_enough_for_three_phases_is_not_enough_to_come_back() -> None:
    house = on_one()
    house.run(4300.0, 3 * DWELL_S)
    assert house.phases == 1


def test_a_car_that_takes_much_on_one_phase_stays_on_it_for_longer() -> None:
    house = PhaseHouse(own={"max_a": 32.0}, settings=replace(SETTINGS, fuse_a=63.0))
    house.run(LITTLE_W, DWELL_S + 60)
    house.run(6000.0, 2 * DWELL_S)
    assert house.phases == 1
    assert told(house).max_current_a == pytest.approx(26.0, abs=0.2)
    house.run(8000.0, DWELL_S + 60)
    assert house.phases == 3


def test_what_a_car_is_seen_to_take_on_one_phase_counts() -> None:
    house = PhaseHouse(own={"max_a": 32.0}, settings=replace(SETTINGS, fuse_a=63.0), car_a=16.0)
    house.run(LITTLE_W, DWELL_S + 60)
    house.run(6000.0, 2 * DWELL_S)
    assert (house.phases, house.mind.ceiling_a) == (3, 16.0)


@pytest.mark.parametrize(
    ("mode", "wish"),
    [
        (ChargerMode.FAST, {}),
        (ChargerMode.SMART, {}),
        (ChargerMode.SOLAR, {"manual": True}),
    ],
)
def test_who_wants_full_power_gets_three_phases_at_once(
    mode: ChargerMode, wish: dict[str, bool]
) -> None:
    house = on_one()
    house.mode, house.wish = mode, wish
    house.run(LITTLE_W, 30)
    assert house.phases == 3
    house.run(LITTLE_W, 30)
    assert told(house).max_current_a == 16.0
    assert house.under_current == 0


def order(code: ReasonCode, owner: Owner, **more: float) -> Order:
    reason = Reason(code=code, sentence="So it is planned.")
    return Order(charging=True, owner=owner, reason=reason, by="the plan", **more)


@pytest.mark.parametrize(
    "wanted",
    [
        order(ReasonCode.OVERRIDE, Owner.OVERRIDE),
        order(ReasonCode.SCHEDULE_CHARGE, Owner.SCHEDULE),
        order(ReasonCode.PLAN_READY, Owner.SMART_CHARGING, most_w=3000.0),
        order(ReasonCode.PLAN_MINIMUM, Owner.SMART_CHARGING, most_w=3000.0),
        order(ReasonCode.SMART_READY, Owner.SMART_CHARGING),
    ],
)
def test_readiness_overrides_and_schedules_get_three_phases_at_once(wanted: Order) -> None:
    house = on_one()
    house.order = wanted
    house.run(LITTLE_W, 40)
    assert house.phases == 3


def test_full_power_needs_no_budget() -> None:
    house = PhaseHouse(rules=PhaseRules(dwell_s=60.0, most_a_day=2))
    house.run(LITTLE_W, 200)
    assert house.phases == 1
    house.mode = ChargerMode.FAST
    house.run(LITTLE_W, 60)
    assert house.phases == 3


def test_a_spent_budget_leaves_three_phases_and_says_so() -> None:
    house = PhaseHouse(rules=PhaseRules(dwell_s=60.0, most_a_day=2))
    house.run(LITTLE_W, 200)
    house.run(MUCH_W, 200)
    house.run(LITTLE_W, 600)
    assert (len(house.switches), house.phases) == (2, 3)
    assert "more than 2 times in 24 hours" in told(house).reason.sentence


def test_the_budget_survives_a_restart_and_ends_with_the_day() -> None:
    house = PhaseHouse(rules=PhaseRules(dwell_s=60.0, most_a_day=2))
    house.run(LITTLE_W, 200)
    house.run(MUCH_W, 200)
    kept = json.loads(json.dumps(house.memory.to_json()))
    house.memory = Memory.from_json(kept, same_boot=False)
    house.run(LITTLE_W, 600)
    assert len(house.switches) == 2
    house.now = house.now.later(86_400)
    house.run(LITTLE_W, 600)
    assert len(house.switches) == 3


def test_a_restart_forgets_neither_the_phase_nor_what_it_waits_for() -> None:
    house = on_one()
    house.run(MUCH_W, DWELL_S - 60)
    house.memory = Memory.from_json(json.loads(json.dumps(house.memory.to_json())), same_boot=True)
    house.run(MUCH_W, 30)
    assert told(house).phases == 1
    house.run(MUCH_W, 120)
    assert house.phases == 3


def test_a_car_of_one_phase_is_never_switched() -> None:
    house = PhaseHouse(car=1)
    house.mode = ChargerMode.FAST
    house.run(0.0, 60)
    house.mode = ChargerMode.SOLAR
    house.run(LITTLE_W, 3 * DWELL_S)
    assert house.switches == []
    assert told(house).max_current_a == pytest.approx(10.8, abs=0.2)


def test_a_car_of_two_phases_comes_back_for_what_two_need() -> None:
    house = PhaseHouse(car=2)
    house.run(MUCH_W, 120)
    house.run(2000.0, 2 * DWELL_S)
    assert house.phases == 1
    house.run(4000.0, 2 * DWELL_S)
    assert house.phases == 2


def test_a_charger_that_does_not_follow_is_found_out_and_left_alone() -> None:
    house = PhaseHouse(obeys=False)
    house.run(MUCH_W, 120)
    house.run(LITTLE_W, DWELL_S + 240)
    assert house.mind.kept is Kept.WRONG
    assert [line for line in house.said if line.startswith("phases-kept") and "check in" in line]
    house.run(LITTLE_W, 3 * DWELL_S)
    assert not told(house).charging
    assert told(house).phases == 3
    house.plugged = False
    house.run(LITTLE_W, 10)
    assert house.mind.kept is None


def test_what_it_draws_wrongly_before_that_is_the_least() -> None:
    house = PhaseHouse(obeys=False)
    house.run(MUCH_W, 120)
    house.run(LITTLE_W, DWELL_S - 30)
    for _ in range(240 // TICK_S):
        house.tick(LITTLE_W)
        assert house.amps <= 6.0


def test_a_car_on_one_phase_though_all_are_offered_is_left_alone_for_this_time() -> None:
    house = PhaseHouse(car=1)
    house.run(LITTLE_W, DWELL_S + 60)
    house.run(MUCH_W, DWELL_S + 300)
    assert house.mind.kept is Kept.LONE
    assert "it can use no more" in told(house).reason.sentence
    count = len(house.switches)
    house.run(LITTLE_W, 3 * DWELL_S)
    assert len(house.switches) == count
    assert told(house).max_current_a == pytest.approx(10.8, abs=0.2)


def test_where_nobody_sees_the_phases_they_are_left_alone_after_one_try() -> None:
    house = PhaseHouse(tells=False)
    house.run(LITTLE_W, DWELL_S + 240)
    assert house.mind.kept is Kept.BLIND
    assert "does not tell its current per phase" in told(house).reason.sentence
    house.run(MUCH_W, 3 * DWELL_S)
    assert len(house.switches) == 1


def test_an_old_count_proves_nothing_against_a_change() -> None:
    house = PhaseHouse(mode=ChargerMode.MIN_SOLAR)
    house.run(MUCH_W, 120)
    house.tells = False
    house.run(LITTLE_W, DWELL_S + 240)
    assert (house.mind.kept, told(house).phases) == (Kept.BLIND, 1)


def test_who_is_in_a_hurry_ends_a_pause_for_one_phase() -> None:
    house = PhaseHouse(mode=ChargerMode.MIN_SOLAR)
    house.run(MUCH_W, 120)
    while told(house).reason.code is not ReasonCode.PHASES_SWITCH:
        house.tick(LITTLE_W)
    assert (told(house).charging, house.used) == (False, 3)
    house.mode = ChargerMode.FAST
    house.run(LITTLE_W, 10)
    assert told(house).max_current_a == 16.0
    house.run(LITTLE_W, 60)
    assert house.switches == []


def test_a_charge_that_does_not_pause_is_not_switched() -> None:
    house = PhaseHouse(mode=ChargerMode.MIN_SOLAR)
    house.run(MUCH_W, 120)
    house.pauses = False
    house.run(LITTLE_W, 2 * DWELL_S)
    assert (house.switches, house.mind.kept) == ([], Kept.STUCK)
    assert "never changed under current" in told(house).reason.sentence


def test_a_make_that_cannot_is_not_asked_and_the_reason_says_why() -> None:
    house = PhaseHouse(able=False)
    house.run(LITTLE_W, 2 * DWELL_S)
    assert house.switches == []
    assert "without ending the charge" in told(house).reason.sentence


def test_the_minimum_of_min_solar_goes_on_one_phase_where_the_sun_does_for_one() -> None:
    house = PhaseHouse(mode=ChargerMode.MIN_SOLAR)
    house.run(LITTLE_W, DWELL_S + 120)
    assert house.phases == 1
    assert told(house).max_current_a == pytest.approx(10.8, abs=0.2)
    house.run(0.0, DWELL_S)
    assert house.phases == 1
    assert told(house).max_current_a == 6.0


def test_a_plan_that_gives_less_than_three_phases_need_gets_one() -> None:
    house = PhaseHouse(mode=ChargerMode.FAST)
    house.run(0.0, 60)
    house.order = order(ReasonCode.PLAN_CHARGE, Owner.SMART_CHARGING, most_a=2.9, most_w=2000.0)
    house.run(0.0, DWELL_S + 60)
    assert house.phases == 1
    assert told(house).max_current_a == pytest.approx(8.6, abs=0.2)
    house.order = order(ReasonCode.PLAN_CHARGE, Owner.SMART_CHARGING, most_a=14.0, most_w=9660.0)
    house.run(0.0, DWELL_S + 60)
    assert house.phases == 3
    assert told(house).max_current_a == pytest.approx(14.0, abs=0.2)


def test_a_plan_waits_until_the_car_was_seen_on_all_phases() -> None:
    house = PhaseHouse()
    house.order = order(ReasonCode.PLAN_CHARGE, Owner.SMART_CHARGING, most_a=2.9, most_w=2000.0)
    house.car = 1
    house.run(0.0, 3 * DWELL_S)
    assert house.switches == []


def test_without_leave_a_charger_is_told_nothing_of_phases() -> None:
    house = PhaseHouse()
    house.settings = SETTINGS
    wanted = house.run(MUCH_W, 120)
    assert wanted is not None
    assert wanted.phases is None  # nothing was said yet: as they are


SWINGS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1500.0, 2500.0, 3900.0, 4300.0, 5000.0, 9000.0]),
        st.integers(1, 12),
        st.sampled_from([None, None, None, ChargerMode.FAST, ChargerMode.MIN_SOLAR]),
        st.booleans(),
    ),
    min_size=3,
    max_size=14,
)


HOUSES = st.fixed_dictionaries(
    {
        "obeys": st.booleans(),
        "tells": st.booleans(),
        "car": st.integers(1, 3),
        "house_l1_w": st.sampled_from([0.0, 3000.0]),
    }
)


@examples(40)
@given(swings=SWINGS, kind=HOUSES, budget=st.integers(2, 5))
@example(
    swings=[(4300.0, 3, None, False), (9000.0, 1, None, False), (0.0, 1, None, False)],
    kind={"obeys": False, "tells": False, "car": 1, "house_l1_w": 3000.0},
    budget=2,
)
def test_never_over_the_budget_nor_the_fuse_nor_faster_than_the_dwell(
    swings: list[tuple[float, int, ChargerMode | None, bool]], kind: dict[str, Any], budget: int
) -> None:
    rules = PhaseRules(dwell_s=60.0, most_a_day=budget)
    house = PhaseHouse(rules=rules, settings=replace(SETTINGS, fuse_a=FUSE_A), **kind)
    asked: list[tuple[float, int, bool]] = []
    used, hurried_s = 3, -HURRY_S
    for surplus_w, thirds, mode, restart in swings:
        house.mode = mode or ChargerMode.SOLAR
        if restart:
            house.memory = Memory.from_json(house.memory.to_json(), same_boot=True)
        for _ in range(thirds * 20 // TICK_S):
            house.tick(surplus_w)
            if house.mode is ChargerMode.FAST:
                hurried_s = house.now.mono_s
            now = told(house).phases or 3
            if now != used:
                asked.append((house.now.mono_s, now, house.now.mono_s - hurried_s <= HURRY_S))
                used = now
    assert len(asked) <= budget
    for (before_s, _, _), (at_s, count, hurried) in pairwise(asked):
        assert at_s - before_s >= rules.dwell_s or (count == 3 and hurried)
    assert house.under_current == 0
    over = [max(each.values()) > FUSE_A + 0.01 for each in house.loaded_a]
    assert not any(a and b for a, b in pairwise(over))
