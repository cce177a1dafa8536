"""Hearth itself as a process, told apart from everything that the benchmark does."""

import contextlib
import socket
import sys
import time
from pathlib import Path
from typing import Any

from agent.cli.ask import ask
from benchmarks.processes import READY_WITHIN_S, Child, DidNotStart


class Daemon(Child):
    """`hearth run` on a config file of one's own; ready is what it tells systemd.

    Args:
        config: YAML without store and api, which are put into `folder`.
        database: where the database goes, if not into `folder`.
    """

    def __init__(self, config: str, folder: Path, database: Path | None = None) -> None:
        path, self.socket = folder / "hearth.yaml", folder / "hearth.sock"
        where = database or folder / "hearth.db"
        path.write_text(f"{config}\nstore:\n  path: {where}\napi:\n  socket: {self.socket}\n")
        path.chmod(0o600)
        self._notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notified.bind(str(folder / "notify.sock"))
        self._began_s = time.perf_counter()
        program = Path(sys.executable).with_name("hearth")
        super().__init__(
            "hearth",
            [str(program), "run", "-c", str(path)],
            folder,
            {"NOTIFY_SOCKET": str(folder / "notify.sock")},
        )

    def ready(self) -> float:
        """Wait for READY=1; returns the seconds since the process was started.

        Raises:
            DidNotStart: it did not come in time.
        """
        self._notified.settimeout(1.0)
        while self.running and time.perf_counter() - self._began_s < READY_WITHIN_S:
            with contextlib.suppress(TimeoutError):
                if self._notified.recv(256) == b"READY=1":
                    return time.perf_counter() - self._began_s
        raise DidNotStart(f"hearth was not ready: {self.last_words()}")

    def status(self) -> dict[str, Any]:
        return ask(self.socket, {"ask": "status"})

    def wait_for_devices(self) -> None:
        """Wait until all devices can be reached.

        Raises:
            DidNotStart: some did not come in time.
        """
        end_s = time.monotonic() + READY_WITHIN_S
        while True:
            missing = [d["id"] for d in self.status()["devices"] if not d["isReachable"]]
            if not missing:
                return
            if time.monotonic() > end_s:
                raise DidNotStart(f"{', '.join(missing)} did not come: {self.last_words()}")
            time.sleep(0.1)

    def stop(self) -> None:
        super().stop()
        self._notified.close()
        (self.socket.parent / "notify.sock").unlink(missing_ok=True)
