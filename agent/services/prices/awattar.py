"""aWATTar: hourly EPEX spot prices of Germany and Austria, excluding VAT, without a key.

GET api.awattar.de/v1/marketdata?start=MS&end=MS; about a hundred requests a day are welcome.
"""

from agent.services.fetching import Request, Web
from agent.services.prices.reading import epoch, figure, json_of, point, rows_of
from agent.services.prices.source import BadAnswer, Publication, Quote, Span
from agent.tariffs import per_kwh


class Awattar:
    """Args:
    country: de or at.
    """

    publication = Publication(timezone="Europe/Vienna")

    def __init__(self, *, country: str, url: str | None = None) -> None:
        self.name, self.key = f"aWATTar {country.upper()}", f"awattar {country}"
        self._url = url or f"https://api.awattar.{country}"

    async def fetch(self, web: Web, span: Span) -> Quote:
        start, end = (int(each.timestamp() * 1000) for each in (span.start, span.end))
        url = f"{self._url}/v1/marketdata?start={start}&end={end}"
        return read((await web.ask(Request(url=url))).body)


def read(body: bytes) -> Quote:
    """Raises:
    BadAnswer
    """
    points = []
    for row in rows_of(json_of(body), "data"):
        factor, cost = per_kwh(str(row.get("unit")), "EUR"), figure(row.get("marketprice"))
        if factor is None:
            raise BadAnswer(f"prices are in {row.get('unit')}, not in Eur/MWh")
        if cost is not None:
            start, end = (
                epoch(row.get("start_timestamp"), 1e3),
                epoch(row.get("end_timestamp"), 1e3),
            )
            points.append(point(start, end, cost * factor))
    return Quote(currency="EUR", points=tuple(points))
