"""What chargers and cars say that cannot be true, or comes in the wrong order: one line in the log.

Pairing leaves such values out by itself; this tells the installer, at most once an hour for each
device and kind of fault.
"""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from math import cos, hypot, isfinite, radians
from typing import Final

from agent.control.observing import observed
from agent.model.clock import Now
from agent.model.pairs import Observation
from agent.model.readings import DeviceId, Reading

log = logging.getLogger(__name__)

AGAIN_S: Final = 3600.0
AHEAD_S: Final = 120.0
"""Clocks of clouds and cars are off by some seconds; more is a fault."""

MOST_W: Final = 500_000.0
"""More than any charger of today gives to one car."""

FASTEST_M_PER_S: Final = 100.0
LEAST_JUMP_M: Final = 20_000.0
METRES_PER_DEGREE: Final = 111_320.0

Place = tuple[float, float, float]
"""Degrees north and east, and the monotonic instant."""


class Doubts:
    """Holds what is needed to tell a jump or a wrong order, per device."""

    def __init__(self) -> None:
        self._told_s: dict[tuple[DeviceId, str], float] = {}
        self._places: dict[DeviceId, Place] = {}
        self._plugs: dict[DeviceId, tuple[datetime, bool]] = {}

    def hear(self, readings: Iterable[Reading], now: Now) -> list[Observation]:
        """What chargers and cars among them said; what is wrong with it goes to the log.

        Args:
            now: when they reached us.
        """
        heard = [word for each in readings if (word := observed(each, now)) is not None]
        self.look(heard)
        return heard

    def look(self, words: Iterable[Observation]) -> None:
        """Log what is wrong with them."""
        for word in words:
            for kind, sentence in self._faults(word):
                key, now_s = (word.device, kind), word.seen.mono_s
                if now_s - self._told_s.get(key, float("-inf")) >= AGAIN_S:
                    self._told_s[key] = now_s
                    log.warning("%s %s", word.device, sentence)

    def _faults(self, word: Observation) -> Iterator[tuple[str, str]]:
        soc_percent, power_w = word.soc_percent, word.power_w
        if soc_percent is not None and not 0.0 <= soc_percent <= 100.0:  # noqa: PLR2004
            yield "level", f"says that its battery is at {soc_percent:g} %; that is not used"
        if power_w is not None and not abs(power_w) < MOST_W:
            yield "power", f"says that it takes {power_w / 1000:g} kW; that is not used"
        ahead_s = (word.at - word.seen.at).total_seconds()
        if word.seen.trusted and ahead_s > AHEAD_S:
            yield "clock", f"tells of {_span(ahead_s)} from now; taken as of now. Check its clock"
        yield from self._position(word)
        yield from self._order(word)

    def _position(self, word: Observation) -> Iterator[tuple[str, str]]:
        north, east = word.latitude_deg, word.longitude_deg
        if north is None or east is None:
            return
        if not (isfinite(north) and isfinite(east)) or abs(north) > 90 or abs(east) > 180:  # noqa: PLR2004
            yield "position", f"says that it is at {north:g}, {east:g}, which is nowhere"
            return
        if north == east == 0:
            yield "position", "says that it is at 0, 0: its receiver has no fix; that is not used"
            return
        here = north, east, word.seen.mono_s
        before = self._places.get(word.device)
        self._places[word.device] = here
        if before is not None and (jump_m := _jump_m(before, here)) is not None:
            minutes = (here[2] - before[2]) / 60
            yield "position", f"says that it moved {jump_m / 1000:.0f} km in {minutes:.0f} min"

    def _order(self, word: Observation) -> Iterator[tuple[str, str]]:
        if word.plugged_in is None:
            return
        newest = self._plugs.get(word.device)
        if newest is None or word.at >= newest[0]:
            self._plugs[word.device] = word.at, word.plugged_in
        elif word.plugged_in != newest[1]:
            late = _span((word.seen.at - word.at).total_seconds())
            what = "a plug" if word.plugged_in else "an unplug"
            yield (
                "order",
                f"tells now of {what} {late} ago, before what it said last; sorted in by time",
            )


def _jump_m(before: Place, here: Place) -> float | None:
    """How far it moved, if no car is that fast."""
    north = here[0] - before[0]
    east = (here[1] - before[1]) * cos(radians(here[0]))
    metres = METRES_PER_DEGREE * hypot(north, east)
    seconds = max(1.0, here[2] - before[2])
    return metres if metres > max(LEAST_JUMP_M, FASTEST_M_PER_S * seconds) else None


def _span(seconds: float) -> str:
    for unit, size in (("days", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
