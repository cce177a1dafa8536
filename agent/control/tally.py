"""What adds up in the living house: counters, sessions and totals. No I/O, reads no clock."""

from collections.abc import Iterable, Mapping
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
from agent.model.readings import ChargerReading, DeviceId, DeviceKind
from agent.model.snapshot import EMPTY, Seen, Snapshot
from agent.months import NO_MONTHS, month_of, summed
from agent.plan import PlanSettings, flows
from agent.plan.exporting import limitable
from agent.store import Persisted

MONTHS_KEPT = 3
"""The clock may be set back a bit."""
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
            mono_s=_last_mono_s(persisted, now),
            all_bought=not kinds & _TELLING_OF_SOURCES,
            turned_down=not settings.feeds_below_zero and bool(limitable(settings.devices)),
        )
        self.held = self.kept = books.from_rows(persisted.counters)
        known = {device.id for device in settings.devices}
        self.sessions: Mapping[DeviceId, Session] = {
            s.charger: s for s in persisted.sessions if s.charger in known
        }
        self._last: Mapping[DeviceId, Session] = {}
        self._sums: dict[str, Mapping[DeviceId, Month]] = {}
        self._book(persisted.ended)

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
            self._priced,
            before,
            after,
            facts,
            self._totals,
            prices,
            now.mono_s,
            now.at,
            {d: flows.charger_w(c, now.mono_s) for d, c in _chargers(snapshot, before)},
        )
        over = tuple(each for each in facts if each.plugged_out_at is not None)
        if over:
            self._book(over)
        return facts

    def _book(self, over: Iterable[Session]) -> None:
        """Sessions that ended: each adds to the month of its end, and may be the last one."""
        for session in over:
            ended_at = session.plugged_out_at
            if ended_at is not None:
                month = month_of(ended_at, self._timezone)
                so_far = self._sums.get(month.name, NO_MONTHS)
                self._sums[month.name] = summed(month, (session,), so_far)
            self._last = MappingProxyType({**self._last, **_by_device((session,))})
        for name in sorted(self._sums)[:-MONTHS_KEPT]:
            del self._sums[name]

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
        over = self._sums.get(month.name, NO_MONTHS)
        return month, summed(month, self.sessions.values(), over)

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


def _chargers(
    snapshot: Snapshot, sessions: Iterable[DeviceId]
) -> Iterable[tuple[DeviceId, Seen[ChargerReading]]]:
    seen = flows.of_kind(snapshot, ChargerReading)
    return [(device, seen[device]) for device in sessions if device in seen]


def _by_device(sessions: Iterable[Session]) -> Mapping[DeviceId, Session]:
    """The last one of each charger and each car."""
    return {
        device: each
        for each in sessions
        for device in (each.charger, each.vehicle)
        if device is not None
    }


def _last_mono_s(persisted: Persisted, now: Now) -> float | None:
    """When Hearth last looked before it stopped; a short stop leaves no gap in the accounts."""
    if persisted.last_at is None or not now.trusted:
        return None
    away_s = (now.at - persisted.last_at).total_seconds()
    return now.mono_s - away_s if away_s >= 0 else None
