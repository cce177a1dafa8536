"""What systemd does for a Type=notify service with a watchdog: it listens, and it ends who is
silent for too long. See sd_notify(3)."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE_S = 20.0
_MAIN_PID = ["sh", "-c", 'WATCHDOG_PID=$$ exec "$@"', "sh"]


@dataclass
class FakeSystemd:
    """Args:
    log: where standard error goes.
    heard: what the service said, each with its instant.
    aborted: set when the service was silent for too long and got SIGABRT.
    paused: while set, nobody reads what the service says.
    """

    process: "subprocess.Popen[bytes]"
    log: Path
    watchdog_s: float | None
    heard: list[tuple[float, str]] = field(default_factory=list)
    aborted: threading.Event = field(default_factory=threading.Event)
    paused: threading.Event = field(default_factory=threading.Event)

    def said(self, start: str) -> list[float]:
        """When the service said so."""
        return [at_s for at_s, text in list(self.heard) if text.startswith(start)]

    def until_said(self, start: str, times: int = 1) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while len(self.said(start)) < times:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end_s, (start, self.heard, self.log.read_text())
            time.sleep(0.01)

    def stop(self) -> int:
        """As `systemctl stop`; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def listen(self, door: socket.socket) -> None:
        last_s: float | None = None
        while self.process.poll() is None:
            if self.paused.is_set():
                time.sleep(0.02)
                continue
            try:
                text = door.recv(4096).decode()
            except TimeoutError:
                text = ""
            now_s = time.monotonic()
            if text:
                self.heard.append((now_s, text))
            if text in ("READY=1", "WATCHDOG=1"):
                last_s = now_s
            late = last_s is not None and now_s - last_s > (self.watchdog_s or float("inf"))
            if late and not self.aborted.is_set():
                self.process.send_signal(signal.SIGABRT)
                self.process.send_signal(signal.SIGCONT)
                self.aborted.set()


@contextmanager
def fake_systemd(
    command: Sequence[str],
    folder: Path,
    address: str,
    watchdog_s: float | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[FakeSystemd]:
    """Run a service for as long as the block.

    Args:
        address: of NOTIFY_SOCKET; a path, or @name for an abstract socket.
    """
    given = {"NOTIFY_SOCKET": address, **(env or {})}
    if watchdog_s is not None:
        given["WATCHDOG_USEC"] = str(int(watchdog_s * 1e6))
    log = folder / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door, log.open("wb") as stderr:
        door.bind("\0" + address[1:] if address.startswith("@") else address)
        door.settimeout(0.02)
        process = subprocess.Popen(
            [*_MAIN_PID, *command], stderr=stderr, env={**os.environ, **given}
        )
        systemd = FakeSystemd(process, log, watchdog_s)
        listening = threading.Thread(target=systemd.listen, args=(door,), name="fake systemd")
        listening.start()
        try:
            yield systemd
        finally:
            process.kill()
            process.wait()
            listening.join()


HEARTH = (sys.executable, "-m", "agent", "run", "-c")
