"""The tariff of a house: all that turns a local time and a market price into money. Values only."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from agent.tariffs.formula import Component, Formula
from agent.tariffs.hours import Hours
from agent.tariffs.peaks import PeakRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Hours with a price of their own, all-in per kWh.

    Args:
        name: of the price.
    """

    name: str
    hours: Hours
    per_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The intervals that hold from an instant on, until later terms do.

    Args:
        valid_from: aware; None = from the beginning.
    """

    intervals: tuple[Interval, ...]
    valid_from: datetime | None = None


class ExportKind(StrEnum):
    """How a kWh given to the grid is paid."""

    UNKNOWN = "unknown"
    FIXED = "fixed"
    SPOT = "spot"
    SAME = "same-as-import"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Args:
    per_kwh: of FIXED, all-in.
    formula: of SPOT.
    own_market: SPOT follows Market.feed_in and not the prices of what is bought.
    """

    kind: ExportKind = ExportKind.UNKNOWN
    per_kwh: Component = ()
    formula: Formula = field(default_factory=Formula)
    own_market: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseTariff:
    """Args:
    currency: ISO 4217.
    timezone: IANA name of the zone whose wall clock decides.
    terms: ascending by valid_from.
    formula: makes a price of the market's where no interval and no pushed series has one; None =
        the market says nothing of what this house pays.
    peak: None = power as such costs nothing.
    """

    currency: str
    timezone: str
    terms: tuple[Terms, ...] = ()
    formula: Formula | None = None
    export: Export = field(default_factory=Export)
    peak: PeakRule | None = None
