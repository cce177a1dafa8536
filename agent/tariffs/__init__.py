"""What a kWh costs and earns, from named prices, market prices and the rules of a contract. Pure.

Source of the rules of named prices and intervals: Enode's tariffs (developers.enode.com).
"""

from agent.tariffs.documents import (
    interval_faults,
    name_faults,
    plan_fault,
    series_fault,
    succeed,
    tariff_fault,
    terms_of,
)
from agent.tariffs.formula import Dated, Fee, Formula
from agent.tariffs.hours import Hours, overlaps, unnamed
from agent.tariffs.house import Export, ExportKind, HouseTariff, Interval, Terms
from agent.tariffs.merging import import_known_until, price_at, prices_between
from agent.tariffs.peaks import PeakRule, Quarter, Step, Tier, peak_rate, with_days
from agent.tariffs.plausible import implausible, per_kwh
from agent.tariffs.series import NO_MARKET, Market, MarketPrices, known_until, merged, tidy

__all__ = [
    "NO_MARKET", "Dated", "Export", "ExportKind", "Fee", "Formula", "Hours", "HouseTariff",
    "Interval", "Market", "MarketPrices", "PeakRule", "Quarter", "Step", "Terms", "Tier",
    "implausible", "import_known_until", "interval_faults", "known_until", "merged",
    "name_faults", "overlaps", "peak_rate", "per_kwh", "plan_fault", "price_at",
    "prices_between", "series_fault", "succeed", "tariff_fault", "terms_of", "tidy",
    "unnamed", "with_days",
]  # fmt: skip
