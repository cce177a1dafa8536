"""Samples on their way up: each device's own chain of stretches, none missing and none invented."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from agent.bridges.cloud.ahead import Ahead
from agent.bridges.cloud.packing import Payload, telemetry
from agent.bridges.cloud.topics import Topics
from agent.bridges.cloud.window import Window
from agent.bridges.documents import Sender, device_id
from agent.model.clock import Clock
from agent.model.driver import DeviceInfo
from agent.model.picture import Picture
from agent.model.readings import DeviceId, DeviceKind
from agent.store import Store, Stretch
from agent.watched import Watched
from drivers.mqtt_link import Link

log = logging.getLogger(__name__)

LONGEST_S: Final = 3600
"""Of one message; an hour of a device with a value each ten seconds is 40 kB before packing."""

POSITION: Final = frozenset({"latitude_deg", "longitude_deg", "accuracy_m"})
"""Series that stay in the house unless the installer shares where cars are."""

CHAINS_OUT: Final = 20
"""Messages of one device that the cloud has not acked."""


@dataclass(slots=True)
class _Chain:
    """Where one device is. Unix seconds."""

    sent_s: int
    ahead: Ahead


class Telemetry:
    """What is common to all connections.

    Args:
        every_s: house time from one message of a device to the next while nothing is behind.
    """

    def __init__(
        self,
        topics: Topics,
        sender: Sender,
        store: Store,
        pictures: Watched[Picture],
        clock: Clock,
        every_s: float,
    ) -> None:
        self.topics, self.clock, self.every_s = topics, clock, every_s
        self.store = store.telemetry
        self._sender, self._pictures = sender, pictures
        self._mourned: dict[DeviceId, int] = {}

    def cursors(self) -> dict[str, tuple[DeviceId, int]]:
        """By topic key the devices, and up to when the cloud has their samples. Asking keeps
        what it has not."""
        known = {info.id: self._key(info) for info in self._devices()}
        return {known[device]: (device, at) for device, at in self.store.cursors(known).items()}

    def behind_s(self) -> int:
        """How many seconds of samples the cloud does not have, of the device farthest behind."""
        until_s = self.store.until_s
        return max(0, until_s - min((at for _, at in self.cursors().values()), default=until_s))

    async def samples(self, device: DeviceId, from_s: int, to_s: int) -> Stretch:
        """What the cloud may know of the samples of a device; see `Stretch`."""
        stretch = await self.store.samples(device, from_s, to_s)
        if "vehicle:read:location" in self._sender.scopes:
            return stretch
        series = {name: s for name, s in stretch.series.items() if name not in POSITION}
        return replace(stretch, series=series)

    def mourn(self, stretch: Stretch) -> None:
        """Say once that samples are gone."""
        lost_to_s = max((gap.to_s for gap in stretch.gaps), default=0)
        if lost_to_s > self._mourned.get(stretch.device, 0):
            self._mourned[stretch.device] = lost_to_s
            log.warning("%s: samples are gone that the cloud never had", stretch.device)

    def _devices(self) -> list[DeviceInfo]:
        return [i for i in self._pictures.value.devices if i.kind is not DeviceKind.LINK]

    def _key(self, info: DeviceInfo) -> str:
        return f"{info.kind.value}/{device_id(self._sender.agent_id, info.id)}"


class Samples:
    """One for each connection; each device begins where the cloud's last ack ends."""

    def __init__(self, link: Link, telemetry: Telemetry, again_after_s: float) -> None:
        self._link, self._telemetry, self._again_after_s = link, telemetry, again_after_s
        self._chains: dict[DeviceId, _Chain] = {}
        self._stir, self._due = asyncio.Event(), True

    async def run(self) -> None:
        """Send for ever what is on disk and the cloud has not."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tick(), name="cloud: rhythm of samples")
            tasks.create_task(self._send(), name="cloud: sending samples")

    def acked(self, telemetry_to: Mapping[str, datetime]) -> None:
        """The cloud has the samples of these resources up to these instants.

        What it has beyond what we sent comes from a time when our clock was ahead.
        """
        if not telemetry_to:
            return
        now_s = _now_s()
        for key, (device, _) in self._telemetry.cursors().items():
            at, chain = telemetry_to.get(key), self._chains.get(device)
            if at is not None and chain is not None:
                to_s = min(int(at.timestamp()), chain.sent_s)
                self._telemetry.store.ack({device: to_s})
                chain.ahead.acked(to_s, now_s)
        self._stir.set()

    async def _tick(self) -> None:
        while True:
            await self._telemetry.clock.sleep(self._telemetry.every_s)
            self._due = True
            self._stir.set()

    async def _send(self) -> None:
        async with Window(self._link) as window:
            while True:
                self._stir.clear()
                due, self._due = self._due, False
                while await self._round(window, due=due):
                    pass
                await self._stir.wait()

    async def _round(self, window: Window, *, due: bool) -> bool:
        """Send one stretch of each device that has one; whether there may be more at once.

        The one that is farthest behind does not hold up the others.
        """
        more = False
        for key, device, chain in self._look_around():
            behind_s = self._telemetry.store.until_s - chain.sent_s
            if chain.ahead.free and behind_s >= (1 if due else LONGEST_S):
                more |= await self._send_next(window, key, device, chain)
        return more

    def _look_around(self) -> list[tuple[str, DeviceId, _Chain]]:
        """All chains, each where it has to go on; waits for nothing, so no ack comes between."""
        found = []
        for key, (device, acked_s) in self._telemetry.cursors().items():
            chain = self._chains.get(device)
            if chain is None:
                chain = _Chain(acked_s, Ahead(CHAINS_OUT, self._again_after_s))
                self._chains[device] = chain
            self._look_back(chain, acked_s)
            found.append((key, device, chain))
        return found

    async def _send_next(self, window: Window, key: str, device: DeviceId, chain: _Chain) -> bool:
        found = await self._next(device, chain.sent_s)
        if found is None:
            return False
        stretch, payload = found
        self._telemetry.mourn(stretch)
        await window.send(self._telemetry.topics.telemetry(key), payload)
        chain.sent_s = stretch.to_s
        chain.ahead.sent(stretch.to_s, _now_s())
        return chain.ahead.free and stretch.to_s < self._telemetry.store.until_s

    async def _next(self, device: DeviceId, from_s: int) -> tuple[Stretch, Payload] | None:
        """The stretch from `from_s` on, shorter where a whole hour is too much for a message."""
        length_s = LONGEST_S
        while True:
            stretch = await self._telemetry.samples(device, from_s, from_s + length_s)
            if stretch.to_s <= from_s:
                return None
            payload = telemetry(stretch)
            if payload is not None:
                return stretch, payload
            length_s //= 2
            if not length_s:
                log.error("%s has more samples in a second than go into a message", device)
                return None

    @staticmethod
    def _look_back(chain: _Chain, acked_s: int) -> None:
        """Go on from the last ack where it is elsewhere, or when acks stay away for too long."""
        left_s = chain.ahead.left_s(_now_s())
        if left_s is None:
            chain.sent_s = acked_s
        elif left_s <= 0:
            chain.ahead.begin_again()
            chain.sent_s = acked_s


def _now_s() -> float:
    return asyncio.get_running_loop().time()
