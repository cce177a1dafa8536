"""The cloud for as long as its broker is there; without it nothing here costs anything.

On each connection: subscribe, say that we are there, retain all states, then events and samples
from where the cloud acked last, oldest first. Live states go out while a backlog drains.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from agent import __version__
from agent.bridges.cloud.commands import Commands
from agent.bridges.cloud.events import WINDOW, Events
from agent.bridges.cloud.packing import packed
from agent.bridges.cloud.telemetry import Samples
from agent.bridges.cloud.topics import Topics
from agent.bridges.documents import (
    API_VERSION,
    Key,
    Sender,
    States,
    Unreadable,
    device_of,
    parse,
    public_id,
    read_ack,
    read_desired,
    read_vehicle_in,
    reported,
)
from agent.bridges.wire import instant
from agent.model.clock import Clock
from agent.model.documents import Document, DocumentKind
from agent.model.driver import DeviceInfo, LinkDown, Report
from agent.model.events import Resource
from agent.model.intents import Answer, Intent
from agent.model.nothing import nothing
from agent.model.picture import Picture
from agent.model.readings import DeviceId
from agent.store import Store
from agent.watched import Watched
from drivers.mqtt_link import GOODBYE_TIMEOUT_S, Link, Message, Server, Session, connect

log = logging.getLogger(__name__)

SESSION_S: Final = 7 * 86_400
STATES_EVERY_S: Final = 1.0
HEARTBEAT_EVERY_S: Final = 60.0
LEAST_REAL_PAUSE_S: Final = 0.1
BACKLOG: Final = 100
BACKLOG_WAIT_S: Final = 30.0
"""Ten thousand houses that come back together should not send their weeks at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudOptions:
    """Args:
    client_id: of the connection; the broker lets only one be there.
    config_rev: tells the cloud whether the installer's file has changed.
    telemetry_every_s: None = samples stay in the house.
    cars: the cloud's id of a car -> its name in the installer's file.
    new_car: makes the DeviceInfo of a car that stands in no file.
    """

    client_id: str
    config_rev: str
    telemetry_every_s: float | None
    cars: Mapping[str, DeviceId] = field(default_factory=nothing)
    new_car: Callable[[DeviceId, str], DeviceInfo]


class Cloud:
    """
    Args:
        submit: hands an Intent to control; `meet` a car that stands in no file.
        report: takes the Readings of cars that the cloud sends down.
        told: resources as they were last told, so that those that are gone are cleared.
    """

    name = "cloud"

    def __init__(
        self,
        *,
        server: Server,
        sender: Sender,
        options: CloudOptions,
        store: Store,
        pictures: Watched[Picture],
        submit: Callable[[Intent], Awaitable[Answer]],
        meet: Callable[[DeviceInfo], None],
        report: Report,
        clock: Clock,
        told: tuple[Resource, ...] = (),
    ) -> None:
        self._server, self._sender, self._options = server, sender, options
        self._topics = Topics(sender.agent_id)
        self._store, self._pictures, self._clock = store, pictures, clock
        self._submit, self._meet, self._report = submit, meet, report
        self._commands = Commands(sender, store, pictures, submit, clock)
        self._states = States(sender, told)
        self._reported: dict[tuple[DocumentKind, str], Document] = {}
        self._complaints: set[str] = set()

    async def run(self) -> None:
        """Hold the connection until cancelled.

        Raises:
            LinkDown: no broker there, it turned us away, or it was lost.
        """
        will = (self._topics.status, orjson.dumps(self._status(online=False)).decode())
        try:
            async with connect(
                self._server,
                client_id=self._options.client_id,
                last_will=will,
                session=Session(kept_s=SESSION_S, window=2 * WINDOW),
            ) as link:
                await self._serve(link)
        except ExceptionGroup as group:
            lost, bugs = group.split(LinkDown)
            if bugs is not None or lost is None:
                raise
            raise _first(lost) from None

    async def _serve(self, link: Link) -> None:
        await link.subscribe(self._topics.downwards)
        await self._say_status(link, online=True)
        events = Events(link, self._topics, self._store, self._clock)
        every_s = self._options.telemetry_every_s
        samples = Samples(
            link, self._topics, self._sender, self._store, self._pictures, self._clock, every_s or 0
        )
        log.info("the cloud at %s is connected", self._server.address)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(link, events, samples), name="cloud: downwards")
                tasks.create_task(self._publish_states(link), name="cloud: states")
                tasks.create_task(self._beat(link, samples), name="cloud: heartbeat")
                tasks.create_task(self._after_a_pause(events.run), name="cloud: events")
                if every_s is not None:
                    tasks.create_task(self._after_a_pause(samples.run), name="cloud: samples")
        finally:
            await self._say_goodbye(link)

    async def _after_a_pause(self, job: Callable[[], Awaitable[None]]) -> None:
        if self._store.outbox.pending > BACKLOG:
            await self._clock.sleep(random.uniform(0, BACKLOG_WAIT_S))
        await job()

    async def _say_goodbye(self, link: Link) -> None:
        """A clean disconnect suppresses the last will, so say it ourselves."""
        try:
            async with asyncio.timeout(GOODBYE_TIMEOUT_S):
                await self._say_status(link, online=False)
        except (LinkDown, TimeoutError) as error:
            log.debug("the cloud's broker left before us: %s", error)

    def _status(self, *, online: bool) -> dict[str, Any]:
        now = self._clock.now()
        return {
            "online": online,
            "bootId": self._store.run_id,
            "agentVersion": __version__,
            "apiVersions": [API_VERSION],
            "configRev": self._options.config_rev,
            "time": instant(now.at),
            "timeTrusted": now.trusted,
        }

    async def _say_status(self, link: Link, *, online: bool) -> None:
        await link.publish(
            self._topics.status, orjson.dumps(self._status(online=online)), retain=True
        )

    async def _publish_states(self, link: Link) -> None:
        await self._put(link, self._states.everything(self._pictures.value))
        self._reported.clear()
        while True:
            picture = self._pictures.value
            await self._put(link, self._states.changed(picture))
            for key, document in picture.documents.items():
                if self._reported.get(key) != document:
                    await self._say_reported(link, document)
                    self._reported[key] = document
            await self._clock.sleep(STATES_EVERY_S)
            await asyncio.sleep(LEAST_REAL_PAUSE_S)

    async def _put(self, link: Link, documents: Mapping[Key, bytes]) -> None:
        for (kind, resource_id), body in documents.items():
            payload = packed(body)
            await link.publish(
                self._topics.state(kind, resource_id),
                payload.body,
                retain=True,
                content_type=payload.content_type,
            )

    async def _say_reported(self, link: Link, document: Document) -> None:
        if not document.seen_rev:
            return
        public = public_id(self._sender.agent_id, document.kind.value, document.id)
        topic = self._topics.reported(document.kind.value, public)
        await link.publish(topic, orjson.dumps(reported(document)), retain=True)

    async def _beat(self, link: Link, samples: Samples) -> None:
        trusted = self._clock.now().trusted
        while True:
            beat = {
                "event": "system:heartbeat",
                "version": "1",
                "bootId": self._store.run_id,
                "createdAt": instant(self._clock.now().at),
                "pendingEvents": self._store.outbox.pending,
                "lastSeq": self._store.outbox.last_seq,
                "pendingTelemetrySeconds": samples.behind_s(),
            }
            await link.publish(self._topics.event, orjson.dumps(beat), retain=False)
            await self._clock.sleep(HEARTBEAT_EVERY_S)
            await asyncio.sleep(LEAST_REAL_PAUSE_S)
            if self._clock.now().trusted != trusted:
                trusted = self._clock.now().trusted
                await self._say_status(link, online=True)

    async def _listen(self, link: Link, events: Events, samples: Samples) -> None:
        async for message in link.messages():
            match self._topics.parts(message.topic):
                case ["cmd", request_id]:
                    await self._command(link, request_id, message, events)
                case ["ack"]:
                    await self._ack(message, events, samples)
                case ["desired", kind, resource_id]:
                    await self._desired(kind, resource_id, message)
                case ["vehicle-in", resource_id]:
                    await self._vehicle(resource_id, message)
                case ["status"]:
                    self._look_at_status(message)
                case _:
                    log.debug("nobody here listens on %s", message.topic)

    async def _command(self, link: Link, request_id: str, message: Message, events: Events) -> None:
        if message.retained:
            if message.payload:
                log.warning("ignored a retained command %s: it may be from long ago", request_id)
            return
        answer = await self._commands.obey(request_id, message, events)
        if answer is not None:
            payload = packed(orjson.dumps(answer))
            await link.publish(
                self._topics.result(request_id),
                payload.body,
                retain=False,
                content_type=payload.content_type,
            )

    async def _ack(self, message: Message, events: Events, samples: Samples) -> None:
        try:
            ack = read_ack(message.payload)
        except Unreadable as fault:
            self._complain(message, str(fault))
            return
        if await self._store.outbox.ack(ack.ack_seq):
            events.acked()
        samples.acked(ack.telemetry)

    async def _desired(self, kind: str, resource_id: str, message: Message) -> None:
        if not message.payload:
            return  # the topic was cleared; a document is deleted by saying so
        try:
            put = read_desired(
                kind, resource_id, message.payload, self._sender, self._pictures.value
            )
        except Unreadable as fault:
            self._complain(message, str(fault))
            return
        answer = await self._submit(put)
        if answer.problem is not None:
            log.warning("%s %s of the cloud is rejected: %s", kind, resource_id, answer.problem)

    async def _vehicle(self, resource_id: str, message: Message) -> None:
        if not message.payload:
            return
        picture = self._pictures.value
        car = self._options.cars.get(resource_id)
        car = car or device_of(resource_id, picture, self._sender.agent_id)
        try:
            if car is None:
                car = self._new_car(resource_id, message)
            seen = picture.snapshot.get(car)
            for reading in read_vehicle_in(car, message.payload, self._clock.now(), seen):
                await self._report(reading)
        except Unreadable as fault:
            self._complain(message, str(fault))

    def _new_car(self, resource_id: str, message: Message) -> DeviceId:
        """Raises:
        Unreadable: its id is none.
        """
        device = DeviceId(public_id(self._sender.agent_id, "device", resource_id))
        if device != resource_id.lower():
            raise Unreadable("", f"has the id {resource_id}", "give a car a UUID as its id")
        about = parse(message.payload).find_part("information")
        name = None if about is None else about.find_text("displayName")
        self._meet(self._options.new_car(device, name or "Car"))
        return device

    def _look_at_status(self, message: Message) -> None:
        """Two houses with one name would mix their events; the cloud cannot tell them apart."""
        try:
            other = parse(message.payload).find_text("bootId")
        except Unreadable:
            return
        if not message.retained and other not in (None, self._store.run_id):
            self._complain(
                message,
                f"another Hearth uses the agent_id {self._sender.agent_id}; give each its own "
                "under cloud.agent_id",
            )

    def _complain(self, message: Message, why: str) -> None:
        """Once per topic and reason: a cloud that repeats itself is one line."""
        line = f"ignored what came on {message.topic}: {why}"
        if line not in self._complaints and len(self._complaints) < BACKLOG:
            self._complaints.add(line)
            log.warning("%s", line)


def _first(lost: BaseExceptionGroup[LinkDown]) -> LinkDown:
    error: BaseException = lost
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, LinkDown) else LinkDown(str(error))
