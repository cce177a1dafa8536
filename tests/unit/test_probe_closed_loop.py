"""Two identical cars that came in the same minutes and tell of it late: only the echo of a probe
can say who is where."""

import pytest

from agent.model.actions import ActionState
from agent.model.pairs import ProbePolicy
from tests.unit.house import CARPORT, GARAGE
from tests.unit.probe_house import ProbeHouse
from tests.unit.probe_world import ONE, TWO


def two_alike(
    *,
    swapped: bool,
    tells_power: bool,
    late_s: float,
    every_s: float = 240.0,
    policy: ProbePolicy = ProbePolicy.WHEN_IT_MATTERS,
) -> ProbeHouse:
    """They have charged alike for a quarter of an hour; nobody can tell them apart."""
    house = ProbeHouse(swapped=swapped, policy=policy)
    for car in house.cars.values():
        car.tells_power, car.late_s, car.every_s = tells_power, late_s, every_s
    house.pausable = None if tells_power else True
    house.come()
    house.passes(900)
    assert house.probes == []
    assert set(house.found.values()) == {None}
    return house


@pytest.mark.parametrize("late_s", [0.0, 60.0, 200.0])
@pytest.mark.parametrize("swapped", [False, True])
def test_a_pause_is_echoed_by_the_car_that_hangs_there(*, swapped: bool, late_s: float) -> None:
    house = two_alike(swapped=swapped, tells_power=False, late_s=late_s)
    house.passes(1500)
    assert house.found == house.truth
    assert [a.state for a in house.probes] == [ActionState.CONFIRMED]
    assert 0.0 in {amps for _, _, amps in house.log}
    assert house.given_a == {GARAGE: 16.0, CARPORT: 16.0}


@pytest.mark.parametrize("every_s", [120.0, 240.0, 600.0])
@pytest.mark.parametrize("late_s", [0.0, 60.0, 200.0])
@pytest.mark.parametrize("swapped", [False, True])
def test_a_slower_charge_is_echoed_and_ends_as_soon_as_it_is_seen(
    *, swapped: bool, late_s: float, every_s: float
) -> None:
    house = two_alike(swapped=swapped, tells_power=True, late_s=late_s, every_s=every_s)
    while set(house.found.values()) == {None}:
        house.tick()
        assert house.elapsed_s < 3000
    house.passes(20)
    assert house.found == house.truth
    assert [a.state for a in house.probes] == [ActionState.CONFIRMED]
    assert {amps for _, _, amps in house.log} == {6.0, 16.0}
    assert house.given_a == {GARAGE: 16.0, CARPORT: 16.0}
    (down_s, _, _), (up_s, _, _) = house.log
    assert up_s - down_s <= every_s + late_s + 20


def test_its_evidence_is_a_sentence() -> None:
    house = two_alike(swapped=False, tells_power=True, late_s=60.0)
    house.passes(1500)
    told = house.state.routine.pairing.beliefs[GARAGE].evidence
    says = next(each.says for each in told if each.kind == "echo")
    assert "the charger was given another current at" in says
    assert "one went from 10.2 to 3.8 kW between" in says or "from 3.8 to 10.2 kW" in says


def test_without_a_probe_they_stay_unknown() -> None:
    house = two_alike(swapped=False, tells_power=True, late_s=60.0, policy=ProbePolicy.OFF)
    house.passes(3600)
    assert house.probes == []
    assert set(house.found.values()) == {None}
    assert set(house.truth.values()) == {ONE, TWO}


def test_a_car_that_says_nothing_meanwhile_is_not_named_and_nothing_more_is_probed() -> None:
    house = two_alike(swapped=False, tells_power=True, late_s=60.0)
    for car in house.cars.values():
        car.mute = True
    house.passes(1800)
    assert [a.state for a in house.probes] == [ActionState.CONFIRMED]
    assert set(house.found.values()) == {None}
