"""Price documents: whether they can be applied, what they replace, and what they come to."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar

from agent.model.tariffs import NamedPrice, NamedPrices, PriceInterval, PricePlan, PriceSeries
from agent.tariffs.hours import Hours, crossing, overlaps
from agent.tariffs.house import Interval, Terms
from agent.tariffs.plausible import implausible

MOST_EARLIER: Final = 200

_START: Final = datetime.min.replace(tzinfo=UTC)

Versioned = TypeVar("Versioned", NamedPrices, PricePlan)


def amount(cost: str) -> float | None:
    """A decimal number as text; None if it is none."""
    try:
        value = Decimal(cost)
    except InvalidOperation:
        return None
    return float(value) if value.is_finite() else None


def name_faults(prices: Iterable[NamedPrice]) -> Iterator[str]:
    """What is wrong with named prices in themselves."""
    seen = set[str]()
    for each in prices:
        if each.name in seen:
            yield f"there are two prices called {each.name}; give each its own name"
        seen.add(each.name)
        if amount(each.cost) is None:
            yield f'the cost of {each.name} is {each.cost}; give a decimal number such as "0.284"'


def interval_faults(intervals: Iterable[PriceInterval], names: Iterable[str]) -> Iterator[str]:
    """What is wrong with a day's intervals; each sentence names them and the remedy."""
    known, windows = list(names), []
    for each in intervals:
        if each.name not in known:
            some = ", ".join(known) or "none"
            yield f"there is no price called {each.name}; known: {some}"
        wrong = crossing(each.from_minute, each.to_minute)
        if wrong is not None:
            yield f"{each.name}: {wrong}"
        else:
            windows.append((each.name, _hours(each)))
    yield from (text for _, _, text in overlaps(windows))


def tariff_fault(
    new: NamedPrices | None, id_: str, plans: Iterable[PricePlan], currency: str
) -> tuple[int, str] | None:
    """Why a tariff cannot be applied, or deleted where `new` is None: a status and a sentence."""
    using = [plan for plan in plans if plan.tariff == id_]
    if new is None:
        where = ", ".join(plan.location for plan in using)
        in_use = f"the tariff is in use at {where}; give {where} another first"
        return (409, in_use) if using else None
    if new.currency not in {None, currency}:
        return 400, f"the house pays in {currency}, not in {new.currency}; give {currency}"
    for wrong in name_faults(new.prices):
        return 400, wrong
    costs = [cost for each in new.prices if (cost := amount(each.cost)) is not None]
    if (doubt := implausible(costs, currency)) is not None:
        return 400, f"{doubt.partition('; ')[0].partition('? ')[0]}? give {currency} per kWh"
    names = {each.name for each in new.prices}
    for plan in _held_since(plans, id_, new.valid_from or _START):
        for used in plan.intervals:
            if used.name not in names:
                kept = f"{plan.location} uses the price {used.name}; keep it, or give other"
                return 409, f"{kept} intervals there first"
    return None


def _held_since(plans: Iterable[PricePlan], tariff: str, since: datetime) -> Iterator[PricePlan]:
    """The versions of plans that use a tariff at an instant or later."""
    for plan in plans:
        now = _newest(versions(plan), since)
        for each in versions(plan):
            later = (each.valid_from or _START) > since
            if each.tariff == tariff and (later or each == now):
                yield each


def plan_fault(plan: PricePlan, tariffs: Mapping[str, NamedPrices]) -> tuple[int, str] | None:
    """Why a location's price plan cannot be applied: a status and a sentence."""
    tariff = tariffs.get(plan.tariff)
    if tariff is None:
        return 404, f"there is no tariff {plan.tariff}; send the tariff first"
    for wrong in interval_faults(plan.intervals, (each.name for each in tariff.prices)):
        return 400, wrong
    return None


def series_fault(series: PriceSeries, currency: str) -> tuple[int, str] | None:
    """Why pushed prices cannot be applied: a status and a sentence."""
    if series.currency != currency:
        return 400, f"the house pays in {currency}, not in {series.currency}; give {currency}"
    doubt = implausible([point.per_kwh for point in series.points], currency)
    return None if doubt is None else (400, doubt)


def succeed(old: Versioned | None, new: Versioned) -> Versioned:
    """The new version with what held before it, so that past days keep their price.

    What was to begin when the new version does, or later, never comes to hold.
    """
    if old is None:
        return new
    begins = new.valid_from or _START
    before = [each for each in versions(old) if (each.valid_from or _START) < begins]
    return replace(new, earlier=tuple(before[-MOST_EARLIER:]))


def versions(newest: Versioned) -> tuple[Versioned, ...]:
    """All versions, oldest first, each without those before it."""
    return (*newest.earlier, replace(newest, earlier=()))


def terms_of(plan: PricePlan, tariffs: Mapping[str, NamedPrices]) -> tuple[Terms, ...]:
    """What a plan comes to with the costs that held at each time; ascending."""
    plans = versions(plan)
    used = {each.tariff for each in plans}
    costs = [each for name in sorted(used) if name in tariffs for each in versions(tariffs[name])]
    begins = {each.valid_from or _START for each in plans}
    begins |= {each.valid_from or _START for each in costs}
    first = min(each.valid_from or _START for each in plans)
    found = []
    for instant in sorted(each for each in begins if each >= first):
        now = _newest(plans, instant)
        named = [each for each in costs if now is not None and each.id == now.tariff]
        paid = _newest(named, instant) or (named[0] if named else None)
        if now is None or paid is None:
            continue
        valid_from = None if instant == _START else instant
        found.append(Terms(valid_from=valid_from, intervals=tuple(_priced(now, paid))))
    return tuple(found)


def _newest(some: Iterable[Versioned], instant: datetime) -> Versioned | None:
    held = [each for each in some if (each.valid_from or _START) <= instant]
    return held[-1] if held else None


def _priced(plan: PricePlan, named: NamedPrices) -> Iterator[Interval]:
    costs = {each.name: amount(each.cost) for each in named.prices}
    for each in plan.intervals:
        cost = costs.get(each.name)
        if cost is not None:
            yield Interval(name=each.name, hours=_hours(each), per_kwh=cost)


def _hours(part: PriceInterval) -> Hours:
    return Hours(
        from_minute=part.from_minute,
        to_minute=part.to_minute,
        weekdays=part.weekdays,
    )
