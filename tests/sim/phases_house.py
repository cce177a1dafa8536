"""A sunny house around a real daemon: a meter, a roof, and a charger that switches phases."""

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.cli.demo.processes import Process
from agent.clock import FastClock
from tests.sim.living_house import KEY, Json, until
from tests.sim.ports import free_port

SPEED = 80.0
START = datetime(2026, 6, 1, 10, tzinfo=UTC)
LOAD_W = 500.0
CONFIG = """\
house: {{timezone: Europe/Brussels, fuse_a: 25, grid_meter: grid}}
store: {{path: {folder}/hearth.db}}
api: {{socket: {folder}/hearth.sock}}
ocpp: {{listen: 127.0.0.1, port: {ocpp}}}
chargers:
  garage:
    {{identity: CP001, password: {key}, mode: solar, phase_switching: true, phase_dwell_s: 60,
     phase_switches_a_day: {budget}, start_delay_s: 10, stop_delay_s: 10, meter_values_s: 5}}
devices:
  grid: {{driver: eastron_sdm630, host: 127.0.0.1, port: {meter}, framer: rtu, poll_s: 1}}
"""


@dataclass
class Sunny:
    """
    Args:
        sun: (for how many seconds of the house, surplus in watts).
    """

    folder: Path
    sun: list[tuple[float, float]]
    processes: list[Process] = field(default_factory=list)
    ocpp: int = field(default_factory=free_port)
    clock: str = ""
    _lines: list[Json] = field(default_factory=list)

    def run(self, name: str, *command: str) -> Process:
        process = Process(name, command, self.folder)
        self.processes.append(process)
        return process

    def start(self, *box: str, budget: int = 12) -> None:
        self.clock = f"{START:%Y-%m-%dT%H:%M:%SZ}/{time.time():.3f}/{SPEED:g}"
        rows, at = ["start_utc,load_w,pv_w"], START
        for seconds, surplus_w in self.sun:
            rows.append(f"{at:%Y-%m-%dT%H:%M:%SZ},{LOAD_W:g},{LOAD_W + surplus_w:g}")
            at += timedelta(seconds=seconds)
        rows.append(f"{at:%Y-%m-%dT%H:%M:%SZ},{LOAD_W:g},{LOAD_W:g}")
        trace = self.folder / "trace.csv"
        trace.write_text("\n".join(rows) + "\n")
        house = self.run(
            "house", "simulators.house", "--car", "CP001,soc=30,limit=95,max_a=16,phases=3",
            "--meter-port", "0", "--trace", str(trace), "--clock", self.clock,
            "--battery-kwh", "0", "--rated-w", "12000",
        )  # fmt: skip
        ports = house.wait_for("ports")["ports"]
        self.run(
            "box", "simulators.charge_point", "--csms", f"ws://127.0.0.1:{self.ocpp}/ocpp",
            "--identity", "CP001", "--password", KEY,
            "--house", f"127.0.0.1:{ports['cable']}", "--clock", self.clock, *box,
        )  # fmt: skip
        path = self.folder / "hearth.yaml"
        path.write_text(
            CONFIG.format(
                folder=self.folder, ocpp=self.ocpp, key=KEY, meter=ports["meter"], budget=budget
            )
        )
        path.chmod(0o600)
        self.daemon = self.run(
            "hearth", "agent", "run", "-c", str(path), "--simulated-time", self.clock
        )

    def now(self) -> datetime:
        return FastClock.parse(self.clock).now().at

    def wait(self, seconds: float) -> None:
        """Until the house is so old."""
        end = START + timedelta(seconds=seconds)
        until(f"{end:%H:%M:%S}", lambda: self.now() >= end, within_s=60)
        assert self.daemon.running, self.daemon.log.read_text()

    def box_said(self, event: str) -> list[Json]:
        box = next(p for p in self.processes if p.name == "box")
        try:
            while True:
                self._lines.append(box._lines.get_nowait())
        except queue.Empty:
            pass
        return [line for line in self._lines if line.get("event") == event]

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.stop()


@contextmanager
def sunny(folder: Path, *sun: tuple[float, float]) -> Iterator[Sunny]:
    house = Sunny(folder, list(sun))
    try:
        yield house
    finally:
        house.stop()
