"""Where a car was, as it told it."""

import math
from typing import NamedTuple

from agent.model.pairs import Observation

PLACES = 6
SAME_PLACE_M = 150.0
METRES_PER_DEGREE = 111_320.0


class Place(NamedTuple):
    latitude_deg: float
    longitude_deg: float
    accuracy_m: float
    since_s: float
    until_s: float


def placed(places: tuple[Place, ...], said: Observation, at_s: float) -> tuple[Place, ...]:
    latitude, longitude = said.latitude_deg, said.longitude_deg
    if latitude is None or longitude is None or not (-90 <= latitude <= 90):  # noqa: PLR2004
        return places
    if not -180 <= longitude <= 180 or (latitude == 0 and longitude == 0):  # noqa: PLR2004
        return places  # 0/0 in the Atlantic is what a receiver without a fix says
    new = Place(latitude, longitude, max(0.0, said.accuracy_m or 0.0), at_s, at_s)
    if not places:
        return (new,)
    last = places[-1]
    if at_s <= last.until_s:
        return places
    if distance_m(last, new) <= max(SAME_PLACE_M, last.accuracy_m):
        return (*places[:-1], last._replace(until_s=at_s))
    return (*places, new)[-PLACES:]


def distance_m(one: Place, other: Place) -> float:
    """Over a flat earth, good enough for a few kilometres."""
    north = one.latitude_deg - other.latitude_deg
    east = (one.longitude_deg - other.longitude_deg) * math.cos(math.radians(one.latitude_deg))
    return METRES_PER_DEGREE * math.hypot(north, east)
