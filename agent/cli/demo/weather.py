"""The demo's weather service: tells on a topic how much sun each half hour of the next days has."""

import json
import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

TOPIC: Final = "weather/sun"
MOST_W: Final = 8000
DAYS: Final = 8
TOLD_WITHIN_S: Final = 5.0
HALF_HOUR: Final = timedelta(minutes=30)

RISES_H, SETS_H, NOON_KW, ROUND = 3.5, 20.0, 5.4, 1.4
"""Of a day in June in Brussels, UTC; a fair sky over the demo's roof."""


def tell(port: int, begins: datetime) -> None:
    """Leave the forecast at the broker on a port of this machine, retained."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="demo-weather")
    client.connect("127.0.0.1", port)
    client.loop_start()
    told = client.publish(TOPIC, json.dumps([*_rows(begins)]), qos=1, retain=True)
    told.wait_for_publish(TOLD_WITHIN_S)
    client.disconnect()
    client.loop_stop()


def _rows(begins: datetime) -> Iterator[dict[str, object]]:
    midnight = begins.replace(hour=0, minute=0, second=0, microsecond=0)
    for n in range(DAYS * 48):
        at = midnight + n * HALF_HOUR
        yield {"period_start": at.isoformat(), "pv_estimate": round(_sun_kw(at), 3)}


def _sun_kw(at: datetime) -> float:
    hour = at.hour + at.minute / 60 + 0.25
    share = (hour - RISES_H) / (SETS_H - RISES_H)
    return NOON_KW * math.sin(math.pi * share) ** ROUND if 0 < share < 1 else 0.0
