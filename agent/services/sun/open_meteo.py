"""Open-Meteo: radiation onto each plane and air temperature, from which the power follows.

GET api.open-meteo.com/v1/forecast?minutely_15=temperature_2m,global_tilted_irradiance&tilt=&
azimuth=&timezone=GMT&timeformat=unixtime; free for households, CC BY 4.0. The stamp of a radiation
is the end of the quarter that it is the mean of. It can be below 0 at dusk, and null at the edge.

Cell temperature after Ross 1976 (air + k * radiation), power after the usual temperature
coefficient of crystalline silicon. What cables, inverter and dust take is learned from the meter.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from agent.forecasts.outlook import Outlook, Row, outlook_of
from agent.forecasts.solar import Place
from agent.services.fetching import Request, Web
from agent.services.sun.source import BadAnswer, Plane, below, figure, instant, json_of

URL = "https://api.open-meteo.com"
SOURCE = "Open-Meteo"
_ROSS_K = 0.0342  # K m2/W, modules on a pitched roof with air behind them
_PER_K = -0.004
_STANDARD_C = 25.0
_STANDARD_W_PER_M2 = 1000.0
_LEFT = 0.88  # of what the modules give, after cables, inverter and dust
_STEP = timedelta(minutes=15)


class OpenMeteo:
    """Args:
    limit_w: what the inverter gives at most.
    """

    name = SOURCE
    every_s = 3600.0

    def __init__(
        self,
        *,
        place: Place,
        planes: Sequence[Plane],
        limit_w: float | None = None,
        url: str = URL,
    ) -> None:
        self._place, self._planes, self._limit_w, self._url = place, planes, limit_w, url

    async def fetch(self, web: Web, now: datetime) -> Outlook:
        plants = []
        for plane in self._planes:
            answer = await web.ask(Request(url=self._address(plane)))
            plants.append(read(answer.body, plane.peak_w))
        return outlook_of(self.name, now, plants, self._limit_w)

    def _address(self, plane: Plane) -> str:
        return (
            f"{self._url}/v1/forecast?latitude={self._place.latitude_deg:.4f}"
            f"&longitude={self._place.longitude_deg:.4f}"
            "&minutely_15=temperature_2m,global_tilted_irradiance"
            f"&tilt={plane.tilt_deg:g}&azimuth={plane.azimuth_deg:g}"
            "&timezone=GMT&timeformat=unixtime&forecast_days=3"
        )


def read(body: bytes, peak_w: float) -> list[Row]:
    """Raises:
    BadAnswer
    """
    table = below(json_of(body), "minutely_15")
    columns = [below(table, name) for name in ("time", "global_tilted_irradiance")]
    if not all(isinstance(column, list) for column in columns) or len(columns[0]) != len(
        columns[1]
    ):
        raise BadAnswer("time and global_tilted_irradiance are not two lists of one length")
    airs = below(table, "temperature_2m")
    airs = airs if isinstance(airs, list) and len(airs) == len(columns[0]) else None
    rows = []
    for index, (stamp, radiation) in enumerate(zip(*columns, strict=True)):
        w_per_m2 = figure(radiation)
        if w_per_m2 is not None:
            air_c = None if airs is None else figure(airs[index])
            end = instant(stamp)
            power_w = module_w(max(0.0, w_per_m2), air_c, peak_w)
            rows.append(Row(start=end - _STEP, end=end, mean_w=power_w))
    return rows


def module_w(w_per_m2: float, air_c: float | None, peak_w: float) -> float:
    """Power of modules under a radiation; air of unknown temperature is taken as 15 C."""
    cell_c = (15.0 if air_c is None else air_c) + _ROSS_K * w_per_m2
    share = w_per_m2 / _STANDARD_W_PER_M2 * (1 + _PER_K * (cell_c - _STANDARD_C))
    return max(0.0, peak_w * share * _LEFT)
