"""What the store takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent.model.actions import Action
from agent.model.documents import Document
from agent.model.events import Event, Executed, Resource
from agent.model.limits import GridEntry
from agent.model.nothing import nothing
from agent.model.picture import JournalEntry, Session
from agent.model.readings import DeviceId
from agent.model.schedules import Override
from agent.model.smart import SmartPlan

CounterRow = Mapping[str, object]
"""What a guarded counter must remember; anything that JSON can carry."""

Setting = Mapping[str, object]


class StoreError(Exception):
    """The database cannot be used; the message names the file and the remedy."""


class StoreFull(Exception):
    """The change is not on disk yet: the disk is full or fails. The store keeps it in memory and
    tries again until it is, so the caller goes on and does not repeat it."""


class SecondPendingAction(ValueError):
    """A device may have one pending action; the change was not taken. A bug of the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Facts that become true together, in one transaction.

    Args:
        actions: new or changed ones, by id. A device's predecessor is finished here or earlier.
        memory: what planners remember, opaque; None leaves it.
        settings: by key (charger modes, user limits); None forgets the key.
        sessions: new or changed ones, by id.
        journal: appended.
        counters: by device and name.
        events: told to the cloud; each gets its seq in this transaction.
        resources: as they were told with those events.
        executed: commands of the cloud and what became of them.
        documents: by kind and id; None as value keeps the revision of what was deleted.
        overrides: new or changed ones, by id.
        pairing: what pairing remembers, opaque; None leaves it.
        grid_log: appended for good.
        plans: of smart charging, new or changed ones, by id.
    """

    actions: tuple[Action, ...] = ()
    memory: bytes | None = None
    settings: Mapping[str, Setting | None] = field(default_factory=nothing)
    sessions: tuple[Session, ...] = ()
    journal: tuple[JournalEntry, ...] = ()
    counters: Mapping[tuple[DeviceId, str], CounterRow] = field(default_factory=nothing)
    events: tuple[Event, ...] = ()
    resources: tuple[Resource, ...] = ()
    executed: tuple[Executed, ...] = ()
    documents: tuple[Document, ...] = ()
    overrides: tuple[Override, ...] = ()
    pairing: bytes | None = None
    grid_log: tuple[GridEntry, ...] = ()
    plans: tuple[SmartPlan, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Persisted:
    """What Hearth knew when it stopped.

    Args:
        finished: the last finished action of each device.
        sessions: those without a plug-out, oldest first.
        journal: the last 50 entries, newest last.
        resources: as they were last told to the cloud.
        overrides: those that have not ended.
        ended: sessions that ended lately, at least all of the last month, and the last one at each
            charger and of each car; oldest first.
        last_at: aware, the last trusted stamp; an earlier wall clock is wrong. None at first.
    """

    pending: tuple[Action, ...] = ()
    finished: Mapping[DeviceId, Action] = field(default_factory=nothing)
    memory: bytes | None = None
    settings: Mapping[str, Setting] = field(default_factory=nothing)
    sessions: tuple[Session, ...] = ()
    counters: Mapping[tuple[DeviceId, str], CounterRow] = field(default_factory=nothing)
    journal: tuple[JournalEntry, ...] = ()
    resources: tuple[Resource, ...] = ()
    documents: tuple[Document, ...] = ()
    overrides: tuple[Override, ...] = ()
    pairing: bytes | None = None
    ended: tuple[Session, ...] = ()
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A stretch of history of one series, in the series' own unit.

    Args:
        start: aware UTC, inclusive.
        mean: weighted by time; of a lifetime counter take differences of `last` instead.
        known_s: how many seconds of the stretch are known; the rest was silence.
    """

    start: datetime
    mean: float
    low: float
    high: float
    last: float
    known_s: int
