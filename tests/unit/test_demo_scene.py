"""The demo's screenplay: what the house is told, and by when the city car is wanted."""

from datetime import timedelta
from pathlib import Path

import pytest

from agent.cli.demo.scene import (
    CITY_HOME_S,
    CITY_KWH,
    CITY_LEAVES_S,
    CITY_LIMIT_PERCENT,
    CITY_W,
    FAMILY_HOME_S,
    Scene,
)
from simulators.car_words import car_from, guest_from

SPEEDS = [1.0, 5.0, 19.9, 20.0, 60.0, 300.0, 1000.0]


def scene(speed: float, seed: int = 1) -> Scene:
    return Scene(folder=Path("nowhere"), speed=speed, seed=seed, trace=None)


@pytest.mark.parametrize("speed", SPEEDS)
def test_the_house_understands_what_it_is_told(speed: float) -> None:
    words = [*scene(speed).cars()]
    trips = "--trips" in words
    told = [word for word in words if word != "--trips"]
    pairs = [*zip(told[::2], told[1::2], strict=True)]
    cars = [car_from(text, 1, trips=trips) for option, text in pairs if option == "--car"]
    assert [car.name for car in cars] == ["CP001", "CP002", "CP003"]
    assert (cars[2].plugged, cars[2].trips) == (False, False)
    assert cars[1].capacity_wh == pytest.approx(CITY_KWH * 1000)
    assert (cars[1].errand is None) is trips
    assert trips is (speed >= 20)
    ((bay, _),) = [guest_from(text) for option, text in pairs if option == "--guest"]
    assert bay == "CP003"


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("seed", [1, 7])
def test_the_city_car_can_be_full_in_time_and_has_to_hurry(speed: float, seed: int) -> None:
    each = scene(speed, seed)
    begins = each.start()
    comes = begins + timedelta(seconds=each.city_home_s * speed)
    wanted = each.city_needed_at(begins + timedelta(seconds=4 * speed))
    missing_wh = (CITY_LIMIT_PERCENT - each.city_level_percent) / 100 * CITY_KWH * 1000 / 0.9
    charges = timedelta(hours=missing_wh / CITY_W)
    assert wanted.second == 0
    assert wanted >= comes + charges + min(timedelta(seconds=60 * speed), timedelta(minutes=16))
    assert wanted - charges - comes < timedelta(minutes=20)


def test_at_real_speed_it_is_full_before_it_drives_off() -> None:
    each = scene(1.0)
    missing_wh = (CITY_LIMIT_PERCENT - each.city_level_percent) / 100 * CITY_KWH * 1000 / 0.9
    assert CITY_HOME_S + 15 + missing_wh / CITY_W * 3600 < CITY_LEAVES_S - 20


def test_nobody_touches_chargers_just_after_a_car_came_home() -> None:
    each = scene(1.0)
    assert each.unsettled(FAMILY_HOME_S + 5)
    assert not each.unsettled(FAMILY_HOME_S + 25)
    assert each.cable_leaves(CITY_LEAVES_S + 3)
    assert not scene(60.0).cable_leaves(CITY_LEAVES_S + 3)
