"""What batteries that charge by our word have in the meter's figure. Pure.

A battery takes seconds to follow, and is read at another instant than the meter. Until both have
spoken since its last change, nobody knows which power the meter's figure holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.model.readings import BatteryReading, DeviceId, Reading
from agent.model.snapshot import Seen, Snapshot
from agent.plan.flows import FRESH_S
from agent.plan.memory import BatteryMemory

FOLLOWS_S = 5.0
"""A battery's inverter has followed by then, if it was told at once."""

NEAR_W, NEAR_SHARE = 200.0, 0.1
"""A battery that takes so much more or less than it may has yet to follow."""

UNSURE_S = 60.0
"""Who has said nothing for so long is taken at the last word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What all of them take at least, and at most; watts, or ampere per phase."""

    least: float = 0.0
    most: float = 0.0

    def shared(self, by: float) -> "Stored":
        return Stored(least=self.least / by, most=self.most / by)


NOTHING_STORED = Stored()


def charging(
    snapshot: Snapshot,
    minds: Mapping[DeviceId, BatteryMemory],
    metered_mono_s: float | None,
    now_mono_s: float,
) -> Stored:
    """Watts that the batteries take.

    Args:
        metered_mono_s: when the grid meter spoke last.
    """
    least_w = most_w = 0.0
    for device, mind in minds.items():
        taken_w, settled = _taken(device, snapshot, mind, metered_mono_s, now_mono_s)
        could_w = [taken_w] if settled else [taken_w, mind.allowed_w, mind.before_w]
        least_w += min(could_w)
        most_w += max(could_w)
    return Stored(least=least_w, most=most_w)


def both_spoke(
    seen: Seen[Reading] | None, metered_mono_s: float | None, since_mono_s: float
) -> bool:
    """Whether the battery and the grid meter have both told a power since then."""
    told = seen is not None and seen.said_after("power_w", since_mono_s)
    return told and metered_mono_s is not None and metered_mono_s > since_mono_s


def shows_still(mind: BatteryMemory, now_mono_s: float) -> bool:
    """Whether the meter may still show what a battery took that is to take no more."""
    return mind.allowed_w > 0 or now_mono_s - mind.changed_mono_s <= UNSURE_S


def _taken(
    device: DeviceId,
    snapshot: Snapshot,
    mind: BatteryMemory,
    metered_mono_s: float | None,
    now_mono_s: float,
) -> tuple[float, bool]:
    follows_s = mind.changed_mono_s + FOLLOWS_S
    late = now_mono_s - mind.changed_mono_s > UNSURE_S
    seen = snapshot.get(device)
    if seen is None or not isinstance(seen.value, BatteryReading) or not seen.reachable:
        return 0.0, late
    if not seen.fresh("power_w", now_mono_s, FRESH_S):
        return 0.0, late
    taken_w = max(0.0, seen.value.power_w or 0.0)
    near = abs(taken_w - mind.allowed_w) <= max(NEAR_W, NEAR_SHARE * mind.allowed_w)
    return taken_w, late or (near and both_spoke(seen, metered_mono_s, follows_s))
