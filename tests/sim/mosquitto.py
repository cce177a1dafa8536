"""A real Mosquitto of one's own, on a free port, for as long as a block runs."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import MOSQUITTO_MISSING, find_mosquitto
from tests.sim.ports import free_port

READY_WITHIN_S = 5.0


@dataclass
class Mosquitto:
    """Args:
    lines: of its configuration, after the listener's line.
    """

    folder: Path
    port: int
    lines: Sequence[str] = ("allow_anonymous true",)
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def start(self) -> None:
        """Returns when it listens. It remembers nothing of an earlier life."""
        program = find_mosquitto()
        if program is None:
            raise FileNotFoundError(MOSQUITTO_MISSING)
        conf = self.folder / "mosquitto.conf"
        root = ["user root"] if os.geteuid() == 0 else []  # else it may not read the folder
        listener = f"listener {self.port} 127.0.0.1"
        conf.write_text("\n".join([listener, "set_tcp_nodelay true", *root, *self.lines, ""]))
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen([program, "-c", str(conf)], stdout=log, stderr=log)
        self._wait_until_it_listens()

    def stop(self) -> None:
        """SIGTERM, as at a restart of the machine."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=READY_WITHIN_S)
            self._process = None

    def kill(self) -> None:
        """SIGKILL: no DISCONNECT, no goodbye."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=READY_WITHIN_S)
            self._process = None

    @property
    def log(self) -> str:
        return (self.folder / "mosquitto.log").read_text(errors="replace")

    def _wait_until_it_listens(self) -> None:
        deadline_s = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline_s:
            if self._process is not None and self._process.poll() is not None:
                raise RuntimeError(f"Mosquitto ended at once:\n{self.log}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        raise TimeoutError(f"Mosquitto does not listen on {self.port}:\n{self.log}")


@contextmanager
def mosquitto(
    folder: Path, lines: Sequence[str] = ("allow_anonymous true",), port: int | None = None
) -> Iterator[Mosquitto]:
    """Run one; `folder` takes its configuration and its log."""
    broker = Mosquitto(folder=folder, port=port or free_port(), lines=lines)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()
