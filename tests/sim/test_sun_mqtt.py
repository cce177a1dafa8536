"""Solar forecasts that a real broker has kept: there as soon as it is reached."""

import asyncio
from datetime import timedelta
from pathlib import Path

import aiomqtt
import orjson
import pytest

from agent.forecasts.quarters import quarter_of, start_of
from agent.model.forecasts import Forecasts
from agent.services.forecasts import ForecastJob
from agent.services.sun.listening import SunListener
from agent.services.sun.mapped import Keys
from agent.watched import Watched
from drivers.mqtt_link import Server
from tests.notebook import Notebook
from tests.sim.mosquitto import mosquitto
from tests.sim.mqtt_peers import running
from tests.unit.test_forecast_job import HOME, START, Store, outlook
from tests.unit.test_price_job import LoopClock

pytestmark = pytest.mark.mosquitto

TODAY, TOMORROW = "solar/today", "solar/tomorrow"
NOON = quarter_of(START) + 54


async def test_what_the_broker_has_kept_does_not_wait_for_the_next_quarter_of_an_hour(
    tmp_path: Path,
) -> None:
    clock, forecasts = LoopClock(START), Watched(Forecasts())
    long_ago = START - timedelta(days=100)
    keys = Keys(time="at", value="kw", low=None, high=None, length_s=900.0)
    with mosquitto(tmp_path) as broker:
        server = Server(host="127.0.0.1", port=broker.port)
        listener = SunListener(server, "hearth-test-sun", (TODAY, TOMORROW), keys, clock)
        job = ForecastJob(
            home=HOME,
            store=Store(long_ago, long_ago),
            notebook=Notebook(),
            clock=clock,
            forecasts=forecasts,
            feed=listener,
            news=listener.news,
        )
        async with aiomqtt.Client("127.0.0.1", broker.port) as gateway:
            for topic, days in ((TODAY, 0), (TOMORROW, 1)):
                await gateway.publish(topic, _rows(days), qos=1, retain=True)
        async with asyncio.timeout(5), running(job.run):
            async for made in forecasts.changes():
                if made.sun is not None:
                    break  # what Hearth knows by itself
            async with running(listener.run):
                async for made in forecasts.changes():
                    if made.sun is not None and made.sun.source == "MQTT":
                        break
    assert made.sun is not None
    for day in (0, 1):
        assert made.sun.mean_w[NOON - quarter_of(made.sun.start) + day * 96] > 1000


def _rows(day: int) -> bytes:
    first = quarter_of(START) + day * 96
    return orjson.dumps(
        [
            {"at": start_of(quarter).isoformat(), "kw": power_w / 1000}
            for quarter, power_w in outlook().quarters.items()
            if first <= quarter < first + 96
        ]
    )
