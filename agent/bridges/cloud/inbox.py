"""What comes down from the cloud, one message after the other."""

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

import orjson

from agent.bridges.cloud.cars import Cars
from agent.bridges.cloud.commands import Commands
from agent.bridges.cloud.events import Events
from agent.bridges.cloud.packing import Payload, packed
from agent.bridges.cloud.presence import Presence
from agent.bridges.cloud.telemetry import Samples
from agent.bridges.cloud.topics import Topics
from agent.bridges.documents import Sender, Unreadable, read_ack, read_desired
from agent.model.driver import LinkDown
from agent.model.intents import Answer, Intent
from agent.model.picture import Picture
from agent.store import Store
from agent.watched import Watched
from drivers.mqtt_link import Link, Message

log = logging.getLogger(__name__)

MOST_RESULTS: Final = 100
MOST_COMPLAINTS: Final = 100


class Inbox:
    """Lives longer than a connection: results that did not get out go with the next one."""

    def __init__(
        self,
        *,
        topics: Topics,
        sender: Sender,
        store: Store,
        pictures: Watched[Picture],
        submit: Callable[[Intent], Awaitable[Answer]],
        commands: Commands,
        cars: Cars,
        presence: Presence,
    ) -> None:
        self._topics, self._sender = topics, sender
        self._outbox, self._pictures, self._submit = store.outbox, pictures, submit
        self._commands, self._cars, self._presence = commands, cars, presence
        self._results: OrderedDict[str, Payload] = OrderedDict()
        self._complaints: set[str] = set()

    async def run(self, link: Link, events: Events, samples: Samples | None) -> None:
        """Obey for ever.

        Raises:
            LinkDown: the broker is lost, or another Hearth has our name.
        """
        for request_id in tuple(self._results):
            await self._publish(link, request_id)
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
            self._results[request_id] = packed(orjson.dumps(answer))
            if len(self._results) > MOST_RESULTS:
                self._results.popitem(last=False)  # whoever still wants it asks again
            await self._publish(link, request_id)

    async def _publish(self, link: Link, request_id: str) -> None:
        payload = self._results[request_id]
        await link.publish(
            self._topics.result(request_id),
            payload.body,
            retain=False,
            content_type=payload.content_type,
        )
        self._results.pop(request_id, None)

    async def _ack(self, message: Message, events: Events, samples: Samples | None) -> None:
        try:
            ack = read_ack(message.payload)
        except Unreadable as fault:
            self._complain(message, str(fault))
            return
        if self._presence.is_twin(ack.boot_id):
            return
        if ack.ack_seq > self._outbox.last_seq:
            self._complain(message, "it acks events that there were never any of")
        elif await self._outbox.ack(ack.ack_seq):
            events.acked()
        if samples is not None:
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
        try:
            await self._cars.hear(resource_id, message.payload)
        except Unreadable as fault:
            self._complain(message, str(fault))

    def _look_at_status(self, message: Message) -> None:
        """Two houses with one name would mix their events, and ack each other's.

        Raises:
            LinkDown: it is so; whoever is told keeps away for a while, which is better.
        """
        if self._presence.finds_twin(message):
            alarm = (
                f"another Hearth uses the agent_id {self._topics.agent_id}; give each its own "
                "under cloud.agent_id"
            )
            self._complain(message, alarm)  # an outage that has begun already has had its line
            raise LinkDown(alarm)

    def _complain(self, message: Message, why: str) -> None:
        """Once per topic and reason: a cloud that repeats itself is one line."""
        line = f"ignored what came on {message.topic}: {why}"
        if line not in self._complaints and len(self._complaints) < MOST_COMPLAINTS:
            self._complaints.add(line)
            log.warning("%s", line)
