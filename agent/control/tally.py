"""What adds up in the living house: counters, sessions and totals. No I/O, reads no clock."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from agent import costs, counters, sessions
from agent.control import books
from agent.costs import Priced
from agent.counters import Counters, Key
from agent.model.clock import Now
from agent.model.months import Month
from agent.model.nothing import nothing
from agent.model.picture import Session, Totals
from agent.model.prices import Prices
from agent.model.readings import DeviceId, DeviceKind
from agent.model.snapshot import EMPTY, Snapshot
from agent.months import NO_MONTHS, ended_in, month_of, summed
from agent.plan import PlanSettings
from agent.store import Persisted

COUNTED = timedelta(days=62)
_TELLING_OF_SOURCES = {DeviceKind.METER, DeviceKind.INVERTER, DeviceKind.BATTERY}
NO_CARS: Mapping[DeviceId, DeviceId | None] = nothing()


class Tally:
    """
    Args:
        timezone: IANA name, of the house.

    Attributes:
        held: the counters as they are now.
        kept: the counters as they are on disk; what is shown is such that no crash can make it
            fall: see books.shown.
        sessions: the open one of each charger.
    """

    def __init__(
        self, settings: PlanSettings, persisted: Persisted, now: Now, timezone: str = "UTC"
    ) -> None:
        self._settings, self._timezone = settings, timezone
        self._ratings_w = books.ratings_w(settings.devices, settings)
        self._seen: Snapshot = EMPTY
        self._totals = Totals()
        kinds = {device.kind for device in settings.devices}
        self._priced = Priced(
            mono_s=_last_mono_s(persisted, now), all_bought=not kinds & _TELLING_OF_SOURCES
        )
        self.held = self.kept = books.from_rows(persisted.counters)
        known = {device.id for device in settings.devices}
        self.sessions: Mapping[DeviceId, Session] = {
            s.charger: s for s in persisted.sessions if s.charger in known
        }
        self._ended = persisted.ended
        self._last: Mapping[DeviceId, Session] = _by_device(self._ended)
        self._summed: tuple[str, Mapping[DeviceId, Month]] | None = None

    def account(
        self,
        snapshot: Snapshot,
        now: Now,
        prices: Prices | None = None,
        cars: Mapping[DeviceId, DeviceId | None] = NO_CARS,
    ) -> tuple[Session, ...]:
        """Take in one tick; returns the sessions that began or ended.

        Args:
            cars: see sessions.step.
        """
        news = {d: seen for d, seen in snapshot.items() if seen is not self._seen.get(d)}
        self._seen = snapshot
        self._totals = books.power_totals(snapshot, self._settings, now.mono_s)
        load_w = self._totals.load_w
        self.held = counters.step(self.held, news, load_w, self._ratings_w, now)
        counted_wh = {k: c.shown_wh for k, c in self.held.items() if k[0] in news and not c.young}
        before = self.sessions
        after, facts = sessions.step(before, news, counted_wh, now, cars)
        self._priced, self.sessions, facts = costs.step(
            self._priced, before, after, facts, self._totals, prices, now.mono_s, now.at
        )
        over = tuple(each for each in facts if each.plugged_out_at is not None)
        if over:
            counted = (s for s in self._ended if s.plugged_out_at and _young(s.plugged_out_at, now))
            self._ended, self._summed = (*counted, *over), None
            self._last = MappingProxyType({**self._last, **_by_device(over)})
        return facts

    @property
    def latest(self) -> Mapping[DeviceId, Session]:
        """The running session, else the last one, by charger and by car."""
        return MappingProxyType({**self._last, **_by_device(self.sessions.values())})

    def months(self, now: Now) -> tuple[Month | None, Mapping[DeviceId, Month]]:
        """This month with nothing in it, and what it adds up to by charger and by car; none while
        nobody knows which month it is."""
        if not now.trusted:
            return None, NO_MONTHS
        month = month_of(now.at, self._timezone)
        if self._summed is None or self._summed[0] != month.name:
            over = [s for s in self._ended if ended_in(month, s, self._timezone)]
            self._summed = month.name, summed(month, over)
        return month, summed(month, self.sessions.values(), self._summed[1])

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


def _by_device(sessions: Iterable[Session]) -> Mapping[DeviceId, Session]:
    """The last one of each charger and each car."""
    return {
        device: each
        for each in sessions
        for device in (each.charger, each.vehicle)
        if device is not None
    }


def _young(ended_at: datetime, now: Now) -> bool:
    """Whether it may still count in the present month, also when the clock is set back a bit."""
    return now.at - ended_at < COUNTED


def _last_mono_s(persisted: Persisted, now: Now) -> float | None:
    """When Hearth last looked before it stopped; a short stop leaves no gap in the accounts."""
    if persisted.last_at is None or not now.trusted:
        return None
    away_s = (now.at - persisted.last_at).total_seconds()
    return now.mono_s - away_s if away_s >= 0 else None
