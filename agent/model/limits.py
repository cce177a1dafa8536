"""What must never be exceeded: circuits with their fuses, and orders of the grid operator."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from agent.model.clock import Now
from agent.model.nothing import nothing
from agent.model.readings import DeviceId

MAINS = ""
"""The id of the circuit at the grid connection."""

GRID_INPUT = "grid_operator_"
"""How the names of links begin that bring the grid operator's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """A cable with a fuse of its own, below the mains or below another circuit.

    Args:
        id: MAINS for the grid connection itself; parent: what feeds it.
        fuse_a: per phase; margin_a is kept free of it.
        meter: measures all that flows through it; None = it is reckoned with what may flow.
        chargers: those that hang on it directly.
        unmetered_a: without a meter, what its other loads may take per phase at their worst.
    """

    id: str
    name: str
    parent: str = MAINS
    fuse_a: float
    margin_a: float = 0.0
    phases: int = 3
    meter: DeviceId | None = None
    chargers: tuple[DeviceId, ...] = ()
    unmetered_a: float = 0.0


class Scope(StrEnum):
    """What a grid operator's limit counts."""

    METER = "meter"  # all that is taken at the grid connection
    DEVICES = "devices"  # what the steerable devices together take from the grid
    EACH = "each"  # what each steerable device takes


@dataclass(frozen=True, slots=True, kw_only=True)
class GridOrder:
    """A limit that the grid operator has put on the house.

    Args:
        id: of this order, for the log; source: where it came from, in an installer's words.
        import_w, export_w: >= 0; None = that direction is free.
        began_at: aware UTC, when it was given, or when an announced one began.
        ends_at: aware UTC; None = until it is taken back.
        begins_at: aware UTC, of one that is announced; None = it has begun.
    """

    id: str
    source: str
    scope: Scope
    import_w: float | None = None
    export_w: float | None = None
    began_at: datetime
    ends_at: datetime | None = None
    begins_at: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        """Whether it counts at an instant, by a clock that is believed."""
        begun = self.begins_at is None or self.begins_at <= at
        return begun and (self.ends_at is None or at < self.ends_at)

    def holds(self, now: Now) -> bool:
        """Whether it counts now. While the clock is not believed, what had begun goes on, and
        what was announced waits."""
        return self.in_force(now.at) if now.trusted else self.begins_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPeriod:
    """A stretch of time with a limit.

    Args:
        begins_at, ends_at: aware UTC; None = at once, and until it is taken back.
    """

    import_w: float | None = None
    export_w: float | None = None
    begins_at: datetime | None = None
    ends_at: datetime | None = None


class GridWord(StrEnum):
    """What an entry of the log of grid orders tells."""

    BEGAN = "began"
    RESUMED = "resumed"  # Hearth was started while it was in force
    HELD = "held"  # the measured power is within the limit for the first time, or again
    NOT_HELD = "not-held"  # it is not, after the time that is allowed for it, or not any more
    QUARTER = "quarter"  # how it was kept in a quarter of an hour
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridEntry:
    """One line of the log of grid orders; never changed afterwards.

    Args:
        after_s: since the order began, or was resumed.
        measured_w: what the limit counts, now; None = nobody measures it.
        mean_w, most_w, over_s: of the quarter, or of the whole order at its end.
        reaction: by device what it was told.
        note: what else must be known of this line, in one sentence.
    """

    at: datetime
    word: GridWord
    order: GridOrder
    after_s: float
    measured_w: float | None = None
    mean_w: float | None = None
    most_w: float | None = None
    over_s: float | None = None
    reaction: Mapping[DeviceId, str] = field(default_factory=nothing)
    note: str | None = None
