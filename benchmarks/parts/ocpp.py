"""Chargers: from a frame to the command that it leads to, and messages per second.

Charge points are light clients in this process; the daemon and the baseline, a central system
of a few lines on the `ocpp` library, are processes of their own.
"""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from benchmarks import configs
from benchmarks.charger import Charger, meter_payload, status_payload
from benchmarks.daemon import Daemon
from benchmarks.figures import Baseline, Figure, percentile
from benchmarks.processes import Child, cpu_s, free_port

T = TypeVar("T")

FLEETS = (1, 10, 50)
AIMS_MS = {50: 50.0}
GREETING_S = 3.5
"""A charger is left alone for a second after its first message, and then asked its settings."""
PLUG_EVERY_S = {1: 0.25, 10: 0.5, 50: 1.0}
"""By fleet: how often a car comes and goes at each charger. At fifty that is a command each
20 ms, more than any house will see."""
LATENCY_RUN_S = 7.0
TALKERS = 10
RATE_RUN_S = 4.0


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class Rate:
    per_s: float
    cpu_us: float


def measure(folder: Path) -> list[Figure]:
    figures: list[Figure] = []
    for fleet in FLEETS:
        ours_ms = _run(_hearth(folder, fleet), fleet, _latencies_ms)
        bare_ms = _run(_bare(folder, "default"), fleet, _latencies_ms)
        figures += [
            Figure(
                name=f"ocpp.frame_to_command_p{percent}_ms.{fleet}_chargers",
                value=percentile(ours_ms, percent),
                unit="ms",
                baseline=Baseline("ocpp library, after() calls", percentile(bare_ms, percent)),
                aim=AIMS_MS.get(fleet) if percent == 99 else None,
                part="ocpp",
            )
            for percent in (50, 99)
        ]
    return figures + _rates(folder)


def _rates(folder: Path) -> list[Figure]:
    ours = _run(_hearth(folder, TALKERS), TALKERS, _rate)
    bare = {
        name: _run(_bare(folder, word), TALKERS, _rate)
        for name, word in (("default", "default"), ("no", "unvalidated"))
    }
    figures = []
    for name, rate in bare.items():
        end = "" if name == "default" else ".unvalidated"
        library = f"ocpp library, {name} validation"
        figures += [
            Figure(
                name=f"ocpp.messages_per_s{end}",
                value=ours.per_s,
                unit="1/s",
                better="higher",
                baseline=Baseline(library, rate.per_s),
                part="ocpp",
            ),
            Figure(
                name=f"ocpp.cpu_us_per_message{end}",
                value=ours.cpu_us,
                unit="µs",
                baseline=Baseline(library, rate.cpu_us),
                part="ocpp",
            ),
        ]
    return figures


@contextmanager
def _hearth(folder: Path, fleet: int) -> Iterator[Server]:
    port = free_port()
    config = configs.HOUSE + configs.chargers(_identities(fleet), port)
    with TemporaryDirectory(dir=folder) as place, Daemon(config, Path(place)) as daemon:
        daemon.ready()
        yield Server(port, daemon.pid)


@contextmanager
def _bare(folder: Path, validation: str) -> Iterator[Server]:
    with Child("bare", ["-m", "benchmarks.peers.ocpp_server", validation], folder) as server:
        yield Server(server.next("port")["port"], server.pid)


def _run(
    serving: AbstractContextManager[Server],
    fleet: int,
    job: Callable[[Server, list[Charger]], Coroutine[None, None, T]],
) -> T:
    """Connect a fleet to a server, let it settle, and do the job."""

    async def main(server: Server) -> T:
        chargers = [Charger(identity) for identity in _identities(fleet)]
        for charger in chargers:
            await charger.connect(server.port)
        await asyncio.sleep(GREETING_S)
        try:
            return await job(server, chargers)
        finally:
            for charger in chargers:
                charger.close()

    with serving as server:
        return asyncio.run(main(server))


def _identities(fleet: int) -> list[str]:
    return [f"CP{number:03d}" for number in range(fleet)]


async def _latencies_ms(_: Server, chargers: list[Charger]) -> list[float]:
    """Cars come and go at every charger; milliseconds from "a car is here" to the command."""
    found_ms: list[float] = []
    end_s = time.monotonic() + LATENCY_RUN_S

    half_s = PLUG_EVERY_S[len(chargers)] / 2

    async def come_and_go(charger: Charger) -> None:
        while time.monotonic() < end_s:
            await asyncio.sleep(random.uniform(0.5, 1.5) * half_s)
            text = charger.frame("StatusNotification", status_payload("Preparing"))
            found_ms.append(1000 * await charger.until_told(text))
            await asyncio.sleep(random.uniform(0.5, 1.5) * half_s)
            await charger.status("Available")

    async with asyncio.TaskGroup() as group:
        for charger in chargers:
            group.create_task(come_and_go(charger))
    return found_ms


async def _rate(server: Server, chargers: list[Charger]) -> Rate:
    """Meter values as fast as they are answered, one at a time per charger."""
    for charger in chargers:
        await charger.status("Charging")
    end_s, counts = time.monotonic() + RATE_RUN_S, [0]

    async def talk(charger: Charger) -> None:
        energy_wh = 1000.0
        while time.monotonic() < end_s:
            energy_wh += 1
            charger.send(charger.frame("MeterValues", meter_payload(11000.0, energy_wh)))
            await charger.answer()
            counts[0] += 1

    began_s, used_s = time.monotonic(), cpu_s(server.pid)
    async with asyncio.TaskGroup() as group:
        for charger in chargers:
            group.create_task(talk(charger))
    used_s = cpu_s(server.pid) - used_s
    return Rate(counts[0] / (time.monotonic() - began_s), used_s / counts[0] * 1e6)
