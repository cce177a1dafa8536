"""Forecast.Solar: today and tomorrow by plane; without a key 12 questions an hour and address.

GET api.forecast.solar[/KEY]/estimate/LAT/LON/TILT/AZIMUTH/KWP?time=utc&full=1. `watt_hours_period`
is what came since the row before. Rows at sunrise and sunset stand at odd seconds. Who asks too
often gets 429 with message.ratelimit.retry-at. Each plane is a question of its own.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import pairwise
from urllib.parse import quote

from agent.forecasts.outlook import Outlook, Row, outlook_of
from agent.forecasts.solar import Place
from agent.services.fetching import Down, Request, Web
from agent.services.sun.source import BadAnswer, Plane, below, figure, instant, json_of

URL = "https://api.forecast.solar"
_QUOTA = 12  # an hour
_SPARE = 3  # questions an hour that stay for others behind the same address
_LEAST_EVERY_S = 1800.0  # the data change every 15 min
_LONGEST_ROW = timedelta(hours=2)
_PAUSE_S = 0.5


class ForecastSolar:
    """Args:
    key: of a paid account.
    limit_w: what the inverter gives at most.
    """

    name = "Forecast.Solar"

    def __init__(
        self,
        *,
        place: Place,
        planes: Sequence[Plane],
        key: str | None = None,
        limit_w: float | None = None,
        url: str = URL,
    ) -> None:
        self._place, self._planes, self._key = place, tuple(planes), key
        self._limit_w, self._url = limit_w, url
        self.every_s = max(_LEAST_EVERY_S, 3600.0 * len(self._planes) / (_QUOTA - _SPARE))

    async def fetch(self, web: Web, now: datetime) -> Outlook:
        plants: list[list[Row]] = []
        for plane in self._planes:
            if plants:
                await asyncio.sleep(_PAUSE_S)
            answer = await web.ask(
                Request(url=self._address(plane)), accept=(HTTPStatus.TOO_MANY_REQUESTS,)
            )
            if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                raise _too_often(answer.body, now)
            plants.append(read(answer.body))
        return outlook_of(self.name, now, plants, self._limit_w)

    def _address(self, plane: Plane) -> str:
        key = f"/{quote(self._key, safe='')}" if self._key else ""
        where = f"{self._place.latitude_deg:.4f}/{self._place.longitude_deg:.4f}"
        how = f"{plane.tilt_deg:g}/{plane.azimuth_deg:g}/{plane.peak_w / 1000:g}"
        return f"{self._url}{key}/estimate/{where}/{how}?time=utc&full=1"


def read(body: bytes) -> list[Row]:
    """Raises:
    BadAnswer
    """
    periods = below(json_of(body), "result", "watt_hours_period")
    if not isinstance(periods, Mapping) or not periods:
        raise BadAnswer("the answer has no result/watt_hours_period")
    stamped = sorted((instant(stamp), figure(wh)) for stamp, wh in periods.items())
    rows = []
    for (before, _), (at, wh) in pairwise(stamped):
        length = at - before
        if wh is not None and timedelta() < length <= _LONGEST_ROW:
            mean_w = max(0.0, wh) / (length.total_seconds() / 3600)
            rows.append(Row(start=before, end=at, mean_w=mean_w))
        elif wh == 0 and length < timedelta(days=1):
            rows.append(Row(start=before, end=at, mean_w=0.0))  # that was the night
    return rows


def _too_often(body: bytes, now: datetime) -> Down:
    said = "api.forecast.solar answers 429 Too Many Requests"
    try:
        again = below(json_of(body), "message", "ratelimit", "retry-at")
        wait_s = 3600.0 if again is None else (instant(again) - now).total_seconds()
    except BadAnswer:
        wait_s = 3600.0
    return Down(said, min(max(wait_s, 60.0), 86_400.0))
