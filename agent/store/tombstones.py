"""Which events may go when the outbox is full, and what stands in their place.

An event goes only if it may (see Event.coalesces) and a newer one of the same resource is there.
Neighbours that went become one tombstone that accounts for all their numbers, so the numbers
still have no gap.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Slot(NamedTuple):
    """One row of the outbox, without its text.

    Args:
        first: the first number that it stands for; `seq` unless it is a tombstone.
        dropped: events that it stands for; 0 unless it is a tombstone.
        resource: set if a newer event of the same one makes it needless.
        gone: whether it is a tombstone.
    """

    seq: int
    at_s: float
    first: int
    dropped: int
    resource: str | None
    gone: bool


class Tombstone(NamedTuple):
    """Stands for all of first..seq; `dropped` of them were events, `rows` rows become one."""

    first: int
    seq: int
    dropped: int
    rows: int


def joined(
    slots: Iterable[Slot], newest: Mapping[str, int], before_s: float = float("inf")
) -> list[Tombstone]:
    """What needless events become, joined with tombstones next to them; ascending.

    Args:
        slots: neighbours, ascending.
        newest: the last event of each resource that makes older ones needless.
        before_s: younger ones stay.
    """
    found, run = list[Tombstone](), list[Slot]()
    for slot in slots:
        needless = (
            slot.resource is not None
            and newest.get(slot.resource, 0) > slot.seq
            and slot.at_s < before_s
        )
        if slot.gone or needless:
            run.append(slot)
        else:
            found += _tombstone(run)
            run = []
    return found + _tombstone(run)


def _tombstone(run: list[Slot]) -> list[Tombstone]:
    if not run or (len(run) == 1 and run[0].gone):
        return []
    dropped = sum(slot.dropped if slot.gone else 1 for slot in run)
    return [Tombstone(run[0].first, run[-1].seq, dropped, len(run))]
