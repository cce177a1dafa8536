"""Prices that Home Assistant has: the attributes of a sensor, or the answer of an action.

Read are the series of nordpool (custom and core), epex_spot, entsoe, octopus_energy and
amberelectric, by the names of their attributes. A sensor that only has bare numbers (`today`) is
not read: on days of 23 and 25 hours nobody knows which hour a number belongs to.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import orjson

from agent.model.tariffs import PricePoint
from agent.services.fetching import Declined, Request, Web
from agent.services.prices.reading import figure, from_starts, instant, json_of, point
from agent.services.prices.source import BadAnswer, Publication, Quote, Span
from agent.tariffs import per_kwh


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """Where a series stands and what its rows are made of."""

    attributes: tuple[str, ...]
    start: str
    end: str | None
    cost: str
    whole_unit: bool = False


_SHAPES: Final = (
    _Shape(attributes=("raw_today", "raw_tomorrow"), start="start", end="end", cost="value"),
    _Shape(attributes=("data",), start="start_time", end="end_time", cost="price_per_kwh",
           whole_unit=True),
    _Shape(attributes=("prices_today", "prices_tomorrow"), start="time", end=None, cost="price"),
    _Shape(attributes=("prices",), start="time", end=None, cost="price"),
    _Shape(attributes=("rates",), start="start", end="end", cost="value_inc_vat",
           whole_unit=True),
    _Shape(attributes=("forecasts",), start="start_time", end="end_time", cost="per_kwh",
           whole_unit=True),
)  # fmt: skip
"""`whole_unit`: currency per kWh whatever the unit of the sensor's own state is."""

_HA: Final = "Home Assistant"


class HomeAssistantSensor:
    """Args:
    url: of Home Assistant. token: a long-lived access token. entity: the sensor.
    currency: of its figures; unit: None = as the sensor says.
    """

    publication = Publication()

    def __init__(
        self, *, url: str, token: str, entity: str, currency: str, unit: str | None = None
    ) -> None:
        self.name, self.key = f"{_HA} {entity}", f"home-assistant {entity}"
        self._url, self._token, self._entity = url.rstrip("/"), token, entity
        self._currency, self._unit = currency, unit

    async def fetch(self, web: Web, span: Span) -> Quote:  # noqa: ARG002 -- all that it has
        headers = {"Authorization": f"Bearer {self._token}"}
        url = f"{self._url}/api/states/{self._entity}"
        answer = await web.ask(Request(url=url, headers=headers), accept=(404,))
        if answer.status == 404:  # noqa: PLR2004
            raise Declined(f"{_HA} has no entity {self._entity}; correct the name")
        tree = json_of(answer.body)
        attributes = tree.get("attributes") if isinstance(tree, dict) else None
        if not isinstance(attributes, dict):
            raise BadAnswer("the answer has no attributes")
        return read_attributes(attributes, self._currency, self._unit)


class NordpoolAction:
    """Home Assistant's own Nord Pool integration, which tells a day only when it is asked.

    Args:
        config_entry: id of the integration's entry. area: such as SE3.
    """

    publication = Publication()

    def __init__(
        self, *, url: str, token: str, config_entry: str, area: str, currency: str
    ) -> None:
        self.name, self.key = f"{_HA} Nord Pool {area}", f"home-assistant nordpool {area}"
        self._url = f"{url.rstrip('/')}/api/services/nordpool/get_prices_for_date?return_response"
        self._token, self._entry = token, config_entry
        self._area, self._currency = area, currency

    async def fetch(self, web: Web, span: Span) -> Quote:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        points: list[PricePoint] = []
        for day in span.days:
            wish = {"config_entry": self._entry, "date": day.isoformat(), "areas": self._area}
            body = orjson.dumps({**wish, "currency": self._currency})
            request = Request(url=self._url, headers=headers, body=body)
            # Before publication it answers 400 or 500.
            answer = await web.ask(request, accept=(400, 500) if day > span.first else ())
            if answer.status < 400:  # noqa: PLR2004
                points += read_action(answer.body, self._area)
        return Quote(currency=self._currency, points=tuple(points))


def read_action(body: bytes, area: str) -> list[PricePoint]:
    """Raises:
    BadAnswer
    """
    tree: Any = json_of(body)
    areas = tree.get("service_response", tree) if isinstance(tree, dict) else {}
    rows = areas.get(area) if isinstance(areas, dict) else None
    if not isinstance(rows, list):
        raise BadAnswer(f"the answer has no prices of {area}")
    found = []
    for row in rows:
        cost = figure(row.get("price")) if isinstance(row, dict) else None
        if cost is not None:
            found.append(point(instant(row.get("start")), instant(row.get("end")), cost / 1000))
    return found


def read_attributes(attributes: Mapping[str, Any], currency: str, unit: str | None = None) -> Quote:
    """What a sensor's attributes tell.

    Args:
        unit: None = by the attributes, else currency per kWh.

    Raises:
        BadAnswer: none of them is a series that is known here.
    """
    said = attributes.get("currency")
    if isinstance(said, str) and said.isascii() and said.upper() != currency:
        raise BadAnswer(f"prices are in {said}; write currency: {said.upper()}")
    shapes = [s for s in _SHAPES if any(isinstance(attributes.get(a), list) for a in s.attributes)]
    if not shapes:
        raise BadAnswer("the sensor has no attribute with prices and their times")
    shape = shapes[0]
    factor = _factor(attributes, shape, currency, unit)
    rows = [row for name in shape.attributes for row in attributes.get(name) or ()]
    return Quote(currency=currency, points=tuple(_points(rows, shape, factor)))


def _factor(attributes: Mapping[str, Any], shape: _Shape, currency: str, unit: str | None) -> float:
    if unit is None:
        if shape.whole_unit:
            return 1.0
        if attributes.get("price_in_cents") is True:
            return 0.01
        unit = str(attributes.get("unit_of_measurement") or attributes.get("unit") or "kWh")
        unit = unit if "/" in unit else f"{currency}/{unit}"
    factor = per_kwh(unit, currency)
    if factor is None:
        raise BadAnswer(f"the sensor is in {unit}, which is no price in {currency}; set unit:")
    return factor


def _points(rows: list[Any], shape: _Shape, factor: float) -> Iterator[PricePoint]:
    if not all(isinstance(row, dict) for row in rows):
        raise BadAnswer(f"a row of {shape.attributes[0]} is no object")
    starts = [_to_minute(row.get(shape.start)) for row in rows]
    figures = [figure(row.get(shape.cost)) for row in rows]
    prices = [None if each is None else each * factor for each in figures]
    if shape.end is None:
        yield from from_starts(starts, prices)
        return
    for row, start, cost in zip(rows, starts, prices, strict=True):
        if cost is not None:
            yield point(start, _to_minute(row.get(shape.end)), cost)


def _to_minute(stamp: object) -> Any:
    """Amber's intervals begin one second late, others end one second early."""
    return (instant(stamp) + timedelta(seconds=30)).replace(second=0, microsecond=0)
