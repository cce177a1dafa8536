"""step(): what was observed goes in, what is held of every charger comes out."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from math import inf
from types import MappingProxyType

from agent.model.clock import Now
from agent.model.pairs import (
    Belief,
    Commanded,
    Observation,
    Pair,
    PairingMode,
    PairingSettings,
    ProbeWish,
)
from agent.model.readings import DeviceId
from agent.pairing.altering import altered
from agent.pairing.delays import LATE_S
from agent.pairing.habits import learned
from agent.pairing.judging import judged, weighed
from agent.pairing.learning import taught
from agent.pairing.memory import Held, Memory, configured
from agent.pairing.probing import wished
from agent.pairing.publishing import beliefs, pairs
from agent.pairing.runs import Runs
from agent.pairing.sessions import KEPT_S, follow
from agent.pairing.tracks import Car, Charger, hear_car, hear_charger

PAUSES_S = ((1800.0, 120.0), (10_800.0, 600.0), (inf, 1800.0))
"""News that changes little (another level, a longer stretch) is weighed that often while a
session is so young."""

SETTLED, SETTLED_PAUSES_S = 0.995, ((3600.0, 900.0), (inf, 3600.0))
"""So seldom where a car is named with that probability; what turns is weighed at once."""

HOPELESS = 1e-4
"""A car that is less likely than that is weighed again when something of it turns."""

EMPTY: Mapping[DeviceId, float] = MappingProxyType({})

COMMANDS = 8
LISTENS_S = 1800.0
"""So many of the last commands to a charger are listened for, and for so long at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """
    Args:
        beliefs: per charger with something plugged in.
        changed: those in which the car, or who says so, changed; an unplugged charger that had
            a car is among them with no vehicle.
        pairs: every car with every charger.
        probes: which charger should be paused or stepped to see which car follows; each plug-in
            is asked for once.
        due_mono_s: when step() should be called at the latest though nothing was observed;
            None = not before the next observation.
    """

    memory: Memory
    beliefs: Mapping[DeviceId, Belief]
    changed: tuple[Belief, ...] = ()
    pairs: tuple[Pair, ...] = ()
    probes: tuple[ProbeWish, ...] = ()
    due_mono_s: float | None = None


def begin(settings: PairingSettings) -> Memory:
    return configured(Memory(settings=settings), settings)


def step(observations: Sequence[Observation | Commanded], memory: Memory, now: Now) -> Step:
    """Take in what was observed since the last step, in the order in which it came."""
    if memory.settings.mode is PairingMode.OFF:
        return Step(memory=altered(memory, now=now), beliefs=MappingProxyType({}))
    heard = _Heard(memory)
    for said in observations:
        if isinstance(said, Observation):
            heard.take(said)
        else:
            heard.told(said)
    after = heard.memory(now)
    due = memory.due_s is not None and now.mono_s >= memory.due_s
    if not heard.news and not due and _all_wait(memory, heard.mild):
        return _same(after, now)
    held, ended = dict(memory.held), _ended(memory, heard.chargers)
    for charger, track in heard.chargers.items():
        if track.session is None:
            held.pop(charger, None)
        elif charger not in held or charger in ended:
            held[charger] = Held()
            heard.news[charger] = set(heard.cars)
    return _judge(_wiser(after, memory, ended), held, heard, now, due=due)


def _all_wait(memory: Memory, mild: set[DeviceId]) -> bool:
    """Whether what the cars told has time until their charger is weighed again."""
    return not mild or all(_new(held, mild) <= held.waits for held in memory.held.values())


def _wiser(after: Memory, before: Memory, ended: set[DeviceId]) -> Memory:
    return taught(learned(after, before, ended), before, ended) if ended else after


class _Heard:
    """The tracks while messages are taken in.

    Attributes:
        news: chargers to be weighed now, each with the cars concerned.
        mild: cars that went on as they were; they are weighed when their time comes.
    """

    def __init__(self, memory: Memory) -> None:
        self._before = memory
        self.cars, self.chargers = memory.cars, memory.chargers
        self.news: dict[DeviceId, set[DeviceId]] = {}
        self.mild: set[DeviceId] = set()

    def memory(self, now: Now) -> Memory:
        return altered(self._before, cars=self.cars, chargers=self.chargers, now=now)

    def _hear(self, device: DeviceId, track: Car | Charger) -> None:
        """Each message is of one device, so that the other's tracks stay the same object."""
        if isinstance(track, Car):
            self.cars = MappingProxyType({**self.cars, device: track})
        else:
            self.chargers = MappingProxyType({**self.chargers, device: track})

    def take(self, said: Observation) -> None:
        if said.device in self.cars:
            before = self.cars[said.device]
            after = hear_car(before, said)
            if after is before:
                return
            self._hear(said.device, after)
            self.mild.add(said.device)
            echo = after.power_w is not before.power_w and self._listens(said.seen.mono_s)
            if echo or _moved(before, after):
                for charger in self._before.held:
                    self.news.setdefault(charger, set()).add(said.device)
        elif said.device in self.chargers:
            self._take_charger(said)

    def _listens(self, now_s: float) -> bool:
        """Whether a car may be echoing what a charger was told, and somebody wants to know."""
        from_s = now_s - LISTENS_S
        told = any(c.commands_s and c.commands_s[-1] > from_s for c in self.chargers.values())
        return told and any(held.vehicle is None for held in self._before.held.values())

    def told(self, said: Commanded) -> None:
        """A command of ours, for its echo."""
        charger = self.chargers.get(said.device)
        if charger is not None and said.command == "LIMIT":
            commands_s = (*charger.commands_s, said.seen.mono_s)[-COMMANDS:]
            self._hear(said.device, altered(charger, commands_s=commands_s))

    def _take_charger(self, said: Observation) -> None:
        before = self.chargers[said.device]
        held = self._before.held.get(said.device)
        shares = EMPTY if held is None else held.shares
        heard = hear_charger(before, said)
        after = follow(heard, said.seen.mono_s, said.session, shares)
        self._hear(said.device, after)
        turned = after.session != before.session or _turned(before.charging, after.charging)
        if turned or _told_late(before, after, said.seen.mono_s):
            self.news[said.device] = set(self.cars)


def _judge(
    memory: Memory,
    held: dict[DeviceId, Held],
    heard: _Heard,
    now: Now,
    *,
    due: bool,
) -> Step:
    weigh_now, later_s = dict[DeviceId, AbstractSet[DeviceId]](heard.news), list[float]()
    for charger, before in held.items():
        if due and _silence_counts(memory.chargers[charger], before, now):
            weigh_now[charger] = set(memory.cars)
        waits = (before.waits | _new(before, heard.mild)) - weigh_now.get(charger, set())
        if not waits:
            continue
        again_s = before.weighed_s + _pause_s(memory.chargers[charger], before, now)
        if now.mono_s >= again_s:
            weigh_now[charger] = weigh_now.get(charger, set()) | waits
        else:
            later_s.append(again_s)
            if waits != before.waits:
                held[charger] = altered(before, waits=waits)
    gone = memory.held.keys() - held.keys()
    if not (weigh_now or gone or due):
        after = altered(memory, held=MappingProxyType(held), due_s=_due_s(held, later_s))
        return _same(after, now)
    for charger, cars in weigh_now.items():
        if charger in held:
            held[charger] = weighed(memory, charger, held[charger], cars, now)
    held, wishes = wished(memory, judged(memory, held, now), now)
    after = altered(memory, held=MappingProxyType(held), due_s=_due_s(held, later_s))
    return replace(_published(after, memory, now), probes=wishes)


def _new(held: Held, mild: set[DeviceId]) -> set[DeviceId]:
    """The cars that went on as they were, without those that hardly hang here."""
    return {car for car in mild if held.shares.get(car, 1.0) > HOPELESS}


def _silence_counts(charger: Charger, held: Held, now: Now) -> bool:
    """Whether all have had the time to speak since the plug, and their silence was not weighed."""
    if charger.session is None:
        return False
    by_s = charger.session.plug_s + LATE_S
    return held.weighed_s < by_s <= now.mono_s


def _pause_s(charger: Charger, held: Held, now: Now) -> float:
    age_s = 0.0 if charger.session is None else now.mono_s - charger.session.plug_s
    settled = held.vehicle is not None and held.shares.get(held.vehicle, 0.0) > SETTLED
    pauses_s = SETTLED_PAUSES_S if settled else PAUSES_S
    return next(pause_s for young_s, pause_s in pauses_s if age_s < young_s)


def _published(after: Memory, before: Memory, now: Now) -> Step:
    found, changed = beliefs(after, before.beliefs, now)
    if found is not before.beliefs:
        after = altered(after, beliefs=found, pairs=pairs(after.settings, found, before.pairs, now))
    return Step(
        memory=after,
        beliefs=after.beliefs,
        changed=changed,
        pairs=after.pairs,
        due_mono_s=after.due_s,
    )


def _same(memory: Memory, now: Now) -> Step:
    if memory.pairs or not (memory.cars and memory.chargers):
        return Step(
            memory=memory, beliefs=memory.beliefs, pairs=memory.pairs, due_mono_s=memory.due_s
        )
    made = pairs(memory.settings, memory.beliefs, (), now)
    memory = altered(memory, pairs=made)
    return Step(memory=memory, beliefs=memory.beliefs, pairs=made, due_mono_s=memory.due_s)


def _ended(memory: Memory, chargers: Mapping[DeviceId, Charger]) -> set[DeviceId]:
    """Chargers whose session ended, be it that another one has begun already."""
    result = set()
    for charger, track in chargers.items():
        old = memory.chargers[charger].session
        if old is not None and (track.session is None or track.session.number != old.number):
            result.add(charger)
    return result


def _moved(before: Car, after: Car) -> bool:
    """Whether the car did something, rather than going on as it was."""
    return _turned(before.plugged, after.plugged) or _turned(before.charging, after.charging)


def _turned(before: Runs, after: Runs) -> bool:
    if before is after or not after:
        return False
    return not before or len(before) != len(after) or before[-1].since_s != after[-1].since_s


def _told_late(before: Charger, after: Charger, seen_s: float) -> bool:
    """Whether a charger that kept its messages told now what flowed at another time."""
    return _past(before.power_w, after.power_w, seen_s) or _past(
        before.energy_wh, after.energy_wh, seen_s
    )


def _past(before: Runs, after: Runs, seen_s: float) -> bool:
    """Whether something came to it that is not of now."""
    if after is before or not after:
        return False
    return after[-1] is (before[-1] if before else None) or after[-1].until_s < seen_s - KEPT_S


def _due_s(held: Mapping[DeviceId, Held], others_s: Sequence[float]) -> float | None:
    instants_s = [h.due_s for h in held.values() if h.due_s is not None]
    return min([*instants_s, *others_s], default=None)
