"""The time that all simulators of one house share, as fast as one likes.

House time is a Unix time in seconds (float) everywhere inside the simulators. Only the house's
own time runs faster; time-outs of sockets stay in real seconds.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class SimClock:
    """A clock that several processes share.

    Args:
        start_s: house time shown at `real_start_s`.
        real_start_s: Unix time of that instant.
        speed: house seconds per real second, > 0.
    """

    start_s: float = 0.0
    real_start_s: float = 0.0
    speed: float = 1.0

    @classmethod
    def parse(cls, text: str) -> "SimClock":
        """Read START/UNIX_SECONDS/SPEED, e.g. 2024-06-01T06:00:00Z/1700000000.0/60.

        Raises:
            ValueError: the text has another shape, or the speed is not positive.
        """
        parts = text.split("/")
        if len(parts) != 3:
            raise ValueError(f"{text!r} is not START/UNIX_SECONDS/SPEED")
        start = datetime.fromisoformat(parts[0])
        if start.tzinfo is None:
            raise ValueError(f"{parts[0]!r} has no time zone; add a Z for UTC")
        speed = float(parts[2])
        if not speed > 0:
            raise ValueError(f"speed {parts[2]} is not above 0")
        return cls(start.timestamp(), float(parts[1]), speed)

    def now_s(self) -> float:
        return self.start_s + (time.time() - self.real_start_s) * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait on the house's own clock."""
        await asyncio.sleep(seconds / self.speed)

    @property
    def step_s(self) -> float:
        """A sensible step of physics: 1 s of house time, up to 10 s when time flies."""
        return min(10.0, max(1.0, self.speed / 100.0))


def iso(at_s: float) -> str:
    """House time as OCPP and logs write it, UTC with milliseconds and Z."""
    text = datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def unix_s(text: str) -> float:
    """The inverse of `iso`; a stamp without a zone is UTC.

    Raises:
        ValueError: no ISO 8601 stamp.
    """
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
