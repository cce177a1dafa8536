"""A stream run through the same engine as the living house."""

from collections.abc import Iterator, Mapping
from math import inf
from types import MappingProxyType
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import orjson

from agent import pairing
from agent.bridges.belief import settles
from agent.bridges.status import action_document, entry_document
from agent.bridges.streams import Entry, Header
from agent.bridges.streams.intents import read_intent
from agent.bridges.streams.readings import of_charger, of_vehicle
from agent.cli.replay_house import state_of
from agent.control.engine import Engine, Ticked
from agent.control.state import State
from agent.model.actions import Action
from agent.model.clock import Now
from agent.model.pairs import Belief, Commanded, Observation, ProbeWish
from agent.model.picture import Picture
from agent.model.readings import (
    DeviceId,
    DeviceKind,
    PowerDelivery,
    Reading,
)
from agent.model.snapshot import EMPTY, Snapshot, fold
from agent.pairing.memory import Held

Line = bytes

TICK_S = 10.0


class Replay:
    """Takes entries in order and gives what they lead to. Time alone acts when the next line
    shows that it has passed, and is told with that line's time: nothing looks ahead."""

    def __init__(self, header: Header) -> None:
        self._chargers = [d.id for d in header.devices.values() if d.kind is DeviceKind.CHARGER]
        self._header, self._numbers = header, iter(range(10**12))
        self._engine: Engine | None = None
        self._snapshot: Snapshot = EMPTY
        self._told: dict[DeviceId, DeviceId | None] = dict.fromkeys(self._chargers)
        self._actions: dict[DeviceId, Action] = {}
        self._time: str | None = None
        self._next_s = inf

    def take(self, entry: Entry) -> Iterator[Line]:
        """What one line leads to.

        Raises:
            BadLine: its intent cannot be understood.
        """
        engine, self._time = self._begun(entry.seen), entry.time
        while self._next_s < entry.seen.mono_s:
            due = entry.seen.later(self._next_s - entry.seen.mono_s)
            engine.state.routine.soon()
            yield from self._tick(engine, (), due)
        said: tuple[Observation | Commanded, ...] = ()
        match entry.says:
            case Observation():
                moved = self._fold(self._reading(entry.says))
                said = (entry.says,)
                if not moved and self._at_rest(engine):
                    yield from self._look(engine, said, entry.seen)
                    return
            case Commanded():
                said = (entry.says,)
            case Reading():
                self._fold(entry.says)
            case tree:
                yield from self._wish(engine, tree, entry.seen)
        yield from self._tick(engine, said, entry.seen)

    def end(self) -> Iterator[Line]:
        """What is held of every charger after the last line."""
        beliefs: Mapping[DeviceId, Belief] = {}
        if self._engine is not None:
            beliefs = self._engine.state.routine.pairing.beliefs
        for charger in self._chargers:
            yield self._pair(beliefs.get(charger) or Belief(charger=charger, confidence=1.0))

    @property
    def held(self) -> Mapping[DeviceId, Held]:
        """What pairing holds of each charger after the last line, for whoever measures it."""
        return {} if self._engine is None else self._engine.state.routine.pairing.held

    def _begun(self, now: Now) -> Engine:
        if self._engine is None:
            self._engine = Engine(state_of(self._header, now, self._new_id), heard=False)
        return self._engine

    def _new_id(self) -> str:
        return str(uuid5(NAMESPACE_OID, f"replay {next(self._numbers)}"))

    def _reading(self, said: Observation) -> Reading:
        seen = self._snapshot.get(said.device)
        value = None if seen is None else seen.value
        before: PowerDelivery | None = getattr(value, "power_delivery", None)
        if self._header.devices[said.device].kind is DeviceKind.CHARGER:
            return of_charger(said, before)
        return of_vehicle(said, before)

    def _fold(self, reading: Reading) -> bool:
        """Take a Reading in; whether the device is in another state now."""
        old = self._snapshot.get(reading.device)
        state = fold(old, reading)
        if state is not old:
            self._snapshot = MappingProxyType({**self._snapshot, reading.device: state})
        return old is None or _standing(old.value) != _standing(state.value)

    def _at_rest(self, engine: Engine) -> bool:
        """Whether nothing but another state of a device, another pair or time can lead to
        another decision: then the engine need not look at every figure."""
        state = engine.state
        return (
            state.settings.grid_meter is None
            and not state.ledger.pending
            and not state.routine.papers.schedules
            and not state.routine.running
        )

    def _look(
        self, engine: Engine, said: tuple[Observation | Commanded, ...], now: Now
    ) -> Iterator[Line]:
        """Pairing alone, as the engine would do it; the whole engine once a pair changes."""
        routine = engine.state.routine
        engine.state.prober.hear(said, routine.pairing.cars)
        done = pairing.step(said, routine.pairing, now)
        routine.pairing = done.memory
        yield from self._pairs(done.changed)
        if done.changed or done.probes:
            routine.unheard = done.probes
            routine.soon()
            yield from self._tick(engine, (), now)
        else:
            self._next_s = inf if done.due_mono_s is None else done.due_mono_s

    def _wish(self, engine: Engine, tree: dict[str, Any], now: Now) -> Iterator[Line]:
        routine = engine.state.routine
        picture = Picture(
            now=now,
            devices=tuple(engine.state.devices.values()),
            started_at=now.at,
            schedules=routine.papers.schedules,
            locations=routine.papers.locations,
            documents=routine.papers.documents,
        )
        taken = engine.take(read_intent(tree, picture), self._snapshot, now)
        if taken.answer.action is None and taken.answer.problem is not None:
            refusal = {"status": taken.answer.status, "problem": taken.answer.problem}
            yield self._line({"action": refusal})

    def _tick(
        self, engine: Engine, said: tuple[Observation | Commanded, ...], now: Now
    ) -> Iterator[Line]:
        state, again = engine.state, True
        while again:
            state.unrest = False
            ticked = engine.tick(self._snapshot, said, now)
            engine.written(ticked.held)  # there is no disk to wait for
            yield from self._lines(engine, ticked)
            said, again = (), state.unrest or bool(ticked.held)
        self._next_s = _next_s(state, ticked, now)

    def _lines(self, engine: Engine, ticked: Ticked) -> Iterator[Line]:
        yield from self._pairs(ticked.beliefs)
        for wish in ticked.probes:
            yield self._wished(wish)
        for entry in ticked.journal:
            yield self._line({"decision": entry_document(entry)})
        moved = {**engine.state.ledger.last, **engine.state.ledger.pending}
        for device, action in moved.items():
            if self._actions.get(device) is not action:
                self._actions[device] = action
                yield self._line({"action": action_document(action)})

    def _pairs(self, changed: tuple[Belief, ...]) -> Iterator[Line]:
        for belief in changed:
            if belief.vehicle != self._told[belief.charger]:
                self._told[belief.charger] = belief.vehicle
                yield self._pair(belief)

    def _wished(self, wish: ProbeWish) -> Line:
        probe = {"chargerId": wish.charger, "vehicleId": wish.vehicle, "why": wish.why}
        return self._line({"wish": {"probe": probe}})

    def _pair(self, belief: Belief) -> Line:
        pair: dict[str, Any] = {
            "chargerId": belief.charger,
            "vehicleId": belief.vehicle,
            "confidence": belief.confidence,
            "runnerUp": belief.runner_up,
            "evidence": [
                {"kind": e.kind, "points": e.points, "says": e.says} for e in belief.evidence
            ],
        }
        if belief.vehicle is None and self._plugged(belief.charger):
            pair["settles"] = settles(belief)
        return self._line({"pair": pair})

    def _plugged(self, charger: DeviceId) -> bool:
        return self._engine is not None and charger in self._engine.state.routine.pairing.beliefs

    def _line(self, tree: dict[str, Any]) -> Line:
        return orjson.dumps({"time": self._time, **tree}, option=orjson.OPT_APPEND_NEWLINE)


def _standing(value: Reading) -> tuple[object, ...]:
    return getattr(value, "power_delivery", None), value.reachable


def _next_s(state: State, ticked: Ticked, now: Now) -> float:
    """When time alone may change something. What waits for a device or for the sun is looked at
    as often as in the living house."""
    minds = state.memory.chargers.values()
    waits = bool(state.ledger.pending) or any(
        mind.surplus_since_mono_s is not None or mind.deficit_since_mono_s is not None
        for mind in minds
    )
    next_s = now.mono_s + TICK_S if waits else inf
    if ticked.next_at is not None:
        ahead_s = (ticked.next_at - now.at).total_seconds()
        next_s = min(next_s, now.mono_s + max(1.0, ahead_s))
    return next_s
