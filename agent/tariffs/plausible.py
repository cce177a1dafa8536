"""Whether prices can be meant in the unit that they claim. Zero and negative ones can."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

_WORTH: Final[Mapping[str, float]] = MappingProxyType(
    {
        "EUR": 1.0, "GBP": 1.0, "CHF": 1.0, "USD": 1.0, "AUD": 1.7, "NZD": 1.9, "CAD": 1.6,
        "NOK": 11.5, "SEK": 11.5, "DKK": 7.5, "PLN": 4.3, "CZK": 25.0, "HUF": 400.0, "RON": 5.0,
        "BGN": 2.0, "ISK": 145.0,
    }
)  # fmt: skip
"""Of how many units about one euro is worth; coarse, since wrong units are off by 100 or 1000."""

MOST_EUR_PER_KWH: Final = 1.5
"""No market's mean of a day was ever above: in August 2022 it was 0.9 in the Baltic states."""

LEAST_EUR_PER_KWH: Final = 0.0002
"""A day on which no price was further than this from zero, and not all were zero."""

_ENOUGH: Final = 12
"""Fewer prices may all be tiny: a windy night."""

_CENTS: Final[Mapping[str, str]] = MappingProxyType(
    {"GBP": "p", "NOK": "øre", "SEK": "öre", "DKK": "øre", "AUD": "c", "USD": "c", "CHF": "Rp"}
)


def cents(currency: str) -> str:
    """What a hundredth of a currency is called."""
    return _CENTS.get(currency, "ct")


def implausible(prices: Collection[float], currency: str) -> str | None:
    """Why prices per kWh cannot be in that unit, with the remedy; None if they can.

    Args:
        currency: one that is not known here is not judged.
    """
    worth = _WORTH.get(currency)
    if not prices or worth is None:
        return None
    mean = sum(abs(each) for each in prices) / len(prices)
    shown = f"a mean of {mean:.3g} {currency}/kWh"
    if mean > 30 * MOST_EUR_PER_KWH * worth:
        return f"{shown}: was it per MWh? set unit: {currency}/MWh"
    if mean > MOST_EUR_PER_KWH * worth:
        small = cents(currency)
        return f"{shown}: was it {small}? set unit: {small}/kWh"
    most = max(abs(each) for each in prices)
    if len(prices) >= _ENOUGH and 0 < most < LEAST_EUR_PER_KWH * worth:
        return f"{shown}: is it per kWh already? set unit: {currency}/kWh"
    return None


def doubtful(per_kwh: float, currency: str) -> bool:
    """Whether one price or fee is too high for its currency; one that is not known is not."""
    worth = _WORTH.get(currency)
    return worth is not None and abs(per_kwh) > MOST_EUR_PER_KWH * worth


def per_kwh(unit: str, currency: str) -> float | None:
    """What a figure in `unit` is multiplied with to be currency per kWh; None if the unit is not
    known, or of another currency.

    Args:
        unit: such as EUR/MWh, ct/kWh, p/kWh, "Eur/MWh", öre/kWh.
    """
    money, _, amount = unit.replace(" ", "").partition("/")
    parts = {"kwh": 1.0, "mwh": 0.001, "wh": 1000.0}
    if amount.lower() not in parts:
        return None
    if money.upper() == currency or money == _SIGNS.get(currency):
        return parts[amount.lower()]
    small = {cents(currency), "ct", "cent", "cents", "ore", "øre", "öre", "c", "p"}
    return parts[amount.lower()] / 100 if money.lower() in small else None


_SIGNS: Final[Mapping[str, str]] = MappingProxyType(
    {"EUR": "€", "GBP": "£", "USD": "$", "AUD": "$", "NOK": "kr", "SEK": "kr", "DKK": "kr"}
)
