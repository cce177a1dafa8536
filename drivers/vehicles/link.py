"""One connection to one broker, for all cars whose gateways write there.

Safe state without Hearth: a car is only read, unless a person or a schedule has it told to start
or stop, and that stays as it is.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.model.clock import Clock, Now
from agent.model.driver import DeviceInfo, LinkDown, Notebook, Refused, Report
from agent.model.readings import DeviceId
from agent.model.targets import Target, VehicleTarget
from drivers.mqtt_link import Link, Server, connect
from drivers.vehicles.car import Car
from drivers.vehicles.notes import TOPIC, note_of, recall
from drivers.vehicles.orders import Orders
from drivers.vehicles.words import Value

log = logging.getLogger(__name__)

SETTLE_S = 0.1
SETTLES = 4
"""Messages of one look at the car come one by one; together they make sense. So they are told when
none came for SETTLE_S real seconds, and after SETTLES times that at the latest."""

GLANCE_S = 5.0
KEEP_CHANGES_S = 60.0
KEEP_TIMES_S = 900.0
"""A note costs a write to the disk: a moved plug at once, values a minute later, and when mere
times grew older, four times an hour."""


@dataclass(slots=True)
class Member:
    """A car on the link, with what was last put on disk of it."""

    car: Car
    info: DeviceInfo
    orders: Orders
    kept_at_s: float = float("-inf")
    kept_values: dict[str, Value] = field(default_factory=dict)
    kept_plug: dict[str, Value] = field(default_factory=dict)

    def due(self, now_mono_s: float) -> bool:
        """Whether there is something to put on disk by now."""
        if dict(self.car.plug) != self.kept_plug:
            return True
        waited_s = now_mono_s - self.kept_at_s
        if waited_s < KEEP_CHANGES_S:
            return False
        return waited_s >= KEEP_TIMES_S or self._values() != self.kept_values

    def _values(self) -> dict[str, Value]:
        return {word: fact.value for word, fact in self.car.memory.facts.items()}

    def kept(self, now_mono_s: float) -> None:
        self.kept_at_s = now_mono_s
        self.kept_values, self.kept_plug = self._values(), dict(self.car.plug)


class CarLink:
    """See agent.model.driver.Driver and Refreshable.

    Attributes:
        listening: set while the broker brings what the gateways say.
    """

    def __init__(
        self,
        server: Server,
        client_id: str,
        members: Sequence[Member],
        clock: Clock,
        notebook: Notebook,
    ) -> None:
        self.name = f"cars at {server.address}"
        self.devices: Sequence[DeviceInfo] = tuple(member.info for member in members)
        self._server = server
        self._client_id = client_id
        self._members = {member.info.id: member for member in members}
        self._topics = _topics_of(members)
        self._clock = clock
        self._notebook = notebook
        self._link: Link | None = None
        self.listening = asyncio.Event()
        self._news = asyncio.Event()
        self._heard = 0
        self._recalled = False
        self._trusted = False

    async def run(self, report: Report) -> None:
        """Hold the connection and report what the gateways say.

        Raises:
            LinkDown: no broker, or it was lost.
        """
        down: BaseException | None = None
        await self._recall(report)
        try:
            async with connect(self._server, client_id=self._client_id) as link:
                await link.subscribe(self._topics)
                self._link = link
                self.listening.set()
                for member in self._members.values():
                    member.car.link_up(self._clock.now())
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._listen(link), name=f"{self.name}: listen")
                    group.create_task(self._tell(report), name=f"{self.name}: tell")
                    group.create_task(self._glance(), name=f"{self.name}: glance")
        except* LinkDown as downs:
            down = downs.exceptions[0]
        finally:
            self._link = None
            self.listening.clear()
            now = self._clock.now()
            for member in self._members.values():
                member.car.link_lost(now)
        if down is not None:
            await self._tell_all(report)
            raise LinkDown(str(down))

    async def send(self, target: Target) -> None:
        """Tell a car to start or stop; that it does shows in what it says later.

        Raises:
            LinkDown: no connection to the broker.
            Refused: this car cannot be told.
        """
        member = self._members.get(target.device)
        if member is None or not isinstance(target, VehicleTarget):
            raise Refused(f"{target.device} is no car at {self._server.address}")
        await self._publish(member.orders.charging(charge=target.charging))

    async def refresh(self, device: DeviceId) -> None:
        """Pass a person's wish for news on.

        Raises:
            Refused: the source cannot be asked, now or not again so soon.
        """
        try:
            self._connected()
            await self._publish(self._members[device].orders.news(self._clock.now().mono_s))
        except LinkDown as error:
            raise Refused(f"{device} cannot be asked for news: {error}") from None

    async def make_safe(self) -> None:
        """Nothing to make safe; what is known is put on disk with its times."""
        for member in self._members.values():
            await self._keep(member, self._clock.now())

    async def _publish(self, message: tuple[str, str]) -> None:
        topic, payload = message
        await self._connected().publish(topic, payload, retain=False)

    def _connected(self) -> Link:
        if self._link is None:
            raise LinkDown(f"no connection to MQTT broker {self._server.address}")
        return self._link

    async def _recall(self, report: Report) -> None:
        """Report what was known when Hearth stopped, with its true age."""
        now = self._clock.now()
        if self._trusted or (self._recalled and not now.trusted):
            return
        self._recalled, self._trusted = True, now.trusted
        notes = await self._notebook.read_notes(TOPIC)
        for device, member in self._members.items():
            if device in notes:
                recall(member.car, notes[device], now)
            await _tell_presence(member, now, report)  # first, or it would seem to be lost just now
            if device in notes:
                for reading in member.car.all_readings():
                    await report(reading)
                for reading in member.car.readings(now):
                    await report(reading)

    async def _listen(self, link: Link) -> None:
        async for message in link.messages():
            now = self._clock.now()
            for member in self._members.values():
                member.car.hear(message.topic, message.payload, now, retained=message.retained)
            self._heard += 1
            self._news.set()

    async def _tell(self, report: Report) -> None:
        while True:
            await self._news.wait()
            await self._settle()
            self._news.clear()
            await self._recall(report)
            await self._tell_all(report)

    async def _tell_all(self, report: Report) -> None:
        now = self._clock.now()
        for member in self._members.values():
            await _tell_presence(member, now, report)
            for reading in member.car.readings(now):
                await report(reading)
            if member.due(now.mono_s):
                await self._keep(member, now)

    async def _settle(self) -> None:
        for _ in range(SETTLES):
            heard = self._heard
            await asyncio.sleep(SETTLE_S)
            if self._heard == heard:
                return

    async def _glance(self) -> None:
        """Time alone makes an unplug certain, a doubt a fact and a silent gateway dead."""
        while True:
            now = self._clock.now()
            for member in self._members.values():
                member.car.look(now)
            self._news.set()
            await self._clock.sleep(GLANCE_S)

    async def _keep(self, member: Member, now: Now) -> None:
        if not now.trusted:
            return  # its times would be wrong for ever
        if self._link is not None:
            member.car.memory.listened = now
        member.kept(now.mono_s)
        await self._notebook.write_note(TOPIC, member.info.id, note_of(member.car, now))


async def _tell_presence(member: Member, now: Now, report: Report) -> None:
    presence = member.car.presence_reading(now)
    if presence is not None:
        await report(presence)


def _topics_of(members: Sequence[Member]) -> tuple[str, ...]:
    """All topics, each once, in the order in which they are to be read."""
    wanted = [topic for member in members for topic in member.car.layout.topics]
    return tuple(dict.fromkeys(wanted))
