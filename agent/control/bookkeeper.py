"""Counters, sessions and samples of the living house, and their way to disk."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from agent import counters, sessions
from agent.control import books
from agent.counters import Key
from agent.house import House
from agent.model.clock import Clock, Now
from agent.model.picture import Session, Totals
from agent.model.readings import DeviceId
from agent.model.snapshot import EMPTY, Snapshot
from agent.plan import PlanSettings
from agent.store import Change, Persisted, Store

SAMPLE_S = 10.0
SAMPLE_FRESH_S = 30.0
BOOKS_S = 50.0
"""Just before the store would commit the samples by itself, by default after 60 s."""

LOOK_S = 5.0


class Bookkeeper:
    """What adds up. What is shown is such that no crash can make it fall: see books.shown."""

    def __init__(
        self, store: Store, clock: Clock, settings: PlanSettings, persisted: Persisted
    ) -> None:
        self._store, self._clock, self._settings = store, clock, settings
        self._ratings_w = books.ratings_w(settings.devices, settings)
        self._counters = books.from_rows(persisted.counters)
        self._kept = self._counters
        self._seen: Snapshot = EMPTY
        self._totals = Totals()
        known = {device.id for device in settings.devices}
        self.sessions: Mapping[DeviceId, Session] = {
            s.charger: s for s in persisted.sessions if s.charger in known
        }

    def account(self, snapshot: Snapshot, now: Now) -> tuple[Session, ...]:
        """Take in one tick; returns the sessions that began or ended."""
        news = {d: seen for d, seen in snapshot.items() if seen is not self._seen.get(d)}
        self._seen = snapshot
        self._totals = books.power_totals(snapshot, self._settings, now.mono_s)
        load_w = self._totals.load_w
        self._counters = counters.step(self._counters, news, load_w, self._ratings_w, now)
        counted_wh = {
            k: c.shown_wh for k, c in self._counters.items() if k[0] in news and not c.young
        }
        self.sessions, facts = sessions.step(self.sessions, news, counted_wh, now)
        return facts

    def shown(self) -> tuple[Totals, Mapping[Key, float]]:
        """What may be published: totals, and counters by device and name."""
        shown_wh = books.shown(self._counters, self._kept)
        energies = books.with_energies(self._totals, shown_wh, self._settings)
        return energies, MappingProxyType(shown_wh)

    async def sample(self, house: House) -> None:
        """Write the history's samples down, for ever."""
        while True:
            await self._clock.sleep(SAMPLE_S)
            now = self._clock.now()
            for device, seen in house.now.value.items():
                values = books.sample(seen, now.mono_s, SAMPLE_FRESH_S)
                if values:
                    self._store.record(now, device, values)

    async def keep(self, memory: Callable[[], bytes]) -> None:
        """Put counters, running sessions and memory on disk every minute, for ever; within 5 s
        where something can only be shown afterwards."""
        due_mono_s = self._clock.now().mono_s
        while True:
            await self._clock.sleep(LOOK_S)
            now_mono_s = self._clock.now().mono_s
            news = self._store.problem is None and books.with_news(self._counters, self._kept)
            if now_mono_s >= due_mono_s or news:
                await self.save(memory())
                due_mono_s = now_mono_s + BOOKS_S

    async def save(self, memory: bytes) -> None:
        """Once, now; then the counters may be shown."""
        held = self._counters
        change = Change(
            counters=books.to_rows(held), sessions=tuple(self.sessions.values()), memory=memory
        )
        self._store.defer(change)
        await self._store.flush()  # together with the samples: one commit, one wear of the flash
        if self._store.problem is None:
            self._kept = held
