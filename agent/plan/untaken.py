"""Cars that do not charge though they may: nobody is told that they do. Pure."""

from dataclasses import dataclass, replace

from agent.model.clock import Now
from agent.model.readings import ChargerReading, PowerDelivery
from agent.model.snapshot import Seen
from agent.model.targets import Owner, Reason
from agent.plan.memory import ChargerMemory
from agent.plan.phase_memory import PhaseMemory
from agent.plan.sunlight import TAKES_NOTHING

BEGINS_WITHIN_S = 120.0
"""Chargers and cars have that long to begin; a shorter idleness is not told as one."""

STEP_MINUTES = 5

_CHARGES = "Charging"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Args:
    amps: per phase; 0 = do not charge.
    phased: on how many phases; None = they are left as they are.
    """

    amps: float
    owner: Owner
    reason: Reason
    memory: ChargerMemory
    phased: PhaseMemory | None = None


def truthful(
    proposal: Proposal, seen: Seen[ChargerReading], before: ChargerMemory, now: Now
) -> Proposal:
    """The same in words that do not claim a charge where none is.

    Args:
        before: what was told last.
    """
    since_mono_s = _idle_since(proposal, seen, before, now)
    mind = replace(proposal.memory, untaken_mono_s=since_mono_s)
    return replace(proposal, memory=mind, reason=admitted(proposal.reason, seen, mind, now))


def admitted(reason: Reason, seen: Seen[ChargerReading], mind: ChargerMemory, now: Now) -> Reason:
    """The same reason; where it says that a car charges which does not, what it does instead."""
    text = reason.sentence
    if mind.untaken_mono_s is None or not text.startswith((f"{_CHARGES} ", f"{_CHARGES},")):
        return reason
    lasts_s = now.mono_s - mind.untaken_mono_s
    long, takes_nothing = lasts_s >= BEGINS_WITHIN_S, seen.value.power_delivery in TAKES_NOTHING
    if not long and not takes_nothing:
        return reason
    says = "The car takes nothing"
    if long:
        did = "The car has taken nothing" if takes_nothing else "It has not begun to charge"
        says = f"{did} for {_roughly(lasts_s)}"
    return replace(reason, sentence=f"{says}; it may charge{text.removeprefix(_CHARGES)}")


def _roughly(lasts_s: float) -> str:
    """In steps, so that what is told of a car that is full all night changes seldom."""
    minutes = int(lasts_s // 60)
    if minutes < STEP_MINUTES:
        return "some minutes"
    hours = minutes // 60
    return f"{hours} h" if hours else f"{minutes - minutes % STEP_MINUTES} min"


def _idle_since(
    proposal: Proposal, seen: Seen[ChargerReading], before: ChargerMemory, now: Now
) -> float | None:
    """Since when it may charge and does not; None = it does, may not, or nobody knows."""
    state = seen.value.power_delivery
    unknown = state in (None, PowerDelivery.UNKNOWN, PowerDelivery.CHARGING)
    told = bool(before.limit_a) or state in TAKES_NOTHING
    if unknown or not told or not proposal.amps:
        return None
    return now.mono_s if before.untaken_mono_s is None else before.untaken_mono_s
