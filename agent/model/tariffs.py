"""Prices as people, the installer and the cloud give them, before they become one price per slot.

Named prices and series are all-in: what the household pays per kWh. Market prices are not.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPrice:
    """Args:
    cost: a decimal number as text, currency per kWh; may be negative.
    """

    name: str
    cost: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPrices:
    """The prices of one tariff; a price is known by the tariff's id and its own name.

    Args:
        currency: ISO 4217; None = that of the house.
        valid_from: aware UTC; None = always.
        earlier: what held before, oldest first, each without `earlier` of its own.
    """

    id: str
    prices: tuple[NamedPrice, ...]
    currency: str | None = None
    valid_from: datetime | None = None
    earlier: tuple["NamedPrices", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceInterval:
    """Args:
    from_minute, to_minute: after local midnight, inclusive and exclusive; 0 to 1439, 1 to 1440.
    weekdays: 0 = Monday; None = the whole week, never empty.
    """

    name: str
    from_minute: int
    to_minute: int
    weekdays: frozenset[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePlan:
    """When which price of a tariff holds at a location; a new one replaces all earlier.

    Args:
        location: id of the Location whose local time counts.
        tariff: id of the NamedPrices.
        valid_from, earlier: as in NamedPrices.
    """

    location: str
    tariff: str
    intervals: tuple[PriceInterval, ...]
    valid_from: datetime | None = None
    earlier: tuple["PricePlan", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePoint:
    """Args:
    start, end: aware UTC, inclusive and exclusive.
    per_kwh: currency per kWh; zero and negative are prices like any other.
    """

    start: datetime
    end: datetime
    per_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSeries:
    """Prices hour by hour that the cloud worked out.

    Args:
        points: sorted, without overlap.
    """

    location: str
    currency: str
    points: tuple[PricePoint, ...]
