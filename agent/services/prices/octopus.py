"""Octopus Energy (Great Britain): unit rates of any of its tariffs, VAT included, without a key.

Agile's rates for 23:00 to 23:00 come between 16:00 and 20:00; until then the last hour of the day
is missing. A rate without an end holds until another is told. Of two rates for one time, that for
direct debit counts.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from agent.model.tariffs import PricePoint
from agent.services.fetching import Request, Web
from agent.services.prices.reading import figure, instant, json_of, rows_of
from agent.services.prices.source import BadAnswer, Publication, Quote, Span

URL: Final = "https://api.octopus.energy"
MOST_PAGES: Final = 10
_DEBIT: Final = (None, "DIRECT_DEBIT")


class Octopus:
    """Args:
    product: code such as AGILE-24-10-01. region: letter of the grid supply point, A to P.
    """

    publication = Publication(
        timezone="Europe/London", at=time(16), late=time(20), missing_s=3600.0
    )

    def __init__(self, *, product: str, region: str, url: str = URL) -> None:
        tariff = f"E-1R-{product}-{region}"
        self.name, self.key = f"Octopus {tariff}", f"octopus {tariff}"
        self._rates = f"{url}/v1/products/{product}/electricity-tariffs/{tariff}"

    async def fetch(self, web: Web, span: Span) -> Quote:
        query = f"period_from={span.start:%Y-%m-%dT%H:%MZ}&period_to={span.end:%Y-%m-%dT%H:%MZ}"
        url: str | None = f"{self._rates}/standard-unit-rates/?{query}&page_size=1500"
        points: list[PricePoint] = []
        for _ in range(MOST_PAGES):
            if url is None:
                break
            found, url = read((await web.ask(Request(url=url))).body, span)
            points += found
            if url is not None and urlsplit(url).netloc != urlsplit(self._rates).netloc:
                raise BadAnswer("the next page is at another host")
        return Quote(currency="GBP", points=tuple(points))


def read(body: bytes, span: Span) -> tuple[list[PricePoint], str | None]:
    """The rates inside the span, and the address of the next page.

    Raises:
        BadAnswer
    """
    tree: Any = json_of(body)
    points = []
    for row in rows_of(tree, "results"):
        pence = figure(row.get("value_inc_vat"))
        if pence is None or row.get("payment_method") not in _DEBIT:
            continue
        start = max(instant(row.get("valid_from")), span.start)
        end = span.end if row.get("valid_to") is None else instant(row.get("valid_to"))
        points += _by_day(start, min(end, span.end + timedelta(days=1)), pence / 100)
    following = tree.get("next")
    return points, following if isinstance(following, str) else None


def _by_day(start: datetime, end: datetime, per_kwh: float) -> list[PricePoint]:
    """One stretch in parts of at most a day of UTC."""
    parts = []
    while start < end:
        midnight = datetime.combine(start.date() + timedelta(days=1), time(), UTC)
        stop = min(end, midnight)
        parts.append(PricePoint(start=start, end=stop, per_kwh=per_kwh))
        start = stop
    return parts
