"""What charging in one month adds up to."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What one charger gave, or one car took at the chargers of the house, in a month.

    A session counts whole in the month in which it ends, and while it runs in the present one; so
    a month that is over never changes.

    Args:
        name: "2026-11".
        start: its first instant on the clock of the house, aware.
        sessions: in how many something was charged, the running one included.
        energy_wh: None = not known of all of them.
        currency: None = nothing has had a price yet.
        cost, own_wh, reference_cost: None where it is not known of all that was charged, the
            amounts also where there are several currencies; see Session for what they are.
        unaccounted_wh: the part of energy_wh of which nobody knows the cost.
    """

    name: str
    start: datetime
    sessions: int = 0
    energy_wh: float | None = 0.0
    currency: str | None = None
    cost: float | None = 0.0
    own_wh: float | None = 0.0
    reference_cost: float | None = 0.0
    unaccounted_wh: float = 0.0

    @property
    def own_share(self) -> float | None:
        """0..1; None while nothing was charged, or where it is not known of all of it."""
        if self.own_wh is None or not self.energy_wh:
            return None
        return min(1.0, self.own_wh / self.energy_wh)

    @property
    def saving(self) -> float | None:
        """Against charging at once from the grid; negative = that would have been cheaper."""
        if self.cost is None or self.reference_cost is None:
            return None
        return self.reference_cost - self.cost
