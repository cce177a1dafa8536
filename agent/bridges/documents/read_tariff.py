"""Prices from the cloud: the named prices of a tariff, when each holds at a location, and prices
hour by hour. What overlaps or crosses midnight is refused when it is put to use."""

import re
from datetime import datetime
from itertools import pairwise
from typing import Final

from agent.bridges.documents.fields import Fields
from agent.bridges.documents.ids import local_id
from agent.bridges.documents.read_schedule import weekdays_of
from agent.bridges.documents.view import Sender
from agent.model.picture import Picture
from agent.model.tariffs import (
    NamedPrice,
    NamedPrices,
    PriceInterval,
    PricePlan,
    PricePoint,
    PriceSeries,
)

MOST_PRICES: Final = 200
MOST_INTERVALS: Final = 500
MOST_POINTS: Final = 2000
_DAYS: Final = 7
_HIGHEST: Final = 1e6
_DAY_MINUTES: Final = 1440
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_DECIMAL: Final = re.compile(r"-?\d{1,9}(\.\d{1,12})?", re.ASCII)


def read_tariff(name: str, document: Fields, picture: Picture) -> NamedPrices:
    """Args:
        document: the whole document; its body is a list of {name, cost}, or has it as `prices`.

    Raises:
        Unreadable
    """
    is_list = isinstance(document.values.get("body"), list)
    body = document if is_list else document.part("body")
    prices = body.find_parts("body" if is_list else "prices", MOST_PRICES)
    return NamedPrices(
        id=name,
        prices=tuple(NamedPrice(name=each.text("name"), cost=_cost(each)) for each in prices),
        currency=None if is_list else _currency(body),
        valid_from=picture.now.at if is_list else _valid_from(body, picture),
    )


def read_price_plan(resource_id: str, body: Fields, sender: Sender, picture: Picture) -> PricePlan:
    """Raises:
    Unreadable
    """
    return PricePlan(
        location=local_id(resource_id, picture.locations, sender.agent_id, "location"),
        tariff=body.uuid("tariffId"),
        intervals=tuple(_interval(p) for p in body.find_parts("tariffIntervals", MOST_INTERVALS)),
        valid_from=_valid_from(body, picture),
    )


def read_price_series(
    resource_id: str, body: Fields, sender: Sender, picture: Picture
) -> PriceSeries:
    """Raises:
    Unreadable
    """
    points = [_point(part) for part in body.find_parts("points", MOST_POINTS)]
    points.sort(key=lambda each: each.start)
    for index, (one, other) in enumerate(pairwise(points)):
        if one.end > other.start:
            remedy = "end one where the next begins"
            raise body.fault(f"points/{index + 1}", "overlaps the one before it", remedy)
    return PriceSeries(
        location=local_id(resource_id, picture.locations, sender.agent_id, "location"),
        currency=_currency(body, needed=True) or "",
        points=tuple(points),
    )


def _interval(fields: Fields) -> PriceInterval:
    return PriceInterval(
        name=fields.text("name"),
        from_minute=_minute(fields, "from"),
        to_minute=_minute(fields, "to", last=_DAY_MINUTES),
        weekdays=weekdays_of(fields),
    )


def _minute(fields: Fields, name: str, last: int = _DAY_MINUTES - 1) -> int:
    text = fields.text(name)
    if text == "24:00" and last == _DAY_MINUTES:
        return _DAY_MINUTES
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise fields.fault(name, "is no time of day", "give HH:MM from 00:00 to 23:59")
    return int(found[1]) * 60 + int(found[2])


def _point(fields: Fields) -> PricePoint:
    start, end = fields.instant("start"), fields.instant("end")
    if end <= start:
        raise fields.fault("end", "is not after start", "give an instant after start")
    text = isinstance(fields.values.get("cost"), str)
    cost = float(_cost(fields)) if text else fields.figure("cost", -_HIGHEST, _HIGHEST)
    return PricePoint(start=start, end=end, per_kwh=cost)


def _cost(fields: Fields) -> str:
    cost = fields.values.get("cost")
    if not isinstance(cost, str) or not _DECIMAL.fullmatch(cost):
        remedy = 'give currency per kWh, as in "0.284"'
        raise fields.fault("cost", "is no decimal number as text", remedy)
    return cost


def _currency(fields: Fields, *, needed: bool = False) -> str | None:
    text = fields.text("currency") if needed else fields.find_text("currency")
    if text is not None and not _CURRENCY.fullmatch(text):
        raise fields.fault("currency", "is no currency", "give three letters, as in EUR")
    return text


def _valid_from(fields: Fields, picture: Picture) -> datetime:
    """From now on, unless it says otherwise."""
    return fields.find_instant("validFrom") or picture.now.at
