"""A week without the cloud, and back: how fast the bridge drains what waited.

The real bridge reads a real database; a cloud of the simulators keeps and acks everything, both at
one Mosquitto, once beside it and once through a path of 25 ms each way. The baseline publishes the
very same payloads with paho-mqtt as it comes, QoS 1 and the same window of 20, from memory: once
until the broker's last PUBACK, once until the same cloud has acked them. The week is one of 5
devices with 3 figures each, a sample every 10 s, and 2,000 events a day.
"""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from agent.bridges.cloud import Cloud, CloudOptions
from agent.bridges.cloud.packing import batches, telemetry
from agent.bridges.cloud.window import SIZE
from agent.bridges.documents import Sender
from agent.bridges.documents.envelopes import Envelopes
from agent.clock import SystemClock
from agent.control.state import cloud_car
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.intents import Answer, Intent
from agent.model.picture import Picture
from agent.model.readings import DeviceId, DeviceKind, Reading
from agent.store import Change, Store
from agent.watched import Watched
from benchmarks.broker import mosquitto
from benchmarks.figures import Baseline, Figure
from benchmarks.processes import Child, DidNotStart
from drivers.mqtt_link import Server

DAYS, EVENTS_A_DAY, EVERY_S = 7, 2_000, 10
LATENCY_S = 0.025
WITHIN_S = 120.0
EVENTS = DAYS * EVENTS_A_DAY
EVENT = "hearth/v1/bare/event"
BARE = f"paho-mqtt, QoS 1, window {SIZE}, the same payloads from memory, until the last PUBACK"
STORED = "the same, until the same cloud has stored and acked it"
SENDER = Sender(agent_id="bench", user_id="bench")
KINDS = (DeviceKind.METER, DeviceKind.INVERTER, DeviceKind.BATTERY, DeviceKind.CHARGER)
DEVICES = tuple(
    DeviceInfo(id=DeviceId(f"{kind.value}{number}"), kind=kind, name=kind.value, driver="bench")
    for number, kind in enumerate((*KINDS, DeviceKind.CHARGER))
)
Payloads = list[tuple[str, bytes]]


class _Week:
    """A clock that begins a week ago; `sleep` moves it."""

    def __init__(self) -> None:
        real = SystemClock().now()
        self.value = real.later(-DAYS * 86_400)

    def now(self) -> Now:
        return self.value

    async def sleep(self, seconds: float) -> None:
        self.value = self.value.later(seconds)


def measure(folder: Path) -> list[Figure]:
    payloads = asyncio.run(_fill(folder))
    events = [each for each in payloads if each[0] == EVENT]
    figures = []
    queue = ["max_queued_messages 100000"]
    with mosquitto(folder, nodelay=True, more=queue) as port, _far(folder, port) as path:
        for way, where in ((port, ""), (path, "_50ms")):
            ours_s = _ours(folder, port, way, samples=False)
            pubacked_s = _bare(way, events)
            stored_s = _bare_to_a_cloud(folder, port, way, events)
            figures += [
                _rate(f"outbox.messages_per_s{where}", len(events), ours_s, BARE, pubacked_s),
                _rate(f"outbox.events_per_s{where}", EVENTS, ours_s, STORED, stored_s),
                Figure(
                    name=f"outbox.week_drained{where}_s",
                    value=_ours(folder, port, way, samples=True),
                    unit="s",
                    baseline=Baseline(BARE, _bare(way, payloads)),
                    aim=60.0,
                    part="outbox",
                ),
            ]
    return figures


def _rate(name: str, count: int, ours_s: float, baseline: str, bare_s: float) -> Figure:
    return Figure(
        name=name,
        value=count / ours_s,
        unit="1/s",
        better="higher",
        baseline=Baseline(baseline, count / bare_s),
        part="outbox",
    )


@contextmanager
def _cloud(folder: Path, port: int) -> Iterator[Path]:
    """A cloud that must have stored the week's events when the block ends; yields a folder."""
    with TemporaryDirectory(dir=folder) as place:
        words = ["--broker", f"127.0.0.1:{port}", "--store", f"{place}/cloud.db"]
        with Child("cloud", ["-m", "simulators.cloud", *words], Path(place)) as cloud:
            cloud.next("ready")
            yield Path(place)
            cloud.stop()
            proof = cloud.next("report")["report"]
    if not proof["clean"] or proof["stored"] < EVENTS:
        raise DidNotStart(f"the cloud did not get everything: {proof}")


def _ours(folder: Path, port: int, way: int, *, samples: bool) -> float:
    """Seconds until the cloud has acked everything."""
    with _cloud(folder, port) as place:
        path = place / "hearth.db"
        path.write_bytes((folder / "week.db").read_bytes())
        return asyncio.run(_drain(path, way, samples=samples))


def _bare_to_a_cloud(folder: Path, port: int, way: int, events: Payloads) -> float:
    with _cloud(folder, port):
        return _bare(way, events, acked_to=EVENTS)


async def _fill(folder: Path) -> Payloads:
    """A database with a week in it; returns what a bridge makes of it."""
    clock = _Week()
    store = await Store.open(folder / "week.db", clock, quota_mb=256)
    store.telemetry.cursors([info.id for info in DEVICES])
    envelopes, every = Envelopes(SENDER), DAYS * 86_400 // EVERY_S
    each = every // (DAYS * EVENTS_A_DAY)
    for tick in range(every):
        for number, info in enumerate(DEVICES):
            noise = (tick * 7919 * (number + 1)) % 1009
            values = {"power_w": float(noise), "energy_wh": tick * 3.0, "voltage_v": 230.0}
            store.record(clock.now(), info.id, values)
        if tick % each == 0:
            info = DEVICES[tick // each % len(DEVICES)]
            key = (info.kind.value, str(info.id))
            content = {info.kind.value: {"id": str(info.id), "state": {"power": tick / 1000}}}
            event = envelopes.event(
                f"user:{info.kind.value}:updated", key, tick, clock.now(), content, ["state.power"]
            )
            store.defer(Change(events=(event,)))
        if tick % 1000 == 0:
            await store.flush()
        await clock.sleep(EVERY_S)
    await store.flush()
    payloads = await _payloads(store)
    await store.close()
    return payloads


async def _payloads(store: Store) -> Payloads:
    made: Payloads = []
    after = 0
    while rows := await store.outbox.page(after, 500):
        made += [(EVENT, payload.body) for _, payload in batches(rows)]
        after = rows[-1].seq
    for device, begins_s in store.telemetry.cursors([info.id for info in DEVICES]).items():
        from_s = begins_s
        while (stretch := await store.telemetry.samples(device, from_s, from_s + 3600)).series:
            payload = telemetry(stretch)
            if payload is not None:
                made.append((f"hearth/v1/bare/telemetry/meter/{device}", payload.body))
            from_s = stretch.to_s
    return made


async def _drain(place: Path, port: int, *, samples: bool) -> float:
    """The bridge until everything is acked."""
    clock = SystemClock()
    store = await Store.open(place, clock, commit_every_s=1, quota_mb=256)
    now = clock.now()
    blank = Picture(now=now, devices=DEVICES, started_at=now.at)
    pictures = Watched(replace(blank))
    cloud = Cloud(
        server=Server(host="127.0.0.1", port=port, setting="cloud"),
        sender=SENDER,
        options=CloudOptions(
            client_id="bench",
            config_rev="1",
            telemetry_every_s=60.0 if samples else None,
            new_car=cloud_car,
            backlog_wait_s=0.0,
        ),
        store=store,
        pictures=pictures,
        submit=_submit,
        meet=_meet,
        report=_report,
        clock=clock,
    )
    pictures.set(blank)
    await store.flush()
    began_s, until_s = time.monotonic(), now.at.timestamp() - 120
    running = asyncio.create_task(cloud.run(), name="cloud")
    keeping = asyncio.create_task(store.run(), name="store")
    try:
        async with asyncio.timeout(WITHIN_S):
            while store.outbox.pending or (samples and _oldest_s(store) < until_s):
                if running.done():
                    running.result()
                await asyncio.sleep(0.01)
        return time.monotonic() - began_s
    finally:
        running.cancel()
        keeping.cancel()
        await asyncio.wait({running, keeping})
        await store.close()


def _oldest_s(store: Store) -> int:
    return min(store.telemetry.cursors([info.id for info in DEVICES]).values())


async def _submit(_intent: Intent) -> Answer:
    return Answer()


def _meet(_info: DeviceInfo) -> None:
    """There are no cars."""


async def _report(_reading: Reading) -> None:
    """There are no cars."""


def _bare(port: int, payloads: Payloads, acked_to: int = 0) -> float:
    """Publish all with a window of SIZE; returns when the broker has acked the last one, and the
    cloud the event `acked_to`."""
    stored = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(SIZE)

    def on_message(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if json.loads(message.payload)["ackSeq"] >= acked_to:
            stored.set()

    client.on_message = on_message
    client.connect("127.0.0.1", port)
    client.subscribe("hearth/v1/bare/ack", qos=1)
    client.loop_start()
    began_s = time.monotonic()
    sent = [client.publish(topic, body, qos=1) for topic, body in payloads]
    for each in sent:
        each.wait_for_publish(WITHIN_S)
    if acked_to:
        stored.wait(WITHIN_S)
    took_s = time.monotonic() - began_s
    client.disconnect()
    client.loop_stop()
    return took_s


@contextmanager
def _far(folder: Path, port: int) -> Iterator[int]:
    command = ["-m", "benchmarks.path", str(port), str(LATENCY_S)]
    with Child("path", command, folder) as child:
        yield int(child.next("path")["path"])
