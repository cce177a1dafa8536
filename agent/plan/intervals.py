"""How often a car speaks, as measured from its last words: for so long a probe must last to be
seen. Pure."""

from math import inf
from typing import NamedTuple

KEPT = 4
LEAST_WORDS = 3
"""Fewer say nothing about the interval."""

ASLEEP_S = 7200.0
"""A longer silence is sleep or absence, and says nothing of how it reports while it charges."""


class Word(NamedTuple):
    """A car told how it stood at `at_s`, and we heard it at `seen_s` (monotonic)."""

    at_s: float
    seen_s: float


Words = tuple[Word, ...]


def heard(words: Words, word: Word) -> Words:
    """With one more word; what tells of the same or an earlier instant again is no news."""
    if words and word.at_s <= words[-1].at_s:
        return words
    awake = words if words and word.at_s - words[-1].at_s < ASLEEP_S else ()
    return (*awake, word)[-KEPT:]


def interval_s(words: Words, now_s: float) -> float | None:
    """How old its newest word was at the most, lately, when the next one came: what happens now is
    seen after that time. None until that is known."""
    if len(words) < LEAST_WORDS:
        return None
    nexts = [word.seen_s for word in words[1:]]
    ages = (next_s - word.at_s for word, next_s in zip(words, [*nexts, -inf], strict=True))
    return max(*ages, now_s - words[-1].at_s)
