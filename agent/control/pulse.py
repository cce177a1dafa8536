"""The sign of life, given by a completed tick and never by a timer of its own.

What systemd's watchdog may conclude from it, and what ends a Hearth that is only half alive:
1. The loop turns and decides: the tick itself gives the sign. A driver that blocks the loop, a
   tick that hangs or a stopped process give none, and systemd starts Hearth again.
2. Every vital job, link and bridge still has its task. One that ended by itself, as after a stray
   cancellation that a TaskGroup takes for intended, ends Hearth at once: half a house is worse
   than a restart, which interrupts no charge.
3. A link that hangs is no reason to restart the others: see supervise.run_while_heard.
4. The store's writer either works or is broken, which ends Hearth: see Commits. A disk that does
   not answer is neither, and must not end Hearth: the next one would wait for the same disk before
   it could steer anything. So it is told, and control goes on.
"""

import asyncio
import time
from collections.abc import Sequence

from agent.model.picture import Picture
from agent.supervise import tell_systemd, watchdog_s

TICK_S = 10.0
SIGN_EVERY_S = 5.0
NAMED = 3


class Gone(Exception):
    """A task that lives as long as Hearth has ended by itself."""


class Pulse:
    """Attributes:
    tick_s: there must be a tick at least this often, for the sign to come in time.
    """

    def __init__(self) -> None:
        watched_s = watchdog_s() or float("inf")
        # A sign waits for the next tick, so both together stay within half of what is allowed.
        self.tick_s = min(TICK_S, watched_s / 4)
        self._every_s = min(SIGN_EVERY_S, watched_s / 4)
        self._given_s = float("-inf")
        self._said = ""
        self._tasks: Sequence[asyncio.Task[None]] = ()

    def watch(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """These must live as long as ticks do."""
        self._tasks = tasks

    def beat(self, picture: Picture) -> None:
        """A tick is complete.

        Raises:
            Gone: a task that was to live for ever has not.
        """
        now_s = time.monotonic()
        if now_s - self._given_s < self._every_s:
            return
        for task in self._tasks:
            if task.done():
                raise Gone(f"the task {task.get_name()} ended by itself; this is a bug in Hearth")
        self._given_s = now_s
        tell_systemd("WATCHDOG=1")
        said = sentence(picture)
        if said != self._said:
            self._said = said
            tell_systemd(f"STATUS={said}")


def sentence(picture: Picture) -> str:
    """What `systemctl status hearth` shows of the house, in one line."""
    if not picture.devices:
        return "Waiting for the first device"
    here = {d for d, seen in picture.snapshot.items() if seen.reachable}
    missing = [info.id for info in picture.devices if info.id not in here]
    parts = [f"{len(picture.devices) - len(missing)} of {len(picture.devices)} devices answer"]
    if missing:
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        parts.append(f"not there: {', '.join(missing[:NAMED])}{more}")
    if picture.store_problem is not None:
        parts.append(picture.store_problem)
    return "; ".join(parts).replace("\n", " ")
