"""Child processes of a benchmark, and what the system says of them."""

import json
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self

READY_WITHIN_S = 20.0
STOP_WITHIN_S = 12.0
_CPU_CLOCK_OF_A_PROCESS = 2  # clock_getcpuclockid(3) makes the same number, but Python lacks it


class DidNotStart(Exception):
    """A child did not come up; the message has the end of its log."""


class Child:
    """One process; its standard output is read as JSON lines, its errors go to a log file.

    Args:
        command: the program and its arguments; "-m" first means our own interpreter.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        folder: Path,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        program = [sys.executable, *command] if command[0] in {"-m", "-c"} else list(command)
        with self.log.open("wb") as log:
            self._child = subprocess.Popen(
                program,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **(env or {})},
            )
        assert self._child.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self._child.stdout,), daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    def next(self, key: str, within_s: float = READY_WITHIN_S) -> dict[str, Any]:
        """The next line that has `key`.

        Raises:
            DidNotStart: it did not come in time.
        """
        while True:
            try:
                line = self._lines.get(timeout=within_s)
            except queue.Empty:
                raise DidNotStart(f"{self.name} did not say {key}: {self.last_words()}") from None
            if key in line:
                return line

    def last_words(self) -> str:
        return self.log.read_text(errors="replace").strip()[-1500:] or "no word"

    def stop(self) -> None:
        """End it, gently first."""
        if self.running:
            self._child.terminate()
            try:
                self._child.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        self._reader.join(timeout=1.0)

    def _read(self, output: IO[bytes]) -> None:
        with output:
            for line in output:
                if line.startswith(b"{"):
                    self._lines.put(json.loads(line))


def cpu_s(pid: int) -> float:
    """CPU time of all threads that a process ever had, user and system, in nanosecond steps."""
    return time.clock_gettime((~pid << 3) | _CPU_CLOCK_OF_A_PROCESS)


def rss_mb(pid: int) -> float:
    """Resident memory of a process in MB (10^6 bytes)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
