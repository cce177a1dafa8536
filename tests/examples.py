"""How many examples a property gets: all of them as a rule, a quarter of them in `make check`.

Each `make check` draws other ones, and `make test` takes them all.
"""

from typing import Any

from hypothesis import settings

ALL = 100
"""Examples of a property that does not say how many it wants; Hypothesis's own figure."""
QUICK = "quick"
"""The profile of `make check`."""
FEWEST = 5


def register_profiles() -> None:
    """Make known what `pytest --hypothesis-profile` may say, and take everything unless it does.

    How long an example takes says more of the machine than of Hearth; pytest ends what hangs.
    """
    settings.register_profile("hearth", deadline=None, max_examples=ALL)
    settings.register_profile(QUICK, deadline=None, max_examples=ALL // 4)
    settings.load_profile("hearth")


def examples(count: int, **others: Any) -> settings:
    """Decorate a property: `count` examples, or the share of them that the profile takes."""
    share = settings().max_examples / ALL
    return settings(max_examples=max(min(FEWEST, count), round(count * share)), **others)
