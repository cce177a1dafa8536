"""From the start of the process until systemd hears READY=1, with nothing reachable."""

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.configs import unreachable
from benchmarks.daemon import Daemon
from benchmarks.figures import Baseline, Figure, median
from benchmarks.processes import free_port

RUNS = 7
LIBRARIES = "asyncio, aiosqlite, pydantic_settings, ocpp.v16, pymodbus.client, aiomqtt"


def measure(folder: Path) -> list[Figure]:
    """Medians of alternating runs, after one of each that warms the file cache."""
    _ours_s(folder)
    _bare_s()
    pairs = [(_ours_s(folder), _bare_s()) for _ in range(RUNS)]
    return [
        Figure(
            name="start.ready_s",
            value=median(ours for ours, _ in pairs),
            unit="s",
            baseline=Baseline("bare interpreter, same libraries", median(b for _, b in pairs)),
            aim=1.5,
            part="start",
        )
    ]


def _ours_s(folder: Path) -> float:
    with (
        TemporaryDirectory(dir=folder) as place,
        Daemon(unreachable(free_port(), free_port()), Path(place)) as daemon,
    ):
        return daemon.ready()


def _bare_s() -> float:
    began_s = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {LIBRARIES}"], check=True)
    return time.perf_counter() - began_s
