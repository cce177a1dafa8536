"""What a session cost, how much of it was the house's own, and what charging at once would have
cost. Pure.

1. Of what a charger draws, the part that the meter shows as import is bought; the rest is own, and
   costs what it would have earned at the grid.
2. Unknown is unknown: energy whose origin or price nobody knows is not accounted for, and a
   session that is not accounted for in full has no cost.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from agent.model.nothing import nothing
from agent.model.picture import Session, Totals
from agent.model.prices import Prices, Slot, slot_at
from agent.model.readings import DeviceId
from agent.sessions import Sessions
from agent.span_prices import mean_per_kwh, remembered

LONGEST_GAP_S = 900.0
"""What was charged in a longer gap (Hearth was away, or the counter stood still) was charged at
prices of many moments."""

LEAST_POWER_W = 500.0
UNCOUNTED_WH, UNCOUNTED_SHARE = 200.0, 0.1
"""So far power and counter may differ: they are measured at different moments."""

IDLE_W = 50.0
"""Less than this no car draws; chargers themselves do."""


NO_POWERS: Mapping[DeviceId, float | None] = nothing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where energy comes from at a moment.

    Args:
        own_share: 0..1, of what all chargers draw; None = unknown.
    """

    own_share: float | None = None


BOUGHT = Origin(own_share=0.0)


def origin_of(totals: Totals) -> Origin:
    """The cars come last: what the house imports while they draw is theirs."""
    drawn_w, grid_w = totals.chargers_w, totals.grid_w
    if drawn_w is None or grid_w is None or drawn_w <= 0:
        return Origin()
    return Origin(own_share=1.0 - min(1.0, max(0.0, grid_w) / drawn_w))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far a session's energy has been dealt with.

    Args:
        session: its id.
        energy_wh: all before is accounted for, or never will be; None = it has shown no figure.
        mono_s: when that was so; gained_mono_s: when energy was last counted.
        flowed_wh: what has flowed by its power since then.
        lost_wh: what flowed and was never counted.
    """

    session: str
    energy_wh: float | None
    mono_s: float
    gained_mono_s: float
    flowed_wh: float = 0.0
    lost_wh: float = 0.0


def account(
    session: Session,
    mark: Mark,
    origin: Origin,
    prices: Prices | None,
    mono_s: float,
    at: datetime,
    *,
    turned_down: bool = False,
) -> tuple[Session, Mark]:
    """A session with what its last energy cost.

    Energy of unknown origin waits for a while: meters and chargers speak at different moments.
    """
    energy_wh = session.energy_wh or 0.0
    done = replace(mark, energy_wh=session.energy_wh, mono_s=mono_s)
    gained_wh = 0.0 if mark.energy_wh is None else energy_wh - mark.energy_wh
    since_s = mono_s - mark.gained_mono_s
    if gained_wh > 0:
        done = replace(done, gained_mono_s=mono_s)
    lasted_s = _lasted_s(session, gained_wh, since_s, mono_s - mark.mono_s)
    if gained_wh <= 0 or max(mono_s - mark.mono_s, lasted_s) > LONGEST_GAP_S:
        return session, done
    own_share = origin.own_share
    if own_share is None:
        return session, mark
    session = replace(
        session,
        own_wh=(session.own_wh or 0.0) + own_share * gained_wh,
        traced_wh=session.traced_wh + gained_wh,
    )
    begin = at - timedelta(seconds=lasted_s)
    slots = () if prices is None else prices.slots
    per_kwh = mean_per_kwh(slots, begin, at, own_share, turned_down=turned_down)
    if prices is None or per_kwh is None or session.currency not in (None, prices.currency):
        return session, done
    session = replace(
        session,
        currency=prices.currency,
        cost=(session.cost or 0.0) + per_kwh * gained_wh / 1000,
        accounted_wh=session.accounted_wh + gained_wh,
    )
    return session, done


def _lasted_s(session: Session, gained_wh: float, since_s: float, tick_s: float) -> float:
    """How long it took at least to charge this: some chargers count four times an hour.

    Args:
        since_s: since energy was counted before; tick_s: since anybody looked.
    """
    power_w = session.max_power_w
    if power_w is None or power_w < LEAST_POWER_W:
        return since_s if since_s <= LONGEST_GAP_S else min(tick_s, LONGEST_GAP_S)
    return min(max(gained_wh / power_w * 3600, tick_s), since_s)


def counted(
    session: Session, before: Mark, after: Mark, power_w: float | None, mono_s: float
) -> tuple[Session, Mark]:
    """With what flowed and is not in the session's energy, because its counter stood still.

    Args:
        before, after: the marks of the last tick and of this one.
    """
    span_s = mono_s - before.mono_s if before is not after else 0.0
    if span_s > LONGEST_GAP_S:
        span_s = 0.0  # nobody looked
    flowed_wh = before.flowed_wh + max(0.0, power_w or 0.0) * span_s / 3600
    gained_wh = (session.energy_wh or 0.0) - (before.energy_wh or 0.0)
    lost_wh = before.lost_wh
    if gained_wh > 0 and before is not after:
        short_wh = flowed_wh - gained_wh
        lost_wh += short_wh if short_wh > max(UNCOUNTED_WH, UNCOUNTED_SHARE * gained_wh) else 0.0
        flowed_wh = 0.0
    late = mono_s - after.gained_mono_s > LONGEST_GAP_S and flowed_wh > UNCOUNTED_WH
    uncounted_wh = lost_wh + (flowed_wh if late else 0.0)
    return (
        replace(session, uncounted_wh=uncounted_wh),
        replace(after, flowed_wh=flowed_wh, lost_wh=lost_wh),
    )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """What sessions are priced with.

    Args:
        slots: prices since the oldest plug-in, as far as they were ever known.
        mono_s: when energy was last accounted for; None = not yet.
        marks: by charger.
        origin: of what was drawn last, at `drawn_mono_s`.
        all_bought: whether the house is known to have no source of its own.
        turned_down: whether sun that would cost money at the grid is turned down.
    """

    slots: tuple[Slot, ...] = ()
    known: tuple[Slot, ...] = ()
    mono_s: float | None = None
    marks: Mapping[DeviceId, Mark] = field(default_factory=nothing)
    origin: Origin = Origin()
    drawn_mono_s: float = float("-inf")
    all_bought: bool = False
    turned_down: bool = False


def step(
    priced: Priced,
    before: Sessions,
    after: Sessions,
    ended: Iterable[Session],
    totals: Totals,
    prices: Prices | None,
    mono_s: float,
    at: datetime,
    powers_w: Mapping[DeviceId, float | None] = NO_POWERS,
) -> tuple[Priced, dict[DeviceId, Session], tuple[Session, ...]]:
    """Account for one tick.

    Args:
        ended: sessions that began or ended in it.
        powers_w: what flows at each charger; what is missing or None is not known.

    Returns:
        What is remembered, the open sessions, and those that began or ended, with their costs.
    """
    priced = _with_prices(priced, after, prices, at)
    priced = _with_origin(priced, totals, mono_s)
    origin = _origin(priced, totals, mono_s)
    marks = dict[DeviceId, Mark]()

    def cost(session: Session) -> Session:
        old = before.get(session.charger)
        mark = _mark(priced, old, session, mono_s)
        done, after = account(
            session, mark, origin, prices, mono_s, at, turned_down=priced.turned_down
        )
        done, after = counted(done, mark, after, powers_w.get(session.charger), mono_s)
        if session.plugged_out_at is None:
            marks[session.charger] = after
        return _compared(done, old, priced.slots)

    running = {device: cost(session) for device, session in after.items()}
    facts = tuple(cost(session) for session in ended)
    return replace(priced, mono_s=mono_s, marks=MappingProxyType(marks)), running, facts


def _origin(priced: Priced, totals: Totals, mono_s: float) -> Origin:
    if priced.all_bought:
        return BOUGHT
    drawing = totals.chargers_w is None or totals.chargers_w >= IDLE_W
    late = mono_s - priced.drawn_mono_s > LONGEST_GAP_S
    return origin_of(totals) if drawing or late else priced.origin


def _mark(priced: Priced, old: Session | None, session: Session, mono_s: float) -> Mark:
    mark = priced.marks.get(session.charger)
    if mark is not None and mark.session == session.id:
        return mark
    if old is None or old.id != session.id:
        old, since_s = session, mono_s
    else:
        since_s = float("-inf") if priced.mono_s is None else priced.mono_s
    return Mark(
        session=session.id,
        energy_wh=old.energy_wh,
        mono_s=since_s,
        gained_mono_s=since_s,
        lost_wh=old.uncounted_wh,
    )


def _compared(session: Session, old: Session | None, slots: Sequence[Slot]) -> Session:
    """With what charging at once would have cost; prices of before a restart may be gone, and
    then that is still known of a session that has not drawn since."""
    drawn = old is None or old.energy_wh != session.energy_wh
    if not drawn and session.reference_cost is not None:
        return session
    return replace(session, reference_cost=reference_cost(session, slots))


def _with_prices(priced: Priced, after: Sessions, prices: Prices | None, at: datetime) -> Priced:
    if prices is None or prices.slots is priced.known:
        return priced
    oldest = min((s.plugged_in_at for s in after.values()), default=at)
    slots = remembered(priced.slots, prices.slots, min(oldest, at) - timedelta(hours=1))
    return replace(priced, slots=slots, known=prices.slots)


def _with_origin(priced: Priced, totals: Totals, mono_s: float) -> Priced:
    """The last counts arrive when the car has stopped: they came from where the rest came from."""
    origin = origin_of(totals)
    if origin.own_share is None or (totals.chargers_w or 0.0) < IDLE_W:
        return priced
    return replace(priced, origin=origin, drawn_mono_s=mono_s)
