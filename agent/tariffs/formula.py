"""From the wholesale price to the household's: margin, markup, grid fee, levies, VAT.

(spot * (1 + margin) + markup + grid fee by local time + levies) * (1 + VAT), each part with the
dates from which its values hold.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from agent.tariffs.hours import Hours

DIGITS: Final = 6
"""Of a price per kWh; finer is the noise of floating point, and would split equal slots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """Args:
    since: the local date from which on it holds; None = from the beginning.
    """

    value: float
    since: date | None = None


Component = tuple[Dated, ...]
"""Values of one part of the price, ascending by date; before the first one it is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """A grid fee of certain hours, in place of that of all others."""

    name: str
    hours: Hours
    per_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """Money in currency per kWh, excluding VAT.

    Args:
        supply: what the supplier asks where the market tells no price; empty = nobody knows.
        relief_above: above this wholesale price the state pays `relief_percent` of the rest
            (Norway's strømstøtte); empty = it does not.
        fees: hours with a grid fee of their own; the last one that matches counts.
    """

    supply: Component = ()
    margin_percent: Component = ()
    markup: Component = ()
    grid_fee: Component = ()
    fees: tuple[Fee, ...] = ()
    levies: Component = ()
    vat_percent: Component = ()
    relief_above: Component = ()
    relief_percent: Component = ()

    def all_in(self, spot_per_kwh: float | None, wall: datetime) -> float | None:
        """What a kWh costs at a reading of the wall clock; None where nobody knows.

        Args:
            spot_per_kwh: wholesale, currency per kWh.
        """
        day = wall.date()
        base = spot_per_kwh
        if base is None:
            if not self.supply:
                return None
            base = at(self.supply, day)
        if self.relief_above:
            above = max(0.0, base - at(self.relief_above, day))
            base -= above * at(self.relief_percent, day) / 100
        net = base * (1 + at(self.margin_percent, day) / 100) + at(self.markup, day)
        net += self._grid_fee(wall) + at(self.levies, day)
        return round(net * (1 + at(self.vat_percent, day) / 100), DIGITS) + 0.0

    def _grid_fee(self, wall: datetime) -> float:
        for fee in reversed(self.fees):
            if fee.hours.cover(wall):
                return fee.per_kwh
        return at(self.grid_fee, wall.date())


def at(component: Component, day: date) -> float:
    """The value that holds on a local day."""
    found = 0.0
    for each in component:
        if each.since is None or each.since <= day:
            found = each.value
    return found
