"""Two identical cars that came in the same minutes and tell of it late: only the echo of a probe
can say who is where."""

import pytest

from agent.model.actions import ActionState
from tests.unit.house import CARPORT, GARAGE
from tests.unit.probe_house import ProbeHouse
from tests.unit.probe_world import ONE, TWO


def two_alike(*, swapped: bool, tells_power: bool, late_s: float) -> ProbeHouse:
    """They have charged alike for half an hour; nobody can tell them apart."""
    house = ProbeHouse(swapped=swapped)
    for car in house.cars.values():
        car.tells_power, car.late_s = tells_power, late_s
    house.pausable = True
    house.come()
    house.passes(1800)
    return house


@pytest.mark.parametrize("late_s", [0.0, 60.0, 200.0])
@pytest.mark.parametrize("swapped", [False, True])
def test_a_pause_is_echoed_by_the_car_that_hangs_there(*, swapped: bool, late_s: float) -> None:
    house = two_alike(swapped=swapped, tells_power=False, late_s=late_s)
    if not house.probes:
        assert set(house.found.values()) == {None}
        house.wish()
    house.passes(1200)
    assert house.found == house.truth
    assert [a.state for a in house.probes] == [ActionState.CONFIRMED]
    assert house.given_a == {GARAGE: 16.0, CARPORT: 16.0}


def test_without_a_probe_they_stay_unknown() -> None:
    house = two_alike(swapped=False, tells_power=False, late_s=60.0)
    house.pausable = None
    house.passes(3600)
    assert house.probes == []
    assert set(house.found.values()) == {None}
    assert set(house.truth.values()) == {ONE, TWO}
