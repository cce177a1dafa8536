"""Prices over stretches of time: what a kWh of a charger cost, and what was known before. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from agent.model.prices import Slot, slot_at


def mean_per_kwh(
    slots: Sequence[Slot],
    begin: datetime,
    end: datetime,
    own_share: float,
    *,
    turned_down: bool = False,
) -> float | None:
    """Of energy that was charged evenly from `begin` to `end`; None where one price is unknown.

    Args:
        turned_down: whether sun that would cost money at the grid would not have been let out.
    """
    least = 0.0 if turned_down else float("-inf")
    at, total = begin, 0.0
    while at < end:
        slot = slot_at(slots, at)
        per_kwh = None if slot is None else _per_kwh(slot, own_share, least)
        if slot is None or per_kwh is None:
            return None
        until = min(slot.end, end)
        total += per_kwh * (until - at).total_seconds()
        at = until
    if begin < end:
        return total / (end - begin).total_seconds()
    slot = slot_at(slots, end)
    return None if slot is None else _per_kwh(slot, own_share, least)


def _per_kwh(slot: Slot, own_share: float, least: float) -> float | None:
    bought, sold = slot.import_per_kwh, slot.export_per_kwh
    if (bought is None and own_share < 1) or (sold is None and own_share > 0):
        return None
    return (1 - own_share) * (bought or 0.0) + own_share * max(sold or 0.0, least)


def remembered(slots: Sequence[Slot], news: Sequence[Slot], since: datetime) -> tuple[Slot, ...]:
    """The slots known so far with the news over them, without what ended before `since`."""
    first = news[0].start if news else None
    old = [s for s in slots if s.end > since and (first is None or s.start < first)]
    if first is not None and old and old[-1].end > first:
        old[-1] = replace(old[-1], end=first)
    return (*old, *news)
