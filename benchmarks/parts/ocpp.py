"""Chargers: from a frame to the command that it leads to, and messages per second.

Charge points are light clients in this process; the daemon and the baseline, a central system
of a few lines on the `ocpp` library, are processes of their own. They take turns, round by round,
so that other work of the machine hits both.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from benchmarks import configs
from benchmarks.charger import Charger, meter_payload, status_payload
from benchmarks.daemon import Daemon
from benchmarks.figures import Baseline, Figure, median, typical
from benchmarks.processes import Child, cpu_s, free_port

T = TypeVar("T")

FLEETS = (1, 10, 50)
AIMS_MS = {50: 50.0}
GREETING_S = 3.5
"""A charger is left alone for a second after its first message, and then asked its settings."""
PLUG_EVERY_S = {1: 0.15, 10: 0.5, 50: 1.0}
"""By fleet: how often a car comes and goes at each charger. At fifty that is a command each
20 ms, more than any house will see."""
ROUNDS = 3
LATENCY_ROUND_S = 3.0
RATE_ROUND_S = 2.0
TALKERS = 10
LIBRARY = "ocpp library, {} validation"


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class Rate:
    per_s: float
    cpu_us: float


def measure(folder: Path) -> list[Figure]:
    latencies = [figure for fleet in FLEETS for figure in _latencies(folder, fleet)]
    return latencies + _rates(folder)


def _latencies(folder: Path, fleet: int) -> list[Figure]:
    with _hearth(folder, fleet) as hearth, _bare(folder, "default") as bare:
        ours_ms, bare_ms = asyncio.run(_take_turns([hearth, bare], fleet, _round_ms))
    return [
        Figure(
            name=f"ocpp.frame_to_command_p{percent}_ms.{fleet}_chargers",
            value=typical(ours_ms, percent),
            unit="ms",
            baseline=Baseline("ocpp library, after() calls", typical(bare_ms, percent)),
            aim=AIMS_MS.get(fleet) if percent == 99 else None,
            part="ocpp",
        )
        for percent in (50, 99)
    ]


def _rates(folder: Path) -> list[Figure]:
    with (
        _hearth(folder, TALKERS) as hearth,
        _bare(folder, "default") as default,
        _bare(folder, "unvalidated") as unvalidated,
    ):
        servers = [hearth, default, unvalidated]
        rounds = asyncio.run(_take_turns(servers, TALKERS, _rate))
    ours, *bare = [
        Rate(median(r.per_s for r in turns), median(r.cpu_us for r in turns)) for turns in rounds
    ]
    figures = []
    for rate, word, end in zip(bare, ("default", "no"), ("", ".unvalidated"), strict=True):
        figures += [
            Figure(
                name=f"ocpp.messages_per_s{end}",
                value=ours.per_s,
                unit="1/s",
                better="higher",
                baseline=Baseline(LIBRARY.format(word), rate.per_s),
                part="ocpp",
            ),
            Figure(
                name=f"ocpp.cpu_us_per_message{end}",
                value=ours.cpu_us,
                unit="µs",
                baseline=Baseline(LIBRARY.format(word), rate.cpu_us),
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


async def _take_turns(
    servers: Sequence[Server], fleet: int, job: Callable[[Server, list[Charger]], Awaitable[T]]
) -> list[list[T]]:
    """Connect a fleet to each server, let all settle, and do the job at one after the other.

    Returns:
        By server the results of its rounds.
    """
    fleets = [[Charger(identity) for identity in _identities(fleet)] for _ in servers]
    for server, chargers in zip(servers, fleets, strict=True):
        for charger in chargers:
            await charger.connect(server.port)
    await asyncio.sleep(GREETING_S)
    found: list[list[T]] = [[] for _ in servers]
    for _ in range(ROUNDS):
        for server, chargers, results in zip(servers, fleets, found, strict=True):
            results.append(await job(server, chargers))
    for chargers in fleets:
        for charger in chargers:
            charger.close()
    return found


def _identities(fleet: int) -> list[str]:
    return [f"CP{number:03d}" for number in range(fleet)]


async def _round_ms(_: Server, chargers: list[Charger]) -> list[float]:
    """Cars come and go at every charger; milliseconds from "a car is here" to the command."""
    found_ms: list[float] = []
    end_s = time.monotonic() + LATENCY_ROUND_S

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
    end_s, counts = time.monotonic() + RATE_ROUND_S, [0]

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
