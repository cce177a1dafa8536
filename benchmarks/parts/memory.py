"""Resident memory: with nothing reachable, and with chargers, devices, cars and a cloud at work."""

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import configs
from benchmarks.charger import Charger
from benchmarks.daemon import Daemon
from benchmarks.demo import demo_house
from benchmarks.figures import Baseline, Figure
from benchmarks.processes import Child, free_port, rss_mb

BUSY_S = 30.0
CHARGERS = 10
METER_VALUES_EVERY_S = 10.0
BARE = "bare interpreter, same libraries"


def measure(folder: Path) -> list[Figure]:
    """The idle ones settle while the busy ones work."""
    with (
        Child("imports", ["-m", "benchmarks.peers.imports"], folder) as bare,
        TemporaryDirectory(dir=folder) as place,
        Daemon(configs.unreachable(free_port(), free_port()), Path(place)) as idle,
        TemporaryDirectory(dir=folder) as full_place,
        Daemon(_full(free_port()), Path(full_place)) as full,
    ):
        bare.next("imported")
        idle.ready()
        full.ready()
        busy_mb, demo_mb = _busy_mb(folder), _demo_mb(folder)
        idle_mb, full_mb, bare_mb = rss_mb(idle.pid), rss_mb(full.pid), rss_mb(bare.pid)
    return [
        Figure(
            name=f"memory.{name}_mb",
            value=value_mb,
            unit="MB",
            baseline=Baseline(BARE, bare_mb),
            aim=aim_mb,
            part="memory",
        )
        for name, value_mb, aim_mb in (
            ("idle", idle_mb, 60.0),
            ("cloud_and_cars", full_mb, 60.0),
            ("demo", demo_mb, 65.0),
            ("ten_and_ten", busy_mb, 70.0),
        )
    ]


def _full(dead_port: int) -> str:
    return configs.unreachable(free_port(), dead_port) + configs.cars_and_cloud(dead_port + 4)


def _demo_mb(folder: Path) -> float:
    """Two cars that are told apart, a charger of each version of OCPP, a cloud and a broker."""
    with TemporaryDirectory(dir=folder) as place, demo_house(Path(place)) as house:
        time.sleep(BUSY_S)
        return rss_mb(house.daemon.pid)


def _busy_mb(folder: Path) -> float:
    port = free_port()
    identities = [f"CP{number:03d}" for number in range(CHARGERS)]
    with (
        Child("devices", ["-m", "benchmarks.peers.devices"], folder) as devices,
        TemporaryDirectory(dir=folder) as place,
    ):
        ports = devices.next("ports")["ports"]
        meter = "  grid_meter: eastron_sdm630_0\n"
        config = configs.HOUSE + meter + configs.chargers(identities, port)
        with Daemon(config + configs.devices(ports), Path(place)) as daemon:
            daemon.ready()
            asyncio.run(_charge(port, identities, daemon))
            return rss_mb(daemon.pid)


async def _charge(port: int, identities: list[str], daemon: Daemon) -> None:
    """Ten cars charge for a while and tell it."""
    chargers = [Charger(identity) for identity in identities]
    for charger in chargers:
        await charger.connect(port)
        await charger.status("Charging")
    await asyncio.to_thread(daemon.wait_for_devices)
    end_s, energy_wh = time.monotonic() + BUSY_S, 1000.0
    while time.monotonic() < end_s:
        energy_wh += 30.0
        for charger in chargers:
            await charger.meter_values(11000.0, energy_wh)
        await asyncio.sleep(METER_VALUES_EVERY_S)
    for charger in chargers:
        charger.close()
