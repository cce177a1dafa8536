"""What pairing remembers, and its way to disk and back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from math import inf
from types import MappingProxyType
from typing import Any

from agent.model.clock import Now
from agent.model.nothing import nothing
from agent.model.pairs import Belief, LockedBy, Pair, PairingSettings
from agent.model.readings import DeviceId
from agent.pairing.evidence import Items, token_key
from agent.pairing.places import Place
from agent.pairing.reporting import Reporting
from agent.pairing.runs import Run
from agent.pairing.sessions import log_odds, restarted
from agent.pairing.tracks import Car, Charger, Ended, Session

SWAP_S = 180.0
"""A car can be swapped unseen while Hearth is away for longer than that."""

Habits = Mapping[DeviceId, Mapping[str, float]]
"""Per charger how many sessions each car has had there; "" = strangers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is held of one charger with a car on it.

    Args:
        shares: the probability of each car.
        items: what speaks for and against each car.
        vehicle: what is published; None = unknown.
        since_at: since when it is published.
        weak_since_s: since when it is less likely than it should be.
        weighed_s: when it was last weighed; `waits`: cars that told more since then.
        due_s: when time alone may change what is published.
        asked: a probe was wished for.
    """

    shares: Mapping[DeviceId, float] = field(default_factory=nothing)
    items: Mapping[DeviceId, Items] = field(default_factory=nothing)
    vehicle: DeviceId | None = None
    locked_by: LockedBy = LockedBy.HEURISTIC
    since_at: datetime | None = None
    weak_since_s: float | None = None
    weighed_s: float = -inf
    waits: frozenset[DeviceId] = frozenset()
    due_s: float | None = None
    asked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """A frozen value; step() gives the next one.

    Args:
        owners: token -> car, as tokens are compared.
        reports: how each car reports, and "" strangers, as learned.
        held: by charger with a car on it.
        beliefs, pairs: as they were last given out.
        now: the instant of the last step; None = there was none.
        due_s: monotonic instant at which time alone may change something; None = never.
    """

    settings: PairingSettings
    owners: Mapping[str, str] = field(default_factory=nothing)
    cars: Mapping[DeviceId, Car] = field(default_factory=nothing)
    chargers: Mapping[DeviceId, Charger] = field(default_factory=nothing)
    held: Mapping[DeviceId, Held] = field(default_factory=nothing)
    habits: Habits = field(default_factory=nothing)
    reports: Mapping[str, Reporting] = field(default_factory=nothing)
    pins: Mapping[DeviceId, DeviceId] = field(default_factory=nothing)
    beliefs: Mapping[DeviceId, Belief] = field(default_factory=nothing)
    pairs: tuple[Pair, ...] = ()
    now: Now | None = None
    due_s: float | None = None

    def to_json(self, now: Now | None = None) -> dict[str, Any]:
        """For orjson; without the settings, which the config file has.

        Args:
            now: until when Hearth has listened; without it, until the last step.
        """
        now = now or self.now
        return {
            "at": None if now is None else now.at.isoformat(),
            "mono_s": None if now is None else now.mono_s,
            "cars": {car: _row(track) for car, track in self.cars.items()},
            "chargers": {charger: _row(track) for charger, track in self.chargers.items()},
            "published": {
                charger: {
                    "vehicle": held.vehicle,
                    "locked_by": held.locked_by,
                    "since_at": None if held.since_at is None else held.since_at.isoformat(),
                    "shares": dict(held.shares),
                }
                for charger, held in self.held.items()
            },
            "habits": {charger: dict(counts) for charger, counts in self.habits.items()},
            "reports": {who: _row(report) for who, report in self.reports.items()},
            "pins": dict(self.pins),
        }

    @classmethod
    def from_json(
        cls, tree: Mapping[str, Any], settings: PairingSettings, now: Now, *, same_boot: bool
    ) -> "Memory":
        """Read what to_json wrote, into a house as it is configured now.

        After a silence that is long enough to swap cars, what was held of a charger counts
        little; after a short one everything goes on.

        Args:
            same_boot: whether monotonic instants still mean what they meant; else they are
                moved by the wall clock.
        """
        memory = configured(cls(settings=settings), settings)
        if tree.get("at") is None:
            return memory
        silent_s = (now.at - datetime.fromisoformat(tree["at"])).total_seconds()
        if same_boot:
            silent_s = now.mono_s - tree["mono_s"]
        shift_s = 0.0 if same_boot else now.mono_s - tree["mono_s"] - silent_s
        cars = dict(memory.cars)
        for car, row in tree.get("cars", {}).items():
            if car in cars:
                cars[car] = Car(**_track(row, Car, shift_s))
        chargers, held = _chargers(tree, memory.chargers, cars, shift_s, silent_s, now)
        reports = {
            who: Reporting(**_track(row, Reporting, 0.0))
            for who, row in tree.get("reports", {}).items()
            if who in cars or who == ""
        }
        return replace(
            memory,
            cars=MappingProxyType(cars),
            chargers=MappingProxyType(chargers),
            held=MappingProxyType(held),
            habits=MappingProxyType(_habits(tree, chargers)),
            reports=MappingProxyType(reports),
            pins=MappingProxyType({**memory.pins, **_pins(tree, chargers, cars)}),
            due_s=now.mono_s,
        )


def configured(memory: Memory, settings: PairingSettings) -> Memory:
    """The memory in a house with these cars and chargers; what is known of the others stays."""
    cars = {car.id: memory.cars.get(car.id, Car()) for car in settings.cars}
    chargers = {c.id: memory.chargers.get(c.id, Charger()) for c in settings.chargers}
    held = {
        c: replace(h, waits=frozenset(cars), weighed_s=-inf)
        for c, h in memory.held.items()
        if c in chargers
    }
    owners = {token_key(t): car.id for car in settings.cars for t in car.id_tokens}
    kept = {
        charger: car for charger, car in memory.pins.items() if charger in chargers and car in cars
    }
    return replace(
        memory,
        settings=settings,
        owners=MappingProxyType(owners),
        cars=MappingProxyType(cars),
        chargers=MappingProxyType(chargers),
        held=MappingProxyType(held),
        habits=MappingProxyType({c: h for c, h in memory.habits.items() if c in chargers}),
        pins=MappingProxyType({**kept, **dict(settings.pins)}),
        reports=MappingProxyType(
            {who: r for who, r in memory.reports.items() if who in cars or who == ""}
        ),
        beliefs=MappingProxyType({c: b for c, b in memory.beliefs.items() if c in chargers}),
        due_s=None if memory.now is None else memory.now.mono_s,
    )


def _row(track: Car | Charger | Session | Ended | Reporting) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for f in fields(track):
        value = getattr(track, f.name)
        if isinstance(value, Session | Ended):
            value = _row(value)
        elif f.name in _LISTS and not isinstance(track, Reporting):
            value = [list(part) for part in value]  # orjson writes no named tuples
        row[f.name] = value
    return row


def _track(row: Mapping[str, Any], kind: type[Any], shift_s: float) -> dict[str, Any]:
    """Arguments for `kind`; what another version knew more is ignored."""
    values: dict[str, Any] = {}
    for f in fields(kind):
        value = row.get(f.name)
        if value is None:
            continue
        if f.name in _RUNS:
            value = tuple(Run(v, a + shift_s, b + shift_s, *hole) for v, a, b, *hole in value)
        elif f.name == "places" and kind is Car:
            value = tuple(Place(a, b, c, d + shift_s, e + shift_s) for a, b, c, d, e in value)
        elif isinstance(value, list):
            value = tuple(tuple(v) if isinstance(v, list) else v for v in value)
        elif f.name.endswith("_s"):
            value += shift_s
        values[f.name] = value
    return values


def _charger(row: Mapping[str, Any], shift_s: float) -> Charger:
    values = _track(row, Charger, shift_s)
    for name, kind in (("session", Session), ("ended", Ended)):
        if name in values:
            values[name] = kind(**_track(values[name], kind, shift_s))
    values["commands_s"] = tuple(at_s + shift_s for at_s in values.get("commands_s", ()))
    return Charger(**values)


def _chargers(
    tree: Mapping[str, Any],
    known: Mapping[DeviceId, Charger],
    cars: Mapping[DeviceId, Car],
    shift_s: float,
    silent_s: float,
    now: Now,
) -> tuple[dict[DeviceId, Charger], dict[DeviceId, Held]]:
    """The chargers that there are, and what was held of those on which something hung.

    Args:
        shift_s: to be added to instants of before.
        silent_s: since it was written.
    """
    chargers, held = dict(known), dict[DeviceId, Held]()
    for charger, row in tree.get("chargers", {}).items():
        if charger not in chargers:
            continue
        track = _charger(row, shift_s)
        published = tree.get("published", {}).get(charger, {})
        if silent_s > SWAP_S:
            shares = {DeviceId(c): p for c, p in published.get("shares", {}).items()}
            track = restarted(track, now.mono_s, log_odds(shares))
        chargers[charger] = track
        if track.session is not None:
            held[charger] = _published(published, cars)
    return chargers, held


def _habits(tree: Mapping[str, Any], chargers: Collection[DeviceId]) -> Habits:
    return {
        DeviceId(charger): MappingProxyType(dict(counts))
        for charger, counts in tree.get("habits", {}).items()
        if charger in chargers
    }


def _pins(
    tree: Mapping[str, Any], chargers: Collection[DeviceId], cars: Collection[DeviceId]
) -> dict[DeviceId, DeviceId]:
    return {
        DeviceId(charger): DeviceId(car)
        for charger, car in tree.get("pins", {}).items()
        if charger in chargers and car in cars
    }


def _published(row: Mapping[str, Any], cars: Mapping[DeviceId, Car]) -> Held:
    vehicle = row.get("vehicle")
    if vehicle is None or vehicle not in cars:
        return Held(waits=frozenset(cars))
    since = row.get("since_at")
    return Held(
        waits=frozenset(cars),
        vehicle=DeviceId(vehicle),
        locked_by=LockedBy(row["locked_by"]),
        since_at=None if since is None else datetime.fromisoformat(since),
        shares=MappingProxyType({DeviceId(c): p for c, p in row.get("shares", {}).items()}),
    )


_RUNS = frozenset({"plugged", "charging", "power_w", "energy_wh", "soc_percent"})
_LISTS = _RUNS | {"places"}
