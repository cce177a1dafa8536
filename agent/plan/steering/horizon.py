"""The hours ahead as a planner's steps: prices, sun, load and limits of each."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from agent.model.forecasts import Band
from agent.model.limits import GridOrder
from agent.model.prices import Prices, Slot
from agent.plan.moment import Moment
from agent.plan.optimise.problem import Step
from agent.plan.settings import PlanSettings
from agent.plan.steering.now import (
    USUAL_LOAD_W,
    Outside,
    export_limit_w,
    high_load_w,
    import_limit_w,
)

AHEAD = timedelta(hours=48)
QUARTER, HALF = timedelta(minutes=15), timedelta(minutes=30)
HOLDS = timedelta(minutes=30)
"""For how long what is measured now is expected to go on."""

FLAT_PER_KWH = 0.30
"""Where no price is known at all; only differences matter, and there are none."""


def horizon(
    moment: Moment,
    outside: Outside,
    orders: Sequence[GridOrder],
    settings: PlanSettings,
    timezone: str,
) -> tuple[Step, ...]:
    """From now to 48 h ahead, without a hole; steps end where a price, a limit or a deadline does,
    and each quarter or half hour."""
    prices = _Prices(outside.prices, timezone)
    edges = sorted(set(_edges(moment, prices, orders)))
    forecasts = outside.forecasts
    high_w = high_load_w(forecasts.load, moment.at)
    steps = []
    for start, end in pairwise(edges):
        middle = start + (end - start) / 2
        bought, sold, known = prices.at(middle)
        near = start - moment.at < HOLDS
        load_w = moment.load_w if near else mean_w(forecasts.load, start, end, USUAL_LOAD_W)
        sun_w = moment.sun_w if near else mean_w(forecasts.sun, start, end, 0.0)
        worst_w = high_w if forecasts.load is None else _bound(forecasts.load, "high_w", start, end)
        least_w = 0.0 if forecasts.sun is None else _bound(forecasts.sun, "low_w", start, end)
        house_w = max(0.0, load_w - sun_w)
        steps.append(
            Step(
                start=start,
                duration_s=(end - start).total_seconds(),
                import_per_kwh=bought,
                export_per_kwh=sold,
                load_w=load_w,
                sun_w=sun_w,
                load_high_w=max(load_w, worst_w),
                sun_low_w=min(sun_w, least_w),
                import_limit_w=import_limit_w(settings, orders, house_w, start),
                export_limit_w=export_limit_w(settings, orders, start),
                known=known,
            )
        )
    return tuple(steps)


def _edges(moment: Moment, prices: "_Prices", orders: Iterable[GridOrder]) -> Iterator[datetime]:
    begins, ends = moment.at, moment.at + AHEAD
    grid = QUARTER if prices.quarterly else HALF
    at = begins.replace(minute=0, second=0, microsecond=0)
    while at < ends:
        if at > begins:
            yield at
        at += grid
    yield begins
    yield ends
    instants = [deadline.at for car in moment.cars for deadline in car.deadlines]
    instants += [at for order in orders for at in (order.begins_at, order.ends_at) if at]
    instants += [slot.start for slot in prices.slots]
    yield from (at for at in instants if begins < at < ends)


class _Prices:
    """The price of any instant; what is not known is as on the last days at the same local time."""

    def __init__(self, prices: Prices | None, timezone: str) -> None:
        self.slots: Sequence[Slot] = () if prices is None else prices.slots
        self._starts = [slot.start for slot in self.slots]
        self._zone = ZoneInfo(timezone)
        short = [s for s in self.slots[-96:] if s.end - s.start <= QUARTER]
        self.quarterly = bool(short)

    def at(self, instant: datetime) -> tuple[float, float, bool]:
        slot = self._find(instant)
        bought = None if slot is None else slot.import_per_kwh
        sold = None if slot is None else slot.export_per_kwh
        if bought is not None:
            return bought, min(bought, 0.0) if sold is None else sold, True
        past = list(self._same_time(instant))
        if not past:
            past = [s for s in self.slots if s.import_per_kwh is not None]
        if not past:
            return FLAT_PER_KWH, 0.0, False
        mean = sum(s.import_per_kwh or 0.0 for s in past) / len(past)
        sales = [s.export_per_kwh for s in past if s.export_per_kwh is not None]
        return mean, sum(sales) / len(sales) if sales else min(mean, 0.0), False

    def _find(self, instant: datetime) -> Slot | None:
        index = bisect_right(self._starts, instant) - 1
        return self.slots[index] if index >= 0 and instant < self.slots[index].end else None

    def _same_time(self, instant: datetime) -> Iterator[Slot]:
        """The slots of the same wall time on the seven days before."""
        wall = instant.astimezone(self._zone).replace(tzinfo=None)
        for days in range(1, 9):
            before = (wall - timedelta(days=days)).replace(tzinfo=self._zone)
            slot = self._find(before)
            if slot is not None and slot.import_per_kwh is not None:
                yield slot


def mean_w(band: Band | None, start: datetime, end: datetime, otherwise_w: float) -> float:
    """Mean of a forecast over a stretch; what lies outside counts as `otherwise_w`."""
    if band is None:
        return otherwise_w
    return _over(band.mean_w, band, start, end, otherwise_w)


def _bound(band: Band, name: str, start: datetime, end: datetime) -> float:
    values: tuple[float, ...] = getattr(band, name)
    return _over(values, band, start, end, values[-1] if values else 0.0)


def _over(
    values: Sequence[float], band: Band, start: datetime, end: datetime, otherwise_w: float
) -> float:
    begin_s = (start - band.start).total_seconds()
    stop_s = (end - band.start).total_seconds()
    total, at_s = 0.0, begin_s
    while at_s < stop_s:
        index = int(at_s // band.step_s)
        until_s = min(stop_s, (index + 1) * band.step_s)
        inside = 0 <= index < len(values)
        total += (values[index] if inside else otherwise_w) * (until_s - at_s)
        at_s = until_s
    return total / (stop_s - begin_s)
