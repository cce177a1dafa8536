"""Solcast: rooftop sites that the owner has described there, with a band.

GET api.solcast.com.au/rooftop_sites/ID/forecasts?period=PT30M&format=json&hours=72. Powers are
means in kW over the period that ends at the stamp. A hobby account may ask ten times a day; each
site is a question. When the day's questions are used up the answer is 429 with TooManyRequests,
and nothing comes before midnight UTC.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from urllib.parse import quote

from agent.forecasts.outlook import Outlook, Row, outlook_of
from agent.services.fetching import Down, Request, Web
from agent.services.sun.source import BadAnswer, below, figure, instant, json_of

URL = "https://api.solcast.com.au"
_A_DAY = 8  # of ten questions; two stay for people
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?")
_DIGITS = re.compile(r"(\.\d{6})\d+")
_BUSY_S = 900.0


class Solcast:
    """Args:
    sites: ids of the sites at Solcast.
    """

    name = "Solcast"

    def __init__(self, *, sites: Sequence[str], key: str, url: str = URL) -> None:
        self._sites, self._key, self._url = tuple(sites), key, url
        self.every_s = 86_400.0 * len(self._sites) / _A_DAY

    async def fetch(self, web: Web, now: datetime) -> Outlook:
        plants = []
        for site in self._sites:
            address = f"{self._url}/rooftop_sites/{quote(site, safe='')}/forecasts"
            request = Request(
                url=f"{address}?period=PT30M&format=json&hours=72",
                headers={"Authorization": f"Bearer {self._key}"},
            )
            answer = await web.ask(request, accept=(HTTPStatus.TOO_MANY_REQUESTS,))
            if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                raise _too_often(answer.body, now)
            plants.append(read(answer.body))
        return outlook_of(self.name, now, plants)


def read(body: bytes) -> list[Row]:
    """Raises:
    BadAnswer
    """
    found = below(json_of(body), "forecasts")
    if not isinstance(found, list) or not found:
        raise BadAnswer("the answer has no forecasts")
    rows = []
    for each in found:
        mean_kw, low_kw, high_kw = (
            figure(below(each, name)) for name in ("pv_estimate", "pv_estimate10", "pv_estimate90")
        )
        if mean_kw is None:
            continue
        end = instant(_DIGITS.sub(r"\1", str(below(each, "period_end"))))
        rows.append(
            Row(
                start=end - _length(below(each, "period")),
                end=end,
                mean_w=mean_kw * 1000,
                low_w=None if low_kw is None else low_kw * 1000,
                high_w=None if high_kw is None else high_kw * 1000,
            )
        )
    return rows


def _length(text: object) -> timedelta:
    found = _DURATION.fullmatch(str(text))
    length = timedelta(hours=int(found[1] or 0), minutes=int(found[2] or 0)) if found else None
    if not length or length > timedelta(hours=1):
        raise BadAnswer(f"{text!r} is no period")
    return length


def _too_often(body: bytes, now: datetime) -> Down:
    """The day's questions are used up, or the service is busy; only the first says so."""
    try:
        code = below(json_of(body), "response_status", "error_code")
    except BadAnswer:
        code = None
    if code != "TooManyRequests":
        return Down("api.solcast.com.au is busy (429)", _BUSY_S)
    utc = now.astimezone(UTC)
    midnight = datetime(utc.year, utc.month, utc.day, tzinfo=UTC) + timedelta(days=1)
    return Down(
        "api.solcast.com.au: today's questions are used up", (midnight - utc).total_seconds()
    )
