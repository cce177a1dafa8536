"""Price documents in force: which can be applied, and what tariff of the house they come to."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from agent.model.documents import Document, DocumentKind, DocumentValue
from agent.model.intents import PutDocument
from agent.model.schedules import Location
from agent.model.tariffs import NamedPrices, PricePlan, PricePoint, PriceSeries
from agent.tariffs.documents import (
    plan_fault,
    series_fault,
    succeed,
    tariff_fault,
    terms_of,
)
from agent.tariffs.formula import Formula
from agent.tariffs.house import HouseTariff, Terms

DEFAULT_CURRENCY = "EUR"
KEPT = timedelta(days=8)
"""A session that runs is held against the prices since its plug-in, of a week at most."""

Documents = Mapping[tuple[DocumentKind, str], Document]
Refusal = tuple[int, str]
"""Status as in an Answer, and the sentence with the remedy."""


def refusal(
    documents: Documents,
    locations: Mapping[str, Location],
    tariff: HouseTariff | None,
    intent: PutDocument,
) -> Refusal | None:
    """Why a price document cannot be applied; None for one that can, and for all others.

    Args:
        tariff: of the installer's file.
    """
    value, id_ = intent.value, intent.id
    if intent.kind is DocumentKind.TARIFF and (value is None or isinstance(value, NamedPrices)):
        using = [plan for plan in _plans(documents) if plan.location in locations]
        return tariff_fault(value, id_, using, _currency(_beside(documents, intent), tariff, value))
    if isinstance(value, PricePlan | PriceSeries) and value.location not in locations:
        return 404, f"there is no location {value.location}; send the location first"
    if isinstance(value, PricePlan):
        return plan_fault(value, _tariffs(documents))
    if isinstance(value, PriceSeries):
        return series_fault(value, _currency(_beside(documents, intent), tariff, value))
    return None


def succeeding(old: DocumentValue | None, new: DocumentValue | None) -> DocumentValue | None:
    """What is kept of a document: the new value, and of prices all that held before it."""
    if isinstance(new, NamedPrices):
        return succeed(old if isinstance(old, NamedPrices) else None, new)
    if isinstance(new, PricePlan):
        return succeed(old if isinstance(old, PricePlan) else None, new)
    if isinstance(new, PriceSeries) and isinstance(old, PriceSeries):
        return _continued(old, new)
    return new


def _continued(old: PriceSeries, new: PriceSeries) -> PriceSeries:
    """The new prices behind those of before; a cloud sends those of tomorrow today."""
    if not new.points or old.currency != new.currency:
        return new
    first = new.points[0].start
    kept = tuple(
        replace(point, end=min(point.end, first))
        for point in old.points
        if point.start < first and point.end > first - KEPT
    )
    return replace(new, points=(*kept, *new.points))


def tariff_of(
    documents: Documents, home: Location | None, tariff: HouseTariff | None
) -> HouseTariff | None:
    """The house's tariff: that of the installer's file, its named prices replaced by the cloud's
    from the time on from which those hold.

    Args:
        home: the house's own location.

    Returns:
        None where nobody told anything of prices.
    """
    plans = [plan for plan in _plans(documents) if home is not None and plan.location == home.id]
    pushed = series_of(documents, home)
    if tariff is None and home is not None and (plans or pushed):
        currency = _currency(documents, None, plans[0] if plans else None)
        tariff = HouseTariff(currency=currency, timezone=home.timezone, formula=Formula())
    if tariff is None or not plans:
        return tariff
    ours = terms_of(plans[0], _tariffs(documents))
    begins = ours[0].valid_from if ours else None
    before = tuple(each for each in tariff.terms if begins is not None and _earlier(each, ours[0]))
    return replace(tariff, terms=(*before, *ours) if ours else tariff.terms)


def series_of(documents: Documents, home: Location | None) -> tuple[PricePoint, ...]:
    """Prices that the cloud pushed for the house."""
    for document in documents.values():
        value = document.value
        if isinstance(value, PriceSeries) and home is not None and value.location == home.id:
            return value.points
    return ()


def _earlier(one: Terms, other: Terms) -> bool:
    return one.valid_from is None or (
        other.valid_from is not None and one.valid_from < other.valid_from
    )


def _beside(documents: Documents, intent: PutDocument) -> Documents:
    """All but the one that is to be replaced."""
    return {key: each for key, each in documents.items() if key != (intent.kind, intent.id)}


def _plans(documents: Documents) -> list[PricePlan]:
    return [d.value for d in documents.values() if isinstance(d.value, PricePlan)]


def _tariffs(documents: Documents) -> dict[str, NamedPrices]:
    return {d.id: d.value for d in documents.values() if isinstance(d.value, NamedPrices)}


def _currency(documents: Documents, tariff: HouseTariff | None, value: DocumentValue | None) -> str:
    """The installer's; without one, what the cloud has said, else what it says now: currencies are
    never mixed."""
    if tariff is not None:
        return tariff.currency
    known = (*(document.value for document in documents.values()), value)
    for each in known:
        if isinstance(each, NamedPrices | PriceSeries) and each.currency is not None:
            return each.currency
    return DEFAULT_CURRENCY
