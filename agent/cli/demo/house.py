"""The demo's house: which processes there are, and the config file that the daemon gets."""

import csv
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from agent.cli.ask import NotRunning, ask
from agent.cli.demo.cloud import AGENT_ID, DemoCloud
from agent.cli.demo.operator import TOPIC
from agent.cli.demo.processes import DidNotStart, Process

NOON_OF_THE_DEMO = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
"""A June morning: the sun is up and grows, so that there is something to see."""

TIMEZONE = ZoneInfo("Europe/Brussels")
FUSE_A = 25
TRIPS_FROM_SPEED = 20.0
"""Where a day passes while one watches, the cars drive to work; else they come home soon."""

HOME_AT_S = {"CP001": 10.0, "CP002": 240.0}
"""When each car comes home after the beginning, where no day passes."""

GUEST_BAY, GUEST_FROM_S, GUEST_FOR_S = "CP002", 75.0, 120.0
"""A guest takes the carport meanwhile: late enough for the first car to be known by then, and two
cables in one minute are a harder case than a first look needs."""

GUEST_LONG_FOR_S = 2 * 3600.0
"""Where days pass, a guest comes each forenoon on which the carport is free."""

STILL_S = 6.0
"""Nobody presses anything so shortly before or after a cable is pulled: that would end it."""
PASSWORDS = {"CP001": "demo-garage-key", "CP002": "demo-carport-key"}
PROTOCOLS = {"CP001": "ocpp1.6", "CP002": "ocpp2.0.1"}
GATEWAYS = {"CP001": ("teslamate", "1"), "CP002": ("ovms", "CITY")}
"""Who tells of the car in each bay, and what it calls it."""

CAPACITIES_KWH = {"CP001": 58, "CP002": 40}
HOME = (50.85, 4.35)  # Brussels


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

    @property
    def cars_come_home(self) -> bool:
        """Whether the cars are out at the beginning; where days pass, they drive to work."""
        return self.speed < TRIPS_FROM_SPEED

    def cable_leaves(self, house_s: float) -> bool:
        """Whether a cable is pulled about `house_s` after the beginning, as far as that is
        fixed."""
        leaves_s = GUEST_FROM_S + GUEST_FOR_S
        return self.cars_come_home and abs(house_s - leaves_s) < STILL_S * self.speed

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
        self.cable_port = 0
        self.began_s = time.time()
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
        self.began_s = time.time()
        self.clock = f"{scene.start():%Y-%m-%dT%H:%M:%SZ}/{self.began_s:.3f}/{scene.speed:g}"
        self.cloud = DemoCloud(self._run, scene.folder, self.clock)
        self.house = self._run("house", *self._house_command())
        ports = self.house.wait_for("ready")["ports"]
        self.cable_port = int(ports["cable"])
        ocpp_port = free_port()
        config = scene.folder / "hearth.yaml"
        text = config_text(scene, ports, ocpp_port, self.broker_port, self.cloud.port)
        config.write_text(text, encoding="utf-8")
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
        self.wait_until_up()
        # What a broker retained says nothing of when it was true; so they speak while we listen.
        for bay, (gateway, car) in GATEWAYS.items():
            self._run(
                f"gateway of the car at {bay}",
                "simulators.vehicles",
                *("--gateway", gateway),
                *("--car", car),
                *("--broker", f"127.0.0.1:{self.broker_port}"),
                *("--house", f"127.0.0.1:{ports['cable']}"),
                *("--bay", bay),
                *("--capacity-kwh", str(CAPACITIES_KWH[bay])),
                *("--home", f"{HOME[0]},{HOME[1]}"),
                *("--clock", self.clock),
            )

    def _house_command(self) -> list[str]:
        scene = self.scene
        command = ["simulators.house", "--inverter", "huawei_sun2000", "--meter-port", "0"]
        command += ["--connect-delay-s", "0.2", "--fuse-a", str(FUSE_A)]
        if not scene.cars_come_home:
            command.append("--trips")
        cars = {"CP001": "soc=35,max_a=16,phases=3,limit=90"}
        cars["CP002"] = "soc=60,max_a=16,phases=1,limit=80"
        for bay, car in cars.items():
            arrives = f",arrives_s={HOME_AT_S[bay]:g}" if scene.cars_come_home else ""
            command += ["--car", f"{bay},capacity_kwh={CAPACITIES_KWH[bay]},{car}{arrives}"]
        for_s = GUEST_FOR_S if scene.cars_come_home else GUEST_LONG_FOR_S
        guest = f"from_s={GUEST_FROM_S:g},for_s={for_s:g},capacity_kwh=75,soc=48,phases=1"
        command += ["--guest", f"{GUEST_BAY},{guest}"]
        command += ["--seed", str(scene.seed), "--clock", self.clock]
        if scene.trace is not None:
            command += ["--trace", str(scene.trace.absolute())]
        return command

    @property
    def still(self) -> bool:
        """Whether no cable is pulled just now."""
        return not self.scene.cable_leaves((time.time() - self.began_s) * self.scene.speed)

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


def config_text(
    scene: Scene, ports: dict[str, int], ocpp_port: int, broker_port: int, cloud_port: int
) -> str:
    """The installer's file of the demo, a good example to read."""
    # At high speed a second of ours is minutes of the house's: devices cannot be asked more
    # often than the machine manages, and a meter is not stale for that.
    stale_s = min(300.0, max(15.0, scene.speed * 0.5))
    meter_poll_s = max(min(1.0, scene.speed * 0.5), scene.speed * 0.02)
    roof_poll_s = max(5.0, scene.speed * 0.04)
    return f"""\
# The demo's house: a meter, an inverter with a battery, two chargers, two cars and a cloud.
# Now and then a guest's car hangs on the carport's charger; nothing here tells of it.
house:
  name: Demo house
  id: demo
  timezone: {TIMEZONE.key}
  fuse_a: {FUSE_A}
  grid_meter: grid
  meter_stale_s: {stale_s:g}
  latitude_deg: {HOME[0]}
  longitude_deg: {HOME[1]}
store:
  path: {scene.folder / "hearth.db"}
api:
  socket: {scene.folder / "hearth.sock"}
mqtt:
  host: 127.0.0.1
  port: {broker_port}
cloud:
  host: 127.0.0.1
  port: {cloud_port}
  tls: false
  agent_id: {AGENT_ID}
ocpp:
  listen: 127.0.0.1
  port: {ocpp_port}
grid_operator:
  inputs:
    box:
      source: mqtt
      topic: {TOPIC}
      value: power_w
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
vehicles:
  family_car:
    name: Family car
    source: teslamate
    id: {GATEWAYS["CP001"][1]}
    capacity_kwh: {CAPACITIES_KWH["CP001"]}
  city_car:
    name: City car
    source: ovms
    topic: ovms/demo/{GATEWAYS["CP002"][1]}
    capacity_kwh: {CAPACITIES_KWH["CP002"]}
    smart:
      ready_by: 07:00 on weekdays, 09:00 on Saturday, 09:00 on Sunday
      minimum_percent: 20
tariff:
  currency: EUR
  prices:
    night: {{per_kwh: 0.21, from: 00:00, to: 06:00}}
    morning: {{per_kwh: 0.34, from: 06:00, to: 11:00}}
    noon: {{per_kwh: 0.19, from: 11:00, to: 15:00}}
    evening: {{per_kwh: 0.38, from: 15:00, to: 22:00}}
    late: {{per_kwh: 0.27, from: 22:00, to: 24:00}}
  export: {{per_kwh: 0.08}}
schedules:
  dinner:
    name: Not while we cook
    charger: carport
    enabled: false
    charge_otherwise: true
    rules:
      evening:
        charge: false
        from: 18:00
        to: 20:00
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
