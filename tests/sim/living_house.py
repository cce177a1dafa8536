"""A house of processes around a real daemon, all on one fast clock: a car on a charger of OCPP, its
gateway, a broker and a cloud."""

import json
import os
import queue
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.bridges.documents import device_id
from agent.cli.ask import NotRunning, ask
from agent.cli.demo.processes import Process
from agent.clock import FastClock
from agent.model.readings import DeviceId
from tests.sim.mosquitto import Mosquitto, mosquitto
from tests.sim.ports import free_port

Json = dict[str, Any]

PATIENCE_S = 20.0
AGENT = "living-house"
HOME = (50.85, 4.35)
KEY = "a-long-enough-key"
CONFIG = """\
house:
  id: living
  timezone: Europe/Brussels
  fuse_a: 63
  latitude_deg: {north}
  longitude_deg: {east}
store: {{path: {folder}/hearth.db}}
api: {{socket: {folder}/hearth.sock}}
mqtt: {{host: 127.0.0.1, port: {broker}}}
cloud:
  host: 127.0.0.1
  port: {broker}
  tls: false
  agent_id: living-house
  share_location: {shared}
ocpp: {{listen: 127.0.0.1, port: {ocpp}}}
chargers:
  garage: {{identity: CP001, password: a-long-enough-key, mode: "off"}}
vehicles:
  zoe: {{source: teslamate, id: 1, capacity_kwh: 58}}
"""


def until(what: str, true: Callable[[], object], within_s: float = PATIENCE_S) -> None:
    end_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end_s, f"never: {what}"
        time.sleep(0.03)


@dataclass
class Living:
    """
    Args:
        clock: START/UNIX/SPEED of everybody.
    """

    folder: Path
    broker: Mosquitto
    clock: str
    ocpp: int = field(default_factory=free_port)
    more: str = ""
    car: str = "CP001,soc=30,limit=90"
    processes: list[Process] = field(default_factory=list)
    cable: int = 0
    control: int = 0
    _events: list[Json] = field(default_factory=list)
    _lives: int = 0

    def run(self, name: str, *command: str) -> Process:
        process = Process(name, command, self.folder)
        self.processes.append(process)
        return process

    # ---- who is there ---------------------------------------------------------------------

    def build(self, *box: str) -> None:
        """A car in its bay and the charge point that it will hang on."""
        house = self.run("house", "simulators.house", "--car", self.car, "--clock", self.clock)
        self.cable = house.wait_for("ports")["ports"]["cable"]
        self.hang(*box)

    def hang(self, *box: str) -> None:
        """The charge point."""
        self.run(
            "box", "simulators.charge_point", "--csms", f"ws://127.0.0.1:{self.ocpp}/ocpp",
            "--identity", "CP001", "--password", KEY,
            "--house", f"127.0.0.1:{self.cable}", "--clock", self.clock, *box,
        )  # fmt: skip

    def gateway(self) -> None:
        """TeslaMate begins to tell of the car."""
        teslamate = self.run(
            "gateway", "simulators.vehicles", "--gateway", "teslamate", "--bay", "CP001",
            "--broker", f"127.0.0.1:{self.broker.port}", "--house", f"127.0.0.1:{self.cable}",
            "--home", f"{HOME[0]},{HOME[1]}", "--limit", "90", "--clock", self.clock,
        )  # fmt: skip
        teslamate.wait_for("ready")

    def cloud(self) -> None:
        cloud = self.run(
            "cloud", "simulators.cloud", "--broker", f"127.0.0.1:{self.broker.port}",
            "--store", str(self.folder / "cloud.db"), "--control-port", "0", "--patience", "0.2",
        )  # fmt: skip
        self.control = cloud.wait_for("ready")["control"]

    def start(self, *, share_location: bool = False) -> None:
        """Hearth itself."""
        text = CONFIG.format(
            folder=self.folder, broker=self.broker.port, ocpp=self.ocpp,
            north=HOME[0], east=HOME[1], shared=str(share_location).lower(),
        )  # fmt: skip
        self.begin(text + self.more)

    def begin(self, config: str) -> None:
        """Another life of the daemon."""
        path = self.folder / "hearth.yaml"
        path.write_text(config)
        path.chmod(0o600)
        self._lives += 1
        self.daemon = self.run(
            f"hearth {self._lives}", "agent", "run", "-c", str(path), "--simulated-time", self.clock
        )
        until("Hearth is up", self._up)

    def _up(self) -> bool:
        assert self.daemon.running, self.daemon.log.read_text()
        try:
            return bool(self.status()["devices"])
        except NotRunning:
            return False

    def kill(self) -> None:
        """SIGKILL: nothing is said or saved."""
        os.kill(self.daemon.pid, signal.SIGKILL)
        until("Hearth is dead", lambda: not self.daemon.running)

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.stop()

    # ---- what is asked of them ------------------------------------------------------------

    def now(self) -> datetime:
        return FastClock.parse(self.clock).now().at

    def status(self) -> Json:
        document: Json = ask(self.folder / "hearth.sock", {"ask": "status"})
        return document

    def device(self, name: str) -> Json:
        """Its state in the status document; empty while Hearth is not there."""
        try:
            devices = self.status()["devices"]
        except (NotRunning, OSError, ValueError):
            return {}
        state: Json = next(d["state"] for d in devices if d["id"] == name)
        return state

    def schedule(self, name: str) -> Json:
        rows = self.status()["schedules"]
        return next((row for row in rows if row["id"] == name), {})

    def plug(self, *, plugged: bool, bay: str = "CP001") -> None:
        with socket.create_connection(("127.0.0.1", self.cable), timeout=5) as line:
            line.sendall(json.dumps({"bay": bay, "plug": plugged}).encode() + b"\n")
            line.recv(4096)

    def truth(self, **wish: object) -> dict[str, Any]:
        """The house's own account, after it was told a wish such as extra_w=[2000, 0, 0]."""
        with socket.create_connection(("127.0.0.1", self.cable), timeout=5) as line:
            line.sendall(json.dumps(wish or {"truth": True}).encode() + b"\n")
            with line.makefile() as answers:
                truth: dict[str, Any] = json.loads(answers.readline())["truth"]
        return truth

    def tell_cloud(self, **request: Any) -> Json:
        with socket.create_connection(("127.0.0.1", self.control), timeout=15) as line:
            line.sendall(json.dumps(request).encode() + b"\n")
            with line.makefile() as answers:
                answer: Json = json.loads(answers.readline())
        return answer

    def command(self, name: str, **body: Any) -> Json:
        """A command of the cloud, and its result."""
        order = {"agent": AGENT, "command": name, "body": body}
        result: Json = self.tell_cloud(send=order)["result"]
        return result

    def start_or_stop(self, kind: str, target: str, target_type: str) -> Json:
        body = {
            "targetType": target_type,
            "targetId": device_id(AGENT, DeviceId(target)),
            "kind": kind,
        }
        return self.command("action.create", **body)

    def events(self, name: str) -> list[Json]:
        found = self.tell_cloud(events={"agent": AGENT, "fromSeq": 1, "limit": 10000})["events"]
        return [event for event in found if event["event"] == name]

    def box_said(self, event: str, since: datetime | None = None) -> list[Json]:
        """What the charge point tells of what it did."""
        box = next(p for p in self.processes if p.name == "box")
        try:
            while True:
                self._events.append(box._lines.get_nowait())
        except queue.Empty:
            pass
        said = [each for each in self._events if each.get("event") == event]
        return [e for e in said if since is None or datetime.fromisoformat(e["at"]) > since]

    def actions(self) -> list[Json]:
        """All that were ever written down, oldest first."""
        with closing(sqlite3.connect(f"file:{self.folder}/hearth.db?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT doc FROM action").fetchall()
        found: list[Json] = [json.loads(doc) for (doc,) in rows]
        return sorted(found, key=lambda action: str(action["created_at"]))


@contextmanager
def living(folder: Path, start: datetime, speed: float, more: str = "") -> Iterator[Living]:
    """A house in which nobody is there yet."""
    clock = f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}/{time.time():.3f}/{speed:g}"
    with mosquitto(folder) as broker:
        house = Living(folder, broker, clock, more=more)
        try:
            yield house
        finally:
            house.stop()
