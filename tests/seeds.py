"""One seed for each test that draws at random, said when the test fails and given again by name."""

import random
from collections.abc import Mapping

import pytest

VARIABLE = "HEARTH_SEED"
SEEDS = 2**32


def drawn(environment: Mapping[str, str]) -> int:
    """The seed that HEARTH_SEED asks for, or one that nobody knows beforehand.

    Raises:
        pytest.UsageError: what HEARTH_SEED holds is no seed.
    """
    asked = environment.get(VARIABLE)
    if asked is None:
        return random.randrange(SEEDS)
    if not asked.isdecimal() or int(asked) >= SEEDS:
        raise pytest.UsageError(f"{VARIABLE} is {asked!r}: it takes a whole number below {SEEDS}")
    return int(asked)
