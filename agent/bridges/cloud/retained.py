"""What stands on the broker for whoever subscribes next: states, and what became of documents."""

import asyncio
from collections.abc import Mapping
from typing import Final

import orjson

from agent.bridges.cloud.packing import packed
from agent.bridges.cloud.topics import Topics
from agent.bridges.cloud.window import Window
from agent.bridges.documents import Key, Sender, States, public_id, reported
from agent.model.clock import Clock
from agent.model.documents import Document, DocumentKind
from agent.model.events import Resource
from agent.model.picture import Picture
from agent.watched import Watched
from drivers.mqtt_link import Link

EVERY_S: Final = 1.0
LEAST_REAL_PAUSE_S: Final = 0.1


class Retained:
    """Args:
    told: resources as they were last told, so that those that are gone are cleared.
    """

    def __init__(
        self,
        topics: Topics,
        sender: Sender,
        pictures: Watched[Picture],
        clock: Clock,
        told: tuple[Resource, ...],
    ) -> None:
        self._topics, self._sender = topics, sender
        self._pictures, self._clock = pictures, clock
        self._states = States(sender, told)
        self._reported: dict[tuple[DocumentKind, str], Document] = {}

    async def run(self, link: Link) -> None:
        """Retain all, since the broker may have forgotten it, then what changes, for ever."""
        self._reported.clear()
        async with Window(link) as window:
            await self._put(window, self._states.everything(self._pictures.value))
            while True:
                picture = self._pictures.value
                await self._put(window, self._states.changed(picture))
                await self._report(window, picture)
                await self._clock.sleep(EVERY_S)
                await asyncio.sleep(LEAST_REAL_PAUSE_S)

    async def _put(self, window: Window, documents: Mapping[Key, bytes]) -> None:
        for (kind, resource_id), body in documents.items():
            await window.send(self._topics.state(kind, resource_id), packed(body), retain=True)

    async def _report(self, window: Window, picture: Picture) -> None:
        for key, document in picture.documents.items():
            if document.seen_rev and self._reported.get(key) != document:
                self._reported[key] = document
                public = public_id(self._sender.agent_id, document.kind.value, document.id)
                topic = self._topics.reported(document.kind.value, public)
                await window.send(topic, packed(orjson.dumps(reported(document))), retain=True)
