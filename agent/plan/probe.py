"""A probe: one charger charges slower for a few minutes, to see which car's data follow. Pure.

1. At most one for each plug-in, whoever asks; one at a time in the house.
2. Only if nothing forbids it (probe_rules); with "always ask" a person is asked, and nothing is
   done before he says yes.
3. It only ever lowers what its charger would draw, within all limits.
4. It ends at once when the answer is there, the cable is pulled, a person presses anything, or
   something else moves; after its time; and with Hearth.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from agent.model.clock import Now
from agent.model.nothing import nothing
from agent.model.pairs import ProbePolicy, ProbeWish
from agent.model.readings import DeviceId
from agent.model.targets import Owner, Reason, ReasonCode
from agent.model.wishes import Order
from agent.plan.probe_end import Ended, Probe, applies, over
from agent.plan.probe_rules import (
    FOLLOW_S,
    Deadline,
    Never,
    ProbeView,
    Way,
    answered,
    first_allowed,
    way,
)

__all__ = [
    "Begin", "Deadline", "Ended", "Never", "Probe", "ProbeMemory", "ProbeStep", "ProbeView",
    "ask", "began", "cap", "step",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeMemory:
    """Args:
    wishes: what pairing would like to know, while the plug-in of `of` lasts, per charger.
    of: per charger the plug-in that its wish is about.
    spent: per charger the plug-in that has had its probe.
    """

    wishes: Mapping[DeviceId, ProbeWish] = field(default_factory=nothing)
    of: Mapping[DeviceId, str] = field(default_factory=nothing)
    spent: Mapping[DeviceId, str] = field(default_factory=nothing)
    running: Probe | None = None

    def to_json(self) -> dict[str, Any]:
        """What must survive a restart; a probe under way does not."""
        wishes = [
            {
                "charger": w.charger,
                "vehicle": w.vehicle,
                "why": w.why,
                "of": self.of[w.charger],
            }
            for w in self.wishes.values()
        ]
        return {"wishes": wishes, "spent": dict(self.spent)}

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> "ProbeMemory":
        """Read what to_json wrote."""
        wishes, of = dict[DeviceId, ProbeWish](), dict[DeviceId, str]()
        for row in tree.get("wishes", ()):
            charger = DeviceId(row["charger"])
            of[charger] = row["of"]
            wishes[charger] = ProbeWish(
                charger=charger,
                vehicle=DeviceId(row["vehicle"]),
                why=row["why"],
            )
        spent = {DeviceId(charger): name for charger, name in tree.get("spent", {}).items()}
        return cls(
            wishes=MappingProxyType(wishes), of=MappingProxyType(of), spent=MappingProxyType(spent)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """A probe to be made: the caller files its Action, then calls began()."""

    wish: ProbeWish
    session: str
    way: Way


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeStep:
    """Args:
    questions: per charger what a person is asked to allow.
    next_at: when time alone ends the probe.
    """

    memory: ProbeMemory
    ended: Ended | None = None
    begin: Begin | None = None
    questions: Mapping[DeviceId, str] = field(default_factory=nothing)
    next_at: datetime | None = None


def step(memory: ProbeMemory, wishes: Iterable[ProbeWish], view: ProbeView, now: Now) -> ProbeStep:
    """Advance by one tick.

    Args:
        wishes: those that pairing has come up with since the last tick.
    """
    memory = _known(memory, wishes, view)
    probe = memory.running
    if probe is not None:
        if probe.seen_mono_s is None and probe.charger in view.followed:
            until = now.later(probe.way.lasts_s).at
            probe = replace(probe, seen_mono_s=now.mono_s, until=until)
        if applies(probe.charger, view):
            probe = replace(probe, applied=True)
        done, ended = over(probe, view, now)
        memory = replace(memory, running=None if done else probe)
        return ProbeStep(memory=memory, ended=ended, next_at=None if done else probe.until)
    open_wishes = {c: w for c, w in memory.wishes.items() if memory.spent.get(c) != memory.of[c]}
    found = first_allowed(open_wishes, view, now)
    if found is None:
        return ProbeStep(memory=memory)
    wish, how = found
    if view.policy is ProbePolicy.ALWAYS_ASK:
        question = f"{_sentence(how, asked=True)} {_capital(wish.why)}."
        return ProbeStep(memory=memory, questions=MappingProxyType({wish.charger: question}))
    return ProbeStep(
        memory=memory, begin=Begin(wish=wish, session=memory.of[wish.charger], way=how)
    )


def ask(memory: ProbeMemory, charger: DeviceId, view: ProbeView, now: Now) -> Begin:
    """A person wants it now.

    Raises:
        Never: why it must not be done, or that there is nothing to find out.
    """
    if memory.running is not None:
        raise Never(f"{view.called(memory.running.charger)} is being probed already")
    session, wish = view.sessions.get(charger), memory.wishes.get(charger)
    if session is None:
        raise Never(f"no car is plugged in at {view.called(charger)}")
    known = answered(charger, view)
    if known is not None:
        raise Never(f"there is nothing to find out: {known}")
    if memory.spent.get(charger) == session:
        raise Never(
            f"{view.called(charger)} was probed for this plug-in already; unplug and plug in again"
        )
    if wish is None or memory.of[charger] != session:
        raise Never(
            f"nothing is to be asked at {view.called(charger)} now; cars have the first 20 minutes"
            " after the plug to tell of themselves, and it must be charging"
        )
    return Begin(wish=wish, session=session, way=way(wish, view, now))


def began(
    memory: ProbeMemory, begin: Begin, action_id: str | None, view: ProbeView, now: Now
) -> ProbeMemory:
    """The probe is under way; without an Action it is only spent."""
    charger = begin.wish.charger
    memory = replace(memory, spent=MappingProxyType({**memory.spent, charger: begin.session}))
    if action_id is None:
        return memory
    others_a = {d: mind.limit_a or 0.0 for d, mind in view.limits.items() if d != charger}
    probe = Probe(
        charger=charger,
        vehicle=begin.wish.vehicle,
        session=begin.session,
        action_id=action_id,
        way=begin.way,
        began_mono_s=now.mono_s,
        until=now.later(FOLLOW_S + begin.way.lasts_s).at,
        others_a=MappingProxyType(others_a),
    )
    return replace(memory, running=probe)


def cap(memory: ProbeMemory) -> Mapping[DeviceId, Order]:
    """What the charger under probe may draw at the most; it steers nothing else."""
    probe = memory.running
    if probe is None:
        return nothing()
    reason = Reason(
        code=ReasonCode.PAIR_PROBE,
        sentence=_sentence(probe.way),
        inputs={
            "from_a": round(probe.way.from_a, 1),
            "to_a": probe.way.to_a,
            "vehicle": probe.vehicle,
        },
        changes_at=probe.until,
    )
    order = Order(
        charging=probe.way.to_a > 0,
        owner=Owner.DEFAULT,
        reason=reason,
        by="a probe",
        most_a=probe.way.to_a,
    )
    return MappingProxyType({probe.charger: order})


def _sentence(how: Way, *, asked: bool = False) -> str:
    minutes = max(1, round(how.lasts_s / 60))
    if asked:
        does = f"charge at {how.to_a:g} A" if how.to_a else "pause"
        return f"May this charger {does} for {minutes} min, to see which car this is?"
    does = "Charging slower" if how.to_a else "Pausing"
    return f"{does} for {minutes} min to see which car this is."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _known(memory: ProbeMemory, wishes: Iterable[ProbeWish], view: ProbeView) -> ProbeMemory:
    """With the newest wishes, and without what is over with its plug-in."""
    fresh = {w.charger: w for w in wishes if w.charger in view.sessions}
    kept = {c for c, session in memory.of.items() if view.sessions.get(c) == session}
    spent_of = {c for c, session in memory.spent.items() if view.sessions.get(c) == session}
    if not fresh and len(kept) == len(memory.of) and len(spent_of) == len(memory.spent):
        return memory
    left = {c: w for c, w in memory.wishes.items() if c in kept}
    spent = {c: session for c, session in memory.spent.items() if c in spent_of}
    of = {c: view.sessions[c] for c in (*left, *fresh)}
    return replace(
        memory,
        wishes=MappingProxyType({**left, **fresh}),
        of=MappingProxyType(of),
        spent=MappingProxyType(spent),
    )
