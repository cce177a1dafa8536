"""The demo's house: which processes there are, and how they find each other."""

import time
from types import TracebackType
from typing import Self

from agent.cli.ask import NotRunning, ask
from agent.cli.demo import weather
from agent.cli.demo.cloud import DemoCloud
from agent.cli.demo.installer import CAPACITIES_KWH, GATEWAYS, PASSWORDS, PROTOCOLS, config_text
from agent.cli.demo.processes import DidNotStart, Process
from agent.cli.demo.scene import FUSE_A, HOME, Scene


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
        if scene.trace is None:
            weather.tell(self.broker_port, scene.start())
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
        command += scene.cars()
        command += ["--seed", str(scene.seed), "--clock", self.clock]
        if scene.trace is not None:
            command += ["--trace", str(scene.trace.absolute())]
        return command

    @property
    def still(self) -> bool:
        """Whether no cable is pulled just now."""
        return not self.scene.cable_leaves(time.time() - self.began_s)

    @property
    def unsettled(self) -> bool:
        """Whether a cable is so new that it may not be known yet which car it is."""
        return self.scene.unsettled(time.time() - self.began_s)

    def status(self) -> dict[str, object]:
        """What the daemon says of the house.

        Raises:
            NotRunning: it is not there yet, or gone.
        """
        return ask(self.socket, {"ask": "status"})

    def plan(self) -> dict[str, object]:
        """What it plans.

        Raises:
            NotRunning: it is not there yet, or gone.
        """
        return ask(self.socket, {"ask": "plan"})

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
