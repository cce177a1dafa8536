"""The shape of evidence, and the rates that it is measured against."""

from typing import NamedTuple

DAY_S = 86_400.0
COINCIDENCE = 2.0
"""An item of that many points ties car and charger together in time."""


class Item(NamedTuple):
    """
    Args:
        kind: stable word.
        points: ln P(data | the car hangs here) - ln P(data | it hangs on none of ours).
        says: which sentence it makes.
        figures: what the sentence needs: instants, shares, watts.
    """

    kind: str
    points: float
    says: str
    figures: tuple[float, ...] = ()


Items = tuple[Item, ...]
