"""What is kept of a car over a restart: each value, and by the wall clock when it was true."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agent.model.clock import Now
from agent.model.readings import PowerDelivery
from agent.model.snapshot import FORGET_AFTER_S
from drivers.vehicles.car import PLUG_FIELDS, Car, kept_words
from drivers.vehicles.memory import Fact, at_instant
from drivers.vehicles.words import FLAGS, QUANTITIES, STATES, TEXTS

TOPIC = "vehicles"


def note_of(car: Car, now: Now) -> Mapping[str, object]:
    """JSON for the notebook. Times are taken from the monotonic clock, as the wall's says now."""
    facts = {word: car.memory.facts[word] for word in kept_words() if word in car.memory.facts}
    plug = {name: car.told[name] for name in PLUG_FIELDS if name in car.told}
    listened = car.memory.listened
    return {
        "facts": {word: _written(fact, now) for word, fact in facts.items()},
        "told": {name: _written(fact, now) for name, fact in plug.items()},
        "otherwise": {name: _written(fact, now) for name, fact in car.otherwise.items()},
        "listened": None if listened is None else listened.at.isoformat(),
    }


def recall(car: Car, note: Mapping[str, Any], now: Now) -> None:
    """Take up what was known; what cannot be read is as if it had never been written.

    What is known better by now stays. While the wall clock is not to be trusted all is taken to
    be as old as can be, and recalled anew when it is.
    """
    for kept, rows, allowed in (
        (car.memory.facts, note.get("facts"), frozenset(kept_words())),
        (car.told, note.get("told"), frozenset(PLUG_FIELDS)),
        (car.otherwise, note.get("otherwise"), frozenset(PLUG_FIELDS)),
    ):
        for name, fact in _facts(rows, now).items():
            old = kept.get(name)
            if name in allowed and (old is None or old.when.mono_s < fact.when.mono_s):
                kept[name] = fact
    listened = _instant(note.get("listened"), now)
    if listened is not None and car.memory.listened is None:
        car.memory.listened = listened


def _written(fact: Fact, now: Now) -> list[object]:
    at = now.later(fact.when.mono_s - now.mono_s).at
    return [fact.value, at.isoformat(timespec="milliseconds"), fact.sure, fact.lapsed]


def _facts(rows: Any, now: Now) -> dict[str, Fact]:
    found: dict[str, Fact] = {}
    for word, row in rows.items() if isinstance(rows, Mapping) else ():
        match row:
            case [value, str(at), bool(sure), bool(lapsed)]:
                when, value = _instant(at, now), _value(word, value)
                if when is not None and value is not None:
                    found[word] = Fact(value=value, when=when, sure=sure, lapsed=lapsed)
    return found


def _value(word: str, value: Any) -> float | str | bool | None:
    if word == "power_delivery" or word in STATES:
        return next((state for state in PowerDelivery if state == value), None)
    if word in FLAGS:
        return value if isinstance(value, bool) else None
    if word in QUANTITIES:
        return float(value) if isinstance(value, int | float) else None
    return value if word in TEXTS and isinstance(value, str) else None


def _instant(at: Any, now: Now) -> Now | None:
    """On both clocks; as old as can be while the wall clock is not to be trusted."""
    try:
        when = datetime.fromisoformat(at)
        old = at_instant(when, now)
    except (TypeError, ValueError, OverflowError):
        return None
    if not now.trusted:
        return Now(at=when, mono_s=now.mono_s - FORGET_AFTER_S, trusted=False)
    return old
