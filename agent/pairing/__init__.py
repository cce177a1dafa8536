"""Pairing: which car hangs on which charger, with the evidence. Pure; the clock is an argument.

memory = begin(settings); then again and again: done = step(observations, memory, now) and go on
with done.memory. Rules:
1. Unknown is better than wrong: a car is named from a probability of 0.99 on, and never without
   something that ties it to this very charger.
2. One car hangs on one cable: all chargers and cars are judged together.
3. When a cable leaves a charger, its pair is over at once.
4. Same input, same output; nothing looks ahead; memory is bounded.
"""

from dataclasses import replace

from agent.model.pairs import PairingSettings
from agent.pairing.engine import Step, begin, step
from agent.pairing.memory import Memory, configured
from agent.pairing.merge import merged, route
from agent.pairing.people import correct, pin

__all__ = [
    "Memory", "Step", "begin", "configure", "correct", "merged", "pin", "route",
    "step",
]  # fmt: skip


def configure(memory: Memory, settings: PairingSettings) -> Memory:
    """Cars and chargers came or went; what is known of the others stays. Step next, at once."""
    after = configured(memory, settings)
    now = memory.now
    return after if now is None else replace(after, due_s=now.mono_s)
