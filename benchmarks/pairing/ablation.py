"""Hearth without one kind of evidence at a time.

What devices would say is taken out of the stream. What pairing draws from memory is taken out of
its memory between two steps, and the joint judgement by giving each charger a house of its own; so
that the product has no switch for any of it. All of it steps pairing alone, without the engine.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import orjson

from agent import pairing
from agent.bridges.streams import Entry, Header, Stream
from agent.model.clock import Now
from agent.model.pairs import Commanded, Observation, PairingSettings
from agent.pairing.altering import altered
from agent.pairing.memory import Memory
from agent.pairing.places import Place
from agent.pairing.reporting import Reporting
from benchmarks.pairing.car_lines import Line
from benchmarks.pairing.household import Household
from benchmarks.pairing.scoring import Named

Entries = list[Entry]
Edit = Callable[[Memory, Observation | Commanded | None], Memory]
"""What pairing may remember when it is about to hear that; None = time alone steps it."""

LEFT_OUT: dict[str, tuple[str, ...]] = {
    "the cars' plug": ("isPluggedIn",),
    "the cars' charging": ("isCharging",),
    "plug and charging": ("isPluggedIn", "isCharging"),
    "the cars' power": ("chargeRate",),
    "level": ("batteryLevel",),
    "position": ("latitude", "longitude", "accuracyM"),
    "tokens": ("idToken",),
}
"""What cars, or for tokens chargers, do not say."""

NOTHING, ECHO, JOINT = "nothing", "echo", "joint assignment"
LONG_AGO_S, HERE_DEG = 1e5, 0.002


def without_each(
    home: Household, only: Collection[str] | None = None
) -> Iterator[tuple[str, list[Named]]]:
    """The kind that is left out, and what is published then; the first is without nothing.

    Args:
        only: these kinds; None = all.
    """
    header, entries = _read(home, list(home.stream()))
    ways: dict[str, Callable[[], list[Named]]] = {}
    ways[NOTHING] = partial(stepped, home, header, entries)
    for kind, fields in LEFT_OUT.items():
        ways[kind] = partial(_stripped, home, fields)
    for kind, edit in EDITS.items():
        ways[kind] = partial(stepped, home, header, entries, edit)
    heard = [entry for entry in entries if not isinstance(entry.says, Commanded)]
    ways[ECHO] = partial(stepped, home, header, heard)
    ways[JOINT] = partial(_one_by_one, home, header, entries)
    for kind, way in ways.items():
        if only is None or kind in only:
            yield kind, way()


def _stripped(home: Household, fields: tuple[str, ...]) -> list[Named]:
    return stepped(home, *_read(home, stripped(home, fields)))


def _read(home: Household, stream: list[bytes]) -> tuple[Header, Entries]:
    source = Stream(f"seed {home.seed}", iter(stream), lenient=False)
    return source.header, list(source.entries())


def stepped(
    home: Household, header: Header, entries: Entries, edit: Edit | None = None
) -> list[Named]:
    return _stepped(home, header.pairing_settings(), entries, edit)


def _one_by_one(home: Household, header: Header, entries: Entries) -> list[Named]:
    """Each charger judged as if there were no other, so that two may name one car."""
    whole, named = header.pairing_settings(), list[Named]()
    for charger in whole.chargers:
        named += _stepped(home, replace(whole, chargers=(charger,)), entries, None)
    return sorted(named, key=lambda name: name.t_s)


def _stepped(
    home: Household, settings: PairingSettings, entries: Entries, edit: Edit | None
) -> list[Named]:
    memory, named = pairing.begin(settings), list[Named]()

    def step(said: Observation | Commanded | None, now: Now) -> None:
        nonlocal memory
        before = memory if edit is None else edit(memory, said)
        done = pairing.step(() if said is None else (said,), before, now)
        memory = done.memory
        t_s = now.at.timestamp() - home.starts_at
        named.extend(Named(t_s, b.charger, b.vehicle, b.confidence) for b in done.changed)

    for entry in entries:
        if not isinstance(entry.says, Observation | Commanded):
            continue
        while memory.due_s is not None and memory.due_s < entry.seen.mono_s:
            waits_s = max(1.0, memory.due_s - (memory.now or entry.seen).mono_s)
            due = (memory.now or entry.seen).later(waits_s)
            if due.mono_s >= entry.seen.mono_s:
                break
            step(None, due)
        step(entry.says, entry.seen)
    return named


def _no_habit(memory: Memory, said: Observation | Commanded | None) -> Memory:
    """Neither who hangs where, nor when, nor with which power."""
    del said
    reports = {
        who: altered(report, hours=(), levels=()) if report.hours or report.levels else report
        for who, report in memory.reports.items()
    }
    return altered(memory, habits={}, reports=reports)


def _no_learning(memory: Memory, said: Observation | Commanded | None) -> Memory:
    del said
    return altered(memory, habits={}, reports=dict[str, Reporting]())


def _no_arrival(memory: Memory, said: Observation | Commanded | None) -> Memory:
    """A place in which a car was before the plug is one where it was long ago, once it tells of
    another place."""
    if not isinstance(said, Observation) or None in (said.latitude_deg, said.longitude_deg):
        return memory
    car = memory.cars.get(said.device)
    if car is None or not car.places:
        return memory
    plugs_s = [c.session.plug_s for c in memory.chargers.values() if c.session is not None]
    before_s = min(plugs_s, default=said.seen.mono_s)
    long_ago_s = said.seen.mono_s - LONG_AGO_S
    places = tuple(_aged(place, said, before_s, long_ago_s) for place in car.places)
    return altered(memory, cars={**memory.cars, said.device: altered(car, places=places)})


def _aged(place: Place, said: Observation, before_s: float, long_ago_s: float) -> Place:
    if _here(place, said) or place.until_s >= before_s:
        return place
    return place._replace(
        since_s=min(place.since_s, long_ago_s), until_s=min(place.until_s, long_ago_s)
    )


def _here(place: Place, said: Observation) -> bool:
    """Within some 200 m."""
    north = place.latitude_deg - (said.latitude_deg or 0.0)
    east = place.longitude_deg - (said.longitude_deg or 0.0)
    return abs(north) < HERE_DEG and abs(east) < 2 * HERE_DEG


EDITS: dict[str, Edit] = {
    "arrival": _no_arrival, "habit": _no_habit, "all learning": _no_learning,
}  # fmt: skip


def stripped(home: Household, fields: tuple[str, ...]) -> list[bytes]:
    """The stream without some fields of cars, and without tokens if those are named."""
    cars = {d["id"] for d in home.header["devices"] if d["kind"] == "vehicle"}
    tokens = "idToken" in fields
    lines = []
    for line in home.lines:
        if line.at_s is None or (line.device in cars) == tokens:
            lines.append(line)
            continue
        kept = {k: v for k, v in _spelled(line, fields).items() if k not in fields}
        lines.append(line._replace(fields=kept))
    stream = home.stream(lines)
    if not tokens:
        return list(stream)
    header = {k: v for k, v in home.header.items() if k != "idTokens"}
    next(stream)
    return [orjson.dumps(header, option=orjson.OPT_APPEND_NEWLINE), *stream]


def _spelled(line: Line, fields: tuple[str, ...]) -> dict[str, Any]:
    """A state as two flags, where one of them is to go."""
    said = dict(line.fields)
    if {"isPluggedIn", "isCharging"} & set(fields) and "powerDeliveryState" in said:
        state = said.pop("powerDeliveryState")
        said["isPluggedIn"] = None if state is None else state != "UNPLUGGED"
        said["isCharging"] = None if state is None else state == "PLUGGED_IN:CHARGING"
    return said
