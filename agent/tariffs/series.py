"""Market prices as they come: doubled, overlapping, out of order; made into one clean series.

Every price is known by the instant at which it begins, never by its place in a list, so days of
23 and 25 hours are days like any other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from agent.model.nothing import nothing
from agent.model.tariffs import PricePoint


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPrices:
    """What one source has told so far.

    Args:
        source: its name, for people.
        points: currency per kWh; sorted, without overlap.
        trouble: why it tells nothing new, with the remedy; None = all is well.
    """

    source: str
    points: tuple[PricePoint, ...] = ()
    trouble: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What is known besides the tariff itself.

    Args:
        spot: prices of the source that the tariff names; sorted, without overlap.
        series: all-in prices that the cloud pushed; they win over spot.
        feed_in: prices that what is given is paid by, where that is another market.
        sources: who gave them, with what they gave until when, or why they do not.
    """

    spot: tuple[PricePoint, ...] = ()
    series: tuple[PricePoint, ...] = ()
    feed_in: tuple[PricePoint, ...] = ()
    sources: Mapping[str, str] = field(default_factory=nothing)


NO_MARKET = Market()


def tidy(points: Iterable[PricePoint]) -> tuple[PricePoint, ...]:
    """Sorted and without overlap; equal stretches keep their edges.

    Where two overlap, the shorter one counts (a quarter of an hour knows more than its hour);
    of two of the same length, the one that came first.
    """
    some = [point for point in points if point.end > point.start]
    ranked = sorted(some, key=lambda point: point.start)
    if all(one.end <= other.start for one, other in pairwise(ranked)):
        return tuple(ranked)
    by_length = sorted(some, key=lambda point: point.end - point.start)  # stable: first come
    kept: list[PricePoint] = []
    for point in by_length:
        kept += _what_is_free(point, kept)
    return tuple(sorted(kept, key=lambda point: point.start))


def _what_is_free(point: PricePoint, taken: Iterable[PricePoint]) -> list[PricePoint]:
    """The parts of a stretch that no other has."""
    free = [(point.start, point.end)]
    for other in taken:
        free = [part for span in free for part in _without(span, other)]
    return [PricePoint(start=start, end=end, per_kwh=point.per_kwh) for start, end in free]


def _without(span: tuple[datetime, datetime], other: PricePoint) -> list[tuple[datetime, datetime]]:
    start, end = span
    if other.end <= start or other.start >= end:
        return [span]
    parts = [(start, other.start), (other.end, end)]
    return [(begin, stop) for begin, stop in parts if begin < stop]


def merged(old: Iterable[PricePoint], new: Iterable[PricePoint]) -> tuple[PricePoint, ...]:
    """The old series with the new one over it; what the new one does not tell stays."""
    fresh = tidy(new)
    kept: list[PricePoint] = list(fresh)
    for point in old:
        near = [each for each in fresh if each.start < point.end and each.end > point.start]
        kept += _what_is_free(point, near)
    return tuple(sorted(kept, key=lambda point: point.start))


def known_until(points: Iterable[PricePoint], now: datetime) -> datetime:
    """Until when there is a price without a gap, from `now` on; `now` if there is none."""
    until = now
    for point in points:
        if point.start <= until < point.end:
            until = point.end
    return until
