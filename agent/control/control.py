"""Control: one tick whenever the house or the wishes change, and at least every 10 s.

A tick freezes the house, lets the engine decide and move the ledger, hands changed targets to the
outlets, and publishes a Picture. Rules:
1. What reduces a load for safety leaves before the disk is asked; a person's Action is on disk
   before its first command leaves.
2. Ticks and Intents change what is held here without waiting for anything in between, and hand
   changes to the store in the order in which they happened; no tick ever waits for the disk.
3. A broken disk does not stop control.
"""

import asyncio
import logging
from collections.abc import Mapping
from uuid import uuid4

from agent.clock import boot_id
from agent.control.bookkeeper import Bookkeeper
from agent.control.engine import Engine, Ticked
from agent.control.outlet import Latencies, Outlet
from agent.control.pulse import Pulse
from agent.house import House
from agent.model.clock import Clock, Now
from agent.model.driver import Driver
from agent.model.intents import Answer, Intent
from agent.model.picture import Picture
from agent.model.readings import DeviceId
from agent.model.snapshot import Snapshot
from agent.model.targets import Target
from agent.model.wishes import Wishes
from agent.plan import PlanSettings
from agent.store import Change, Persisted, Store, StoreFull
from agent.watched import Watched

log = logging.getLogger(__name__)


class Control:
    """Where the engine meets the clock, the disk and the hardware."""

    def __init__(
        self,
        *,
        house: House,
        store: Store,
        clock: Clock,
        settings: PlanSettings,
        wishes: Wishes,
        drivers: Mapping[DeviceId, Driver],
        persisted: Persisted,
    ) -> None:
        now = clock.now()
        self._house, self._store, self._clock = house, store, clock
        self._devices = {d.id: d for d in settings.devices}
        self.engine = Engine(
            settings=settings,
            wishes=wishes,
            persisted=persisted,
            now=now,
            boot=boot_id(),
            new_id=lambda: str(uuid4()),
        )
        self.bookkeeper = Bookkeeper(store, clock, self.engine.tally, self._memories)
        self._driver_states: dict[str, str] = {}
        self._disk_wanted = asyncio.Event()
        self.pulse = Pulse()
        self.latencies = Latencies()
        self.outlets = {
            device: Outlet(device, drivers[device], self._refused, self.latencies)
            for device in self._devices
            if device in drivers
        }
        self.pictures: Watched[Picture] = Watched(
            Picture(now=now, devices=settings.devices, started_at=now.at)
        )

    async def run(self) -> None:
        """Tick for ever; vital: the first exception ends Hearth."""
        while True:
            await self._house.news.wait()
            self._house.news.clear()
            await asyncio.sleep(0)  # a burst of Readings becomes one tick
            self.tick()

    async def heartbeat(self) -> None:
        """See to it that time alone leads to a tick."""
        while True:
            self._house.news.set()
            await self._clock.sleep(self.pulse.tick_s)

    async def submit(self, intent: Intent) -> Answer:
        """Take an Intent from a person or a bridge; its outcome shows in later Pictures."""
        taken = self.engine.take(intent, self._house.now.value, self._clock.now())
        if taken.change is not None:
            await self._write_down(taken.change, taken.held)
        self._house.news.set()
        return taken.answer

    def driver_state(self, name: str, state: str) -> None:
        """A link went up or down; `state` is "up" or why not."""
        self._driver_states[name] = state
        self._house.news.set()

    def tick(self) -> None:
        """Look, decide, act; waits for nothing."""
        news_at_s, self._house.news_at_s = self._house.news_at_s, None
        now, snapshot = self._clock.now(), self._house.now.value
        ticked = self.engine.tick(snapshot, now)
        for target in ticked.send:
            if target.device in self.outlets:
                self.outlets[target.device].offer(target, news_at_s)
        self._note(ticked)
        self._publish(now, snapshot, ticked.targets)
        self._rest()
        self.pulse.beat(self.pictures.value)

    async def write(self) -> None:
        """Put what ticks noted on disk at once, for ever; vital."""
        while True:
            await self._disk_wanted.wait()
            self._disk_wanted.clear()
            await self._store.flush()

    def _note(self, ticked: Ticked) -> None:
        """Hand changes to the store; Actions go to disk at once, a change of decision may wait."""
        for change in (ticked.urgent, ticked.later):
            if change is None:
                continue
            for entry in change.journal:
                log.info("%s: %s", entry.device, entry.reason.sentence)
            self._store.defer(change)
        if ticked.urgent is not None:
            self._disk_wanted.set()

    async def _write_down(self, change: Change, held: DeviceId | None) -> None:
        """Return when `change` is on disk; the held device's command waits for that."""
        if held is not None:
            self.engine.held.add(held)
        try:
            await self._store.save(change)
        except StoreFull as error:
            log.warning("%s", error)
        finally:
            if held is not None:
                self.engine.held.discard(held)

    def _memories(self) -> Change:
        return Change(memory=self.engine.memory_bytes())

    async def _refused(self, target: Target, sentence: str) -> None:
        change = self.engine.refused(target, sentence, self._clock.now())
        if change is None:
            log.warning("%s declined: %s", target.device, sentence)
        else:
            self._note(Ticked(urgent=change))
        self._rest()

    def _rest(self) -> None:
        """One more tick where the last one left something to look at."""
        if self.engine.unrest:
            self.engine.unrest = False
            self._house.news.set()

    def _publish(self, now: Now, snapshot: Snapshot, targets: Mapping[DeviceId, Target]) -> None:
        engine = self.engine
        totals, counters_wh = engine.tally.shown()
        wishes = engine.wishes.chargers
        self.pictures.set(
            Picture(
                now=now,
                devices=tuple(self._devices.values()),
                snapshot=snapshot,
                targets=targets,
                actions=(*engine.ledger.pending.values(), *engine.ledger.last.values()),
                modes={d: w.mode for d, w in wishes.items()},
                limits_a={
                    d: self._devices[d].max_current_a if w.limit_a is None else w.limit_a
                    for d, w in wishes.items()
                },
                sessions=engine.tally.sessions,
                totals=totals,
                counters_wh=counters_wh,
                last_failure=dict(engine.outcomes.failures),
                drivers=dict(self._driver_states),
                journal=tuple(engine.journal),
                started_at=self.pictures.value.started_at,
                store_problem=self._store.problem,
                samples_dropped=self._store.samples_dropped,
            )
        )
