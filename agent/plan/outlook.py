"""What planning reckons with from now on: prices, house and sun, step by step. Pure.

Steps are quarter hours for the first hours and half hours after that, cut wherever something
changes: at prices, deadlines, and where limits begin and end. What nobody has published is
guessed from what is known already, never from the future, and marked as such.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import ceil
from zoneinfo import ZoneInfo

from agent.model.forecasts import Band, Forecasts
from agent.model.prices import Prices, Slot, slot_at
from agent.plan.optimise.problem import Step

HORIZON = timedelta(hours=48)
FINE, FINE_FOR, COARSE = timedelta(minutes=15), timedelta(hours=12), timedelta(minutes=30)
HOLDS = timedelta(minutes=30)
"""For how long what is measured now is expected to go on."""

LOOK_BACK_DAYS = 7
USUAL_LOAD_W, HIGH_LOAD_W, LOW_LOAD_W = 500.0, 2500.0, 200.0
"""Of a house of which nobody knows anything: 4400 kWh a year, its kitchen, and its standby."""

LEAST_SHARE, MORE_SHARE = 0.78, 0.32
"""How far a battery reckons from the mean to the bounds that one day in twenty passes: down to what
one in ten takes less than (1.28 of 1.64 standard deviations, were errors normal), and up half of
the way to what one in seven takes more than (1.04). Both were tried on measured houses."""

USUAL_IMPORT_PER_KWH, USUAL_EXPORT_PER_KWH = 0.30, 0.08
"""Where no price was ever known: flat, so that nothing is shifted for a price that is made up."""

_SHORTEST = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Hard limits at the meter for a while.

    Args:
        start, end: aware; None = it holds already, or for good.
        import_w, export_w: None = no limit of this kind.
    """

    start: datetime | None = None
    end: datetime | None = None
    import_w: float | None = None
    export_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What is measured now; None = not known.

    Args:
        stores: whether a battery covers it, which is to have enough for hungry days too.
    """

    load_w: float | None = None
    sun_w: float | None = None
    stores: bool = False


def outlook(
    now: datetime,
    prices: Prices,
    forecasts: Forecasts,
    zone: ZoneInfo,
    house: House,
    *,
    deadlines: Iterable[datetime] = (),
    limits: Sequence[Limit] = (),
    horizon: timedelta = HORIZON,
) -> tuple[Step, ...]:
    """The steps of a Problem, without a hole, the first of which begins now.

    Args:
        now: aware. zone: of the house; a day repeats by its clock.
        prices: also those of the last week, for guesses.
        deadlines: instants at which a step has to end.
    """
    guesses = _Guesses(prices.slots, now, zone)
    edges = _edges(now, prices.slots, deadlines, limits, horizon)
    return tuple(
        _step(now, start, end, guesses, forecasts, house, limits) for start, end in pairwise(edges)
    )


def _edges(
    now: datetime,
    slots: Sequence[Slot],
    deadlines: Iterable[datetime],
    limits: Sequence[Limit],
    horizon: timedelta,
) -> list[datetime]:
    """Where steps begin and end, ascending. What lies closer than half a minute is one edge; a
    deadline or limit moves the edge of the clock, never the other way round, nor another one: of
    many in a row each would move the last, until it is far from where they began."""
    start, end = now.astimezone(UTC), (now + horizon).astimezone(UTC)
    firm = [*deadlines, *(at for each in limits for at in (each.start, each.end) if at)]
    firm += [at for slot in slots if slot.end >= start for at in (slot.start, slot.end)]
    found = {start, end, *(at.astimezone(UTC) for at in firm if start < at < end)}
    soft, at = list[datetime](), _next(start, FINE)
    while at < end:
        soft.append(at)
        at = _next(at, FINE if at < start + FINE_FOR else COARSE)
    kept = [start]
    for each in sorted(found | set(soft)):
        if each - kept[-1] >= _SHORTEST:
            kept.append(each)
        elif each in found and (kept[-1] not in found or (each == end and kept[-1] != start)):
            kept[-1] = each
    return kept


def _next(at: datetime, grid: timedelta) -> datetime:
    """The next instant of the grid after `at`, counted from the full hour."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    return hour + ((at - hour) // grid + 1) * grid


def _step(
    now: datetime,
    start: datetime,
    end: datetime,
    guesses: "_Guesses",
    forecasts: Forecasts,
    house: House,
    limits: Sequence[Limit],
) -> Step:
    bought, sold, known = guesses.at(start)
    sun_w, sun_low_w, _ = _flow(forecasts.sun, start, end) or (0.0, 0.0, 0.0)
    found = _flow(forecasts.load, start, end)
    load_w, least_w, high_w = found or (USUAL_LOAD_W, LOW_LOAD_W, HIGH_LOAD_W)
    if found:
        least_w = load_w - LEAST_SHARE * (load_w - least_w)
        load_w += MORE_SHARE * (high_w - load_w) if house.stores and sun_w < load_w else 0.0
    if start - now < HOLDS:
        load_w = load_w if house.load_w is None else house.load_w
        least_w = load_w
        sun_w = sun_w if house.sun_w is None else house.sun_w
    valid = [each for each in limits if _holds(each, start)]
    return Step(
        start=start,
        duration_s=(end - start).total_seconds(),
        import_per_kwh=bought,
        export_per_kwh=sold,
        load_w=load_w,
        sun_w=sun_w,
        load_high_w=max(high_w, load_w),
        sun_low_w=min(sun_low_w, sun_w),
        import_limit_w=min((e.import_w for e in valid if e.import_w is not None), default=None),
        export_limit_w=min((e.export_w for e in valid if e.export_w is not None), default=None),
        known=known,
        load_low_w=min(least_w, load_w),
    )


def _holds(limit: Limit, at: datetime) -> bool:
    return (limit.start is None or limit.start <= at) and (limit.end is None or at < limit.end)


def _flow(band: Band | None, start: datetime, end: datetime) -> tuple[float, float, float] | None:
    """Mean, low and high power of a stretch; beyond the forecast the same time of its last day.

    None where the forecast says nothing of it.
    """
    if band is None or not band.mean_w:
        return None
    first = (start - band.start).total_seconds() / band.step_s
    behind = max(ceil((end - band.start).total_seconds() / band.step_s), int(first) + 1)
    if first < 0:
        return None
    count, day = len(band.mean_w), round(86_400 / band.step_s)
    if behind > count and count < day:
        return None
    back = ceil((behind - count) / day) * day if behind > count else 0
    part = slice(int(first) - back, behind - back)
    rows = (band.mean_w[part], band.low_w[part], band.high_w[part])
    mean_w, low_w, high_w = (sum(row) / len(row) for row in rows)
    return mean_w, low_w, high_w


class _Guesses:
    """Prices as they are published, and guesses for what is not."""

    def __init__(self, slots: Sequence[Slot], now: datetime, zone: ZoneInfo) -> None:
        self._slots, self._now, self._zone = slots, now, zone
        self._means: dict[bool, float | None] = {}

    def at(self, start: datetime) -> tuple[float, float, bool]:
        """Import, export, and whether the import price is published.

        Not published: the mean of the same local time on the last seven days of which it is;
        else the mean of all that is known; else a usual price.
        """
        slot = slot_at(self._slots, start)
        bought = None if slot is None else slot.import_per_kwh
        sold = None if slot is None else slot.export_per_kwh
        known = bought is not None
        if bought is None:
            bought = self._guess(start, export=False)
        if sold is None:
            sold = self._guess(start, export=True)
        bought = USUAL_IMPORT_PER_KWH if bought is None else bought
        sold = min(USUAL_EXPORT_PER_KWH, bought) if sold is None else sold
        return bought, sold, known

    def _guess(self, at: datetime, *, export: bool) -> float | None:
        local, found = at.astimezone(self._zone), list[float]()
        days = (at.date() - self._now.date()).days
        for back in range(1, max(days, 0) + LOOK_BACK_DAYS + 1):
            # Wall clock: the same time of another day, also across a change of clocks.
            slot = slot_at(self._slots, (local - timedelta(days=back)).astimezone(UTC))
            per_kwh = None if slot is None else _of(slot, export=export)
            if per_kwh is not None and len(found) < LOOK_BACK_DAYS:
                found.append(per_kwh)
        return sum(found) / len(found) if found else self._mean(export=export)

    def _mean(self, *, export: bool) -> float | None:
        """Of all that is known; there are a thousand slots, and it is asked for each step."""
        if export not in self._means:
            found = [p for slot in self._slots if (p := _of(slot, export=export)) is not None]
            self._means[export] = sum(found) / len(found) if found else None
        return self._means[export]


def _of(slot: Slot, *, export: bool) -> float | None:
    return slot.export_per_kwh if export else slot.import_per_kwh
