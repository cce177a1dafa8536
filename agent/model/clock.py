"""Two clocks side by side: one that people read and one that never jumps.

A gateway has no battery-backed clock, so the wall clock may be years off at the start and
jump when the network comes. Windows, time-outs and freshness therefore use `mono_s`; the
wall clock only stamps, and drives what people wrote in local time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """One instant on both clocks.

    Args:
        at: aware UTC, what the wall clock says.
        mono_s: seconds on the system's monotonic clock; survives a restart of Hearth, not of
            the machine.
        trusted: whether `at` can be believed (synchronised, or later than the last stored stamp).
    """

    at: datetime
    mono_s: float
    trusted: bool = True

    def later(self, seconds: float) -> "Now":
        """The instant `seconds` after this one, or before it when negative."""
        return Now(
            at=self.at + timedelta(seconds=seconds),
            mono_s=self.mono_s + seconds,
            trusted=self.trusted,
        )


class Clock(Protocol):
    """Where control and drivers read the time; everybody else is handed a Now."""

    def now(self) -> Now: ...

    async def sleep(self, seconds: float) -> None:
        """Wait on the house's own clock (a demo may run it faster than the wall's)."""
