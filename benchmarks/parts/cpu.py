"""Share of one core: with nothing reachable, and for the whole demo house at real speed.

The demo house: two chargers with cars over OCPP, a meter, an inverter and a battery over Modbus
at 1 s polls, decisions, database, Home Assistant on a local broker. Its baseline only reads the
registers.
"""

import asyncio
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import configs
from benchmarks.daemon import Daemon
from benchmarks.demo import demo_house, twin_of_the_devices
from benchmarks.figures import Baseline, Figure
from benchmarks.modbus import reader
from benchmarks.processes import Child, cpu_s, free_port
from drivers.modbus.model import Tier

SETTLE_S = 5.0
MEASURED_S = 30.0
POLL_S = 1.0
BARE = "bare pymodbus, same devices and rhythm"


def measure(folder: Path) -> list[Figure]:
    return [_idle(folder), _demo(folder)]


def _idle(folder: Path) -> Figure:
    dead_port = free_port()
    nothing = [_device(dead_port + number, []) for number in range(3)]
    with (
        TemporaryDirectory(dir=folder) as place,
        Daemon(configs.unreachable(free_port(), dead_port), Path(place)) as daemon,
        _bare(folder, nothing) as bare,
    ):
        daemon.ready()
        ours, theirs = _percents(daemon.pid, bare.pid)
    return _figure("idle", ours, theirs, 1.0)


def _demo(folder: Path) -> Figure:
    settings = {f"HEARTH_DEVICES__{name}__POLL_S": f"{POLL_S:g}" for name in ("GRID", "ROOF")}
    with (
        TemporaryDirectory(dir=folder) as place,
        twin_of_the_devices(folder) as ports,
        demo_house(Path(place), settings=settings) as house,
    ):
        twins = asyncio.run(_blocks(ports["meter"], ports["inverter"]))
        with _bare(folder, twins) as bare:
            ours, theirs = _percents(house.daemon.pid, bare.pid)
    return _figure("demo", ours, theirs, 3.0)


def _figure(name: str, ours: float, theirs: float, aim: float) -> Figure:
    return Figure(
        name=f"cpu.{name}_percent",
        value=ours,
        unit="% of a core",
        baseline=Baseline(BARE, theirs),
        aim=aim,
        part="cpu",
    )


def _percents(*pids: int) -> list[float]:
    """What each process uses during the same stretch, once it has settled."""
    time.sleep(SETTLE_S)
    began_s, before_s = time.monotonic(), [cpu_s(pid) for pid in pids]
    time.sleep(MEASURED_S)
    passed_s = time.monotonic() - began_s
    return [
        100 * (cpu_s(pid) - used_s) / passed_s for pid, used_s in zip(pids, before_s, strict=True)
    ]


def _bare(folder: Path, devices: list[dict[str, Any]]) -> Child:
    child = Child("poller", ["-m", "benchmarks.peers.pymodbus_poller", json.dumps(devices)], folder)
    child.next("polling")
    return child


def _device(port: int, reads: list[tuple[int, int, int, int]], *, rtu: bool = False) -> Any:
    return {"port": port, "every_s": POLL_S, "rtu": rtu, "reads": reads}


async def _blocks(meter_port: int, inverter_port: int) -> list[dict[str, Any]]:
    """What Hearth reads of the demo's devices at each poll."""
    devices = []
    for driver, port, framer in (
        ("eastron_sdm630", meter_port, "rtu"),
        ("huawei_sun2000", inverter_port, "socket"),
    ):
        one = await reader(driver, port, framer)
        await one.poll((Tier.FAST,))
        devices.append(_device(port, one.reads, rtu=framer == "rtu"))
        await one.bus.close()
    return devices
