"""Asks the event loop of the process that finds this on its path each 5 ms how late it is.

Python imports a module of this name at its start. It does nothing but in a process to whose
command LATE_LOOP_OF belongs, and writes LATE_LOOP_FILE when that ends: of each turn the seconds
since the loop began, how late it came in ms, and how much of that the loop's thread was ready and
another process had the processor.
"""

import atexit
import json
import os
import sys
import threading
from asyncio import base_events
from pathlib import Path

EVERY_S = 0.005


class _Timer:
    def __init__(self, loop: base_events.BaseEventLoop) -> None:
        self._loop, self._due_s = loop, loop.time()
        self._began_s, self._turns = loop.time(), list[tuple[float, float, float]]()
        self._waits = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._waited_ms = self._ready_ms()
        atexit.register(self._write, Path(os.environ["LATE_LOOP_FILE"]))
        self._turn()

    def _turn(self) -> None:
        now_s = self._loop.time()
        waited_ms, self._waited_ms = self._waited_ms, self._ready_ms()
        turn = now_s - self._began_s, (now_s - self._due_s) * 1000, self._waited_ms - waited_ms
        self._turns.append(turn)
        self._due_s = now_s + EVERY_S
        self._loop.call_at(self._due_s, self._turn)

    def _ready_ms(self) -> float:
        """Since the thread began: see schedstat in the kernel's sched-stats.rst."""
        return int(self._waits.read_text(encoding="ascii").split()[1]) / 1e6

    def _write(self, path: Path) -> None:
        path.write_text(json.dumps(self._turns), encoding="ascii")


def _watch() -> None:
    run_forever = base_events.BaseEventLoop.run_forever
    begun = list[_Timer]()

    def watched(loop: base_events.BaseEventLoop) -> None:
        if not begun:
            loop.call_soon(lambda: begun.append(_Timer(loop)))
        run_forever(loop)

    base_events.BaseEventLoop.run_forever = watched  # type: ignore[method-assign, assignment]


if os.environ.get("LATE_LOOP_OF") in sys.orig_argv:
    _watch()
