"""hvakosterstrommen.no and elprisetjustnu.se: one file per day and zone, excluding VAT, no key.

GET .../api/v1/prices/2026/11-21_NO1.json; 404 until the day is published. Both ask to be named.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from agent.model.tariffs import PricePoint
from agent.services.fetching import Request, Web
from agent.services.prices.reading import figure, instant, json_of, point, rows_of
from agent.services.prices.source import Publication, Quote, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Args:
    key: as in the installer's file.
    """

    key: str
    name: str
    url: str
    currency: str
    timezone: str


SITES: Final[Mapping[str, Site]] = MappingProxyType(
    {
        site.key: site
        for site in (
            Site(
                key="hvakosterstrommen",
                name="hvakosterstrommen.no",
                url="https://www.hvakosterstrommen.no",
                currency="NOK",
                timezone="Europe/Oslo",
            ),
            Site(
                key="elprisetjustnu",
                name="elprisetjustnu.se",
                url="https://www.elprisetjustnu.se",
                currency="SEK",
                timezone="Europe/Stockholm",
            ),
        )
    }
)


class DayFiles:
    """Args:
    zone: NO1 to NO5, SE1 to SE4.
    """

    def __init__(self, site: Site, *, zone: str, url: str | None = None) -> None:
        self.name, self.key = f"{site.name} {zone}", f"{site.key} {zone}"
        self.publication = Publication(timezone=site.timezone)
        self._site, self._zone, self._url = site, zone, url or site.url

    async def fetch(self, web: Web, span: Span) -> Quote:
        points: list[PricePoint] = []
        for day in span.days:
            answer = await web.ask(Request(url=self._address(day)), accept=(HTTPStatus.NOT_FOUND,))
            if answer.status != HTTPStatus.NOT_FOUND:
                points += read(answer.body, self._site.currency)
        return Quote(currency=self._site.currency, points=tuple(points))

    def _address(self, day: date) -> str:
        return f"{self._url}/api/v1/prices/{day:%Y/%m-%d}_{self._zone}.json"


def read(body: bytes, currency: str) -> list[PricePoint]:
    """Raises:
    BadAnswer
    """
    found = []
    for row in rows_of(json_of(body)):
        cost = figure(row.get(f"{currency}_per_kWh"))
        if cost is not None:
            found.append(point(instant(row.get("time_start")), instant(row.get("time_end")), cost))
    return found
