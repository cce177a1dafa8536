"""From words to what Hearth believes of a car: plug, charge, state of charge, position.

A car that says "charging" is plugged in, whatever else it says; after that its plug counts. When
two words contradict each other for long, the newer one is right.
"""

from collections.abc import Mapping
from dataclasses import replace

from agent.model.clock import Now
from agent.model.readings import PowerDelivery
from drivers.vehicles.memory import Fact

CONTRADICTS_FOR_S = 300.0
FULL_PERCENT = 100.0
NULL_ISLAND_DEG = 0.001

JUMP_PERCENT = 5.0
RISES_AFTER_S = 600.0
FALLS_AFTER_S = 3600.0

Facts = Mapping[str, Fact]
_NOT_CHARGING = frozenset({"COMPLETE", "STOPPED", "NO_POWER", "FAULT", "INITIALIZING"})


def plug(facts: Facts, now_mono_s: float) -> dict[str, Fact]:
    """power_delivery, plugged_in and charging, as far as they follow from the words."""
    facts = {word: fact for word, fact in facts.items() if not fact.lapsed}
    plugged = _plugged(facts, now_mono_s)
    if plugged is not None and plugged.value is False:
        return {
            "power_delivery": replace(plugged, value=PowerDelivery.UNPLUGGED),
            "plugged_in": plugged,
            "charging": replace(plugged, value=False),
        }
    charging = _newest([*_charging_votes(facts)])
    found: dict[str, Fact] = {}
    if plugged is not None:
        found["plugged_in"] = plugged
    if charging is not None:
        found["charging"] = charging
    if plugged is not None and charging is not None:
        state = _why(facts, charging=charging.value is True)
        when = max(plugged.when, charging.when, key=_mono)
        found["power_delivery"] = Fact(value=state, when=when)
    return found


def _plugged(facts: Facts, now_mono_s: float) -> Fact | None:
    votes: list[tuple[int, Fact]] = []
    if (state := facts.get("state")) is not None:
        rank = 3 if state.value is PowerDelivery.CHARGING else 2
        votes.append((rank, replace(state, value=state.value is not PowerDelivery.UNPLUGGED)))
    if (charging := facts.get("charging")) is not None and charging.value is True:
        votes.append((3, charging))
    if (word := facts.get("plugged_in")) is not None:
        votes.append((1, word))
    newest = _newest([fact for _, fact in votes])
    if newest is None:
        return None
    best = newest
    if now_mono_s - newest.when.mono_s <= CONTRADICTS_FOR_S:
        recent_s = newest.when.mono_s - CONTRADICTS_FOR_S
        recent = [vote for vote in votes if vote[1].when.mono_s >= recent_s]
        best = max(recent, key=lambda vote: (vote[0], _mono(vote[1].when)))[1]
    same = [fact for _, fact in votes if fact.value == best.value]
    return _newest(same)


def _charging_votes(facts: Facts) -> list[Fact]:
    votes = []
    if (state := facts.get("state")) is not None:
        votes.append(replace(state, value=state.value is PowerDelivery.CHARGING))
    if (word := facts.get("charging")) is not None:
        votes.append(word)
    return votes


def _why(facts: Facts, *, charging: bool) -> PowerDelivery:
    """The state of a car that is plugged in."""
    told = [facts[word].value for word in ("state", "detail") if word in facts]
    if PowerDelivery.DISCHARGING in told:
        return PowerDelivery.DISCHARGING
    if charging:
        return PowerDelivery.CHARGING
    for value in told:
        if str(value).rpartition(":")[2] in _NOT_CHARGING:
            return PowerDelivery(str(value))
    level, limit = soc_of(facts), facts.get("charge_limit_percent")
    most_percent = float(limit.value) if limit is not None else FULL_PERCENT
    full = level is not None and float(level.value) >= most_percent
    return PowerDelivery.COMPLETE if full else PowerDelivery.STOPPED


def soc_of(facts: Facts) -> Fact | None:
    """The state of charge; the usable one where the source tells it."""
    return facts.get("soc_percent") or facts.get("gross_soc_percent")


def position(facts: Facts) -> dict[str, Fact]:
    """Both numbers with one time, or none; 0, 0 is what a receiver says that has no fix."""
    latitude, longitude, gps = (facts.get(w) for w in ("latitude_deg", "longitude_deg", "gps"))
    if latitude is None or longitude is None or (gps is not None and gps.value is False):
        return {}
    if latitude.lapsed or longitude.lapsed:
        return {}
    if abs(float(latitude.value)) + abs(float(longitude.value)) < NULL_ISLAND_DEG:
        return {}
    when = max(latitude.when, longitude.when, key=_mono)
    return {
        "latitude_deg": replace(latitude, when=when),
        "longitude_deg": replace(longitude, when=when),
    }


def believable(
    old_percent: float,
    new_percent: float,
    passed_s: float,
    *,
    plugged: bool | None,
    charging: bool | None,
) -> bool:
    """Whether a state of charge may follow another `passed_s` later.

    TeslaMate has shown an older value when a car fell asleep, and a wrong one while charging; a
    plugged-in car does not lose a twentieth of its battery within an hour, and none gains it
    without charging within minutes.
    """
    if new_percent > old_percent + JUMP_PERCENT:
        return charging is not False or passed_s >= RISES_AFTER_S
    if new_percent < old_percent - JUMP_PERCENT:
        return plugged is not True or passed_s >= FALLS_AFTER_S
    return True


def _newest(facts: list[Fact]) -> Fact | None:
    return max(facts, key=lambda fact: _mono(fact.when), default=None)


def _mono(when: Now) -> float:
    return when.mono_s
