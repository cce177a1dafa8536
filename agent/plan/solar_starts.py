"""How often a car begins to charge on the sun: contactors wear, and cars dislike it. Pure.

1. It begins three times, and then again after a rest of six hours, which a night is.
2. The third time it is kept at its least through clouds, for as long as the sun gives half of that
   on the mean of the last three quarters of an hour: under broken clouds that gets more sun into
   the car than to begin again and again, and what the grid adds costs less than to lose the rest
   of the day.
"""

from dataclasses import replace

from agent.model.clock import Now
from agent.model.readings import ChargerReading, PowerDelivery
from agent.model.snapshot import Seen
from agent.plan.memory import ChargerMemory

MOST_STARTS = 3
RESTS_S = 6 * 3600.0
HESITATES_S = 60.0
"""A shorter pause is none: phases are switched, cars hesitate."""
MEAN_OVER_S = 2700.0
ENOUGH_SHARE = 0.5


def counted(
    memory: ChargerMemory, seen: Seen[ChargerReading], sun_w: float, now: Now
) -> ChargerMemory:
    """With what is seen now.

    Args:
        sun_w: what is left over for this car, less than 0 where the house takes more.
    """
    before_s = now.mono_s if memory.sunny_mono_s is None else memory.sunny_mono_s
    share = min(1.0, max(0.0, now.mono_s - before_s) / MEAN_OVER_S)
    old_w = sun_w if memory.sun_mean_w is None else memory.sun_mean_w
    mean_w = old_w + share * (max(0.0, sun_w) - old_w)
    memory = replace(memory, sun_mean_w=max(0.0, mean_w), sunny_mono_s=now.mono_s)
    since_s, begun = memory.rests_mono_s, memory.begun
    if seen.value.power_delivery is PowerDelivery.CHARGING:
        again = since_s is not None and now.mono_s - since_s >= HESITATES_S
        return replace(memory, rests_mono_s=None, begun=begun + again)
    since_s = now.mono_s if since_s is None else since_s
    rested = now.mono_s - since_s >= RESTS_S
    return replace(memory, rests_mono_s=since_s, begun=0 if rested else begun)


def may_begin_in_s(memory: ChargerMemory, now: Now) -> float:
    """After how many seconds it may begin; 0 = now."""
    if memory.begun < MOST_STARTS:
        return 0.0
    since_s = now.mono_s if memory.rests_mono_s is None else memory.rests_mono_s
    return max(0.0, since_s + RESTS_S - now.mono_s)


def goes_on(memory: ChargerMemory, least_w: float) -> bool:
    """Whether a car on its last start is kept at its least though the sun is not enough for it."""
    mean_w = memory.sun_mean_w or 0.0
    return memory.begun >= MOST_STARTS and mean_w >= ENOUGH_SHARE * least_w
