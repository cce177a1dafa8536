"""Energinet's Energi Data Service: day-ahead prices of Denmark and its neighbours, without a key.

Dataset DayAheadPrices; TimeUTC has no zone marker and is UTC. Source of the data: Energinet,
CC BY 4.0.
"""

from datetime import timedelta
from typing import Final

from agent.services.fetching import Request, Web
from agent.services.prices.reading import figure, from_starts, instant, json_of, rows_of
from agent.services.prices.source import Publication, Quote, Span

URL: Final = "https://api.energidataservice.dk"
_MOST_ROWS: Final = 1000


class Energinet:
    """Args:
    area: DK1, DK2, or a neighbour. currency: DKK or EUR.
    """

    publication = Publication(timezone="Europe/Copenhagen")

    def __init__(self, *, area: str, currency: str = "DKK", url: str = URL) -> None:
        self.name, self.key = f"Energinet {area}", f"energinet {area} {currency}"
        self._area, self._currency, self._url = area, currency, url

    async def fetch(self, web: Web, span: Span) -> Quote:
        # Both are Danish days; `end` is exclusive.
        behind = span.last + timedelta(days=1)
        area = f'{{"PriceArea":["{self._area}"]}}'
        query = f"?start={span.first}&end={behind}&filter={area}&limit={_MOST_ROWS}"
        url = f"{self._url}/dataset/DayAheadPrices{query}"
        return read((await web.ask(Request(url=url))).body, self._area, self._currency)


def read(body: bytes, area: str, currency: str) -> Quote:
    """Raises:
    BadAnswer
    """
    rows = [row for row in rows_of(json_of(body), "records") if row.get("PriceArea") == area]
    starts = [instant(row.get("TimeUTC"), naive_is_utc=True) for row in rows]
    figures = [figure(row.get(f"DayAheadPrice{currency}")) for row in rows]
    prices = [None if each is None else each / 1000 for each in figures]
    return Quote(currency=currency, points=from_starts(starts, prices))
