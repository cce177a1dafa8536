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
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import uuid4

from agent.clock import boot_id
from agent.control.bookkeeper import Bookkeeper
from agent.control.doubts import Doubts
from agent.control.engine import Engine, Ticked
from agent.control.lacking import Lacking
from agent.control.outlet import Latencies, Outlet
from agent.control.pair_journal import PairJournal
from agent.control.planner import Planner
from agent.control.pulse import Pulse
from agent.control.rules import HouseRules
from agent.control.showing import shown
from agent.control.state import State
from agent.house import House
from agent.model.actions import Action
from agent.model.clock import Clock, Now
from agent.model.documents import Document
from agent.model.driver import DeviceInfo, Driver, Refreshable, Refused, Unable
from agent.model.events import Herald, Told
from agent.model.forecasts import Forecasts
from agent.model.intents import Answer, Intent, Refresh
from agent.model.picture import JournalEntry, Picture
from agent.model.prices import Prices
from agent.model.readings import DeviceId
from agent.model.snapshot import Snapshot
from agent.model.targets import Target
from agent.model.wishes import Wishes
from agent.plan import PlanSettings
from agent.plan.steering import Outside
from agent.store import Change, Persisted, Store, StoreFull
from agent.watched import Watched

log = logging.getLogger(__name__)

LEAST_PAUSE_S: Final = 0.05
NO_RULES: Final = HouseRules()


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
        rules: HouseRules = NO_RULES,
        herald: Herald | None = None,
    ) -> None:
        now = clock.now()
        self._house, self._store, self._clock = house, store, clock
        self._drivers, self._herald = drivers, herald
        self.state = State(
            settings=settings,
            rules=rules,
            wishes=wishes,
            persisted=persisted,
            now=now,
            boot=boot_id(),
            new_id=lambda: str(uuid4()),
        )
        self._engine = Engine(self.state)
        self._pair_journal, self._doubts = PairJournal(self.state.name_of), Doubts()
        self._lacking = Lacking()
        self.bookkeeper = Bookkeeper(store, clock, self.state.tally, self.state.memories)
        self._driver_states: dict[str, str] = {}
        self._disk_wanted = asyncio.Event()
        self._fresh: frozenset[DeviceId] = frozenset()
        self._next_at: datetime | None = None
        self.pulse = Pulse()
        self.latencies = Latencies()
        self.outlets = {
            device: Outlet(
                device, drivers[device], self._refused, self._engine.undelivered, self.latencies
            )
            for device in self.state.devices
            if device in drivers
        }
        self.forecasts = Watched(Forecasts())
        self.planner = Planner(self.state.plans, house.news.set)
        self.prices: Watched[Prices | None] = Watched(None)
        self.pictures: Watched[Picture] = Watched(
            Picture(now=now, devices=settings.devices, started_at=now.at)
        )
        # Bridges may look before the first tick, and must not take what is on disk for gone.
        self.pictures.set(self._picture(now, house.now.value, {}))

    async def run(self) -> None:
        """Tick for ever; vital: the first exception ends Hearth."""
        while True:
            await self._house.news.wait()
            self._house.news.clear()
            await asyncio.sleep(0)  # a burst of Readings becomes one tick
            self.tick()

    async def heartbeat(self) -> None:
        """See to it that time alone leads to a tick, also at the instant when a schedule turns."""
        while True:
            self._house.news.set()
            await self._clock.sleep(self._pause_s())

    def _pause_s(self) -> float:
        if self._next_at is None:
            return self.pulse.tick_s
        ahead_s = (self._next_at - self._clock.now().at).total_seconds()
        return min(self.pulse.tick_s, max(LEAST_PAUSE_S, ahead_s))

    async def submit(self, intent: Intent) -> Answer:
        """Take an Intent from a person or a bridge; its outcome shows in later Pictures."""
        self._house.taps.tell(intent)
        refusal = await self._refresh(intent) if isinstance(intent, Refresh) else None
        now = self._clock.now()
        taken = self._engine.take(intent, self._house.now.value, now)
        if refusal is not None:
            taken = taken.instead(refusal)
        if taken.change is not None:
            told = self._told(taken.change.actions, taken.edited, now)
            await self._write_down(_with(taken.change, told), taken.held)
        self._house.news.set()
        return taken.answer

    async def _refresh(self, intent: Refresh) -> Answer | None:
        """Ask the device out of turn; returns why it could not be."""
        driver = self._drivers.get(intent.device)
        if isinstance(driver, Refreshable):
            try:
                await driver.refresh(intent.device)
            except Refused as error:
                return Answer(problem=str(error), status=409)
        return None

    def meet(self, info: DeviceInfo) -> None:
        """Take in a car that only the cloud knows."""
        if self.state.meet(info):
            self._store.defer(self._engine.met(self._house.now.value, self._clock.now()))
            self._house.news.set()

    def driver_state(self, name: str, state: str) -> None:
        """A link went up or down; `state` is "up" or why not."""
        self._driver_states[name] = state
        self._house.news.set()

    def tick(self) -> None:
        """Look, decide, act; waits for nothing."""
        news_at_s, self._house.news_at_s = self._house.news_at_s, None
        now, snapshot = self._clock.now(), self._house.now.value
        words = self._doubts.hear(self._house.take_arrived(), now)
        outside = Outside(prices=self.prices.value, forecasts=self.forecasts.value)
        ticked = self._engine.tick(snapshot, words, now, outside)
        if self.state.plans.question is not None:
            self.planner.wake.set()
        for target in ticked.send:
            self._house.taps.tell(target)
            if target.device in self.outlets:
                self.outlets[target.device].offer(target, news_at_s)
        self._next_at, self._fresh = ticked.next_at, self._fresh | ticked.held
        pairs = self._pair_journal.step(ticked.beliefs, self.state.routine.pairing.beliefs, now)
        self.state.journal.extend(pairs)
        self._lacking.look(snapshot, self.state.settings, self.state.learnt)
        picture = self._picture(now, snapshot, ticked.targets)
        self._note(ticked, pairs, picture)
        self.pictures.set(picture)
        self._rest()
        self.pulse.beat(picture)

    async def write(self) -> None:
        """Put what ticks noted on disk at once, for ever; vital."""
        while True:
            await self._disk_wanted.wait()
            self._disk_wanted.clear()
            fresh, self._fresh = self._fresh, frozenset()
            await self._store.flush()
            if fresh:
                self._engine.written(fresh)
                self._house.news.set()

    def _note(self, ticked: Ticked, pairs: tuple[JournalEntry, ...], picture: Picture) -> None:
        """Hand changes to the store; Actions go to disk at once, a change of decision may wait."""
        for entry in (*ticked.journal, *pairs):
            log.info("%s: %s", entry.device, entry.reason.sentence)
        urgent, later = ticked.urgent, ticked.later
        if pairs:
            later = replace(later or Change(), journal=(*(later or Change()).journal, *pairs))
        moved = () if urgent is None else urgent.actions
        told = self._told(moved, (), picture.now, picture)
        if urgent is not None or any(not event.coalesces for event in told.events):
            urgent = _with(urgent or Change(), told)
        elif told.events:
            later = _with(later or Change(), told)
        for change in (urgent, later):
            if change is not None:
                self._store.defer(change)
        if urgent is not None:
            self._disk_wanted.set()

    def _told(
        self,
        moved: tuple[Action, ...],
        edited: tuple[Document, ...],
        now: Now,
        picture: Picture | None = None,
    ) -> Told:
        """What the cloud is told of all that; nothing where there is none."""
        if self._herald is None:
            return Told()
        parts = [self._herald.actions(moved, now)] if moved else []
        parts += [self._herald.edited(document, now) for document in edited]
        if picture is not None:
            parts.append(self._herald.look(picture))
        return Told(
            events=tuple(event for part in parts for event in part.events),
            resources=tuple(each for part in parts for each in part.resources),
        )

    async def _write_down(self, change: Change, held: DeviceId | None) -> None:
        """Return when `change` is on disk; the held device's command waits for that."""
        if held is not None:
            self.state.held.add(held)
        try:
            await self._store.save(change)
        except StoreFull as error:
            log.warning("%s", error)
        finally:
            if held is not None:
                self.state.held.discard(held)

    async def _refused(self, target: Target, error: Refused) -> None:
        now, sentence = self._clock.now(), str(error)
        if isinstance(error, Unable):
            self._engine.unable(target, sentence, now)
        change = self._engine.refused(target, sentence, now)
        if change is None:
            log.warning("%s declined: %s", target.device, sentence)
        else:
            self._store.defer(_with(change, self._told(change.actions, (), now)))
            self._disk_wanted.set()
        self._rest()

    def _rest(self) -> None:
        """One more tick where the last one left something to look at."""
        if self.state.unrest:
            self.state.unrest = False
            self._house.news.set()

    def _picture(self, now: Now, snapshot: Snapshot, targets: Mapping[DeviceId, Target]) -> Picture:
        return replace(
            shown(self.state, now, snapshot, targets, self.pictures.value.started_at),
            drivers=dict(self._driver_states),
            forecasts=self.forecasts.value,
            prices=self.prices.value,
            shortcomings=self._lacking.told,
            store_problem=self._store.problem,
            samples_dropped=self._store.samples_dropped,
        )


def _with(change: Change, told: Told) -> Change:
    """The change together with the events that tell of it: one transaction."""
    if not told.events:
        return change
    return replace(
        change,
        events=(*change.events, *told.events),
        resources=(*change.resources, *told.resources),
    )
