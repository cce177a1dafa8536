"""Randomness that depends on seed and time only, never on how often somebody looked."""

import random
from functools import lru_cache


@lru_cache(maxsize=4096)
def noise(seed: int, what: str, slot: int) -> float:
    """A number in [0, 1) that is always the same for the same three values."""
    return random.Random(f"{seed}/{what}/{slot}").random()


def smooth_noise(seed: int, what: str, at_s: float, slot_s: float) -> float:
    """As `noise`, gliding from slot to slot."""
    slot, into = divmod(at_s, slot_s)
    here, there = noise(seed, what, int(slot)), noise(seed, what, int(slot) + 1)
    return here + (there - here) * into / slot_s
