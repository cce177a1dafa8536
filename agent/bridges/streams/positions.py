"""Where the house and its cars are, as far as a file that is given away may tell."""

from enum import StrEnum
from math import copysign, cos, hypot, isfinite, radians
from typing import Final

Place = tuple[float, float]
"""Degrees north and east."""

KM_PER_DEGREE: Final = 111.32
HOUSE_DIGITS: Final = 1
"""Of the house's degrees: some ten kilometres, as good as a district."""

AT_HOME_KM: Final = 0.235
"""Between the circle of a Location to enter (200 m) and that to leave (270 m)."""


class Positions(StrEnum):
    """exact; rounded: the house to some 10 km, cars to whole kilometres from the house, so that
    near and far remain; none."""

    EXACT = "exact"
    ROUNDED = "rounded"
    NONE = "none"


def house(home: Place) -> Place:
    """The house, to some ten kilometres."""
    return round(home[0], HOUSE_DIGITS), round(home[1], HOUSE_DIGITS)


def car(place: Place, home: Place | None) -> Place | None:
    """The car as seen from the rounded house; at home it is exactly there, else a whole number
    of kilometres away.

    Args:
        home: the house as it is; without it the car is rounded like a house.

    Returns:
        None for what is no place.
    """
    if not all(isfinite(degrees) for degrees in place):
        return None
    if home is None:
        return house(place)
    east_km = KM_PER_DEGREE * max(0.01, cos(radians(home[0])))
    north, east = (place[0] - home[0]) * KM_PER_DEGREE, (place[1] - home[1]) * east_km
    base = house(home)
    if hypot(north, east) <= AT_HOME_KM:
        return base
    whole = [float(round(north)), float(round(east))]
    if whole == [0.0, 0.0]:
        further = 0 if abs(north) >= abs(east) else 1
        whole[further] = copysign(1.0, (north, east)[further])
    return (
        round(base[0] + whole[0] / KM_PER_DEGREE, 4),
        round(base[1] + whole[1] / east_km, 4),
    )
