"""Documents that people and the cloud give the house, with their revisions."""

from dataclasses import dataclass
from enum import StrEnum

from agent.model.schedules import Location, Schedule
from agent.model.smart import SmartPolicy
from agent.model.tariffs import NamedPrices, PricePlan, PriceSeries

DocumentValue = Schedule | Location | NamedPrices | PricePlan | PriceSeries | SmartPolicy


class DocumentKind(StrEnum):
    SCHEDULE = "schedule"
    LOCATION = "location"
    TARIFF = "tariff"  # NamedPrices
    LOCATION_TARIFF = "location-tariff"  # PricePlan; its id is the location's
    PRICE_SERIES = "price-series"  # PriceSeries; its id is the location's
    SMART_POLICY = "smart-charging-policy"  # SmartPolicy; its id is the device's


class Source(StrEnum):
    CONFIG = "config"
    CLOUD = "cloud"
    LOCAL = "local"  # a person in the house changed the cloud's or the installer's


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Args:
    rev: the last one applied that the cloud gave; 0 = it never gave one.
    seen_rev: the last one seen, also when it was rejected.
    problem: why `seen_rev` was rejected; None = it was applied.
    value: None = deleted, or never applied.
    waiting: what `seen_rev` says, where the house refused it as it was then; it is looked at again.
    """

    kind: DocumentKind
    id: str
    rev: int = 0
    seen_rev: int = 0
    problem: str | None = None
    source: Source = Source.CLOUD
    value: DocumentValue | None = None
    waiting: DocumentValue | None = None
