"""A serial line: a pseudo-terminal with a meter at its far end, and the real serial client."""

import asyncio
import os
import struct
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from agent.clock import SystemClock
from agent.model.driver import LinkDown
from drivers.modbus.faults import BusFault, Fault
from drivers.modbus.link import Bus
from drivers.modbus.turns import Priority
from drivers.modbus.wire import Endpoint, Request
from tests.sim.modbus_fault_server import crc16
from tests.sim.modbus_helpers import House, drivers, floats, running

REQUEST_BYTES = 8


@dataclass
class FarEnd:
    """What hangs on the cable: unit 1 answers, register n holds n or what it was given."""

    path: str
    master: int
    values: dict[int, int] = field(default_factory=dict)
    mute: bool = False
    heard: bytes = b""

    def on_bytes(self) -> None:
        self.heard += os.read(self.master, 256)
        while len(self.heard) >= REQUEST_BYTES:
            frame, self.heard = self.heard[:REQUEST_BYTES], self.heard[REQUEST_BYTES:]
            unit, function, address, count = struct.unpack(">BBHH", frame[:6])
            if unit == 1 and not self.mute and crc16(frame[:6]) == frame[6:]:
                words = [self.values.get(a, a) for a in range(address, address + count)]
                answer = struct.pack(f">BBB{count}H", unit, function, 2 * count, *words)
                os.write(self.master, answer + crc16(answer))


@contextmanager
def cable() -> Iterator[FarEnd]:
    master, slave = os.openpty()
    tty.setraw(slave)
    far = FarEnd(os.ttyname(slave), master)
    loop = asyncio.get_running_loop()
    loop.add_reader(master, far.on_bytes)
    try:
        yield far
    finally:
        loop.remove_reader(master)
        os.close(master)
        os.close(slave)


async def read(bus: Bus, address: int) -> tuple[int, ...]:
    request = Request(unit=1, function=3, address=address, count=5)
    return await bus.request(request, timeout_s=0.2, priority=Priority.FAST)


async def test_a_silent_serial_line_is_reopened_and_works_again() -> None:
    with cable() as far:
        bus = Bus(Endpoint(far.path, framer="rtu"), clock=SystemClock())
        assert await read(bus, 100) == (100, 101, 102, 103, 104)
        far.mute = True
        with pytest.raises(BusFault) as caught:
            await read(bus, 200)
        assert caught.value.fault is Fault.TIMEOUT
        far.mute = False
        assert await read(bus, 300) == (300, 301, 302, 303, 304)
        assert bus.counts.reconnects == 1
        await bus.close()


async def test_a_serial_line_that_somebody_else_holds_is_named() -> None:
    with cable() as far:
        first = Bus(Endpoint(far.path, framer="rtu"), clock=SystemClock())
        second = Bus(Endpoint(far.path, framer="rtu"), clock=SystemClock())
        await first.open()
        with pytest.raises(LinkDown, match=f"{far.path} cannot be reached"):
            await second.open()
        await first.close()


async def test_a_meter_on_a_cable_is_read() -> None:
    with cable() as far:
        far.values = dict(enumerate(floats(230.0, 231.0, 232.0)))
        far.values |= dict(enumerate(floats(1234.5), start=52))
        (driver,) = drivers(
            grid={"driver": "eastron_sdm630", "host": None, "serial": far.path, "unit": 1}
        )
        house = House()
        async with running(driver, house):
            found = await house.said("grid", "power_w", "voltage_l3_v")
    assert getattr(found, "power_w", None) == 1234.5
    assert getattr(found, "voltage_l3_v", None) == 232.0
