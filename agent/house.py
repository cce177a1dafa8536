"""The live picture of the house. report() is its only way in."""

import asyncio
import logging
import time
from collections import deque
from types import MappingProxyType

from agent.model.believable import Absurd, believable
from agent.model.readings import ChargerReading, DeviceId, LinkReading, Reading, VehicleReading
from agent.model.snapshot import EMPTY, Snapshot, fold
from agent.taps import Taps
from agent.watched import Watched

log = logging.getLogger(__name__)

MOST_ARRIVED = 10_000


class House:
    """Folds Readings into a frozen Snapshot, and tells the log when a device comes or goes.

    Attributes:
        news: set when there is something to look at; control clears it.
        quiet: comings and goings are no news, because Hearth itself is going.
        news_at_s: perf_counter() instant of the oldest news that control has not seen.
        arrived: what chargers and cars said since control took it last, every single word: a
            late one changes no Snapshot, but is evidence all the same.
        taps: where recordings hear every Reading, command and Intent.
    """

    def __init__(self) -> None:
        self.now: Watched[Snapshot] = Watched(EMPTY)
        self.news = asyncio.Event()
        self.news_at_s: float | None = None
        self.quiet = False
        self.arrived: deque[Reading] = deque(maxlen=MOST_ARRIVED)
        self.taps = Taps()
        self._met: set[DeviceId] = set()
        self._absurd: set[tuple[DeviceId, str]] = set()

    async def report(self, reading: Reading) -> None:
        self.taps.tell(reading)
        reading, absurd = believable(reading)
        if absurd:
            self._warn(reading.device, absurd)
        if isinstance(reading, ChargerReading | VehicleReading):
            self.arrived.append(reading)
        old = self.now.value.get(reading.device)
        state = fold(old, reading)
        if state is old:
            if self.arrived:
                self.news.set()
            return
        self._announce(reading.device, None if old is None else old.value, state.value)
        self.now.set(MappingProxyType({**self.now.value, reading.device: state}))
        if self.news_at_s is None:
            self.news_at_s = time.perf_counter()
        self.news.set()

    def take_arrived(self) -> tuple[Reading, ...]:
        """Hand over what arrived; afterwards nothing has."""
        taken = tuple(self.arrived)
        self.arrived.clear()
        return taken

    def _warn(self, device: DeviceId, absurd: tuple[Absurd, ...]) -> None:
        """Tell the log once per figure: what says one absurd thing says it again."""
        for each in absurd:
            if (device, each.field) not in self._absurd:
                self._absurd.add((device, each.field))
                log.warning(
                    "%s: %s and counts as unknown; check that the config names the right model",
                    device,
                    each.sentence,
                )

    def _announce(self, device: DeviceId, old: Reading | None, new: Reading) -> None:
        if self.quiet or isinstance(new, LinkReading):
            return
        was_there = old is not None and old.reachable is not False
        is_there = new.reachable is not False
        if is_there and not was_there:
            log.info("%s is back" if device in self._met else "%s is here", device)
            self._met.add(device)
        elif was_there and not is_there:
            log.warning("%s is lost%s", device, f": {new.problem}" if new.problem else "")
        if is_there and new.problem and (old is None or new.problem != old.problem):
            log.warning("%s reports: %s", device, new.problem)
