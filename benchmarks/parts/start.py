"""From the start of the process until systemd hears READY=1, with nothing reachable."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.configs import cars_and_cloud, unreachable
from benchmarks.daemon import Daemon
from benchmarks.figures import Baseline, Figure, median
from benchmarks.processes import free_port

RUNS = 7
LIBRARIES = "asyncio, aiosqlite, pydantic_settings, ocpp.v16, pymodbus.client, aiomqtt"


def measure(folder: Path) -> list[Figure]:
    """Medians of alternating runs, after one of each that warms the file cache."""
    ours = {
        "start.ready_s": unreachable,
        "start.cloud_and_cars_ready_s": _with_cloud_and_cars,
    }
    rounds = []
    for _ in range(1 + RUNS):
        seconds = {name: _ours_s(folder, config) for name, config in ours.items()}
        rounds.append((seconds, _bare_s()))
    return [
        Figure(
            name=name,
            value=median(seconds[name] for seconds, _ in rounds[1:]),
            unit="s",
            baseline=Baseline("bare interpreter, same libraries", median(b for _, b in rounds[1:])),
            aim=aim_s,
            part="start",
        )
        for name, aim_s in zip(ours, (1.5, 2.0), strict=True)
    ]


def _ours_s(folder: Path, config: Callable[[int, int], str]) -> float:
    with (
        TemporaryDirectory(dir=folder) as place,
        Daemon(config(free_port(), free_port()), Path(place)) as daemon,
    ):
        return daemon.ready()


def _with_cloud_and_cars(ocpp_port: int, dead_port: int) -> str:
    return unreachable(ocpp_port, dead_port) + cars_and_cloud(dead_port + 4)


def _bare_s() -> float:
    began_s = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {LIBRARIES}"], check=True)
    return time.perf_counter() - began_s
