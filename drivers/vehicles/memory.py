"""What is known of a car, and since when: the rules of time for messages that may be old.

A message that the broker had kept (retain flag set) was true at some time, nobody knows when:
- the same as we knew: it says nothing new, and is no fresher for being told again;
- different from what we knew: it changed while we did not listen. A plug is then said for now,
  since it moved at the latest by now; a measurement for when we listened last, since it is at
  least as new as that;
- of something that we never knew: as old as can be, so that nothing is decided by it.
A message said while we listen is true now, unless the source says when it was true.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from agent.model.clock import Now
from agent.model.snapshot import FORGET_AFTER_S
from drivers.vehicles.words import PLUG_WORDS, Said, Value

_BY_THE_PLUG = PLUG_WORDS | {"awake", "online"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Args:
    when: when it was true, as far as known.
    sure: False = `when` is a guess that any better knowledge replaces.
    lapsed: the source has said since that it does not know any more.
    """

    value: Value
    when: Now
    sure: bool = True
    lapsed: bool = False


@dataclass(slots=True)
class Memory:
    """Args:
    listened: the last instant at which a change would have reached us; None = never yet.
    """

    facts: dict[str, Fact] = field(default_factory=dict)
    listened: Now | None = None

    def get(self, word: str) -> Value | None:
        """What is held of a word now; None where it is not known (any more)."""
        fact = self.facts.get(word)
        return None if fact is None or fact.lapsed else fact.value

    def take(self, said: Said, now: Now, *, retained: bool) -> None:
        old = self.facts.get(said.word)
        if said.value is None:
            if old is not None:
                self.facts[said.word] = replace(old, lapsed=True)
            return
        new = self._dated(said, said.value, old, now, retained=retained)
        if new is not None:
            self.facts[said.word] = new

    def _dated(
        self, said: Said, value: Value, old: Fact | None, now: Now, *, retained: bool
    ) -> Fact | None:
        """The fact with its time; None if it is older news than what is known."""
        same = old is not None and old.value == value
        if said.at is not None:
            when = at_instant(said.at, now)
            if old is not None and old.sure and when.mono_s < old.when.mono_s:
                return replace(old, lapsed=False) if same else None
            return Fact(value=value, when=when)
        if not retained:
            return Fact(value=value, when=now)
        if old is None:
            return Fact(value=value, when=now.later(-FORGET_AFTER_S), sure=False)
        if same:
            return replace(old, lapsed=False)
        if said.word in _BY_THE_PLUG:
            return Fact(value=value, when=now, sure=False)
        return Fact(value=value, when=_newer(self.listened, old.when), sure=False)

    def renew(self, words: Iterable[str] | None, when: Now) -> None:
        """What is known is confirmed for an instant; None = all of it."""
        for word in list(self.facts) if words is None else words:
            fact = self.facts.get(word)
            if fact is not None and not fact.lapsed and fact.when.mono_s < when.mono_s:
                self.facts[word] = Fact(value=fact.value, when=when)


def at_instant(at: datetime, now: Now) -> Now:
    """An instant of the wall clock on both clocks; what lies ahead of us is now."""
    return now.later(min(0.0, (at - now.at).total_seconds()))


def _newer(one: Now | None, other: Now) -> Now:
    return other if one is None or one.mono_s < other.mono_s else one
