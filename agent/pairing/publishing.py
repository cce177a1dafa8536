"""What is told of chargers and pairs, with the evidence in words."""

from collections.abc import Mapping
from functools import lru_cache
from math import log
from types import MappingProxyType
from uuid import NAMESPACE_OID, uuid5

from agent.model.clock import Now
from agent.model.pairs import Belief, Evidence, Pair, PairingSettings, PairStage
from agent.model.readings import DeviceId
from agent.pairing.altering import altered
from agent.pairing.evidence import Item
from agent.pairing.judging import STRANGER, prior
from agent.pairing.memory import Held, Memory
from agent.pairing.says import evidence
from agent.pairing.settling import settles

WORTH_TELLING = 0.02
"""A confidence that moves by less is told with the next change."""

LEAST_POINTS = 0.05
LEAST_RIVAL = 0.001
MOST_CERTAIN = 0.9999
DIGITS = 4

Beliefs = Mapping[DeviceId, Belief]


def beliefs(memory: Memory, before: Beliefs, now: Now) -> tuple[Beliefs, tuple[Belief, ...]]:
    """What is held now, and what of it is another car, or another's word, than before; the
    same mapping when nothing is worth telling."""
    after: dict[DeviceId, Belief] = {}
    changed: list[Belief] = []
    for charger, held in memory.held.items():
        old = before.get(charger)
        if old is not None and _alike(old, held, settles(memory, charger, held, now)):
            after[charger] = old
            continue
        after[charger] = new = _belief(memory, charger, held, now)
        was = (None, new.locked_by) if old is None else (old.vehicle, old.locked_by)
        if (new.vehicle, new.locked_by) != was:
            changed.append(new)
    for charger, old in before.items():
        if charger not in after and old.vehicle is not None:
            changed.append(Belief(charger=charger, confidence=1.0, since=now.at))
    same = after.keys() == before.keys() and all(after[c] is b for c, b in before.items())
    if same and not changed:
        return before, ()
    return MappingProxyType(after), tuple(changed)


def _alike(old: Belief, held: Held, settled_by: str | None) -> bool:
    same = old.vehicle == held.vehicle and old.locked_by is held.locked_by
    same = same and old.settles == settled_by
    return same and abs(old.confidence - _confidence(held)) < WORTH_TELLING and bool(held.shares)


def _confidence(held: Held) -> float:
    if held.vehicle is not None:
        return min(MOST_CERTAIN, held.shares.get(held.vehicle, 0.0))
    return min(MOST_CERTAIN, max(0.0, 1.0 - sum(held.shares.values())))


def _belief(memory: Memory, charger: DeviceId, held: Held, now: Now) -> Belief:
    others = {car: p for car, p in held.shares.items() if car != held.vehicle}
    rival = max(others, key=lambda car: others[car], default=None)
    if rival is not None and others[rival] < LEAST_RIVAL and held.vehicle is not None:
        rival = None
    about = held.vehicle or rival
    return Belief(
        charger=charger,
        vehicle=held.vehicle,
        confidence=round(_confidence(held), DIGITS),
        runner_up=rival,
        evidence=() if about is None else told(memory, charger, about, held, now),
        locked_by=held.locked_by,
        since=held.since_at or now.at,
        settles=settles(memory, charger, held, now),
    )


def told(
    memory: Memory, charger: DeviceId, car: DeviceId, held: Held, now: Now
) -> tuple[Evidence, ...]:
    """What speaks for and against a car, the weightiest first."""
    items = [*held.items.get(car, ()), *_habit(memory, charger, car)]
    worth = [item for item in items if abs(item.points) >= LEAST_POINTS]
    worth.sort(key=lambda item: -abs(item.points))
    settings, name = memory.settings, memory.settings.called(car)
    return tuple(evidence(item, name, now, settings.timezone) for item in worth)


def _habit(memory: Memory, charger: DeviceId, car: DeviceId) -> list[Item]:
    counts = memory.habits.get(charger)
    if not counts:
        return []
    before = prior(memory, charger)
    points = log(before[car] / before[STRANGER])
    return [Item("habit", points, "habit", (counts.get(car, 0.0), sum(counts.values())))]


def pairs(
    settings: PairingSettings, held: Beliefs, before: tuple[Pair, ...], now: Now
) -> tuple[Pair, ...]:
    """Every car with every charger; the same objects where nothing changed."""
    old = {pair.id: pair for pair in before}
    result = []
    for car in settings.cars:
        for charger in settings.chargers:
            name = pair_id(car.id, charger.id)
            pair = old.get(name) or Pair(id=name, vehicle=car.id, charger=charger.id)
            result.append(_pair(pair, held.get(charger.id), now))
    return tuple(result)


def _pair(pair: Pair, belief: Belief | None, now: Now) -> Pair:
    active = pair.stage is PairStage.ACTIVATED
    if belief is not None and belief.vehicle == pair.vehicle:
        return altered(
            pair,
            stage=PairStage.ACTIVATED,
            confidence=belief.confidence,
            evidence=belief.evidence,
            locked_by=belief.locked_by,
            activated_at=pair.activated_at if active else now.at,
            deactivated_at=None,
        )
    candidate = belief is not None and belief.vehicle is None and belief.runner_up == pair.vehicle
    if not active and not candidate and not pair.evidence:
        return pair
    return altered(
        pair,
        stage=PairStage.ESTABLISHED,
        confidence=0.0,
        evidence=belief.evidence if belief is not None and candidate else (),
        deactivated_at=now.at if active else pair.deactivated_at,
    )


@lru_cache(maxsize=256)
def pair_id(car: DeviceId, charger: DeviceId) -> str:
    """Stable for the two devices."""
    return str(uuid5(NAMESPACE_OID, f"{car} {charger}"))
