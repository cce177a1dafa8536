"""Cars that do not follow: one that draws more than it may long after it was told is paused. Pure.

Every limit rests on cars that follow. One that does not, or a charger that does not pass on what it
was told, would keep the house over a limit for good. So where too much flows it is paused, and
tried again after a while. As long as no limit is passed, it is left alone.
"""

from collections.abc import Iterator
from dataclasses import replace

from agent.model.clock import Now
from agent.model.readings import ChargerReading
from agent.model.snapshot import Seen
from agent.model.targets import Owner, Reason, ReasonCode
from agent.plan.lines import Line, Room
from agent.plan.memory import ChargerMemory
from agent.plan.settings import ChargerSettings
from agent.plan.shares import drawn, on_mains
from agent.plan.untaken import Proposal

FOLLOWS_S = 20.0
"""By then the slowest car has followed, and its charger has measured that; some say what they
measured 10 s ago."""

FRESH_S = 20.0
MORE_A, MORE_SHARE = 1.0, 0.1
"""So much more than it may is no error of a meter."""

WAITS_S = 900.0
"""Contactors wear, and a car that has not followed once may do so again."""


def heeding(
    proposal: Proposal, seen: Seen[ChargerReading], own: ChargerSettings, space: Room, now: Now
) -> Proposal:
    """The same, or a pause for a car that does not follow."""
    mind = proposal.memory
    if mind.deaf_mono_s is not None and now.mono_s - mind.deaf_mono_s >= WAITS_S:
        mind = replace(mind, deaf_mono_s=None, deaf="")
    if mind.deaf_mono_s is None:
        line = next(_passed(proposal, seen, own, space, now), None)
        if line is not None:
            drawn_a = max(drawn(seen.value, own.phases).values())
            words = (
                f"{drawn_a:.1f} A were drawn {FOLLOWS_S:g} s after "
                f"{mind.limit_a or 0.0:.1f} A were told, with too much for {line.words}"
            )
            mind = replace(mind, deaf_mono_s=now.mono_s, deaf=words)
    if mind.deaf_mono_s is None or not proposal.amps:
        return replace(proposal, memory=mind)
    again_at = now.later(mind.deaf_mono_s + WAITS_S - now.mono_s).at
    reason = Reason(
        code=ReasonCode.FUSE_LIMIT,
        sentence=f"Paused, since charger or car did not follow: {mind.deaf}. Tried again within "
        f"{WAITS_S / 60:g} min.",
        inputs={"wanted_a": proposal.amps},
        changes_at=again_at,
    )
    return replace(proposal, amps=0.0, owner=Owner.SAFETY, reason=reason, memory=mind)


def _passed(
    proposal: Proposal, seen: Seen[ChargerReading], own: ChargerSettings, space: Room, now: Now
) -> Iterator[Line]:
    """The lines that are over where this car draws more than it may."""
    most_a = _most_a(proposal.memory, seen.said_mono_s.get("power_w"))
    sure = proposal.phased is None or not proposal.phased.uncertain
    if most_a is None or not sure or not seen.fresh("power_w", now.mono_s, FRESH_S):
        return
    for phase, amps in on_mains(drawn(seen.value, own.phases), own).items():
        if amps <= most_a + max(MORE_A, MORE_SHARE * most_a):
            continue
        for line in space.lines.values():
            mine = seen.value.device in line.chargers and line.phase in (0, phase)
            if mine and line.excess > 0:
                yield line


def _most_a(mind: ChargerMemory, measured_mono_s: float | None) -> float | None:
    """The most that it may have been told when that was measured, late as cars are; None where
    nobody knows."""
    if measured_mono_s is None or not mind.history:
        return None
    since_mono_s = measured_mono_s - FOLLOWS_S
    recent = [limit_a for at_s, limit_a in mind.history if at_s > since_mono_s]
    if len(recent) == len(mind.history):
        return None  # what held before is not known
    before_a = mind.history[len(mind.history) - len(recent) - 1][1]
    return max(before_a, *recent) if recent else before_a
