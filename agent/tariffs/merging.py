"""One price for every instant: tariff interval, else pushed series, else market, else unknown."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from agent.model.prices import PeakRate, Prices, Slot
from agent.model.tariffs import PricePoint
from agent.tariffs.formula import at
from agent.tariffs.hours import DAY_MINUTES
from agent.tariffs.house import ExportKind, HouseTariff, Terms
from agent.tariffs.series import NO_MARKET, Market

_QUARTER: Final = timedelta(minutes=15)
"""Clocks change at whole quarters of UTC."""

_DAY: Final = timedelta(days=1)


def prices_between(
    tariff: HouseTariff,
    market: Market = NO_MARKET,
    *,
    start: datetime,
    end: datetime,
    peak: PeakRate | None = None,
) -> Prices:
    """What a kWh costs and earns from `start` to `end`, aware.

    Args:
        peak: what the highest power of the running period costs, see `peak_rate`.

    Returns:
        Slots as long as prices stay equal; where neither price is known there is none.
    """
    slots: list[Slot] = []
    where = ZoneInfo(tariff.timezone)
    lookup = _Lookup(market)
    for begin, stop in _pieces(tariff, market, start.astimezone(UTC), end.astimezone(UTC)):
        bought = _import(tariff, lookup, begin, begin.astimezone(where))
        sold = _export(tariff, lookup, begin, begin.astimezone(where), bought)
        if bought is None and sold is None:
            continue
        last = slots[-1] if slots else None
        same = last is not None and (last.import_per_kwh, last.export_per_kwh) == (bought, sold)
        if last is not None and same and last.end == begin:
            slots[-1] = replace(last, end=stop)
        else:
            slot = Slot(start=begin, end=stop, import_per_kwh=bought, export_per_kwh=sold)
            slots.append(slot)
    return Prices(
        currency=tariff.currency, slots=tuple(slots), peak=peak, sources=_sources(tariff, market)
    )


class _Lookup:
    """Finds the price of an instant in each series."""

    def __init__(self, market: Market) -> None:
        self._series = {
            name: (points, [point.start for point in points])
            for name, points in (
                ("spot", market.spot),
                ("series", market.series),
                ("feed_in", market.feed_in),
            )
        }

    def find(self, name: str, instant: datetime) -> float | None:
        points, starts = self._series[name]
        index = bisect_right(starts, instant) - 1
        return points[index].per_kwh if index >= 0 and instant < points[index].end else None


def _import(
    tariff: HouseTariff, lookup: _Lookup, instant: datetime, wall: datetime
) -> float | None:
    terms = _terms_at(tariff.terms, instant)
    for each in () if terms is None else terms.intervals:
        if each.hours.cover(wall):
            return each.per_kwh
    pushed = lookup.find("series", instant)
    if pushed is not None or tariff.formula is None:
        return pushed
    return tariff.formula.all_in(lookup.find("spot", instant), wall)


def _export(
    tariff: HouseTariff, lookup: _Lookup, instant: datetime, wall: datetime, bought: float | None
) -> float | None:
    match tariff.export.kind:
        case ExportKind.FIXED:
            return at(tariff.export.per_kwh, wall.date())
        case ExportKind.SPOT:
            market = "feed_in" if tariff.export.own_market else "spot"
            return tariff.export.formula.all_in(lookup.find(market, instant), wall)
        case ExportKind.SAME:
            return bought
        case ExportKind.UNKNOWN:
            return None


def _terms_at(terms: Sequence[Terms], instant: datetime) -> Terms | None:
    found = None
    for each in terms:
        if each.valid_from is None or each.valid_from <= instant:
            found = each
    return found


def _pieces(
    tariff: HouseTariff, market: Market, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Stretches within which nothing can change, ascending."""
    edges = {start, end, *_turns(tariff, start, end), *_clock_edges(tariff, start, end)}
    edges.update(each.valid_from for each in tariff.terms if each.valid_from is not None)
    for points in (market.spot, market.series, market.feed_in):
        edges.update(edge for point in points for edge in (point.start, point.end))
    inside = sorted(edge for edge in edges if start <= edge <= end)
    yield from pairwise(inside)


def _turns(tariff: HouseTariff, start: datetime, end: datetime) -> Iterator[datetime]:
    """When the clocks go back or forward."""
    where = ZoneInfo(tariff.timezone)
    begin = start.replace(minute=start.minute // 15 * 15, second=0, microsecond=0)
    while begin < end:
        late = begin + _DAY
        if begin.astimezone(where).utcoffset() != late.astimezone(where).utcoffset():
            early = begin
            while late - early > _QUARTER:
                middle = early + (late - early) // _QUARTER // 2 * _QUARTER
                before = early.astimezone(where).utcoffset()
                turned = middle.astimezone(where).utcoffset() != before
                early, late = (early, middle) if turned else (middle, late)
            yield late
        begin += _DAY


def _clock_edges(tariff: HouseTariff, start: datetime, end: datetime) -> Iterator[datetime]:
    """Midnights, and when the wall clock shows an edge of a window: twice where it comes twice."""
    minutes = sorted({0, *(minute % DAY_MINUTES for minute in _edge_minutes(tariff))})
    where = ZoneInfo(tariff.timezone)
    day = start.astimezone(where).date()
    while day <= end.astimezone(where).date():
        midnight = datetime(day.year, day.month, day.day, tzinfo=where)
        for minute in minutes:
            wall = midnight.replace(hour=minute // 60, minute=minute % 60)
            yield from {wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
        day += timedelta(days=1)


def _edge_minutes(tariff: HouseTariff) -> Iterable[int]:
    for terms in tariff.terms:
        for each in terms.intervals:
            yield from (each.hours.from_minute, each.hours.to_minute)
    for formula in (tariff.formula, tariff.export.formula):
        for fee in () if formula is None else formula.fees:
            yield from (fee.hours.from_minute, fee.hours.to_minute)


def _sources(tariff: HouseTariff, market: Market) -> dict[str, str]:
    found = dict(market.sources)
    names = {each.name for terms in tariff.terms for each in terms.intervals}
    if names:
        found["tariff"] = f"named prices: {', '.join(sorted(names))}"
    return found


def import_known_until(prices: Prices, instant: datetime) -> datetime | None:
    """Until when import has a price without a gap; None where it has none now."""
    until = instant
    for slot in prices.slots:
        if slot.import_per_kwh is not None and slot.start <= until < slot.end:
            until = slot.end
    return until if until > instant else None


def price_at(points: Sequence[PricePoint], instant: datetime) -> float | None:
    """The price of an instant in a tidy series; None in a gap."""
    index = bisect_right(points, instant, key=lambda point: point.start) - 1
    return points[index].per_kwh if index >= 0 and instant < points[index].end else None
