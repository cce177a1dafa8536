"""Lines of the journal about which car hangs where: one for each change, never a torrent."""

from collections.abc import Callable, Mapping, Sequence

from agent.model.clock import Now
from agent.model.pairs import Belief, LockedBy
from agent.model.picture import JournalEntry
from agent.model.readings import DeviceId
from agent.model.targets import Input, Reason, ReasonCode
from agent.pairing.says import HOW_TO_SETTLE, held, weight

QUIET_S = 60.0
"""What is worked out of one charger is told once a minute at most, and then as it stands."""

OPEN_S = 1200.0
"""A car that is still not known by then is worth a line, with what would settle it."""

Held = tuple[DeviceId | None, LockedBy] | None


class PairJournal:
    """Holds what was told last of each charger."""

    def __init__(self, name_of: Callable[[DeviceId], str]) -> None:
        self._name_of = name_of
        self._told: dict[DeviceId, tuple[float, Held]] = {}
        self._waiting: set[DeviceId] = set()
        self._open_s: dict[DeviceId, float] = {}

    def step(
        self, changed: Sequence[Belief], beliefs: Mapping[DeviceId, Belief], now: Now
    ) -> tuple[JournalEntry, ...]:
        """
        Args:
            changed: chargers of which something else is held now.
            beliefs: of all chargers with a car.
        """
        self._waiting.update(belief.charger for belief in changed)
        if not (self._waiting or beliefs or self._open_s):
            return ()
        entries = [self._entry(c, beliefs.get(c), now) for c in sorted(self._waiting)]
        open_ones = self._still_open(beliefs, now)
        entries += [_entry(belief, _unknown(belief, self._name_of), now) for belief in open_ones]
        return tuple(entry for entry in entries if entry is not None)

    def _entry(self, charger: DeviceId, belief: Belief | None, now: Now) -> JournalEntry | None:
        told_s, last = self._told.get(charger, (float("-inf"), None))
        holds: Held = None if belief is None else (belief.vehicle, belief.locked_by)
        said = belief is not None and belief.locked_by is LockedBy.MANUAL
        if now.mono_s - told_s < QUIET_S and belief is not None and not said:
            return None
        self._waiting.discard(charger)
        if holds == last:
            return None
        self._told[charger] = now.mono_s, holds
        if belief is None:
            reason = Reason(code=ReasonCode.PAIR_ENDED, sentence="the cable is out; no car here")
            return JournalEntry(at=now.at, device=charger, reason=reason, does="no car")
        if belief.vehicle is None and not said:
            return _entry(belief, _unknown(belief, self._name_of), now)
        return _entry(belief, _known(belief, self._name_of), now)

    def _still_open(self, beliefs: Mapping[DeviceId, Belief], now: Now) -> list[Belief]:
        """Those that have been unknown for so long that it is worth a line, once each."""
        found = []
        for charger in self._open_s.keys() - beliefs.keys():
            del self._open_s[charger]
        for charger, belief in beliefs.items():
            since_s = self._open_s.setdefault(charger, now.mono_s)
            if now.mono_s - since_s < OPEN_S:
                continue
            self._open_s[charger] = float("inf")
            if belief.vehicle is None and belief.locked_by is not LockedBy.MANUAL:
                self._told[charger] = now.mono_s, (belief.vehicle, belief.locked_by)
                found.append(belief)
        return found


def _entry(belief: Belief, reason: Reason, now: Now) -> JournalEntry:
    does = "unknown car" if belief.vehicle is None else belief.vehicle
    return JournalEntry(at=now.at, device=belief.charger, reason=reason, does=does)


def _known(belief: Belief, name_of: Callable[[DeviceId], str]) -> Reason:
    said = belief.locked_by is LockedBy.MANUAL
    best = next((each for each in belief.evidence if each.points > 0), None)
    because = "" if said or best is None else f": {best.says} ({weight(best.points)})"
    return Reason(
        code=ReasonCode.PAIR_SAID if said else ReasonCode.PAIR_FOUND,
        sentence=held(belief, name_of) + because,
        inputs=_inputs(belief),
    )


def _unknown(belief: Belief, name_of: Callable[[DeviceId], str]) -> Reason:
    settles = belief.settles or HOW_TO_SETTLE
    return Reason(
        code=ReasonCode.PAIR_UNKNOWN,
        sentence=f"{held(belief, name_of)}; what would settle it: {settles}",
        inputs=_inputs(belief),
    )


def _inputs(belief: Belief) -> dict[str, Input]:
    return {
        "vehicle": belief.vehicle,
        "confidence": belief.confidence,
        "runner_up": belief.runner_up,
    }
