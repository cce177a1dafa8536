"""The house in Home Assistant for as long as the broker is there.

Home Assistant may come before us, after us, or be restarted: discovery and states are
retained, and both are published again when it says that it is there. Its commands are Intents
like any other; what it shows is what devices confirm, never what was wished.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Final

from agent.bridges.home_assistant.commands import intent_of, orders, shown
from agent.bridges.home_assistant.entity import BadCommand
from agent.bridges.home_assistant.publisher import HEARTBEATS_PER_EXPIRY, Publisher
from agent.bridges.home_assistant.retained import Retained
from agent.bridges.home_assistant.states import Views
from agent.bridges.home_assistant.tables import TABLE
from agent.bridges.home_assistant.topics import Topics, slug
from agent.bridges.mqtt import GOODBYE_TIMEOUT_S, Broker, Link, Message, connect
from agent.model.actions import FailureType
from agent.model.clock import Clock
from agent.model.driver import DeviceInfo, LinkDown, Notebook
from agent.model.intents import Answer, Intent
from agent.model.picture import Picture
from agent.watched import Watched

log = logging.getLogger(__name__)

BIRTH_WAIT_S: Final = (1.0, 5.0)
"""Not all devices of a house should answer a birth in the same instant."""

STATES_AFTER_DISCOVERY_S: Final = 1.5
"""Home Assistant subscribes up to 1 s after it has read a discovery message (measured)."""

LEAST_REAL_PAUSE_S: Final = 0.1
"""However fast a demo's clock runs, the broker is real."""

_KINDS: Final = frozenset(TABLE)


class HomeAssistant:
    """
    Args:
        gateway_id: names this Hearth on the broker; it must never change.
        submit: hands an Intent to control.
        notebook: remembers what was left on the broker.
    """

    name = "Home Assistant bridge"

    def __init__(
        self,
        broker: Broker,
        gateway_id: str,
        pictures: Watched[Picture],
        submit: Callable[[Intent], Awaitable[Answer]],
        notebook: Notebook,
        clock: Clock,
    ) -> None:
        self._broker = broker
        self._topics = Topics(broker, gateway_id)
        self._pictures = pictures
        self._submit = submit
        self._retained = Retained(notebook)
        self._clock = clock
        self._views = Views()
        self._born = asyncio.Event()
        self._cleared: set[str] = set()
        self._complaints: dict[str, str] = {}
        self._deletions: set[str] = set()

    async def run(self) -> None:
        """Hold the connection until cancelled.

        Raises:
            LinkDown: no broker there, it turned us away, or it was lost.
        """
        client_id = self._broker.client_id or f"hearth-{slug(self._topics.gateway_id)}"
        will = (self._topics.alive, "offline")
        try:
            async with connect(self._broker, client_id=client_id, last_will=will) as link:
                await self._retained.load()
                await self._serve(link)
        except ExceptionGroup as group:
            raise _cause(group) from None

    async def _serve(self, link: Link) -> None:
        publisher = Publisher(
            link, self._topics, self._pictures, self._retained, self._views, self._clock
        )
        await link.subscribe([self._topics.all_commands, self._broker.status_topic])
        await self._retained.remember(self._topics.alive)
        await publisher.announce()
        await publisher.everything()
        try:
            await publisher.alive()
            log.info("MQTT broker %s is connected", self._broker.address)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watch(publisher), name="home assistant: at once")
                tasks.create_task(self._renew(publisher), name="home assistant: figures")
                tasks.create_task(self._greet(publisher), name="home assistant: birth")
                tasks.create_task(self._listen(link, publisher), name="home assistant: commands")
        finally:
            await self._say_goodbye(link)

    async def _say_goodbye(self, link: Link) -> None:
        """A clean disconnect suppresses the last will, so say it ourselves."""
        try:
            async with asyncio.timeout(GOODBYE_TIMEOUT_S):
                await link.publish(self._topics.alive, "offline", retain=True)
        except (LinkDown, TimeoutError) as error:
            log.debug("the broker left before us: %s", error)

    async def _watch(self, publisher: Publisher) -> None:
        async for _ in self._pictures.changes():
            await publisher.at_once()

    async def _renew(self, publisher: Publisher) -> None:
        pause_s = self._broker.state_every_s
        if self._broker.expire_after_s is not None:
            pause_s = min(pause_s, self._broker.expire_after_s / HEARTBEATS_PER_EXPIRY)
        while True:
            await self._clock.sleep(pause_s)
            await asyncio.sleep(LEAST_REAL_PAUSE_S)
            await publisher.everything()

    async def _greet(self, publisher: Publisher) -> None:
        while True:
            await self._born.wait()
            await self._clock.sleep(random.uniform(*BIRTH_WAIT_S))
            self._born.clear()
            await publisher.announce()
            await self._clock.sleep(STATES_AFTER_DISCOVERY_S)
            await publisher.everything(again=True)
            await publisher.alive()

    async def _listen(self, link: Link, publisher: Publisher) -> None:
        async for message in link.messages():
            if message.topic == self._broker.status_topic:
                if message.payload == b"online":
                    self._born.set()
            elif message.topic.endswith("/config"):
                self._note_deletion(message, publisher)
            elif message.retained:
                await self._drop_retained(message, link)
            elif message.payload or message.topic not in self._cleared:
                await self._obey(message, publisher)
            else:
                self._cleared.discard(message.topic)  # the echo of our own clearing

    def _note_deletion(self, message: Message, publisher: Publisher) -> None:
        topic = message.topic
        if message.payload or not publisher.announced(topic) or topic in self._deletions:
            return
        self._deletions.add(topic)
        log.warning(
            "somebody deleted %s from the MQTT broker; the device comes back at the next "
            "start. To be rid of it disable it in Home Assistant, don't delete it",
            topic,
        )

    async def _drop_retained(self, message: Message, link: Link) -> None:
        """The broker would repeat it at every reconnect: cars that charge by themselves."""
        if not message.payload:
            return
        log.warning(
            "ignored and cleared a retained command on %s (%s); whoever sends it must not set "
            "the retain flag",
            message.topic,
            shown(message.payload),
        )
        self._cleared.add(message.topic)
        await link.publish(message.topic, "", retain=True)

    async def _obey(self, message: Message, publisher: Publisher) -> None:
        order = orders(self._topics, self._pictures.value, _KINDS).get(message.topic)
        if order is None:
            # One key for all, so that nobody can fill the memory with topics.
            self._complain("unknown", message, "no device of Hearth listens there; check the topic")
            return
        try:
            intent = intent_of(order, message.payload)
        except BadCommand as remedy:
            self._complain(message.topic, message, str(remedy))
            problem = f"{order.row.name} cannot be {shown(message.payload)}; {remedy}"
            await self._snap_back(order.info, publisher, problem)
            return
        if intent is None:
            await publisher.state(order.info, again=True)
            return
        answer = await self._submit(intent)
        if answer.problem is None or _so_already(answer):
            self._complaints.pop(message.topic, None)
            self._views.accept(order.info)
        else:
            self._complain(message.topic, message, answer.problem)
            await self._snap_back(order.info, publisher, answer.problem)

    async def _snap_back(self, info: DeviceInfo, publisher: Publisher, why: str) -> None:
        self._views.refuse(info, self._pictures.value, why)
        await publisher.state(info, again=True)

    def _complain(self, key: str, message: Message, why: str) -> None:
        """Once per change: an automation that sends nonsense each second is one line."""
        line = f"ignored {shown(message.payload)} on {message.topic}: {why}"
        if self._complaints.get(key) != line:
            self._complaints[key] = line
            log.warning("%s", line)


def _so_already(answer: Answer) -> bool:
    """It is as was asked for: that is news for the device's last action, and no complaint."""
    failure = None if answer.action is None else answer.action.failure
    return failure is not None and failure.type is FailureType.UNNECESSARY


def _cause(group: ExceptionGroup[Exception]) -> Exception:
    """A lost broker ends several tasks at once: say it once. Bugs come first."""
    lost, bugs = group.split(LinkDown)
    if bugs is not None or lost is None:
        return group
    first: Exception = lost
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first
