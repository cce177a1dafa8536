"""Prices over a real Mosquitto: retained ones, tomorrow's that follow, and garbage between."""

import logging
from datetime import datetime
from pathlib import Path

import aiomqtt
import orjson
import pytest

from agent.services.prices.keeper import Keeper, Kept
from agent.services.prices.mqtt import Heard, PriceListener
from agent.tariffs import MarketPrices
from agent.watched import Watched
from drivers.mqtt_link import Server
from tests.notebook import Notebook
from tests.sim.mosquitto import mosquitto
from tests.sim.mqtt_peers import running
from tests.sim.test_prices import HouseClock, until
from tests.unit.test_price_sources import body

pytestmark = pytest.mark.mosquitto

TODAY, TOMORROW = "hass/sensor/nordpool/raw_today", "hass/sensor/nordpool/raw_tomorrow"


async def test_today_is_there_at_once_and_tomorrow_when_it_comes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    attributes = orjson.loads(body("home_assistant_nordpool.json"))["attributes"]
    today = orjson.dumps(attributes["raw_today"])
    tomorrow = orjson.dumps(attributes["raw_tomorrow"])
    market = Watched(MarketPrices(source="broker"))
    heard = Heard(topics=(TODAY, TOMORROW), currency="SEK")
    kept = Kept(name="prices of broker", key=heard.key, currency="SEK")
    first = orjson.loads(today)[0]["start"]
    clock = HouseClock(at=datetime.fromisoformat(first))
    keeper = Keeper(kept, Notebook(), clock, market)
    with mosquitto(tmp_path) as broker:
        server = Server(host="127.0.0.1", port=broker.port)
        listener = PriceListener(server, "hearth-test-prices", heard, keeper)
        async with aiomqtt.Client("127.0.0.1", broker.port) as gateway:
            await gateway.publish(TODAY, today, qos=1, retain=True)
            async with running(listener.run):
                await until(lambda: len(market.value.points) == 25)
                await gateway.publish(TOMORROW, b"{unavailable", qos=1)
                await until(lambda: market.value.trouble is not None)
                await gateway.publish(TOMORROW, tomorrow, qos=1, retain=True)
                await until(lambda: len(market.value.points) == 25 + 23)  # one hour is null
    assert market.value.trouble is None
    told = [each.message for each in caplog.records if each.levelno >= logging.WARNING]
    assert len(told) == 1
    assert told[0].startswith("prices of broker: a payload cannot be read")
