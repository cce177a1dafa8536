"""Changes of phases in trouble: a full car, a fault, a hasty word, a restart in the middle."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from agent.model.clock import Now
from agent.model.intents import ChargerMode
from agent.plan import Memory
from agent.plan.phase_memory import Kept
from agent.plan.settings import PhaseRules
from tests.unit.phase_house import TICK_S, PhaseHouse

LITTLE_W, MUCH_W = 2500.0, 7000.0
QUICK = PhaseRules(dwell_s=60.0, most_a_day=12)


def jumped(house: PhaseHouse, by_s: float) -> Now:
    """The wall clock is set, the monotonic one goes on."""
    return replace(house.now, at=house.now.at + timedelta(seconds=by_s))


def swings(house: PhaseHouse, times: int) -> None:
    for _ in range(times):
        house.run(LITTLE_W, 400)
        house.run(MUCH_W, 400)


@pytest.mark.parametrize("mode", [ChargerMode.SOLAR, ChargerMode.MIN_SOLAR])
def test_a_car_that_takes_nothing_wears_no_contactor(mode: ChargerMode) -> None:
    house = PhaseHouse(rules=QUICK, mode=mode)
    house.run(MUCH_W, 300)
    house.full = True
    house.run(MUCH_W, 120)
    swings(house, 4)
    assert house.switches == []


def test_a_car_that_was_full_when_it_came_costs_one_change_at_most_and_the_way_back() -> None:
    house = PhaseHouse(rules=QUICK, full=True)
    swings(house, 5)
    assert len(house.switches) <= 2


def test_a_full_car_that_wants_more_again_is_given_its_phase() -> None:
    house = PhaseHouse(rules=QUICK)
    house.run(MUCH_W, 300)
    house.full = True
    house.run(MUCH_W, 120)
    house.full = False
    house.run(MUCH_W, 60)
    house.run(LITTLE_W, 600)
    assert (house.phases, house.amps > 0) == (1, True)


@pytest.mark.long
def test_a_car_that_wants_more_while_the_sun_does_for_one_phase_is_tried_again_in_time() -> None:
    house = PhaseHouse(rules=QUICK)
    house.run(MUCH_W, 300)
    house.full = True
    house.run(MUCH_W, 120)
    house.run(LITTLE_W, 3600)
    assert house.switches == []
    house.full = False
    house.run(LITTLE_W, 4 * 3600)
    assert (house.phases, house.amps > 0) == (1, True)


def test_a_car_that_does_not_charge_on_one_phase_gets_three_when_the_sun_does_for_them() -> None:
    house = PhaseHouse(rules=QUICK, refuses=True)
    house.run(LITTLE_W, 400)
    assert (house.used, house.drawn_a) == (1, 0.0)
    house.run(MUCH_W, 300)
    assert (house.used, house.drawn_a > 0) == (3, True)


def test_another_car_is_given_its_phase_though_the_last_was_full() -> None:
    house = PhaseHouse(rules=QUICK, full=True)
    house.run(MUCH_W, 300)
    house.plugged = False
    house.run(MUCH_W, 10)
    house.plugged, house.full = True, False
    house.run(LITTLE_W, 300)
    assert (house.phases, house.amps > 0) == (1, True)


@pytest.mark.parametrize("mode", [ChargerMode.SOLAR, ChargerMode.MIN_SOLAR, ChargerMode.FAST])
def test_a_charger_out_of_order_is_told_no_other_phases(mode: ChargerMode) -> None:
    house = PhaseHouse(rules=QUICK)
    house.run(LITTLE_W, 200)
    assert house.used == 1
    house.faulty, house.mode = True, mode
    swings(house, 4)
    assert len(house.switches) == 1
    house.faulty = False
    house.run(MUCH_W, 300)
    assert house.phases == 3


def test_a_fault_during_the_pause_ends_the_change() -> None:
    house = PhaseHouse(rules=QUICK, mode=ChargerMode.MIN_SOLAR)
    house.run(MUCH_W, 300)
    while house.mind.goal is None:
        house.tick(LITTLE_W)
    house.faulty = True
    house.run(LITTLE_W, 120)
    assert house.switches == []


def test_a_charger_that_says_too_soon_that_it_has_stopped_is_not_switched_under_current() -> None:
    house = PhaseHouse(rules=QUICK, mode=ChargerMode.MIN_SOLAR, hasty=True)
    house.run(MUCH_W, 300)
    house.pauses = False
    house.run(LITTLE_W, 200)
    assert (house.under_current, house.mind.kept) == (0, Kept.STUCK)


def test_a_charger_that_says_too_soon_that_it_has_stopped_is_switched_when_it_has() -> None:
    house = PhaseHouse(rules=QUICK, mode=ChargerMode.MIN_SOLAR, hasty=True)
    house.run(MUCH_W, 300)
    house.run(LITTLE_W, 200)
    assert (house.phases, house.under_current) == (1, 0)


@pytest.mark.parametrize("away_s", [TICK_S, 70, 3600])
def test_a_restart_in_the_middle_of_a_pause_accuses_nobody(away_s: int) -> None:
    house = PhaseHouse(rules=QUICK, mode=ChargerMode.MIN_SOLAR)
    house.run(MUCH_W, 300)
    while house.mind.goal is None:
        house.tick(LITTLE_W)
    kept = json.loads(json.dumps(house.memory.to_json()))
    house.now = house.now.later(away_s)
    house.amps, house.seen = 6.0, {}  # it goes on with its fallback while nobody is there
    house.memory = Memory.from_json(kept, same_boot=True)
    house.run(LITTLE_W, 300)
    assert (house.mind.kept, house.phases, house.under_current) == (None, 1, 0)


@pytest.mark.parametrize("same_boot", [True, False])
def test_a_restart_between_a_change_and_its_proof_leaves_the_change_true(same_boot: bool) -> None:  # noqa: FBT001
    house = PhaseHouse(rules=QUICK, mode=ChargerMode.MIN_SOLAR)
    house.run(MUCH_W, 300)
    while not house.switches:
        house.tick(LITTLE_W)
    kept = json.loads(json.dumps(house.memory.to_json()))
    house.memory = Memory.from_json(kept, same_boot=same_boot)
    house.run(LITTLE_W, 300)
    assert (house.mind.kept, house.phases, len(house.switches)) == (None, 1, 1)


def restarted_on_all(house: PhaseHouse) -> None:
    """House and gateway were without power, and the car goes on by the charger's fallback."""
    kept = json.loads(json.dumps(house.memory.to_json()))
    house.memory = Memory.from_json(kept, same_boot=False)
    house.used, house.amps, house.seen = 3, 6.0, {}


def test_a_charge_that_goes_on_on_all_phases_after_a_power_cut_is_taken_as_it_is() -> None:
    house = PhaseHouse(rules=QUICK, mode=ChargerMode.MIN_SOLAR)
    house.run(LITTLE_W, 300)
    assert house.used == 1
    restarted_on_all(house)
    house.tick(LITTLE_W)
    assert (house.used, house.under_current) == (3, 0)
    house.run(LITTLE_W, 200)
    assert (house.used, house.under_current, house.mind.kept) == (1, 0, None)


def test_a_charge_that_goes_on_on_one_phase_after_a_restart_is_left_on_it() -> None:
    house = PhaseHouse(rules=QUICK, mode=ChargerMode.MIN_SOLAR)
    house.run(LITTLE_W, 300)
    count = len(house.switches)
    restarted_on_all(house)
    house.used = 1
    house.run(LITTLE_W, 300)
    assert (house.used, len(house.switches), house.mind.proven) == (1, count, (1,))


def test_who_fell_back_to_all_phases_while_away_is_reckoned_so_and_changed_by_the_rules() -> None:
    house = PhaseHouse(rules=QUICK)
    house.run(LITTLE_W, 300)
    assert (house.used, house.mind.used, house.mind.proven) == (1, 1, (1,))
    house.fallen_back = True
    house.tick(LITTLE_W)
    assert house.mind.used == 3
    assert house.last is not None
    assert house.last.phases == 3
    house.run(LITTLE_W, QUICK.dwell_s - 10)
    assert (house.used, len(house.switches)) == (3, 1)
    house.run(LITTLE_W, 200)
    assert (house.used, house.mind.kept, house.under_current) == (1, None, 0)
    assert len(house.mind.switched_s) == 3


@pytest.mark.parametrize("jump_s", [-7200.0, 7200.0, -3 * 86_400.0])
def test_a_clock_that_jumps_gives_the_contactor_no_more_changes(jump_s: float) -> None:
    house = PhaseHouse(rules=PhaseRules(dwell_s=60.0, most_a_day=2))
    house.run(LITTLE_W, 300)
    house.run(MUCH_W, 300)
    assert len(house.switches) == 2
    house.now = jumped(house, jump_s)
    swings(house, 3)
    assert len(house.switches) == 2


def test_a_gateway_that_learns_the_time_late_gives_the_contactor_no_more_changes() -> None:
    house = PhaseHouse(rules=PhaseRules(dwell_s=60.0, most_a_day=2))
    house.run(LITTLE_W, 300)
    house.run(MUCH_W, 300)
    house.now = jumped(house, 400 * 86_400.0)
    swings(house, 3)
    assert len(house.switches) == 2
