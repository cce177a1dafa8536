"""What a rounded recording tells of places: near and far, and no address."""

import json
from math import cos, hypot, nan, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.bridges.streams import positions
from agent.bridges.streams.positions import KM_PER_DEGREE, Place
from agent.bridges.streams.writing import Discretion, Writer
from agent.model.readings import VehicleReading
from tests.unit.test_taps import AT, CAR, now, picture

HOME = (50.8467, 4.3525)
degrees = st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))


def km(one: Place, other: Place) -> float:
    """Over a flat earth, with the house's own width of a degree east."""
    east = (one[1] - other[1]) * cos(radians(HOME[0]))
    return KM_PER_DEGREE * hypot(one[0] - other[0], east)


@given(away=degrees)
def test_who_is_at_home_and_who_is_away_remains_and_no_more(away: Place) -> None:
    place = HOME[0] + away[0], HOME[1] + away[1]
    told = positions.car(place, HOME)
    assert told is not None
    true_km, told_km = km(place, HOME), km(told, positions.house(HOME))
    if true_km < 0.2:
        assert told == positions.house(HOME)
    elif true_km > 0.27:
        assert told_km > 0.9
        assert told_km == pytest.approx(true_km, abs=1.0)


def test_two_places_in_one_kilometre_are_one() -> None:
    one, other = (50.90, 4.40), (50.901, 4.401)
    assert positions.car(one, HOME) == positions.car(other, HOME)


def test_without_a_house_a_car_is_rounded_like_one() -> None:
    assert positions.car((50.8467, 4.3525), None) == (50.8, 4.4)


def test_what_is_no_place_is_not_told() -> None:
    assert positions.car((nan, 4.0), HOME) is None


def test_a_rounded_recording_has_neither_the_house_nor_the_car_s_true_place() -> None:
    writer = Writer(Discretion(positions=positions.Positions.ROUNDED))
    head = writer.header(picture())
    assert json.loads(head)["site"] == dict(
        zip(("latitude", "longitude"), positions.house((50.85, 4.35)), strict=True)
    )
    assert b"50.85" not in head
    home = VehicleReading(device=CAR, at=AT, mono_s=1000.0, latitude_deg=50.8501,
                          longitude_deg=4.3502, accuracy_m=8.0)  # fmt: skip
    line = writer.line(home, now())
    assert line is not None
    assert b"50.85" not in line
    assert b"accuracyM" not in line
    assert line.count(b"latitude") == 1
