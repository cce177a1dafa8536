"""ENTSO-E Transparency Platform: day-ahead prices (document A44) of all of Europe, with a token.

1. Positions are counted from the period's start; how many there are follows from its length, so a
   day of 92 or 100 quarters is a day like any other.
2. Curve A03 leaves out a position that repeats the one before it, up to the period's end.
3. Some zones come twice (DE-LU: SDAC and EXAA); the lowest classification sequence counts.
4. "No matching data" comes as an acknowledgement, with status 200 or 400, and is no fault.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from xml.etree import ElementTree as ET

from agent.model.tariffs import PricePoint
from agent.services.fetching import Declined, Request, Web
from agent.services.prices.reading import figure, instant
from agent.services.prices.source import BadAnswer, Publication, Quote, Span
from agent.tariffs import merged, tidy

URL: Final = "https://web-api.tp.entsoe.eu/api"
NO_DATA: Final = "999"
BAD_REQUEST: Final = 400
MOST_POSITIONS: Final = 24 * 60 * 8
_MINUTES: Final = re.compile(r"PT(\d{1,4})M")

AREAS: Final = {
    "DE-LU": "10Y1001A1001A82H", "AT": "10YAT-APG------L", "BE": "10YBE----------2",
    "NL": "10YNL----------L", "FR": "10YFR-RTE------C", "CH": "10YCH-SWISSGRIDZ",
    "ES": "10YES-REE------0", "PT": "10YPT-REN------W", "DK1": "10YDK-1--------W",
    "DK2": "10YDK-2--------M", "NO1": "10YNO-1--------2", "NO2": "10YNO-2--------T",
    "NO3": "10YNO-3--------J", "NO4": "10YNO-4--------9", "NO5": "10Y1001A1001A48H",
    "SE1": "10Y1001A1001A44P", "SE2": "10Y1001A1001A45N", "SE3": "10Y1001A1001A46L",
    "SE4": "10Y1001A1001A47J", "FI": "10YFI-1--------U", "EE": "10Y1001A1001A39I",
    "LV": "10YLV-1001A00074", "LT": "10YLT-1001A0008Q", "PL": "10YPL-AREA-----S",
    "CZ": "10YCZ-CEPS-----N", "HU": "10YHU-MAVIR----U", "SI": "10YSI-EELS-----O",
    "BG": "10YCA-BULGARIA-R", "IT-NORTH": "10Y1001A1001A73I", "IE-SEM": "10Y1001A1001A59C",
}  # fmt: skip


class Entsoe:
    """Args:
    zone: a bidding zone of AREAS, or an EIC code.
    """

    publication = Publication()

    def __init__(self, *, zone: str, token: str, url: str = URL) -> None:
        self.name, self.key = f"ENTSO-E {zone}", f"entsoe {zone}"
        self._area = AREAS.get(zone.upper(), zone)
        self._token, self._url = token, url

    async def fetch(self, web: Web, span: Span) -> Quote:
        query = (
            f"?documentType=A44&in_Domain={self._area}&out_Domain={self._area}"
            f"&periodStart={span.start:%Y%m%d%H%M}&periodEnd={span.end:%Y%m%d%H%M}"
            f"&contract_MarketAgreement.type=A01&securityToken={self._token}"
        )
        answer = await web.ask(Request(url=self._url + query), accept=(BAD_REQUEST,))
        try:
            return read(answer.body)
        except BadAnswer as error:
            if answer.status == BAD_REQUEST:
                raise Declined(f"ENTSO-E declines: {error}") from None
            raise


def read(body: bytes) -> Quote:
    """Raises:
    BadAnswer
    """
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise BadAnswer("the answer has entities, which no price needs")
    try:
        root = ET.fromstring(body)  # noqa: S314 -- bounded in size, and without entities
    except ET.ParseError:
        raise BadAnswer("the answer is no XML") from None
    if _name(root) == "Acknowledgement_MarketDocument":
        code, text = _text(root, "Reason", "code"), _text(root, "Reason", "text")
        if code == NO_DATA and "no matching data" in text.lower():
            return Quote(currency="EUR")
        raise BadAnswer(text or "an acknowledgement without a reason")
    currencies, ranked = set[str](), list[tuple[int, tuple[PricePoint, ...]]]()
    for series in _all(root, "TimeSeries"):
        currencies.add(_text(series, "currency_Unit.name"))
        unit = _text(series, "price_Measure_Unit.name")
        if unit != "MWH":
            raise BadAnswer(f"prices are per {unit or 'nothing'}, not per MWH")
        rank = _text(series, "classificationSequence_AttributeInstanceComponent.position")
        points = tidy(each for period in _all(series, "Period") for each in _points(period))
        ranked.append((int(rank) if rank.isdecimal() else 1, points))
    if len(currencies) > 1:
        raise BadAnswer(f"prices come in {' and '.join(sorted(currencies))}")
    return Quote(currency=(currencies or {"EUR"}).pop(), points=_lowest_first(ranked))


def _lowest_first(ranked: list[tuple[int, tuple[PricePoint, ...]]]) -> tuple[PricePoint, ...]:
    """The lowest sequence over the others; within one, quarters over hours."""
    found: tuple[PricePoint, ...] = ()
    for rank in sorted({rank for rank, _ in ranked}, reverse=True):
        found = merged(found, (each for of, points in ranked if of == rank for each in points))
    return found


def _points(period: ET.Element) -> Iterator[PricePoint]:
    start, end = (instant(_text(period, "timeInterval", edge)) for edge in ("start", "end"))
    step = _step(_text(period, "resolution"))
    count = (end - start) // step
    if not 0 < count <= MOST_POSITIONS:
        raise BadAnswer(f"a period has {count} positions")
    prices = dict[int, float]()
    for each in _all(period, "Point"):
        at, cost = _text(each, "position"), figure(_text(each, "price.amount"))
        if cost is not None and at.isdecimal():
            prices.setdefault(int(at), cost)
    last: float | None = None
    for position in range(1, count + 1):
        last = prices.get(position, last)
        if last is not None:
            begin = start + (position - 1) * step
            yield PricePoint(start=begin, end=begin + step, per_kwh=last / 1000)


def _step(resolution: str) -> timedelta:
    found = _MINUTES.fullmatch(resolution)
    if found is None or not int(found[1]):
        raise BadAnswer(f"the resolution is {resolution or 'missing'}")
    return timedelta(minutes=int(found[1]))


def _name(element: ET.Element) -> str:
    """Without the namespace, which has the version in it."""
    return element.tag.rpartition("}")[2]


def _all(element: ET.Element, name: str) -> Iterator[ET.Element]:
    return (child for child in element if _name(child) == name)


def _text(element: ET.Element, *path: str) -> str:
    here: ET.Element | None = element
    for name in path:
        here = next(_all(here, name), None) if here is not None else None
    return (here.text or "").strip() if here is not None else ""
