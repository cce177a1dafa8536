"""Samples on their way up: each device's own chain of stretches, none missing and none invented."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from agent.bridges.cloud.packing import telemetry
from agent.bridges.cloud.topics import Topics
from agent.bridges.cloud.window import Window
from agent.bridges.documents import Sender, device_id
from agent.model.clock import Clock
from agent.model.driver import DeviceInfo
from agent.model.picture import Picture
from agent.model.readings import DeviceId, DeviceKind
from agent.store import Store
from agent.watched import Watched
from drivers.mqtt_link import Link

log = logging.getLogger(__name__)

WINDOW: Final = 20
STRETCH_S: Final = 900
AGAIN_AFTER_ROUNDS: Final = 5


class Samples:
    """One for each connection.

    Args:
        every_s: house time from one round to the next while nothing is behind.
    """

    def __init__(
        self,
        link: Link,
        topics: Topics,
        sender: Sender,
        store: Store,
        pictures: Watched[Picture],
        clock: Clock,
        every_s: float,
    ) -> None:
        self._link, self._topics, self._sender = link, topics, sender
        self._telemetry, self._pictures, self._clock = store.telemetry, pictures, clock
        self._every_s = every_s
        self._sent_s: dict[DeviceId, int] = {}
        self._unacked: dict[DeviceId, int] = {}

    async def run(self) -> None:
        """Send for ever what is on disk and the cloud has not."""
        while True:
            if not await self._round():
                await self._clock.sleep(self._every_s)

    def acked(self, telemetry_to: Mapping[str, datetime]) -> None:
        """The cloud has the samples of these resources up to these instants."""
        known = {self._key(info): info.id for info in self._devices()}
        self._telemetry.ack(
            {known[key]: int(at.timestamp()) for key, at in telemetry_to.items() if key in known}
        )
        for key in telemetry_to.keys() & known.keys():
            self._unacked.pop(known[key], None)

    def behind_s(self) -> int:
        """How many seconds of samples the cloud does not have, of the device farthest behind."""
        cursors = self._telemetry.cursors(info.id for info in self._devices())
        oldest_s = min(cursors.values(), default=self._telemetry.until_s)
        return max(0, self._telemetry.until_s - oldest_s)

    async def _round(self) -> bool:
        """Send one stretch of each device; whether there is more at once."""
        devices = self._devices()
        cursors = self._telemetry.cursors(info.id for info in devices)
        more = False
        async with Window(self._link, WINDOW) as window:
            for info in devices:
                if info.id in cursors:
                    more |= await self._send(info, cursors[info.id], window)
        return more

    async def _send(self, info: DeviceInfo, acked_s: int, window: Window) -> bool:
        from_s = self._next_s(info.id, acked_s)
        to_s = from_s - from_s % STRETCH_S + STRETCH_S
        stretch = await self._telemetry.samples(info.id, from_s, to_s)
        if stretch.to_s <= from_s:
            return False
        if stretch.gaps:
            log.warning("%s: samples are gone that the cloud never had", info.id)
        await window.send(self._topics.telemetry(self._key(info)), telemetry(stretch))
        self._sent_s[info.id] = stretch.to_s
        return stretch.to_s < self._telemetry.until_s

    def _next_s(self, device: DeviceId, acked_s: int) -> int:
        """Where to go on; from the last ack again when acks stay away."""
        sent_s = self._sent_s.get(device, acked_s)
        if sent_s <= acked_s:
            self._unacked.pop(device, None)
            return acked_s
        rounds = self._unacked[device] = self._unacked.get(device, 0) + 1
        behind = self._telemetry.until_s - sent_s > STRETCH_S
        if not behind and rounds > AGAIN_AFTER_ROUNDS:
            self._unacked[device] = 0
            return acked_s
        return sent_s

    def _devices(self) -> list[DeviceInfo]:
        return [i for i in self._pictures.value.devices if i.kind is not DeviceKind.LINK]

    def _key(self, info: DeviceInfo) -> str:
        return f"{info.kind.value}/{device_id(self._sender.agent_id, info.id)}"
