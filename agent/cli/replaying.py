"""A stream run through the same pure code as the living house."""

from collections.abc import Iterator
from typing import Any

import orjson

from agent import pairing
from agent.bridges.streams import Entry, Header
from agent.model.clock import Now
from agent.model.pairs import Belief, Commanded, Observation
from agent.model.readings import DeviceId, DeviceKind

Line = bytes


class Replay:
    """Takes entries in order and gives what they lead to. Time alone acts when the next line
    shows that it has passed, and is told with that line's time: nothing looks ahead."""

    def __init__(self, header: Header) -> None:
        self._chargers = [d.id for d in header.devices.values() if d.kind is DeviceKind.CHARGER]
        self._memory = pairing.begin(header.pairing_settings())
        self._due_s: float | None = None
        self._told: dict[DeviceId, DeviceId | None] = dict.fromkeys(self._chargers)
        self._time: str | None = None

    def take(self, entry: Entry) -> Iterator[Line]:
        """What one line leads to."""
        self._time = entry.time
        while self._due_s is not None and self._due_s < entry.seen.mono_s:
            due = entry.seen.later(self._due_s - entry.seen.mono_s)
            yield from self._step((), due)
        if isinstance(entry.says, Observation | Commanded):
            yield from self._step((entry.says,), entry.seen)
        elif self._people(entry.says, entry.seen):
            yield from self._step((), entry.seen)

    def end(self) -> Iterator[Line]:
        """What is held of every charger after the last line."""
        for charger in self._chargers:
            belief = self._memory.beliefs.get(charger) or Belief(charger=charger, confidence=1.0)
            yield self._line(belief)

    def _step(self, said: tuple[Observation | Commanded, ...], now: Now) -> Iterator[Line]:
        done = pairing.step(said, self._memory, now)
        self._memory, due_s = done.memory, done.due_mono_s
        # What is due has been done: without progress it would be due for ever.
        self._due_s = None if due_s is not None and due_s <= now.mono_s else due_s
        for belief in done.changed:
            if belief.vehicle != self._told[belief.charger]:
                self._told[belief.charger] = belief.vehicle
                yield self._line(belief)

    def _people(self, intent: dict[str, Any], now: Now) -> bool:
        """What people say of pairs."""
        body = intent.get("body")
        if not isinstance(body, dict):
            return False
        charger = DeviceId(str(body.get("chargerId")))
        named = body.get("vehicleId")
        vehicle = None if named is None else DeviceId(str(named))
        try:
            match intent.get("command"):
                case "pair.pin":
                    self._memory = pairing.pin(self._memory, charger, vehicle, now)
                case "pair.correct":
                    guest = body.get("guest") is True
                    self._memory = pairing.correct(self._memory, charger, vehicle, guest, now)
                case _:
                    return False
        except KeyError:
            return False
        return True

    def _line(self, belief: Belief) -> Line:
        pair = {
            "chargerId": belief.charger,
            "vehicleId": belief.vehicle,
            "confidence": belief.confidence,
            "runnerUp": belief.runner_up,
            "evidence": [
                {"kind": e.kind, "points": e.points, "says": e.says} for e in belief.evidence
            ],
        }
        return orjson.dumps({"time": self._time, "pair": pair}, option=orjson.OPT_APPEND_NEWLINE)
