"""A household-month as a stream, and beside it what is true."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import orjson

from benchmarks.pairing.car_lines import Line, car_lines
from benchmarks.pairing.charger_lines import charger_lines
from benchmarks.pairing.dice import Dice, Marks
from benchmarks.pairing.identifiable import identifiable
from benchmarks.pairing.people import populate
from benchmarks.pairing.profiles import Profile, draw
from benchmarks.pairing.things import House, Throttle
from benchmarks.pairing.world import DAY, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Plug:
    """One plug-in on a charger of the house. `car` None: a guest."""

    charger: str
    car: str | None
    from_s: float
    to_s: float
    identifiable: bool
    online: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """
    Args:
        lines: in the order in which they are heard.
        plugs: what is true; never part of the stream.
    """

    seed: int
    days: int
    starts_at: int
    header: dict[str, Any]
    lines: list[Line]
    plugs: list[Plug]

    def stream(self, lines: list[Line] | None = None) -> Iterator[bytes]:
        """The lines of the file, each with its end; `lines` instead of all if given."""
        yield orjson.dumps(self.header, option=orjson.OPT_APPEND_NEWLINE)
        for line in self.lines if lines is None else lines:
            yield self.spelled(line)

    def spelled(self, line: Line) -> bytes:
        tree = {"seen": self.time(line.seen_s), "device": line.device}
        if line.at_s is not None:
            tree["at"] = self.time(line.at_s)
        return orjson.dumps(tree | line.fields, option=orjson.OPT_APPEND_NEWLINE)

    def truth(self) -> Iterator[bytes]:
        for plug in self.plugs:
            tree = {
                "chargerId": plug.charger,
                "vehicleId": plug.car,
                "guest": plug.car is None,
                "from": self.time(plug.from_s),
                "to": self.time(plug.to_s),
                "identifiable": plug.identifiable,
                "online": plug.online,
            }
            yield orjson.dumps(tree, option=orjson.OPT_APPEND_NEWLINE)

    def time(self, t_s: float) -> str:
        return datetime.fromtimestamp(self.starts_at + int(t_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def household(profile: Profile, seed: int, days: int) -> Household:
    """The same for the same arguments."""
    return Life(profile, seed, days).lived()


class Life:
    """One household, to be lived once or, with steps of its chargers, again.

    Args:
        change: what is made of the house that was drawn.
    """

    def __init__(
        self,
        profile: Profile,
        seed: int,
        days: int,
        change: Callable[[House], None] = lambda _: None,
    ) -> None:
        self._drawn, self._change = (profile, seed, days), change
        self._marks: Marks = {}
        self.house = draw(profile, seed, days)

    def lived(self, steps: Sequence[Throttle] = ()) -> Household:
        """The same for the same steps; and the same as without a step until it begins.

        The first call must be one without steps.
        """
        house, days = draw(*self._drawn), self._drawn[2]
        self._change(house)
        world = World(house, Random(f"{house.profile} {house.seed} life"))
        for step in steps:
            world.step(step)
        populate(world, days)
        world.run(days * DAY)
        return _told(world, days, self._marks)


def _told(world: World, days: int, marks: Marks) -> Household:
    house, end_s = world.house, days * DAY
    lines = _heard(house, _lines(world, end_s, marks))
    plugs = [
        Plug(
            charger=visit.charger.name,
            car=visit.car.name if visit.car.ours else None,
            from_s=visit.from_s,
            to_s=min(visit.to_s, end_s),
            identifiable=False,
            online=not any(a <= visit.to_s < b + 30 for a, b in visit.charger.offline),
        )
        for visit in world.visits
        if visit.charger and 0 < visit.from_s < min(visit.to_s, end_s)
    ]
    return Household(
        seed=house.seed,
        days=days,
        starts_at=house.starts_at,
        header=_header(house),
        lines=lines,
        plugs=identifiable(house, world.visits, lines, plugs),
    )


def _lines(world: World, end_s: float, marks: Marks) -> list[Line]:
    house, lines = world.house, list[Line]()
    tokens = {visit.number: visit.token for visit in world.visits}
    for charger in house.chargers:
        dice = Dice(f"{house.profile} {house.seed} {charger.name}", marks)
        lines += charger_lines(charger, tokens, end_s, dice)
    for car in house.cars:
        dice = Dice(f"{house.profile} {house.seed} {car.name}", marks)
        lines += car_lines(car, house, end_s, dice)
    lines = [line for line in lines if line.seen_s < end_s]
    lines.sort(key=lambda line: line.seen_s)
    return lines


def _heard(house: House, lines: list[Line]) -> list[Line]:
    """Without what was said while Hearth did not run; after that all devices tell anew how they
    stand: chargers are asked, cars' gateways keep their last message."""
    names = [d.name for d in house.cars] + [d.name for d in house.chargers]
    for begins_s, ends_s in house.silences:
        first = bisect_left(lines, begins_s, key=lambda line: line.seen_s)
        last = bisect_left(lines, ends_s, key=lambda line: line.seen_s)
        again = [
            line
            for device in names
            if (line := _standing(lines[:last], device, ends_s)) is not None
        ]
        lines = lines[:first] + again + lines[last:]
    return lines


def _standing(lines: list[Line], device: str, seen_s: float) -> Line | None:
    """Everything that a device said, each field as it said it last."""
    fields: dict[str, Any] = {}
    newest: float | None = None
    charger = device.startswith("box")
    for line in reversed(lines):
        if line.device != device or line.at_s is None:
            continue
        newest = line.at_s if newest is None else newest
        fields = line.fields | fields
        if line.seen_s < seen_s - DAY or (charger and "powerDeliveryState" in fields):
            break
    if newest is None:
        return None
    for name in ("sessionId", "idToken", "isReachable"):
        fields.pop(name, None)
    if charger:
        newest = seen_s
    return Line(seen_s, newest, device, fields)


def _header(house: House) -> dict[str, Any]:
    devices: list[dict[str, Any]] = []
    for car in house.cars:
        row = {
            "id": car.name,
            "kind": "vehicle",
            "batteryCapacity": car.told_kwh,
            "maxChargeRate": car.ac_kw,
            "minChargeRate": 1.4 if car.phases == 1 else 4.1,
            "phases": car.phases,
            "reportsLocation": car.source.gps != "none",
        }
        devices.append({k: v for k, v in row.items() if v is not None})
    for box in house.chargers:
        kw = round(box.rated_a * box.phases * 0.23, 1)
        row = {"id": box.name, "kind": "charger", "maxChargeRate": kw, "phases": box.phases}
        devices.append(row)
    header: dict[str, Any] = {
        "hearth": "stream/1",
        "timezone": house.timezone,
        "site": {"latitude": house.lat, "longitude": house.lon},
        "devices": devices,
    }
    known = {t: car.name for car in house.cars if car.known_tokens for t in car.tokens}
    if known:
        header["idTokens"] = known
    return header
