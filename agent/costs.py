"""What a session cost, how much of it was the house's own, and what charging at once would have
cost. Pure.

1. Of what a charger draws, the part that the meter shows as import is bought; the rest is own, and
   costs what it would have earned at the grid.
2. Unknown is unknown: energy whose origin or price nobody knows is not accounted for, and a
   session that is not accounted for in full has no cost.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agent.model.picture import Session, Totals
from agent.model.prices import Prices, Slot
from agent.model.readings import DeviceId
from agent.sessions import Sessions

LONGEST_GAP_S = 900.0
"""What was charged in a longer gap (Hearth was away) was charged at prices of many moments."""

LEAST_POWER_W = 500.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where energy comes from at a moment.

    Args:
        own_share: 0..1, of what all chargers draw; None = unknown.
    """

    own_share: float | None = None


def origin_of(totals: Totals) -> Origin:
    """The cars come last: what the house imports while they draw is theirs."""
    drawn_w, grid_w = totals.chargers_w, totals.grid_w
    if drawn_w is None or grid_w is None or drawn_w <= 0:
        return Origin()
    return Origin(own_share=1.0 - min(1.0, max(0.0, grid_w) / drawn_w))


def account(
    before: Session | None,
    after: Session,
    origin: Origin,
    prices: Prices | None,
    since_s: float,
    at: datetime,
) -> Session:
    """`after` with what its last energy cost.

    Args:
        since_s: how long ago the last energy was accounted for.
    """
    if before is None or before.id != after.id:
        return after
    gained_wh = (after.energy_wh or 0.0) - (before.energy_wh or 0.0)
    if gained_wh <= 0 or since_s > LONGEST_GAP_S or origin.own_share is None:
        return after
    slot = None if prices is None else slot_at(prices.slots, at)
    if prices is None or slot is None:
        return after
    per_kwh = _per_kwh(slot, origin.own_share)
    if per_kwh is None or before.currency not in (None, prices.currency):
        return after
    return replace(
        after,
        currency=prices.currency,
        cost=(before.cost or 0.0) + per_kwh * gained_wh / 1000,
        own_wh=(before.own_wh or 0.0) + origin.own_share * gained_wh,
        accounted_wh=before.accounted_wh + gained_wh,
    )


def _per_kwh(slot: Slot, own_share: float) -> float | None:
    bought, sold = slot.import_per_kwh, slot.export_per_kwh
    if (bought is None and own_share < 1) or (sold is None and own_share > 0):
        return None
    return (1 - own_share) * (bought or 0.0) + own_share * (sold or 0.0)


def slot_at(slots: Sequence[Slot], at: datetime) -> Slot | None:
    """The slot that holds `at`; slots are sorted."""
    index = bisect_right(slots, at, key=lambda slot: slot.start) - 1
    return slots[index] if index >= 0 and at < slots[index].end else None


def reference_cost(session: Session, slots: Sequence[Slot]) -> float | None:
    """What the same energy would have cost from the grid, at full power from the plug-in on.

    Returns None while the session has drawn nothing, or where a price of that time is unknown.
    """
    power_w, left_wh = session.max_power_w, session.energy_wh
    if power_w is None or power_w < LEAST_POWER_W or not left_wh:
        return None
    at, cost = session.plugged_in_at, 0.0
    while left_wh > 0:
        slot = slot_at(slots, at)
        if slot is None or slot.import_per_kwh is None:
            return None
        most_wh = power_w * (slot.end - at).total_seconds() / 3600
        taken_wh = min(left_wh, most_wh)
        cost += slot.import_per_kwh * taken_wh / 1000
        left_wh -= taken_wh
        at += timedelta(hours=taken_wh / power_w) if taken_wh < most_wh else slot.end - at
    return cost


def remembered(slots: Sequence[Slot], news: Sequence[Slot], since: datetime) -> tuple[Slot, ...]:
    """The slots known so far with the news over them, without what ended before `since`."""
    first = news[0].start if news else None
    old = [s for s in slots if s.end > since and (first is None or s.start < first)]
    if first is not None and old and old[-1].end > first:
        old[-1] = replace(old[-1], end=first)
    return (*old, *news)


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """What sessions are priced with.

    Args:
        slots: prices since the oldest plug-in, as far as they were ever known.
        mono_s: when energy was last accounted for; None = not yet.
    """

    slots: tuple[Slot, ...] = ()
    known: tuple[Slot, ...] = ()
    mono_s: float | None = None


def step(
    priced: Priced,
    before: Sessions,
    after: Sessions,
    ended: Iterable[Session],
    totals: Totals,
    prices: Prices | None,
    mono_s: float,
    at: datetime,
) -> tuple[Priced, dict[DeviceId, Session], tuple[Session, ...]]:
    """Account for one tick.

    Args:
        ended: sessions that began or ended in it.

    Returns:
        What is remembered, the open sessions, and those that began or ended, with their costs.
    """
    if prices is not None and prices.slots is not priced.known:
        oldest = min((s.plugged_in_at for s in after.values()), default=at)
        slots = remembered(priced.slots, prices.slots, min(oldest, at) - timedelta(hours=1))
        priced = replace(priced, slots=slots, known=prices.slots)
    since_s = float("inf") if priced.mono_s is None else mono_s - priced.mono_s
    origin = origin_of(totals)

    def cost(session: Session) -> Session:
        old = before.get(session.charger)
        done = account(old, session, origin, prices, since_s, at)
        if session.plugged_out_at is not None:
            done = replace(done, reference_cost=reference_cost(done, priced.slots))
        return done

    running = {device: cost(session) for device, session in after.items()}
    return replace(priced, mono_s=mono_s), running, tuple(cost(session) for session in ended)
