"""Where things are: at which Location each device is, and what a Location may be. Pure.

A Location is a circle: a car enters it within 200 m and leaves it beyond 270 m; in two at once it
entered the nearer. Chargers, meters and batteries have no position: they stand at the Location that
lists them, else at the house's own. A car on a charger of ours is where the charger is.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.nothing import nothing
from agent.model.readings import DeviceId, DeviceKind, VehicleReading
from agent.model.schedules import Location, Schedule
from agent.model.snapshot import FORGET_AFTER_S, Seen, Snapshot
from agent.plan.calendar import UnknownZone, zone

ENTER_M = 200.0
LEAVE_M = 270.0
APART_M = 200.0
"""Two Locations may not be nearer to each other when one is made."""
WORST_ACCURACY_M = 200.0
TOGETHER_S = 60.0
"""Latitude and longitude said further apart are of two different places."""
EARTH_M = 6_371_008.8
"""Mean radius, IUGG."""

Point = tuple[float, float]
"""Degrees north, degrees east."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Args:
    where: device -> id of the Location at which it is; None = at none of ours.
    fences: vehicle -> the circle that it was last seen in; the hysteresis needs it.
    """

    where: Mapping[DeviceId, str | None] = field(default_factory=nothing)
    fences: Mapping[DeviceId, str | None] = field(default_factory=nothing)

    def to_json(self) -> dict[str, Any]:
        return {"where": dict(self.where), "fences": dict(self.fences)}

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> "Places":
        """Read what to_json wrote."""
        found = {
            name: MappingProxyType({DeviceId(d): p for d, p in tree.get(name, {}).items()})
            for name in ("where", "fences")
        }
        return cls(where=found["where"], fences=found["fences"])


def step(
    places: Places,
    snapshot: Snapshot,
    devices: Iterable[DeviceInfo],
    locations: Mapping[str, Location],
    charger_of: Mapping[DeviceId, DeviceId],
    home: str,
    now: Now,
) -> Places:
    """Where every device is now.

    Args:
        charger_of: vehicle -> the charger on which it is known to hang.
        home: id of the house's own Location.
    """
    where, fences = dict[DeviceId, str | None](), dict[DeviceId, str | None]()
    for info in devices:
        if info.kind is DeviceKind.LINK:
            continue
        if info.kind is not DeviceKind.VEHICLE:
            where[info.id] = place_of(info.id, locations, home)
            continue
        fence = _fence(places.fences.get(info.id), snapshot.get(info.id), locations, now)
        charger = charger_of.get(info.id)
        fences[info.id] = fence
        where[info.id] = fence if charger is None else place_of(charger, locations, home)
    if where == places.where and fences == places.fences:
        return places
    return Places(where=MappingProxyType(where), fences=MappingProxyType(fences))


def place_of(device: DeviceId, locations: Mapping[str, Location], home: str) -> str:
    """The Location of a device that does not move; listed twice, the first by id."""
    listing = [each.id for each in locations.values() if device in each.chargers]
    return min(listing, default=home)


def _fence(
    before: str | None, seen: Seen[Any] | None, locations: Mapping[str, Location], now: Now
) -> str | None:
    known = locations.get(before or "")
    kept = before if known is not None and _centre(known) is not None else None
    if seen is None or not isinstance(seen.value, VehicleReading):
        return kept
    age_s = seen.age_s("latitude_deg", now.mono_s)
    if age_s is not None and age_s > FORGET_AFTER_S:
        return None
    point = _position(seen)
    if point is None:
        return kept
    away_m = {
        each.id: distance_m(point, centre)
        for each in locations.values()
        if (centre := _centre(each)) is not None
    }
    if kept is not None and away_m[kept] <= LEAVE_M:
        return kept
    return min(
        (name for name, metres in away_m.items() if metres <= ENTER_M),
        key=lambda name: (away_m[name], name),
        default=None,
    )


def _position(seen: Seen[VehicleReading]) -> Point | None:
    """A position that may change anything: whole, precise enough, and not the 0, 0 of a receiver
    without satellites."""
    car, said = seen.value, seen.said_mono_s
    if car.latitude_deg is None or car.longitude_deg is None:
        return None
    if abs(said["latitude_deg"] - said["longitude_deg"]) > TOGETHER_S:
        return None
    newest = max(said["latitude_deg"], said["longitude_deg"])
    rough = car.accuracy_m is not None and car.accuracy_m > WORST_ACCURACY_M
    if rough and newest - said["accuracy_m"] <= TOGETHER_S:
        return None
    point = (car.latitude_deg, car.longitude_deg)
    return None if point == (0.0, 0.0) else point


def _centre(location: Location) -> Point | None:
    if location.latitude_deg is None or location.longitude_deg is None:
        return None
    return location.latitude_deg, location.longitude_deg


def distance_m(one: Point, other: Point) -> float:
    """Along the surface of a sphere (haversine); off by 0.5 % at the most."""
    north_1, north_2 = math.radians(one[0]), math.radians(other[0])
    east = math.radians(other[1] - one[1])
    chord = (
        math.sin((north_2 - north_1) / 2) ** 2
        + math.cos(north_1) * math.cos(north_2) * math.sin(east / 2) ** 2
    )
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(chord)))


def faults(location: Location) -> tuple[str, ...]:
    """What is wrong with a Location by itself (400), one sentence each with the remedy."""
    found = []
    north, east = location.latitude_deg, location.longitude_deg
    if (north is None) != (east is None):
        found.append("latitude and longitude belong together; give both or neither")
    if north is not None and not -90 <= north <= 90:  # noqa: PLR2004 the poles
        found.append(f"latitude {north:g} is not on Earth; write -90 to 90")
    if east is not None and not -180 <= east <= 180:  # noqa: PLR2004 the date line
        found.append(f"longitude {east:g} is not on Earth; write -180 to 180")
    try:
        zone(location.timezone)
    except UnknownZone as error:
        found.append(str(error))
    return tuple(found)


def too_near(location: Location, locations: Mapping[str, Location]) -> str | None:
    """Which other Location is nearer than 200 m: 400 for a new one, a warning for an edited one."""
    centre = _centre(location)
    if centre is None:
        return None
    for other in locations.values():
        there = _centre(other)
        if other.id == location.id or there is None:
            continue
        metres = distance_m(centre, there)
        if metres < APART_M:
            return (
                f"{location.name or location.id} is {metres:.0f} m from {other.name or other.id};"
                f" places must be {APART_M:.0f} m apart"
            )
    return None


def without(location: str, schedules: Mapping[str, Schedule]) -> tuple[Schedule, ...]:
    """The schedules that a deleted Location disables, as they are afterwards."""
    return tuple(
        replace(each, enabled=False)
        for each in schedules.values()
        if each.location == location and each.enabled
    )
