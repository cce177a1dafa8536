"""Reading devices: Hearth's bus and decoding against bare pymodbus on the same blocks.

The devices are simulators in another process, so reads per second also measure the simulator;
the CPU time is the reader's alone.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from pymodbus.client import AsyncModbusTcpClient

from benchmarks.figures import Baseline, Figure, median
from benchmarks.modbus import TIMEOUT_S, Reader, reader
from benchmarks.peers.pymodbus_poller import read
from benchmarks.processes import Child
from drivers.modbus.model import Tier
from drivers.modbus.turns import Priority
from drivers.modbus.wire import Request

ROUNDS = 5
READS, POLLS = 1500, 150
BLOCK = (1, 4, 0, 80)  # unit, function, address, count
HOME = ("eastron_sdm630_0", "huawei_sun2000_0")  # a meter, and an inverter with a battery
TIERS = (Tier.FAST, Tier.NORMAL, Tier.SLOW)


def measure(folder: Path) -> list[Figure]:
    with Child("devices", ["-m", "benchmarks.peers.devices"], folder) as devices:
        return asyncio.run(_measure(devices.next("ports")["ports"]))


async def _measure(ports: dict[str, tuple[str, int]]) -> list[Figure]:
    ours = [await reader(*ports[name]) for name in HOME]
    for one in ours:
        await one.poll(TIERS)
    bare = [AsyncModbusTcpClient("127.0.0.1", port=ports[name][1]) for name in HOME]
    for client in bare:
        await client.connect()
    figures = [*await _reads(ours[0], bare[0]), await _polls(ours, bare)]
    for client in bare:
        client.close()
    for one in ours:
        await one.bus.close()
    return figures


async def _reads(meter: Reader, client: AsyncModbusTcpClient) -> list[Figure]:
    """One block of 80 registers over and over."""
    unit, function, address, count = BLOCK
    request = Request(unit=unit, function=function, address=address, count=count)

    async def ours() -> None:
        await meter.bus.request(request, timeout_s=TIMEOUT_S, priority=Priority.FAST)

    async def bare() -> None:
        await read(client, [BLOCK])

    pairs = [(await _timed(ours, READS), await _timed(bare, READS)) for _ in range(ROUNDS)]
    baseline = "bare pymodbus, same block"
    return [
        Figure(
            name="modbus.reads_per_s",
            value=1 / median(ours.wall_s for ours, _ in pairs),
            unit="1/s",
            better="higher",
            baseline=Baseline(baseline, 1 / median(bare.wall_s for _, bare in pairs)),
            part="modbus",
        ),
        Figure(
            name="modbus.cpu_us_per_read",
            value=1e6 * median(ours.cpu_s for ours, _ in pairs),
            unit="µs",
            baseline=Baseline(baseline, 1e6 * median(bare.cpu_s for _, bare in pairs)),
            part="modbus",
        ),
    ]


async def _polls(ours: list[Reader], bare: list[AsyncModbusTcpClient]) -> Figure:
    """All that Hearth ever reads of a home, decoded, against the blocks undecoded."""

    async def poll() -> None:
        for one in ours:
            await one.poll(TIERS)

    async def fetch() -> None:
        for one, client in zip(ours, bare, strict=True):
            await read(client, one.reads)

    pairs = [(await _timed(poll, POLLS), await _timed(fetch, POLLS)) for _ in range(ROUNDS)]
    return Figure(
        name="modbus.cpu_ms_per_poll",
        value=1e3 * median(ours.cpu_s for ours, _ in pairs),
        unit="ms",
        baseline=Baseline(
            "bare pymodbus, same blocks undecoded", 1e3 * median(b.cpu_s for _, b in pairs)
        ),
        aim=2.0,
        part="modbus",
    )


@dataclass(frozen=True, slots=True)
class _Cost:
    """Of one repetition."""

    wall_s: float
    cpu_s: float


async def _timed(job: Callable[[], Awaitable[None]], times: int) -> _Cost:
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    for _ in range(times):
        await job()
    wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    return _Cost(wall_s / times, cpu_s / times)
