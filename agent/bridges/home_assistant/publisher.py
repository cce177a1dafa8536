"""Publishes what differs from what this connection has already published."""

import logging

from agent.bridges.home_assistant.discovery import Document, document, farewell, platforms
from agent.bridges.home_assistant.entity import Entity, Household, View
from agent.bridges.home_assistant.gateway import GATEWAY
from agent.bridges.home_assistant.leaving import Leaving
from agent.bridges.home_assistant.presence import available
from agent.bridges.home_assistant.retained import Retained
from agent.bridges.home_assistant.states import Views, counters, state_json, to_json, urgent
from agent.bridges.home_assistant.tables import TABLE, household, rows_of
from agent.bridges.home_assistant.topics import Topics
from agent.bridges.mqtt import Link
from agent.model.clock import Clock
from agent.model.driver import DeviceInfo
from agent.model.picture import Picture
from agent.model.readings import DeviceId
from agent.watched import Watched

log = logging.getLogger(__name__)

HEARTBEATS_PER_EXPIRY = 3


class Publisher:
    """One per connection; everything it sends is retained and QoS 1.

    Between looking at the newest Picture and sending there is no await, so whoever publishes,
    the newest is the last on the broker.
    """

    def __init__(
        self,
        link: Link,
        topics: Topics,
        pictures: Watched[Picture],
        retained: Retained,
        views: Views,
        clock: Clock,
    ) -> None:
        self._link = link
        self._clock = clock
        self._pictures = pictures
        self._topics = topics
        self._retained = retained
        self._views = views
        self._sent: dict[str, str] = {}
        self._urgent: dict[DeviceId, object] = {}
        self._sent_mono_s: dict[str, float] = {}
        self._things: dict[DeviceInfo, tuple[Entity, ...]] = {}
        self._devices: tuple[DeviceInfo, ...] | None = None
        self._household: Household | None = None
        self._leaving = Leaving(clock)
        self._identities: dict[DeviceId, object] = {}
        self._watched: set[str] = set()

    @property
    def _picture(self) -> Picture:
        return self._pictures.value

    def _view(self, info: DeviceInfo) -> View:
        return self._views.of(info, self._picture)

    def announced(self, topic: str) -> bool:
        """Whether this is the discovery topic of a device that exists."""
        return self._topics.broker.discovery and topic in {
            self._topics.discovery(info) for info in self._things
        }

    async def announce(self) -> None:
        """Clear what is gone, then describe all devices, the gateway first (via_device)."""
        picture = self._picture
        infos = [GATEWAY, *(info for info in picture.devices if info.kind in TABLE)]
        house = household(picture)
        self._devices, self._household = picture.devices, house
        self._things = {info: rows_of(info, house) for info in infos}
        plain = {topic for info in infos for topic in self._plain_topics(info)}
        described = {self._topics.discovery(info) for info in infos}
        await self._clear_others(plain | described if self._topics.broker.discovery else plain)
        for topic in sorted(plain):
            await self._retained.remember(topic)
        if self._topics.broker.discovery:
            await self._listen_for_deletions(described)
            for info in infos:
                await self._describe(info)

    async def everything(self, *, again: bool = False) -> None:
        """Publish what differs.

        Args:
            again: also what does not differ, for a Home Assistant that has just started.
        """
        await self._keep_up()
        for info in list(self._things):
            if self._identity(info) != self._identities.get(info.id):
                await self._describe(info)
            await self.state(info, again=again or self._expires_soon(info))
            await self._availability(info, again=again)
            for key, figure in counters(self._things[info], self._view(info)).items():
                await self._send(self._topics.value(info, key), figure, again=again)

    async def at_once(self) -> None:
        """Publish what somebody waits for: availability, and states with news in them."""
        await self._keep_up()
        for info, rows in list(self._things.items()):
            # A device that is back shows what is true now, not what was when it left.
            if self._turned(info) or urgent(rows, self._view(info)) != self._urgent.get(info.id):
                await self.state(info)
            await self._availability(info)

    async def _keep_up(self) -> None:
        """Describe what the house has become since it was described last."""
        if self._picture.devices != self._devices:
            await self.announce()
        house = household(self._picture)
        if house == self._household:
            return
        self._household = house
        for info, before in list(self._things.items()):
            rows = rows_of(info, house)
            self._things[info] = rows
            if to_json(self._document(info)) != self._sent.get(self._topics.discovery(info)):
                self._leaving.note(info.id, before, rows)
                await self.state(info)  # with all keys, before somebody asks for the new ones
                await self._describe(info)

    async def state(self, info: DeviceInfo, *, again: bool = False) -> None:
        """Publish a device's state; `again` makes an entity snap back to it."""
        rows, view = self._things.get(info), self._view(info)
        if rows is None:
            return
        self._urgent[info.id] = urgent(rows, view)
        rows = (*rows, *self._leaving.of(info.id))
        await self._send(self._topics.state(info), state_json(rows, view), again=again)

    async def alive(self) -> None:
        await self._retained.remember(self._topics.alive)
        await self._send(self._topics.alive, "online", again=True)

    def _plain_topics(self, info: DeviceInfo) -> list[str]:
        return [
            self._topics.state(info),
            self._topics.availability(info),
            *(self._topics.value(info, row.key) for row in self._things[info] if row.counter),
        ]

    async def _clear_others(self, wanted: set[str]) -> None:
        others = self._retained.others(wanted)
        # Discovery first: entities go before their states do.
        for topic in sorted(others, key=lambda topic: (not topic.endswith("/config"), topic)):
            log.info("cleared %s from the MQTT broker: nothing is published there any more", topic)
            self._sent.pop(topic, None)
            await self._link.publish(topic, "", retain=True)
            await self._retained.forget(topic)

    async def _listen_for_deletions(self, described: set[str]) -> None:
        """A deletion in Home Assistant is an empty message where the device is described."""
        if news := sorted(described - self._watched):
            await self._link.subscribe(news)
            self._watched.update(news)

    async def _describe(self, info: DeviceInfo) -> None:
        if not self._topics.broker.discovery:
            return
        self._identities[info.id] = self._identity(info)
        topic, described = self._topics.discovery(info), self._document(info)
        retiring = farewell(described, self._retained.components(topic))
        if retiring is not None:
            await self._send(topic, to_json(retiring), again=True)
        await self._retained.remember(topic, platforms(described))
        await self._send(topic, to_json(self._document(info)), again=True)

    def _document(self, info: DeviceInfo) -> Document:
        seen, house = self._view(info).seen, household(self._picture)
        return document(self._topics, info, None if seen is None else seen.value, house)

    def _identity(self, info: DeviceInfo) -> object:
        """What of a device's description is learnt from the device itself."""
        seen = self._picture.snapshot.get(info.id)
        if not self._topics.broker.discovery or seen is None:
            return None
        value = seen.value
        return value.vendor, value.model, value.serial_number, value.firmware

    async def _availability(self, info: DeviceInfo, *, again: bool = False) -> None:
        if info == GATEWAY:
            return
        await self._send(self._topics.availability(info), self._word(info), again=again)

    def _word(self, info: DeviceInfo) -> str:
        return "online" if available(self._view(info)) else "offline"

    def _turned(self, info: DeviceInfo) -> bool:
        """Whether the device came or went since its availability was published."""
        return info != GATEWAY and self._sent.get(self._topics.availability(info)) != self._word(
            info
        )

    def _expires_soon(self, info: DeviceInfo) -> bool:
        expire_after_s = self._topics.broker.expire_after_s
        if expire_after_s is None:
            return False
        sent_mono_s = self._sent_mono_s.get(self._topics.state(info), float("-inf"))
        return self._clock.now().mono_s - sent_mono_s >= expire_after_s / HEARTBEATS_PER_EXPIRY

    async def _send(self, topic: str, payload: str, *, again: bool) -> None:
        if again or self._sent.get(topic) != payload:
            self._sent[topic] = payload
            self._sent_mono_s[topic] = self._clock.now().mono_s
            await self._link.publish(topic, payload, retain=True)
