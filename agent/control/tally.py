"""What adds up in the living house: counters, sessions and totals. No I/O, reads no clock."""

from collections.abc import Mapping
from types import MappingProxyType

from agent import costs, counters, sessions
from agent.control import books
from agent.costs import Priced
from agent.counters import Counters, Key
from agent.model.clock import Now
from agent.model.picture import Session, Totals
from agent.model.prices import Prices
from agent.model.readings import DeviceId
from agent.model.snapshot import EMPTY, Snapshot
from agent.plan import PlanSettings
from agent.store import Persisted


class Tally:
    """
    Attributes:
        held: the counters as they are now.
        kept: the counters as they are on disk; what is shown is such that no crash can make it
            fall: see books.shown.
        sessions: the open one of each charger.
    """

    def __init__(self, settings: PlanSettings, persisted: Persisted) -> None:
        self._settings = settings
        self._ratings_w = books.ratings_w(settings.devices, settings)
        self._seen: Snapshot = EMPTY
        self._totals = Totals()
        self._priced = Priced()
        self.held = self.kept = books.from_rows(persisted.counters)
        known = {device.id for device in settings.devices}
        self.sessions: Mapping[DeviceId, Session] = {
            s.charger: s for s in persisted.sessions if s.charger in known
        }

    def account(
        self, snapshot: Snapshot, now: Now, prices: Prices | None = None
    ) -> tuple[Session, ...]:
        """Take in one tick; returns the sessions that began or ended."""
        news = {d: seen for d, seen in snapshot.items() if seen is not self._seen.get(d)}
        self._seen = snapshot
        self._totals = books.power_totals(snapshot, self._settings, now.mono_s)
        load_w = self._totals.load_w
        self.held = counters.step(self.held, news, load_w, self._ratings_w, now)
        counted_wh = {k: c.shown_wh for k, c in self.held.items() if k[0] in news and not c.young}
        before = self.sessions
        after, facts = sessions.step(before, news, counted_wh, now)
        self._priced, self.sessions, facts = costs.step(
            self._priced, before, after, facts, self._totals, prices, now.mono_s, now.at
        )
        return facts

    @property
    def powers(self) -> Totals:
        """Flows of the house at the last tick, without energies."""
        return self._totals

    @property
    def totals(self) -> Totals:
        """The powers of the house as a whole at the last tick."""
        return self._totals

    def shown(self) -> tuple[Totals, Mapping[Key, float]]:
        """What may be published: totals, and counters by device and name."""
        shown_wh = books.shown(self.held, self.kept)
        energies = books.with_energies(self._totals, shown_wh, self._settings)
        return energies, MappingProxyType(shown_wh)

    @property
    def news(self) -> bool:
        """Whether something can only be shown once it is on disk."""
        return books.with_news(self.held, self.kept)

    def keep(self, written: Counters) -> None:
        """`written` is on disk."""
        self.kept = written
