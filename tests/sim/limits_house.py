"""A house at its limits: a charger with a car at 11 kW, meters, a hand on the loads of the house,
around a real daemon and a real planner."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.clock import FastClock
from tests.sim.living_house import Living, until
from tests.sim.mosquitto import mosquitto

FUSE_A, BREAKER_A = 25.0, 20.0
FULL_W = 10_500.0
"""What the car takes at 16 A when the voltage is a little low."""

CONFIG = """\
house:
  timezone: Europe/Brussels
  fuse_a: 25
  grid_meter: grid
store: {{path: {folder}/hearth.db}}
api: {{socket: {folder}/hearth.sock}}
mqtt: {{host: 127.0.0.1, port: {broker}}}
cloud: {{host: 127.0.0.1, port: {broker}, tls: false, agent_id: living-house}}
ocpp: {{listen: 127.0.0.1, port: {ocpp}}}
chargers:
  garage: {{identity: CP001, password: a-long-enough-key, mode: fast}}
circuits:
  outbuilding: {{breaker_a: 20, meter: cellar, chargers: [garage]}}
devices:
  grid: {{driver: eastron_sdm630, host: 127.0.0.1, port: {meter}, framer: rtu, poll_s: 1}}
  cellar: {{driver: eastron_sdm630, host: 127.0.0.1, port: {inner}, framer: rtu, poll_s: 1}}
"""


@dataclass
class Limited(Living):
    ports: dict[str, int] = field(default_factory=dict)

    def build(self, *box: str) -> None:
        trace = self.folder / "trace.csv"
        trace.write_text("start_utc,load_w,pv_w\n2026-01-01T00:00:00Z,600,0\n")
        house = self.run(
            "house", "simulators.house", "--car", "CP001,soc=30,limit=95,max_a=16,phases=3",
            "--meter-port", "0", "--circuit-meter-port", "0", "--trace", str(trace),
            "--fuse-a", f"{FUSE_A:g}", "--clock", self.clock,
        )  # fmt: skip
        self.ports = house.wait_for("ports")["ports"]
        self.cable = self.ports["cable"]
        self.hang(*box)

    def start(self, *, share_location: bool = False) -> None:
        del share_location  # nothing here is anywhere
        text = CONFIG.format(
            folder=self.folder, broker=self.broker.port, ocpp=self.ocpp,
            meter=self.ports["meter"], inner=self.ports["circuit_meter"],
        )  # fmt: skip
        self.begin(text + self.more)

    # ---- the house and its account --------------------------------------------------------

    def cars_w(self) -> float:
        return float(self.truth()["cars_w"])

    def charges(self) -> None:
        until("the car charges at 11 kW", lambda: self.cars_w() > FULL_W, within_s=30)
        until("Hearth sees it", lambda: (self.device("garage").get("chargeRate") or 0) > 10)

    def seconds_until_cars_take(self, most_w: float) -> float:
        """How long it takes until the cars take no more than that, in seconds of the house."""
        began_at = self.now()
        until(f"the cars take {most_w:g} W at most", lambda: self.cars_w() <= most_w)
        return (self.now() - began_at).total_seconds()

    def seconds_until_within(self, where: str, limit_a: float) -> float:
        """How long it takes until no phase has more; `where` is now_a or circuit_a."""
        began_at = self.now()
        until(f"{where} is within {limit_a:g} A", lambda: max(self.truth()[where]) <= limit_a)
        return (self.now() - began_at).total_seconds()

    def orders(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.status()["gridOrders"]
        return found


@contextmanager
def no_planner(house: Living) -> Iterator[None]:
    """Every planner that the daemon starts is killed at once."""
    over = threading.Event()

    def hunt() -> None:
        children = Path(f"/proc/{house.daemon.pid}/task/{house.daemon.pid}/children")
        while not over.wait(0.02):
            for child in children.read_text().split():
                if "agent.planner" in _command_of(child):
                    os.kill(int(child), signal.SIGKILL)

    hunter = threading.Thread(target=hunt)
    hunter.start()
    try:
        yield
    finally:
        over.set()
        hunter.join()


def _command_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


@contextmanager
def limited(folder: Path, start: datetime, speed: float, more: str = "") -> Iterator[Limited]:
    """A house whose car charges at 11 kW under the eyes of Hearth."""
    clock = f"{start:%Y-%m-%dT%H:%M:%SZ}/{time.time():.3f}/{speed:g}"
    FastClock.parse(clock)
    with mosquitto(folder) as broker:
        house = Limited(folder, broker, clock, more=more)
        try:
            house.build()
            house.cloud()
            house.start()
            house.charges()
            yield house
        finally:
            house.stop()
