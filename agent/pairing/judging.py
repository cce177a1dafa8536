"""From evidence to what is published: one joint judgement over all chargers with a car."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from math import log
from types import MappingProxyType

from agent.model.clock import Now
from agent.model.pairs import LockedBy
from agent.model.readings import DeviceId
from agent.pairing.altering import altered
from agent.pairing.assignment import marginals
from agent.pairing.delays import LATE_S
from agent.pairing.evidence import MAC_POINTS, Items, Known, has_contact, weigh
from agent.pairing.evidence.place import AWAY_M, far_from
from agent.pairing.memory import Held, Memory
from agent.pairing.reporting import NOTHING
from agent.pairing.tracks import Session

SURE = 0.99
SURER = 0.9985
"""While a car that may be at home has not reported since the plug, it may be that one."""

GRAVE = -3.0
"""Nor is a car named easily of which one kind of evidence says so clearly that it is elsewhere."""

KEEP = 0.8
DROP = 0.5
WEAK_FOR_S = 600.0
CAR_BEFORE, STRANGER_BEFORE, LEAST_STRANGERS = 1.2, 0.5, 0.04
MOST_POINTS = 14.0
NEVER = -60.0
STRANGER = DeviceId("")
NO_HABIT: Mapping[str, float] = MappingProxyType({})

Locks = Mapping[DeviceId, str]
"""What people said, per charger: a car, or "" for a guest."""


def weighed(
    memory: Memory, charger: DeviceId, held: Held, cars: AbstractSet[DeviceId], now: Now
) -> Held:
    """With the evidence about some cars on one charger looked at anew."""
    track = memory.chargers[charger]
    if track.session is None:
        return held
    site = next(c for c in memory.settings.chargers if c.id == charger)
    items = dict(held.items)
    strangers = memory.reports.get(STRANGER, NOTHING)
    now_hour = now.at.hour + now.at.minute / 60 + now.at.second / 3600
    for who in memory.settings.cars:
        if who.id in cars:
            car = memory.cars[who.id]
            reports = memory.reports.get(who.id, NOTHING)
            known = Known(reports, strangers, memory.owners, now.mono_s, now_hour)
            items[who.id] = weigh(car, track, track.session, who, site, known)
    return altered(
        held, items=MappingProxyType(items), weighed_s=now.mono_s, waits=held.waits - cars
    )


def judged(memory: Memory, held: dict[DeviceId, Held], now: Now) -> dict[DeviceId, Held]:
    """The chargers with the probabilities of their cars, and what of it is published."""
    if not held:
        return held
    cars = [car.id for car in memory.settings.cars]
    locks = _locks(memory, held)
    taken = {car for car in locks.values() if car}
    rows = tuple([_row(memory, c, h, cars, locks, taken) for c, h in held.items()])
    result = {}
    for (charger, before), shares in zip(held.items(), _marginals(rows), strict=True):
        with_shares = altered(
            before, shares=MappingProxyType(dict(zip(cars, shares, strict=False)))
        )
        session = memory.chargers[charger].session
        assert session is not None  # noqa: S101 only chargers with a car are judged
        result[charger] = _published(memory, charger, session, with_shares, locks, now)
    return result


@lru_cache(maxsize=16)
def _marginals(rows: tuple[tuple[float, ...], ...]) -> list[list[float]]:
    """As most news changes no weight, the same is asked again and again."""
    return marginals(rows)


def _row(
    memory: Memory,
    charger: DeviceId,
    held: Held,
    cars: list[DeviceId],
    locks: Locks,
    taken: set[str],
) -> tuple[float, ...]:
    lock = locks.get(charger)
    if lock is not None:
        return tuple([0.0 if car == lock else NEVER for car in [*cars, STRANGER]])
    session = memory.chargers[charger].session
    before = prior(memory, charger)
    if session is not None and session.carried:
        before = dict.fromkeys(before, 1.0)  # habit is part of what was carried over
    excluded = () if session is None else session.excluded
    row = []
    for car in cars:
        if car in taken or car in excluded:
            row.append(NEVER)
            continue
        points = sum([item.points for item in held.items.get(car, ())])
        row.append(log(before[car]) + max(-MOST_POINTS, min(MOST_POINTS, points)))
    return (*row, log(before[STRANGER]))


def prior(memory: Memory, charger: DeviceId) -> Mapping[str, float]:
    """Who hangs here before anything is known: habit, never sure that it is one of ours."""
    counts = tuple(memory.habits.get(charger, NO_HABIT).items())
    return _prior(tuple([car.id for car in memory.settings.cars]), counts)


@lru_cache(maxsize=64)
def _prior(ours: tuple[str, ...], habit: tuple[tuple[str, float], ...]) -> Mapping[str, float]:
    """
    Args:
        habit: per car, and "" for strangers, the sessions that were counted.
    """
    counts = dict(habit)
    cars = {car: CAR_BEFORE + counts.get(car, 0.0) for car in ours}
    strangers = STRANGER_BEFORE + counts.get(STRANGER, 0.0)
    total = sum(cars.values()) + strangers
    share = max(LEAST_STRANGERS, strangers / total)
    scale = (1.0 - share) / max(sum(cars.values()), 1e-9)
    shares = {car: count * scale for car, count in cars.items()}
    return MappingProxyType({**shares, STRANGER: share})


def _locks(memory: Memory, held: Mapping[DeviceId, Held]) -> dict[DeviceId, str]:
    """What people said of this session goes before what they pinned for good; one car once."""
    said: dict[DeviceId, str] = {}
    for charger in held:
        session = memory.chargers[charger].session
        verdict = None if session is None else session.verdict
        if verdict is not None and (verdict == STRANGER or verdict in memory.cars):
            said[charger] = verdict
    for charger in held:
        pin = memory.pins.get(charger)
        if charger not in said and pin is not None and pin not in said.values():
            said[charger] = pin
    return said


def _published(
    memory: Memory, charger: DeviceId, session: Session, held: Held, locks: Locks, now: Now
) -> Held:
    """With the car that may be named, and when time alone may change that."""
    lock = locks.get(charger)
    if lock is not None:
        return _named(held, DeviceId(lock) if lock else None, LockedBy.MANUAL, now)
    due_s = session.plug_s + LATE_S
    held = altered(held, due_s=due_s if now.mono_s < due_s else None)
    if held.locked_by is LockedBy.MANUAL:
        held = _named(held, None, LockedBy.HEURISTIC, now)
    if held.vehicle is not None:
        held = _kept(held, now)
    if held.vehicle is not None or not held.shares:
        return held
    best = max(held.shares, key=lambda car: held.shares[car])
    items = held.items.get(best, ())
    young = now.mono_s < session.plug_s + LATE_S
    doubt = (young and _card_alone(items)) or any(item.points <= GRAVE for item in items)
    wanted = SURER if doubt or _silent_rival(memory, charger, session, best, now) else SURE
    if held.shares[best] >= wanted and has_contact(items):
        return _named(held, best, LockedBy.HEURISTIC, now)
    return held


def _named(held: Held, vehicle: DeviceId | None, by: LockedBy, now: Now) -> Held:
    if held.vehicle == vehicle and held.locked_by is by and held.since_at is not None:
        return held
    return altered(held, vehicle=vehicle, locked_by=by, since_at=now.at, weak_since_s=None)


def _kept(held: Held, now: Now) -> Held:
    """A pair outlives a doubt, but not a long one, and no strong one."""
    share = held.shares.get(held.vehicle, 0.0) if held.vehicle is not None else 0.0
    if share >= KEEP:
        return altered(held, weak_since_s=None)
    since_s = now.mono_s if held.weak_since_s is None else held.weak_since_s
    if share < DROP or now.mono_s - since_s >= WEAK_FOR_S:
        return _named(held, None, LockedBy.HEURISTIC, now)
    due_s = since_s + WEAK_FOR_S
    return altered(
        held, weak_since_s=since_s, due_s=due_s if held.due_s is None else min(due_s, held.due_s)
    )


def _card_alone(items: Items) -> bool:
    """Cards are lent: nothing but a card ties the car to the charger."""
    card = any(i.says == "bound" and i.points < MAC_POINTS for i in items)
    return card and not has_contact(tuple(i for i in items if i.says != "bound"))


def _silent_rival(
    memory: Memory, charger: DeviceId, session: Session, best: DeviceId, now: Now
) -> bool:
    """Whether another car may be the one, and has not had the time to say so."""
    if now.mono_s >= session.plug_s + LATE_S:
        return False
    site = next(c for c in memory.settings.chargers if c.id == charger)
    elsewhere = {h.vehicle for c, h in memory.held.items() if c != charger}
    for car, track in memory.cars.items():
        if car == best or car in elsewhere or car in session.excluded:
            continue
        away = bool(track.places) and far_from(track.places[-1], site) > AWAY_M
        if track.heard_s < session.plug_s and not away:
            return True
    return False
