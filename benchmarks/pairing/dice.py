"""Dice that fall alike until something else happens.

A household that is lived again with a step in it must be the same household until then, also in
what its devices tell. What a device throws dice for in turn (what it believes, when it speaks, what
it says) begins each time where it began without any step, so that one turn that grows longer
changes nothing of the next.
"""

from random import Random
from typing import Any

Marks = dict[tuple[str, str], Any]
"""Where the dice of one device stood when a turn began, by the device's seed and the turn."""


class Dice(Random):
    """
    Args:
        marks: filled by the first life of a household, used by the others.
    """

    def __init__(self, seed: str, marks: Marks) -> None:
        super().__init__(seed)
        self._name, self._marks = seed, marks

    def turn(self, name: str) -> None:
        """Begin to throw for something else."""
        state = self._marks.setdefault((self._name, name), self.getstate())
        self.setstate(state)
