"""The cloud for as long as its broker is there; without it nothing here costs anything.

On each connection: subscribe, say that we are there, retain all states, then events and samples
from where the cloud acked last, oldest first. Live states go out while a backlog drains.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import orjson

from agent.bridges.cloud.ahead import AGAIN_AFTER_S
from agent.bridges.cloud.cars import Cars
from agent.bridges.cloud.commands import Commands
from agent.bridges.cloud.events import Events
from agent.bridges.cloud.inbox import Inbox
from agent.bridges.cloud.presence import Presence
from agent.bridges.cloud.retained import LEAST_REAL_PAUSE_S, Retained
from agent.bridges.cloud.telemetry import LONGEST_S, Samples, Telemetry
from agent.bridges.cloud.topics import Topics
from agent.bridges.cloud.window import SIZE
from agent.bridges.documents import Sender
from agent.bridges.wire import instant
from agent.model.clock import Clock
from agent.model.driver import DeviceInfo, LinkDown, Report
from agent.model.events import Resource
from agent.model.intents import Answer, Intent
from agent.model.nothing import nothing
from agent.model.picture import Picture
from agent.model.readings import DeviceId
from agent.store import Store
from agent.watched import Watched
from drivers.mqtt_link import GOODBYE_TIMEOUT_S, Link, Server, Session, connect

log = logging.getLogger(__name__)

SESSION_S: Final = 7 * 86_400
KEEPALIVE_S: Final = 14
"""A dead path is noticed after twice as long at the latest: within half a minute."""

HEARTBEAT_EVERY_S: Final = 60.0
BACKLOG: Final = 100  # events
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
    backlog_wait_s: house time; the longest wait before a backlog is sent.
    again_after_s: real time; how long an ack may stay away before we send again.
    """

    client_id: str
    config_rev: str
    telemetry_every_s: float | None
    cars: Mapping[str, DeviceId] = field(default_factory=nothing)
    new_car: Callable[[DeviceId, str], DeviceInfo]
    backlog_wait_s: float = BACKLOG_WAIT_S
    again_after_s: float = AGAIN_AFTER_S


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
        topics = Topics(sender.agent_id)
        keepalive_s = min(KEEPALIVE_S, server.keepalive_s)
        self._server, self._options = replace(server, keepalive_s=keepalive_s), options
        self._topics, self._store, self._clock = topics, store, clock
        self._pictures, self._blank = pictures, pictures.value
        self._presence = Presence(topics, store.run_id, options.config_rev, clock)
        self._retained = Retained(topics, sender, pictures, clock, told)
        self._telemetry = None
        if options.telemetry_every_s is not None:
            self._telemetry = Telemetry(
                topics, sender, store, pictures, clock, options.telemetry_every_s
            )
        self._cars = Cars(
            sender,
            pictures,
            clock,
            options.cars,
            options.new_car,
            meet,
            report,
            store.notebook,
        )
        self._inbox = Inbox(
            topics=topics,
            sender=sender,
            store=store,
            pictures=pictures,
            submit=submit,
            commands=Commands(sender, store, pictures, submit, clock),
            cars=self._cars,
            presence=self._presence,
        )

    async def run(self) -> None:
        """Hold the connection until cancelled.

        Raises:
            LinkDown: no broker there, it turned us away, or it was lost.
        """
        await self._first_look()
        await self._cars.recall()
        if self._telemetry is not None:
            self._telemetry.cursors()  # from now on samples are kept, also while nobody is there
        session = Session(kept_s=SESSION_S, window=3 * SIZE)
        try:
            async with connect(
                self._server,
                client_id=self._options.client_id,
                last_will=self._presence.will,
                session=session,
            ) as link:
                await self._serve(link)
        except ExceptionGroup as group:
            lost, bugs = group.split(LinkDown)
            if bugs is not None or lost is None:
                raise
            raise _first(lost) from None

    async def _first_look(self) -> None:
        """Wait until Control has looked at the house: before that, names mean nothing."""
        async for picture in self._pictures.changes():
            if picture is not self._blank:
                return

    async def _serve(self, link: Link) -> None:
        again_s = self._options.again_after_s
        events = Events(link, self._topics, self._store, again_s)
        samples = None if self._telemetry is None else Samples(link, self._telemetry, again_s)
        try:
            async with asyncio.TaskGroup() as tasks:
                # First, because whoever listens learns at once that the link is lost.
                down = self._inbox.run(link, events, samples)
                tasks.create_task(down, name="cloud: downwards")
                await link.subscribe(self._topics.downwards)
                await self._presence.say(link, online=True)
                log.info("the cloud at %s is connected", self._server.address)
                tasks.create_task(self._retained.run(link), name="cloud: states")
                tasks.create_task(self._beat(link), name="cloud: heartbeat")
                tasks.create_task(self._drain(events, samples), name="cloud: drain")
        finally:
            await self._say_goodbye(link)

    async def _drain(self, events: Events, samples: Samples | None) -> None:
        if self._store.outbox.pending > BACKLOG or self._behind_s() > LONGEST_S:
            await self._clock.sleep(random.uniform(0, self._options.backlog_wait_s))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(events.run(), name="cloud: events")
            if samples is not None:
                tasks.create_task(samples.run(), name="cloud: samples")

    async def _say_goodbye(self, link: Link) -> None:
        """A clean disconnect suppresses the last will, so say it ourselves."""
        try:
            async with asyncio.timeout(GOODBYE_TIMEOUT_S):
                await self._presence.say(link, online=False)
        except (LinkDown, TimeoutError) as error:
            log.debug("the cloud's broker left before us: %s", error)

    async def _beat(self, link: Link) -> None:
        trusted = self._clock.now().trusted
        while True:
            beat = {
                "event": "system:heartbeat",
                "version": "1",
                "bootId": self._store.run_id,
                "createdAt": instant(self._clock.now().at),
                "pendingEvents": self._store.outbox.pending,
                "lastSeq": self._store.outbox.last_seq,
                "pendingTelemetrySeconds": self._behind_s(),
            }
            await link.publish(self._topics.event, orjson.dumps(beat), retain=False)
            await self._clock.sleep(HEARTBEAT_EVERY_S)
            await asyncio.sleep(LEAST_REAL_PAUSE_S)
            if self._clock.now().trusted != trusted:
                trusted = self._clock.now().trusted
                await self._presence.say(link, online=True)

    def _behind_s(self) -> int:
        return 0 if self._telemetry is None else self._telemetry.behind_s()


def _first(lost: BaseExceptionGroup[LinkDown]) -> LinkDown:
    error: BaseException = lost
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, LinkDown) else LinkDown(str(error))
