"""Where the grid operator's word comes from: MQTT, a Modbus register or contact, a file."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from agent.model.clock import Clock
from agent.model.driver import LinkDown
from drivers.modbus.codec import decode
from drivers.modbus.faults import BusFault
from drivers.modbus.link import Bus
from drivers.modbus.registers import Register, Table
from drivers.modbus.turns import Priority
from drivers.modbus.wire import READ_COILS, READ_DISCRETE, READ_HOLDING, READ_INPUT, Request
from drivers.mqtt_link import Server, connect

MOST_BYTES = 64
FUNCTIONS = {
    Table.COIL: READ_COILS,
    Table.DISCRETE: READ_DISCRETE,
    Table.HOLDING: READ_HOLDING,
    Table.INPUT: READ_INPUT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic whose payload is the word."""

    server: Server
    client_id: str
    topic: str

    async def words(self) -> AsyncIterator[str]:
        """Every payload; the retained one at once.

        Raises:
            LinkDown: the broker is out of reach.
        """
        async with connect(self.server, client_id=self.client_id) as link:
            await link.subscribe([self.topic])
            async for message in link.messages():
                yield message.payload.decode(errors="replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A coil, a discrete input or a register, read every `poll_s`."""

    bus: Bus
    clock: Clock
    unit: int
    register: Register
    poll_s: float
    timeout_s: float = 3.0

    async def words(self) -> AsyncIterator[str]:
        """Its value at each look.

        Raises:
            LinkDown: nothing answers there.
        """
        register = self.register
        request = Request(
            unit=self.unit,
            function=FUNCTIONS[register.table],
            address=register.address or 0,
            count=register.count,
        )
        await self.bus.open()
        try:
            while True:
                value = decode(register, await self._ask(request))
                yield "" if value is None else str(value)
                await self.clock.sleep(self.poll_s)
        finally:
            await self.bus.close()

    async def _ask(self, request: Request) -> tuple[int, ...]:
        try:
            return await self.bus.request(
                request, timeout_s=self.timeout_s, priority=Priority.FAST, tries=2
            )
        except BusFault as fault:
            raise LinkDown(f"{self.bus.endpoint}: {fault}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A file that holds the word, such as the value of a GPIO pin in sysfs."""

    path: Path
    clock: Clock
    poll_s: float

    async def words(self) -> AsyncIterator[str]:
        """What the file holds at each look.

        Raises:
            LinkDown: it cannot be read.
        """
        while True:
            try:
                with self.path.open(encoding="utf-8", errors="replace") as file:
                    word = file.read(MOST_BYTES)
            except OSError as error:
                raise LinkDown(f"{self.path} cannot be read ({error.strerror})") from None
            yield word
            await self.clock.sleep(self.poll_s)
