"""Processes of the demo: each announces itself with a JSON line, and all end together."""

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

READY_WITHIN_S = 20.0
STOP_WITHIN_S = 12.0


class DidNotStart(Exception):
    """A part of the demo did not come up; the message names it and its log."""


class Process:
    """One child; its standard output is read as JSON lines, its errors go to a log file."""

    def __init__(self, name: str, command: Sequence[str], folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        with self.log.open("wb") as log:
            self._child = subprocess.Popen(  # noqa: S603 our own interpreter
                [sys.executable, "-m", *command],
                stdout=subprocess.PIPE,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C ends the demo, and the demo them
            )
        assert self._child.stdout is not None  # noqa: S101 asked for above
        self._reader = threading.Thread(
            target=self._read, args=(self._child.stdout,), name=f"{name} output", daemon=True
        )
        self._reader.start()

    def _read(self, output: IO[bytes]) -> None:
        with output:
            for line in output:
                if line.startswith(b"{"):
                    self._lines.put(json.loads(line))

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._child.poll()

    @property
    def pid(self) -> int:
        return self._child.pid

    def wait_for(self, key: str, within_s: float = READY_WITHIN_S) -> dict[str, Any]:
        """The next line that has `key`.

        Raises:
            DidNotStart: it did not come in time.
        """
        while True:
            try:
                line = self._lines.get(timeout=within_s)
            except queue.Empty:
                text = self.log.read_text(errors="replace").strip()[-500:]
                raise DidNotStart(f"{self.name} did not start: {text or 'no word'}") from None
            if key in line:
                return line

    def tell(self, number: signal.Signals) -> None:
        if self.running:
            self._child.send_signal(number)

    def stop(self) -> None:
        """End it, gently first."""
        self.tell(signal.SIGTERM)
        try:
            self._child.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._reader.join(timeout=1.0)
