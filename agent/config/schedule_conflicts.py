"""Contradictions of schedules and places."""

import difflib
from collections.abc import Collection, Iterator

from agent.config.explain import fault
from agent.config.faults import Fault
from agent.config.household import locations_of
from agent.config.survey import House
from agent.places import too_near


def targets(house: House) -> Iterator[Fault]:
    """A schedule needs a charger or a car that there is, and one that no other schedule has."""
    owners: dict[tuple[str, str], str] = {}
    known = {kind: _names(house, f"{kind}s") for kind in ("charger", "vehicle")}
    for name, schedule in house.settings.schedules.items():
        where = ("schedules", name)
        if not house.sure(where, "charger", "vehicle", "enabled"):
            continue
        for kind, devices in known.items():
            target = getattr(schedule, kind)
            if target is None:
                continue
            if target not in devices:
                wrong = f"there is no such {kind}"
                remedy = _one_of(target, devices, f"add it under {kind}s, or correct the name")
                yield fault(house.tree, (*where, kind), target, wrong, remedy)
            elif schedule.enabled:
                first = owners.setdefault((kind, target), name)
                if first != name:
                    wrong = f"the schedule {first} steers it already"
                    remedy = "put the rules of both into one, or write enabled: false for one"
                    yield fault(house.tree, (*where, kind), target, wrong, remedy)


def schedule_locations(house: House) -> Iterator[Fault]:
    known = [house.settings.house.id, *house.settings.locations]
    for name, schedule in house.settings.schedules.items():
        if schedule.location is not None and schedule.location not in known:
            where = ("schedules", name, "location")
            remedy = _one_of(schedule.location, known, "correct the name")
            yield fault(house.tree, where, schedule.location, "there is no such place", remedy)


def location_chargers(house: House) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    chargers = _names(house, "chargers")
    for name, location in house.settings.locations.items():
        where = ("locations", name, "chargers")
        for charger in location.chargers:
            if charger not in chargers:
                remedy = _one_of(charger, chargers, "add it under chargers, or correct the name")
                yield fault(house.tree, where, charger, "there is no such charger", remedy)
            elif owners.setdefault(charger, name) != name:
                wrong = f"{charger} stands at {owners[charger]} already"
                yield fault(house.tree, where, None, wrong, "delete it at one of the two places")


def locations(house: House) -> Iterator[Fault]:
    """Places keep apart, from each other and from the house."""
    home = house.settings.house.id
    if home in house.settings.locations:
        wrong = "the house itself is a place of this name (house.id)"
        yield fault(house.tree, ("locations", home), None, wrong, "rename it, or delete it")
        return
    earlier = dict(list(locations_of(house.settings).items())[:1])
    for name, location in list(locations_of(house.settings).items())[1:]:
        near = too_near(location, earlier)
        earlier[name] = location
        if near is not None and house.sure(("locations", name), "latitude_deg", "longitude_deg"):
            wrong, _, rule = near.partition("; ")
            remedy = f"{rule}: correct the position, or delete one of the two"
            yield fault(house.tree, ("locations", name, "latitude_deg"), None, wrong, remedy)


def _names(house: House, group: str) -> Collection[str]:
    """The devices of a group, also those that have a fault of their own."""
    written = house.tree.get((group,))
    return list(written) if isinstance(written, dict) else []


def _one_of(chosen: str, known: Collection[str], otherwise: str) -> str:
    near = difflib.get_close_matches(chosen, known, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"write one of {', '.join(known)}" if known else otherwise
