"""What a kWh of a charger cost over a stretch of time, part bought, part the house's own. Pure."""

from collections.abc import Sequence
from datetime import datetime

from agent.model.prices import Slot, slot_at


def mean_per_kwh(
    slots: Sequence[Slot], begin: datetime, end: datetime, own_share: float
) -> float | None:
    """Of energy that was charged evenly from `begin` to `end`; None where one price is unknown."""
    at, total = begin, 0.0
    while at < end:
        slot = slot_at(slots, at)
        per_kwh = None if slot is None else _per_kwh(slot, own_share)
        if slot is None or per_kwh is None:
            return None
        until = min(slot.end, end)
        total += per_kwh * (until - at).total_seconds()
        at = until
    if begin < end:
        return total / (end - begin).total_seconds()
    slot = slot_at(slots, end)
    return None if slot is None else _per_kwh(slot, own_share)


def _per_kwh(slot: Slot, own_share: float) -> float | None:
    bought, sold = slot.import_per_kwh, slot.export_per_kwh
    if (bought is None and own_share < 1) or (sold is None and own_share > 0):
        return None
    return (1 - own_share) * (bought or 0.0) + own_share * (sold or 0.0)
