"""Energy-Charts (Fraunhofer ISE): day-ahead prices of most European zones, without a key.

GET api.energy-charts.info/price?bzn=ZONE&start=DAY&end=DAY, days of the zone, both included; the
answer is parallel arrays. Each zone has its licence: CC BY 4.0, or private use only, as here.
"""

from typing import Any, Final

from agent.services.fetching import Request, Web
from agent.services.prices.reading import epoch, figure, from_starts, json_of
from agent.services.prices.source import BadAnswer, Publication, Quote, Span
from agent.tariffs import per_kwh

URL: Final = "https://api.energy-charts.info"
NOT_FOUND: Final = 404


class EnergyCharts:
    """Args:
    zone: bidding zone such as DE-LU.
    """

    publication = Publication()

    def __init__(self, *, zone: str, url: str = URL) -> None:
        self.name, self.key = f"Energy-Charts {zone}", f"energy-charts {zone}"
        self._zone, self._url = zone, url

    async def fetch(self, web: Web, span: Span) -> Quote:
        ask = f"?bzn={self._zone}&start={span.first}&end={span.last}"
        answer = await web.ask(Request(url=f"{self._url}/price{ask}"), accept=(NOT_FOUND,))
        return Quote(currency="EUR") if answer.status == NOT_FOUND else read(answer.body)


def read(body: bytes) -> Quote:
    """Raises:
    BadAnswer
    """
    tree: Any = json_of(body)
    if not isinstance(tree, dict):
        raise BadAnswer("the answer is no object")
    stamps, prices, unit = tree.get("unix_seconds"), tree.get("price"), str(tree.get("unit"))
    if not isinstance(stamps, list) or not isinstance(prices, list) or len(stamps) != len(prices):
        raise BadAnswer("unix_seconds and price are not two lists of one length")
    factor = per_kwh(unit, "EUR")
    if factor is None:
        raise BadAnswer(f"prices are in {unit}, not in EUR / MWh")
    figures = [figure(each) for each in prices]
    scaled = [None if each is None else each * factor for each in figures]
    return Quote(currency="EUR", points=from_starts([epoch(each) for each in stamps], scaled))
