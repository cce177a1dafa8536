"""One car: hears messages, believes what can be believed, and says it as Readings."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby

from agent.model.clock import Now
from agent.model.readings import DeviceId, PowerDelivery, VehicleReading
from drivers.vehicles import belief
from drivers.vehicles.memory import Fact, Memory, at_instant
from drivers.vehicles.presence import Presence
from drivers.vehicles.words import PLUG_WORDS, QUANTITIES, TEXTS, Layout, Said, Value

log = logging.getLogger(__name__)

UNPLUG_LASTS_S = 75.0
"""TeslaMate has shown a plug as pulled for one look at the car, a minute long, and even a pilot
wire flickers for seconds. So a gateway that looks once a minute must see it twice; the time that
is told is the first one's, and who needs an unplug at once asks the charger."""

UNKNOWN_LASTS_S = 600.0
"""Home Assistant says `unavailable` at each of its restarts; that alone is no news of a plug."""

ASLEEP = frozenset({"asleep", "suspended", "offline"})
"""TeslaMate's words for a car that it does not look at."""

PLUG_FIELDS = ("power_delivery", "plugged_in", "charging")
_TOLD_AS_THEY_ARE = frozenset(QUANTITIES) - {
    "soc_percent", "gross_soc_percent", "latitude_deg", "longitude_deg"
} | (TEXTS - {"awake"})  # fmt: skip


@dataclass(slots=True)
class Car:
    """Args:
    told: field of VehicleReading -> what was reported last, and of when.
    otherwise: plug field -> what it last was before, and when that was last said.
    """

    device: DeviceId
    layout: Layout
    memory: Memory = field(default_factory=Memory)
    told: dict[str, Fact] = field(default_factory=dict)
    otherwise: dict[str, Fact] = field(default_factory=dict)
    presence: Presence = field(init=False)
    _doubted: dict[str, float] = field(default_factory=dict)
    _unplugged_since_s: float | None = None
    _unknown_since_s: float | None = None

    def __post_init__(self) -> None:
        self.presence = Presence(self.layout)

    def hear(self, topic: str, payload: bytes, now: Now, *, retained: bool) -> None:
        """Take a message in. Whatever it holds, nothing is raised."""
        words = self.layout.read(topic, payload)
        if words and not retained and self.layout.alive_within_s is None:
            self.presence.beat(now.mono_s, healthy=True)
        for said in words:
            if said.word == "alive":
                self._beat(healthy=said.value is True, now=now, retained=retained)
            elif said.word == "as_of":
                if said.at is not None:
                    self.memory.renew(None, at_instant(said.at, now))
            elif self._believes(said, now):
                self.memory.take(said, now, retained=retained)
                if said.word == "online":
                    self.presence.online = self.memory.get("online")

    def _beat(self, *, healthy: bool, now: Now, retained: bool) -> None:
        if retained:
            return  # left there by somebody who may be dead
        self.presence.beat(now.mono_s, healthy=healthy)
        known = {word: fact.value for word, fact in self.memory.facts.items() if not fact.lapsed}
        renewal = self.layout.renewed(known) if healthy else None
        if renewal is None:
            return
        words = set(self.memory.facts if renewal.words is None else renewal.words)
        self.memory.renew(words - self._doubted.keys(), now.later(-renewal.lag_s))

    def _believes(self, said: Said, now: Now) -> bool:
        """Whether a state of charge can be true; what cannot is kept in doubt for a while."""
        old = self.memory.facts.get(said.word)
        is_level = said.word in ("soc_percent", "gross_soc_percent")
        if not is_level or said.value is None or old is None or not old.sure:
            return True
        at_s = (now if said.at is None else at_instant(said.at, now)).mono_s
        fine = belief.believable(
            float(old.value),
            float(said.value),
            at_s - old.when.mono_s,
            plugged=self._told_plug("plugged_in"),
            charging=self._told_plug("charging"),
        )
        if fine:
            self._doubted.pop(said.word, None)
        elif said.word not in self._doubted:
            log.info(
                "%s: says %s %% after %s %%, which cannot be yet; kept at %s %% for now",
                self.device, said.value, old.value, old.value,
            )  # fmt: skip
        if not fine:
            self._doubted[said.word] = float(said.value)
        return fine

    def _told_plug(self, name: str) -> bool | None:
        fact = self.told.get(name)
        return None if fact is None else fact.value is True

    def look(self, now: Now) -> None:
        """What time alone changes. While the car sleeps nobody has seen what is in doubt."""
        if self.memory.get("awake") in ASLEEP:
            return
        for word, value in list(self._doubted.items()):
            said = Said(word=word, value=value)
            if self._believes(said, now):
                self.memory.take(said, now, retained=False)

    def readings(self, now: Now) -> list[VehicleReading]:
        """What is news since the last call, oldest first: one Reading for each instant."""
        news = {
            name: fact for name, fact in self._state(now).items() if self.told.get(name) != fact
        }
        for name, fact in news.items():
            before = self.told.get(name)
            if name in PLUG_FIELDS and before is not None and before.value != fact.value:
                self.otherwise[name] = before
        self.told |= news
        return _as_readings(self.device, news)

    def all_readings(self) -> list[VehicleReading]:
        """All that was told before, oldest first; what it was before that comes first."""
        return _as_readings(self.device, self.otherwise) + _as_readings(self.device, self.told)

    def _state(self, now: Now) -> dict[str, Fact]:
        facts = self.memory.facts
        state = {word: fact for word, fact in facts.items() if word in _TOLD_AS_THEY_ARE}
        state |= belief.position(facts)
        if (level := belief.soc_of(facts)) is not None:
            state["soc_percent"] = level
        state |= self._held_back(belief.plug(facts, now.mono_s), now)
        charging, flow = state.get("charging"), state.get("power_w")
        if charging is not None and charging.value is False and flow is not None:
            feeding = state.get("power_delivery", charging).value is PowerDelivery.DISCHARGING
            if flow.when.mono_s <= charging.when.mono_s and not feeding:
                state["power_w"] = replace(charging, value=0.0)
        return {name: _plain(fact) for name, fact in state.items()}

    def _held_back(self, plug: dict[str, Fact], now: Now) -> dict[str, Fact]:
        """The plug without what only flickers."""
        known = plug.get("plugged_in")
        leaves = (
            known is not None and known.value is False and self._told_plug("plugged_in") is True
        )
        self._unplugged_since_s = _since(self._unplugged_since_s, now, lasts=leaves)
        if leaves and _lasted_s(self._unplugged_since_s, now) < UNPLUG_LASTS_S:
            return {}
        before = self.told.get("power_delivery")
        gone = (
            "power_delivery" not in plug
            and before is not None
            and before.value is not PowerDelivery.UNKNOWN
        )
        self._unknown_since_s = _since(self._unknown_since_s, now, lasts=gone)
        contradicted = known is not None and known.value != self._told_plug("plugged_in")
        if gone and (contradicted or _lasted_s(self._unknown_since_s, now) >= UNKNOWN_LASTS_S):
            plug["power_delivery"] = Fact(value=PowerDelivery.UNKNOWN, when=now)
        return plug

    @property
    def unavailable(self) -> bool:
        """Whether the source says of all that it told once that it knows it no more."""
        facts = [fact for word, fact in self.memory.facts.items() if word not in ("online", "gps")]
        return bool(facts) and all(fact.lapsed for fact in facts)

    def presence_reading(self, now: Now) -> VehicleReading | None:
        """Whether the car can be reached, if that changed."""
        self.presence.unavailable = self.unavailable
        news = self.presence.news(now.mono_s)
        if news is None:
            return None
        reachable, problem = news
        return VehicleReading(
            device=self.device, at=now.at, mono_s=now.mono_s, reachable=reachable, problem=problem
        )

    def link_up(self, now: Now) -> None:
        self.presence.link_up(now.mono_s)

    def link_lost(self, now: Now) -> None:
        """What the broker knew of the gateway may be gone when it is back."""
        self.memory.listened = now
        self.memory.facts.pop("online", None)
        self.presence.link_lost()

    @property
    def plug(self) -> Mapping[str, Value]:
        """What the plug is said to be, to see that it moved."""
        return {name: fact.value for name, fact in self.told.items() if name in PLUG_FIELDS}


def _plain(fact: Fact) -> Fact:
    """As it is told: how it came to be known stays here."""
    return replace(fact, sure=True, lapsed=False) if fact.lapsed or not fact.sure else fact


def _since(since_s: float | None, now: Now, *, lasts: bool) -> float | None:
    if not lasts:
        return None
    return now.mono_s if since_s is None else since_s


def _lasted_s(since_s: float | None, now: Now) -> float:
    return 0.0 if since_s is None else now.mono_s - since_s


def _as_readings(device: DeviceId, facts: Mapping[str, Fact]) -> list[VehicleReading]:
    def instant(item: tuple[str, Fact]) -> float:
        return item[1].when.mono_s

    return [
        _reading(device, dict(group))
        for _, group in groupby(sorted(facts.items(), key=instant), key=instant)
    ]


def _reading(device: DeviceId, facts: Mapping[str, Fact]) -> VehicleReading:
    when = next(iter(facts.values())).when
    values = {name: fact.value for name, fact in facts.items()}
    return VehicleReading(device=device, at=when.at, mono_s=when.mono_s, **values)  # type: ignore[arg-type]


def kept_words() -> Iterator[str]:
    """Words that are worth keeping over a restart."""
    yield from sorted({*QUANTITIES, *PLUG_WORDS, "awake", "model", "vendor", "gps"})
