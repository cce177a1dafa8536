"""Where cars and chargers are."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.readings import DeviceId, DeviceKind, VehicleReading
from agent.model.schedules import Location
from agent.model.snapshot import Snapshot, fold
from agent.places import Places, distance_m, faults, place_of, step, too_near, without
from tests.unit.house import CARPORT, GARAGE, GRID, NOON, info, snapshot
from tests.unit.schedule_world import CAR, night

HOME = Location(id="home", name="Home", latitude_deg=59.9, longitude_deg=10.7, timezone="UTC")
CABIN = Location(
    id="cabin", name="Cabin", latitude_deg=61.0, longitude_deg=9.0, chargers=(CARPORT,)
)
BOTH = {"home": HOME, "cabin": CABIN}
M = 1 / 111_195.08  # degrees of latitude per metre on a sphere of 6 371 008.8 m
DEVICES = (
    info(GARAGE, DeviceKind.CHARGER),
    info(CARPORT, DeviceKind.CHARGER),
    info(GRID, DeviceKind.METER),
    info(CAR, DeviceKind.VEHICLE),
    info(DeviceId("ocpp"), DeviceKind.LINK),
)


def car(metres: float, of: Location = HOME, seconds: float = 0, **more: float) -> VehicleReading:
    """The car, so many metres north of a place."""
    at = NOON.later(seconds)
    assert of.latitude_deg is not None
    given: dict[str, float | None] = {
        "latitude_deg": of.latitude_deg + metres * M, "longitude_deg": of.longitude_deg,
    }  # fmt: skip
    return VehicleReading(device=CAR, at=at.at, mono_s=at.mono_s, **(given | more))  # type: ignore[arg-type]


def walk(*readings: VehicleReading, locations: dict[str, Location] = BOTH) -> list[str | None]:
    """The place of the car after each of them."""
    places, house, found = Places(), dict[DeviceId, object](), []
    seen = None
    for reading in readings:
        seen = reading if seen is None else seen
        house[CAR] = fold(house.get(CAR), reading)  # type: ignore[arg-type]
        now = NOON.later(reading.mono_s - NOON.mono_s)
        places = step(places, house, DEVICES, locations, {}, "home", now)  # type: ignore[arg-type]
        found.append(places.where[CAR])
    return found


def here(house: Snapshot, places: Places = Places(), **pairs: DeviceId) -> Places:  # noqa: B008
    charger_of = {CAR: pairs["on"]} if pairs else {}
    return step(places, house, DEVICES, BOTH, charger_of, "home", NOON)


def test_a_car_enters_within_200_m_and_leaves_beyond_270_m() -> None:
    metres = (400, 201, 199.5, 201, 269.5, 270.5, 269.5, 199.5)
    there = walk(*(car(m, seconds=n) for n, m in enumerate(metres)))
    assert there == [None, None, "home", "home", "home", None, None, "home"]


def test_in_two_places_at_once_it_entered_the_nearer() -> None:
    near = replace(CABIN, id="shed", latitude_deg=59.9 + 150 * M, longitude_deg=10.7)
    crowded = {"home": HOME, "shed": near}
    assert walk(car(80), locations=crowded) == ["shed"]
    assert walk(car(70), car(140, seconds=1), locations=crowded) == ["home", "home"]
    assert walk(car(75.0), locations={"shed": near, "home": HOME}) in (["home"], ["shed"])


def test_a_position_that_is_too_rough_changes_nothing() -> None:
    rough, fine = car(5000, seconds=5, accuracy_m=201), car(5000, seconds=10, accuracy_m=200)
    assert walk(car(0), rough, fine) == ["home", "home", None]
    assert walk(car(0, accuracy_m=500.0)) == [None]


def test_an_old_accuracy_says_nothing_of_a_new_position() -> None:
    assert walk(car(0), car(9, seconds=5, accuracy_m=900), car(5000, seconds=100)) == [
        "home",
        "home",
        None,
    ]


def test_half_a_position_and_that_of_a_receiver_without_satellites_change_nothing() -> None:
    later = NOON.later(600)
    half = VehicleReading(device=CAR, at=later.at, mono_s=later.mono_s, latitude_deg=10.0)
    assert walk(car(0), half) == ["home", "home"]
    null = car(0, seconds=600, latitude_deg=0.0, longitude_deg=0.0)
    assert walk(car(0), null) == ["home", "home"]


def test_a_position_of_more_than_seven_days_ago_is_none() -> None:
    house = snapshot(car(0))
    places = here(house)
    for days, place in ((6.9, "home"), (7.1, None)):
        now = NOON.later(timedelta(days=days).total_seconds())
        assert step(places, house, DEVICES, BOTH, {}, "home", now).where[CAR] == place


def test_a_restart_keeps_a_car_where_it_was_until_it_says_otherwise() -> None:
    places = here(snapshot(car(150)), here(snapshot(car(0))))
    again = Places.from_json(places.to_json())
    assert again == places
    assert here({}, again).where[CAR] == "home"
    assert here(snapshot(car(250)), again).where[CAR] == "home"
    assert here(snapshot(car(250))).where[CAR] is None


def test_what_does_not_move_stands_where_it_is_listed_else_at_home() -> None:
    places = here({})
    assert places.where == {GARAGE: "home", CARPORT: "cabin", GRID: "home", CAR: None}
    twice = BOTH | {"attic": replace(CABIN, id="attic")}
    assert place_of(CARPORT, twice, "home") == "attic"


def test_a_car_on_a_charger_of_ours_is_where_the_charger_is() -> None:
    assert here({}, on=CARPORT).where[CAR] == "cabin"
    assert here(snapshot(car(9000)), on=GARAGE).where[CAR] == "home"
    paired = here({}, on=GARAGE)
    assert here({}, paired).where[CAR] is None


def test_a_place_that_is_gone_holds_no_car() -> None:
    places = here(snapshot(car(0, CABIN)))
    assert places.where[CAR] == "cabin"
    left = step(places, snapshot(car(0, CABIN)), DEVICES, {"home": HOME}, {}, "home", NOON)
    assert left.where[CAR] is None
    silent = step(places, {}, DEVICES, {"home": HOME}, {}, "home", NOON)
    assert silent.where[CAR] is None


def test_a_place_that_moved_away_is_left_and_one_that_came_is_entered() -> None:
    house = snapshot(car(0))
    places = here(house)
    moved = {"home": replace(HOME, latitude_deg=60.5), "cabin": replace(HOME, id="cabin")}
    assert step(places, house, DEVICES, moved, {}, "home", NOON).where[CAR] == "cabin"


def test_a_place_without_a_position_is_entered_by_no_car() -> None:
    bare = {"home": replace(HOME, latitude_deg=None, longitude_deg=None)}
    assert walk(car(0), locations=bare) == [None]


def test_nothing_new_is_the_same_value() -> None:
    places = here({})
    assert here({}, places) is places


def test_a_new_place_keeps_200_m_from_the_others() -> None:
    near = replace(CABIN, latitude_deg=59.9 + 199 * M, longitude_deg=10.7)
    assert too_near(near, {"home": HOME}) == "Cabin is 199 m from Home; places must be 200 m apart"
    assert too_near(replace(near, latitude_deg=59.9 + 201 * M), {"home": HOME}) is None
    assert too_near(HOME, BOTH) is None
    assert too_near(replace(near, latitude_deg=None, longitude_deg=None), BOTH) is None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"longitude_deg": None}, "latitude and longitude belong together; give both or neither"),
        ({"latitude_deg": 91.0}, "latitude 91 is not on Earth; write -90 to 90"),
        ({"longitude_deg": -181.0}, "longitude -181 is not on Earth; write -180 to 180"),
        ({"timezone": "CET/Oslo"}, "no such time zone: CET/Oslo; write one such as Europe/Berlin"),
    ],
)
def test_what_is_wrong_with_a_place_is_said(change: dict[str, object], fault: str) -> None:
    assert faults(HOME) == ()
    assert faults(replace(HOME, **change)) == (fault,)  # type: ignore[arg-type]


def test_the_schedules_of_a_deleted_place_are_disabled() -> None:
    there, off = night(id="a", location="cabin"), night(id="b", location="cabin", enabled=False)
    others = {"a": there, "b": off, "c": night(id="c"), "d": night(id="d", location="home")}
    assert without("cabin", others) == (replace(there, enabled=False),)


def test_distances_are_those_of_a_sphere() -> None:
    oslo, bergen = (59.9139, 10.7522), (60.3913, 5.3221)
    assert distance_m(oslo, bergen) == pytest.approx(304_900, rel=0.005)
    assert distance_m((0.0, 179.9999), (0.0, -179.9999)) == pytest.approx(22.2, abs=0.1)
    assert distance_m((90.0, 0.0), (-90.0, 0.0)) == pytest.approx(20_015_115, abs=1)


points = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(points, points)
def test_a_distance_is_the_same_both_ways_and_never_negative(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    assert distance_m(one, other) >= 0
    assert distance_m(one, other) == pytest.approx(distance_m(other, one), abs=0.01)
