"""Every word of a real run, held against the published schemas."""

import asyncio
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from agent.bridges.documents import LARGEST_PAYLOAD, device_id
from tests.documents import faults
from tests.sim.cloud_house import AGENT, GARAGE, OTHER, ZOE_THERE, JumpClock, home, judge
from tests.sim.mosquitto import mosquitto
from tests.sim.mqtt_peers import running
from tests.sim.test_cloud_cars import STRANGER, tells
from tests.sim.test_cloud_commands import limit
from tests.sim.test_cloud_documents import NIGHTS, schedule

pytestmark = pytest.mark.mosquitto

UP = {"status", "event", "telemetry", "reported", "cmd-result", "state"}
SCHEMAS = {"cmd-result": "command-result"}
HOME = {
    "name": "Home",
    "latitude": 59.9,
    "longitude": 10.7,
    "timezoneName": "Europe/Oslo",
}
PLACE = "0d5b1fd2-2ed1-4bb5-b5b0-9f5be3c6d111"


async def test_every_payload_is_as_its_schema_says(tmp_path: Path) -> None:
    heard: list[tuple[str, bytes]] = []
    with mosquitto(tmp_path) as broker:
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            await client.subscribe(f"hearth/v1/{AGENT}/#", qos=1)

            async def listen() -> None:
                async for message in client.messages:
                    topic = str(message.topic).removeprefix(f"hearth/v1/{AGENT}/")
                    heard.append((topic, bytes(message.payload)))

            async with running(listen):
                await a_busy_day(tmp_path, broker.port)
                await asyncio.sleep(0.2)
    kinds: Counter[str] = Counter()
    for topic, payload in heard:
        assert len(payload) <= LARGEST_PAYLOAD, topic
        kind, *rest = topic.split("/")
        if kind not in UP or not payload:
            continue
        plain = gzip.decompress(payload) if payload.startswith(b"\x1f\x8b") else payload
        document = json.loads(plain)
        name = rest[0] if kind == "state" else SCHEMAS.get(kind, kind)
        for each in document if isinstance(document, list) else [document]:
            kinds[each.get("event", kind)] += 1
            if each.get("charger", {}).get("id") == OTHER:
                continue  # made by the test
            assert faults(name, each) == [], (topic, each)
    assert {topic.split("/")[0] for topic, _ in heard} >= UP
    wanted = {
        "system:heartbeat",
        "system:events-dropped",
        "user:charger:discovered",
        "user:charger:updated",
        "user:vehicle:updated",
        "user:vendor-action:updated",
        "user:schedule:execution-updated",
        "telemetry",
        "status",
        "state",
        "reported",
        "cmd-result",
    }
    assert wanted <= set(kinds), kinds


async def a_busy_day(folder: Path, port: int) -> None:
    """All that a house can say, also that it had to let events go."""
    async with (
        judge(folder, port, ack=False) as cloud,
        home(folder, port, clock=JumpClock(speed=20.0), outbox_mb=0.02) as here,
    ):
        await cloud.meets(here)
        await here.plug(4)
        await here.box.meter(812.0)
        await cloud.vehicle_in(ZOE_THERE, tells(here, plugged=False, ago_s=700))
        await cloud.vehicle_in(ZOE_THERE, tells(here, plugged=True, ago_s=30, before_s=600))
        await cloud.vehicle_in(STRANGER, tells(here, plugged=True, ago_s=30))
        await cloud.desired("location", PLACE, 1, HOME)
        await cloud.desired("schedule", NIGHTS, 1, schedule("Nights"))
        await cloud.desired("schedule", NIGHTS, 2, {"rules": "all"})
        await cloud.shows(f"reported/schedule/{NIGHTS}", lambda d: d["status"] == "rejected")
        charger = {"targetType": "charger", "targetId": device_id(AGENT, GARAGE)}
        orders: list[tuple[str, dict[str, Any]]] = [
            ("action.create", limit(10)),
            ("action.create", charger | {"kind": "START"}),
            ("action.create", charger | {"kind": "FLY"}),
            ("override.create", charger),
            ("override.end", charger),
            ("refresh-hint", charger),
            ("nonsense", {}),
            ("page.get", {"fromSeq": 1}),
        ]
        for command, body in orders:
            assert await cloud.send(command, body) is not None
        for _ in range(12):
            await here.tell(40, coalesces=True)
        await cloud.finds(lambda r: r["telemetry"]["samples"] > 3)
        cloud.service.nasty.ack = True
        await here.plug(2)
        found = await cloud.proves(here)
        assert found["dropped"] > 100, found
