"""What must never be exceeded: circuits with their fuses, and orders of the grid operator."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent.model.readings import DeviceId

MAINS = ""
"""The id of the circuit at the grid connection."""


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
    DEVICES = "devices"  # what the steerable devices take from the grid (§14a EnWG)


@dataclass(frozen=True, slots=True, kw_only=True)
class GridOrder:
    """A limit that the grid operator has put on the house.

    Args:
        id: of this order, for the log; source: where it came from, in an installer's words.
        import_w, export_w: >= 0; None = that direction is free.
        began_at, ends_at: aware UTC; None = until it is taken back.
    """

    id: str
    source: str
    scope: Scope
    import_w: float | None = None
    export_w: float | None = None
    began_at: datetime
    ends_at: datetime | None = None
