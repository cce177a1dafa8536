"""Forecasts in any JSON that has a row per stretch of time, with a mapping.

So that which another program already knows: attributes of a sensor in Home Assistant (by its REST
interface, or published over MQTT), or any address that answers with JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote

from agent.forecasts.outlook import Outlook, Row, outlook_of
from agent.services.fetching import Request, Web
from agent.services.sun.source import BadAnswer, below, figure, instant, json_of

_LONGEST_ROW = timedelta(hours=3)
_KILO = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Where things stand.

    Args:
        rows: path of keys to the list of rows, or to an object from stamps to values.
        time: key of the stamp in a row.
        value: key of the mean power; low, high: of its bounds.
        unit: W, kW, or Wh and kWh of the row's length.
        stamp: whether the stamp is the beginning or the end of the row's time.
        length_s: of a row; None = up to the next.
    """

    rows: tuple[str, ...] = ()
    time: str = "period_start"
    value: str = "pv_estimate"
    low: str | None = "pv_estimate10"
    high: str | None = "pv_estimate90"
    unit: Literal["W", "kW", "Wh", "kWh"] = "kW"
    stamp: Literal["start", "end"] = "start"
    length_s: float | None = None


DETAILED_FORECAST = Keys(rows=("attributes", "detailedForecast"), length_s=1800.0)
"""As the Solcast integration of Home Assistant has it."""


class JsonForecast:
    """One or several addresses that answer with rows; those of one plant on several days.

    Args:
        name: for people.
        token: sent as bearer, e.g. a long-lived access token of Home Assistant.
    """

    every_s = 1800.0

    def __init__(
        self, *, name: str, urls: Sequence[str], keys: Keys, token: str | None = None
    ) -> None:
        self.name, self._urls, self._keys, self._token = name, urls, keys, token

    @classmethod
    def of_home_assistant(
        cls, *, url: str, entities: Sequence[str], token: str, keys: Keys = DETAILED_FORECAST
    ) -> "JsonForecast":
        """Attributes of sensors, e.g. of forecasts for today and tomorrow."""
        states = [f"{url.rstrip('/')}/api/states/{quote(each)}" for each in entities]
        return cls(name="Home Assistant", urls=states, keys=keys, token=token)

    async def fetch(self, web: Web, now: datetime) -> Outlook:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        rows = []
        for url in self._urls:
            answer = await web.ask(Request(url=url, headers=headers))
            rows += read(answer.body, self._keys)
        return outlook_of(self.name, now, [rows])


def read(body: bytes, keys: Keys) -> list[Row]:
    """Raises:
    BadAnswer
    """
    found = below(json_of(body), *keys.rows)
    if isinstance(found, Mapping):
        found = [{keys.time: stamp, keys.value: value} for stamp, value in found.items()]
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise BadAnswer(f"there is no list of rows under {'/'.join(keys.rows) or 'its top'}")
    stamped = sorted(
        ((instant(_of(row, keys.time)), row) for row in found), key=lambda each: each[0]
    )
    rows = []
    for index, (at, row) in enumerate(stamped):
        if (mean := figure(_of(row, keys.value))) is None:
            continue
        length = _length([each for each, _ in stamped], index, keys)
        start = at if keys.stamp == "start" else at - length
        low, high = (
            None if key is None else figure(below(row, key)) for key in (keys.low, keys.high)
        )
        factor = _factor(keys, length)
        rows.append(
            Row(
                start=start,
                end=start + length,
                mean_w=mean * factor,
                low_w=None if low is None else low * factor,
                high_w=None if high is None else high * factor,
            )
        )
    return rows


def _of(row: Mapping[str, Any], key: str) -> Any:
    """Raises:
    BadAnswer: the row has no such key.
    """
    if key not in row:
        has = ", ".join(list(row)[:8])
        raise BadAnswer(f"a row has no {key}; it has {has}")
    return row[key]


def _length(stamps: Sequence[datetime], index: int, keys: Keys) -> timedelta:
    """Of a row; what is not told is the distance to the row after it, or else before it."""
    if keys.length_s is not None:
        return timedelta(seconds=keys.length_s)
    after = index if keys.stamp == "start" else index - 1
    for first in (after, index - 1, index):
        if 0 <= first < len(stamps) - 1:
            between = stamps[first + 1] - stamps[first]
            if timedelta() < between <= _LONGEST_ROW:
                return between
    return timedelta(hours=1)


def _factor(keys: Keys, length: timedelta) -> float:
    """From the unit of the rows to W."""
    factor = _KILO if keys.unit.startswith("k") else 1.0
    return factor * 3600 / length.total_seconds() if keys.unit.endswith("h") else factor
