"""Chargers that tell their power and no currents: nobody knows through which phases it goes."""

from dataclasses import replace
from typing import Any

import pytest

from agent.model.intents import ChargerMode
from tests.unit.house import SETTINGS
from tests.unit.phase_house import TICK_S, PhaseHouse

FUSE_A, MARGIN_A = 16.0, 1.0
HOUSE_W = 230.0 * 3
SLOW_TICKS = 1


def house(**kind: Any) -> PhaseHouse:
    narrow = replace(SETTINGS, fuse_a=FUSE_A)
    return PhaseHouse(mode=ChargerMode.FAST, tells=False, settings=narrow, **kind)


def starts(home: PhaseHouse, surplus_w: float, seconds: int) -> int:
    found = 0
    for _ in range(seconds // TICK_S):
        before_a = home.amps
        home.tick(surplus_w)
        found += not before_a and home.amps > 0
    return found


@pytest.mark.parametrize("kind", [{"car": 1}, {"car": 2}, {"car": 1, "own": {"phases": 1}}])
def test_a_car_on_fewer_phases_is_not_paused_again_and_again_at_the_fuse(
    kind: dict[str, Any],
) -> None:
    home = house(**kind)
    assert starts(home, 0.0, 600) == 1
    assert home.amps == FUSE_A - MARGIN_A


def test_a_charger_wired_to_one_phase_follows_the_house_as_if_it_told_its_current() -> None:
    home = house(car=1, own={"phases": 1})
    home.run(0.0, 60)
    assert starts(home, -HOUSE_W * 4, 60) == 0
    assert home.amps == pytest.approx(FUSE_A - MARGIN_A - 4.0, abs=0.2)


def test_a_car_on_one_phase_yields_to_the_house_within_a_tick() -> None:
    home = house(car=1)
    home.run(0.0, 60)
    home.run(-HOUSE_W * 9, 120)
    over = [max(each.values()) > FUSE_A + 0.01 for each in home.loaded_a]
    assert sum(over) == SLOW_TICKS


@pytest.mark.parametrize("load_a", [3, 10, 20, 30])
def test_a_car_that_takes_less_than_it_may_on_three_phases_still_leaves_the_house_its_room(
    load_a: int,
) -> None:
    """Its power is as much as a car on two phases would take at the limit."""
    home = PhaseHouse(
        mode=ChargerMode.FAST,
        tells=False,
        car_a=16.0,
        own={"max_a": 32.0},
        settings=replace(SETTINGS, fuse_a=35.0),
    )
    home.run(0.0, 60)
    home.run(-HOUSE_W * load_a, 60)
    assert max(home.loaded_a[-1].values()) <= max(35.0, load_a) + 0.01
