"""How a car's source reports, as `hearth status --vehicle` shows it."""

import pytest

from agent.model.readings import DeviceId
from agent.pairing import pin
from agent.pairing.reported import WITHIN_S, all_reporting, reporting
from agent.pairing.reporting import DELAY_PRIOR
from tests.unit.engine_house import CAR, House, car
from tests.unit.pairing_world import World, at, settings

A = DeviceId("a")


def session(world: World, start: float, late: float) -> None:
    """The car comes, and says until `late` minutes after its plug that it is unplugged."""
    world.unplug(start)
    world.car(start, soc_percent=40.0)
    world.plug(start + 10)
    world.car(start + 10 + late - 0.5, soc_percent=40.0)
    for minute in range(5):
        since = start + 10 + late + minute * 10
        world.on(since, soc_percent=40.0 + minute * 2)
    world.unplug(start + 70)
    world.car(start + 71, soc_percent=48.0)


def test_a_car_that_never_spoke_has_nothing_to_show() -> None:
    assert reporting(World(settings("a")).memory, A) is None
    assert reporting(World(settings("a")).memory, DeviceId("nobody")) is None


def test_a_source_that_tells_within_minutes_is_found_to() -> None:
    world = World(settings("a"))
    world.memory = pin(world.memory, DeviceId("box"), A, at(0))
    for number in range(6):
        session(world, number * 200, late=3)
    found = reporting(world.memory, A)
    assert found is not None
    assert found.samples == 6
    assert found.delay_s == 1200.0
    assert found.rounding_percent == 2.0
    assert found.on_change_only is False
    assert found.ghost_rate == 0.0
    assert found.silence_s == pytest.approx(7740, abs=300)  # from unplug to the next drive


def test_a_source_that_tells_only_changes_is_found_to() -> None:
    world = World(settings("a"))
    world.hear(0, "a", soc_percent=40.0)
    found = reporting(world.memory, A)
    assert found is not None
    assert (found.on_change_only, found.delay_s, found.samples) == (True, None, 0)
    assert (found.silence_s, found.ghost_rate) == (None, None)


def test_the_bounds_are_those_of_the_counts() -> None:
    assert len(WITHIN_S) == len(DELAY_PRIOR) - 1  # the last count is of those that never come


def test_the_engine_s_house_shows_it() -> None:
    house = House()
    house.later(1, car())
    house.later(301, car())
    assert house.state.routine.reporting == all_reporting(house.state.routine.pairing)
    assert CAR in house.state.routine.reporting
