"""The two clocks of the machine, and one that runs faster for demos."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.model.clock import Now

CLOCK_SET_AFTER = datetime(2026, 1, 1, tzinfo=UTC)
"""A wall clock before this was never set: Hearth is younger than that."""


def boot_id() -> str:
    """Names this boot of the machine; monotonic instants of another boot mean nothing."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"


class SystemClock:
    """What the machine says.

    Args:
        not_before: the last stored stamp; an earlier wall clock is not trusted.
    """

    def __init__(self, not_before: datetime = CLOCK_SET_AFTER) -> None:
        self.not_before = not_before

    def now(self) -> Now:
        at = datetime.now(UTC)
        return Now(at=at, mono_s=time.monotonic(), trusted=at >= self.not_before)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class FastClock:
    """A clock that several processes share and that runs `speed` times as fast as the wall's.

    Only the house's own time runs faster; time-outs of sockets stay in real seconds.

    Args:
        start: aware, the time shown at `real_start_s`.
        real_start_s: Unix time of that instant.
        speed: house seconds per real second, > 0.
    """

    start: datetime
    real_start_s: float
    speed: float

    @classmethod
    def parse(cls, text: str) -> "FastClock":
        """Read START/UNIX_SECONDS/SPEED, e.g. 2024-06-01T06:00:00Z/1700000000.0/60.

        Raises:
            ValueError: the text has another shape.
        """
        start, real_start, speed = text.split("/")
        return cls(datetime.fromisoformat(start).astimezone(UTC), float(real_start), float(speed))

    def now(self) -> Now:
        elapsed_s = (time.time() - self.real_start_s) * self.speed
        return Now(at=self.start + timedelta(seconds=elapsed_s), mono_s=elapsed_s)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed)
