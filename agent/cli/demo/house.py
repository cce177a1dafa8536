"""The demo's house: which processes there are, and the config file that the daemon gets."""

import csv
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.cli.ask import NotRunning, ask
from agent.cli.demo.processes import DidNotStart, Process

NOON_OF_THE_DEMO = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
"""A June morning: the sun is up and grows, so that there is something to see."""

FUSE_A = 25
TRIPS_FROM_SPEED = 20.0
"""Where a day passes while one watches, the cars drive to work; else they stay plugged in."""
PASSWORDS = {"CP001": "demo-garage-key", "CP002": "demo-carport-key"}
PROTOCOLS = {"CP001": "ocpp1.6", "CP002": "ocpp2.0.1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Args:
    speed: house seconds per real second.
    trace: CSV of real load and sun; None invents them from the seed.
    """

    folder: Path
    speed: float
    seed: int
    trace: Path | None

    def start(self) -> datetime:
        """When the demo's house begins to live."""
        if self.trace is None:
            return NOON_OF_THE_DEMO + timedelta(days=self.seed % 20)
        with self.trace.open(encoding="utf-8", newline="") as file:
            first = next(csv.DictReader(file))["start_utc"]
        return datetime.fromisoformat(first).astimezone(UTC) + timedelta(hours=8)


class DemoHouse:
    """All processes of the demo; a context manager that ends them all."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.processes: list[Process] = []
        self.broker_port = 0
        self.broker_engine = ""
        self.socket = scene.folder / "hearth.sock"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """The daemon first, so that it can leave every device safe; twice does no harm."""
        for process in reversed(self.processes):
            process.stop()

    def _run(self, name: str, *command: str) -> Process:
        process = Process(name, command, self.scene.folder)
        self.processes.append(process)
        return process

    def _start(self) -> None:
        scene = self.scene
        broker = self._run("broker", "simulators.broker", "--port", "0").wait_for("ready")
        self.broker_port, self.broker_engine = broker["port"], broker["engine"]
        self.clock = f"{scene.start():%Y-%m-%dT%H:%M:%SZ}/{time.time():.3f}/{scene.speed:g}"
        self.house = self._run("house", *self._house_command())
        ports = self.house.wait_for("ready")["ports"]
        ocpp_port = free_port()
        config = scene.folder / "hearth.yaml"
        config.write_text(config_text(scene, ports, ocpp_port, self.broker_port), encoding="utf-8")
        config.chmod(0o600)
        for identity, password in PASSWORDS.items():
            self._run(
                f"charge point {identity}",
                "simulators.charge_point",
                *("--csms", f"ws://127.0.0.1:{ocpp_port}/ocpp"),
                *("--identity", identity),
                *("--password", password),
                *("--protocol", PROTOCOLS[identity]),
                *("--house", f"127.0.0.1:{ports['cable']}"),
                *("--clock", self.clock),
            )
        self.daemon = self._run(
            "hearth", "agent", "run", "-c", str(config), "--simulated-time", self.clock
        )

    def _house_command(self) -> list[str]:
        scene = self.scene
        command = ["simulators.house", "--inverter", "huawei_sun2000", "--meter-port", "0"]
        command += ["--connect-delay-s", "0.2", "--fuse-a", str(FUSE_A)]
        if scene.speed >= TRIPS_FROM_SPEED:
            command.append("--trips")
        command += ["--car", "CP001,capacity_kwh=58,soc=35,max_a=16,phases=3,limit=90"]
        command += ["--car", "CP002,capacity_kwh=40,soc=60,max_a=16,phases=1,limit=80"]
        command += ["--seed", str(scene.seed), "--clock", self.clock]
        if scene.trace is not None:
            command += ["--trace", str(scene.trace.absolute())]
        return command

    def status(self) -> dict[str, object]:
        """What the daemon says of the house.

        Raises:
            NotRunning: it is not there yet, or gone.
        """
        return ask(self.socket, {"ask": "status"})

    def wait_until_up(self, within_s: float = 20.0) -> dict[str, object]:
        """The first status document; by then the daemon is ready, its devices may not be.

        Raises:
            DidNotStart: it said nothing in time, or ended.
        """
        end_s = time.monotonic() + within_s
        while time.monotonic() < end_s:
            try:
                return self.status()
            except NotRunning:
                if not self.daemon.running:
                    break
                time.sleep(0.05)
        raise DidNotStart(f"hearth did not start: {self.daemon.log.read_text()[-800:]}")


def free_port() -> int:
    """A TCP port that nobody uses now."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def config_text(scene: Scene, ports: dict[str, int], ocpp_port: int, broker_port: int) -> str:
    """The installer's file of the demo, a good example to read."""
    # At high speed a second of ours is minutes of the house's: devices cannot be asked more
    # often than the machine manages, and a meter is not stale for that.
    stale_s = min(300.0, max(15.0, scene.speed * 0.5))
    meter_poll_s = max(1.0, scene.speed * 0.02)
    roof_poll_s = max(5.0, scene.speed * 0.04)
    return f"""\
# The demo's house: a meter, an inverter with a battery, and two chargers.
house:
  name: Demo house
  id: demo
  timezone: Europe/Brussels
  fuse_a: {FUSE_A}
  grid_meter: grid
  meter_stale_s: {stale_s:g}
store:
  path: {scene.folder / "hearth.db"}
api:
  socket: {scene.folder / "hearth.sock"}
mqtt:
  host: 127.0.0.1
  port: {broker_port}
ocpp:
  listen: 127.0.0.1
  port: {ocpp_port}
chargers:
  garage:
    name: Garage
    identity: CP001
    password: {PASSWORDS["CP001"]}
    mode: min_solar
  carport:
    name: Carport
    identity: CP002
    password: {PASSWORDS["CP002"]}
    mode: solar
    phases: 1
devices:
  grid:
    name: Grid meter
    driver: eastron_sdm630
    host: 127.0.0.1
    port: {ports["meter"]}
    framer: rtu
    poll_s: {meter_poll_s:g}
  roof:
    name: Roof
    driver: huawei_sun2000
    host: 127.0.0.1
    port: {ports["inverter"]}
    parts: [inverter, battery]
    poll_s: {roof_poll_s:g}
"""
