"""The cheapest single stretch of charging before a deadline. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate, pairwise

from agent.model.prices import Prices, slot_at
from agent.model.smart import Window

LOOK_BACK_DAYS = 7
CLEARLY_SHARE = 0.03


def price_at(prices: Prices | None, at: datetime) -> float | None:
    """Currency per kWh taken from the grid; None = not known."""
    if prices is None:
        return None
    slot = slot_at(prices.slots, at)
    return None if slot is None else slot.import_per_kwh


def known_until(prices: Prices | None, at: datetime) -> datetime:
    """Until when prices are known, at least `at`."""
    slots = () if prices is None else prices.slots
    for slot in reversed(slots):
        if slot.import_per_kwh is not None:
            return max(slot.end, at)
    return at


def usual_price(prices: Prices | None, at: datetime) -> float | None:
    """Of an instant, per kWh; where it is not known, the mean of the same time of the last days."""
    known = price_at(prices, at)
    if known is not None:
        return known
    past = [price_at(prices, at - timedelta(days=day)) for day in range(1, LOOK_BACK_DAYS + 1)]
    found = [each for each in past if each is not None]
    return sum(found) / len(found) if found else None


def cheap(prices: Prices | None, per_kwh: float | None) -> bool:
    """Whether a price is known to be a good one: clearly below the mean of all that are known."""
    slots = () if prices is None else prices.slots
    known = [(each, each.import_per_kwh) for each in slots if each.import_per_kwh is not None]
    if per_kwh is None or not known:
        return False
    lasts_s = [(each.end - each.start).total_seconds() for each, _ in known]
    costs = sum(paid * seconds for (_, paid), seconds in zip(known, lasts_s, strict=True))
    mean = costs / sum(lasts_s)
    return per_kwh < mean - CLEARLY_SHARE * abs(mean)


def cheapest_window(prices: Prices, at: datetime, deadline: datetime, lasts_s: float) -> Window:
    """Where one stretch of `lasts_s` costs least; of equal ones the earliest.

    An unknown price counts as the mean of the known ones. A stretch that does not fit before the
    deadline begins now.
    """
    lasts = timedelta(seconds=lasts_s)
    latest = deadline - lasts
    if latest <= at:
        return Window(start=at, stop=at + lasts)
    edges, costs = _priced(prices, at, deadline)
    sums = list(accumulate(costs, initial=0.0))
    starts = {at, latest} | {each for each in edges if at < each < latest}
    starts |= {each - lasts for each in edges if at < each - lasts < latest}

    def cost(start: datetime) -> float:
        return _until(start + lasts, edges, costs, sums) - _until(start, edges, costs, sums)

    best = min(sorted(starts), key=lambda start: round(cost(start), 6))
    return Window(start=best, stop=best + lasts)


def mean_price(prices: Prices, window: Window) -> float | None:
    """Of a stretch, per kWh; None where a part of it is not known."""
    total, covered_s = 0.0, 0.0
    for slot in prices.slots:
        begins, ends = max(slot.start, window.start), min(slot.end, window.stop)
        if ends > begins and slot.import_per_kwh is not None:
            seconds = (ends - begins).total_seconds()
            total, covered_s = total + slot.import_per_kwh * seconds, covered_s + seconds
    lasts_s = (window.stop - window.start).total_seconds()
    return total / covered_s if covered_s and covered_s >= lasts_s - 1 else None


def _priced(prices: Prices, at: datetime, end: datetime) -> tuple[list[datetime], list[float]]:
    """Edges from `at` to `end`, and the price times seconds between each two."""
    inside = [slot for slot in prices.slots if slot.end > at and slot.start < end]
    known = [slot.import_per_kwh for slot in inside if slot.import_per_kwh is not None]
    guess = sum(known) / len(known) if known else 0.0
    edges = sorted(
        {at, end, *(max(at, s.start) for s in inside), *(min(end, s.end) for s in inside)}
    )
    costs = []
    for begins, ends in pairwise(edges):
        known_per_kwh = price_at(prices, begins)
        costs.append(
            (guess if known_per_kwh is None else known_per_kwh) * (ends - begins).total_seconds()
        )
    return edges, costs


def _until(
    at: datetime, edges: Sequence[datetime], costs: Sequence[float], sums: Sequence[float]
) -> float:
    """What the time from the first edge to `at` costs."""
    place = min(bisect_right(edges, at) - 1, len(costs) - 1)
    whole_s = (edges[place + 1] - edges[place]).total_seconds()
    share = min(1.0, (at - edges[place]).total_seconds() / whole_s)
    return sums[place] + costs[place] * share
