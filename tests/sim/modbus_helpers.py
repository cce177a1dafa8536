"""What tests of the Modbus driver share: an independent server, a house, a notebook."""

import asyncio
import struct
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime

from pyModbusTCP.server import ModbusServer

from agent.clock import FastClock, SystemClock
from agent.model.clock import Clock
from agent.model.driver import LinkDown
from agent.model.readings import Reading
from drivers.modbus.building import build
from drivers.modbus.config import ModbusConfig
from drivers.modbus.driver import ModbusDriver
from drivers.modbus.maps import load_models
from tests.notebook import Notebook

MODELS = load_models()
METER = {"driver": "eastron_sdm630", "framer": "socket"}


class House:
    """Collects Readings and lets a test wait for one."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self._news = asyncio.Event()

    async def report(self, reading: Reading) -> None:
        self.readings.append(reading)
        self._news.set()

    async def until(self, wanted: Callable[[Reading], bool], within_s: float = 3) -> Reading:
        """The first Reading, of those already here or still to come, that is wanted."""
        async with asyncio.timeout(within_s):
            while True:
                for reading in self.readings:
                    if wanted(reading):
                        return reading
                self._news.clear()
                await self._news.wait()

    async def said(self, device: str, *fields: str) -> Reading:
        """The first Reading of a device in which all the fields are known."""
        return await self.until(
            lambda r: r.device == device and all(getattr(r, f, None) is not None for f in fields)
        )


@asynccontextmanager
async def running(driver: ModbusDriver, house: House) -> AsyncIterator[None]:
    task = asyncio.create_task(driver.run(house.report))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, LinkDown):
            await task


def faster() -> FastClock:
    """The house's time runs ten times as fast, time-outs of sockets do not."""
    return FastClock(datetime(2026, 6, 1, 12, tzinfo=UTC), time.time(), 10.0)


def drivers(
    pages: Notebook | None = None, clock: Clock | None = None, **devices: Mapping[str, object]
) -> list[ModbusDriver]:
    configs = {
        name: ModbusConfig.model_validate({"host": "127.0.0.1", **settings})
        for name, settings in devices.items()
    }
    return build(configs, MODELS, clock or SystemClock(), pages or Notebook())


@contextmanager
def image_server() -> Iterator[ModbusServer]:
    """An independent server of register images; every address exists and holds 0 at first."""
    server = ModbusServer("127.0.0.1", 0, no_block=True)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def port_of(server: ModbusServer) -> int:
    return int(server._service.server_address[1])


def floats(*values: float) -> list[int]:
    return list(struct.unpack(f">{2 * len(values)}H", struct.pack(f">{len(values)}f", *values)))
