"""Registers that a device refuses, found by halving the read that failed.

Makers sell one model with many firmwares, so a map lists registers that some devices do not
have, and one of them fails the whole read. At most one split per poll keeps the time of a poll
bounded. A single value that is refused rests for an hour and is then tried again; the notes
survive a restart as long as the firmware is the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from drivers.modbus.blocks import Read, Span, cut_of
from drivers.modbus.model import Table

REST_S: Final = 3600.0

Cut = tuple[int, Table, int]


@dataclass(slots=True, kw_only=True)
class Quarantine:
    """What one device refused.

    Args:
        cuts: addresses that a read must not reach across from below.
        resting: spans that hold one value each, and until when (monotonic seconds) they rest.
        revision: grows with every change, so that plans know when they are out of date.
    """

    cuts: set[Cut] = field(default_factory=set)
    resting: dict[Span, float] = field(default_factory=dict)
    revision: int = 0

    def refuse(self, read: Read, now_s: float) -> Span | None:
        """Split the refused read, or put its only value to rest; returns what now rests."""
        self.revision += 1
        second = cut_of(read)
        if second is not None:
            self.cuts.add((second.unit, second.table, second.start))
            return None
        for atom in read.atoms:
            self.resting[atom] = now_s + REST_S
        self._heal_around(read.span)
        return read.span

    def _heal_around(self, span: Span) -> None:
        """The culprit is found, so what was cut apart on the way to it may be joined again."""
        self.cuts = {cut for cut in self.cuts if cut[:2] != (span.unit, span.table)}

    def wake(self, now_s: float) -> None:
        """Give spans that rested long enough another chance."""
        awake = [span for span, until_s in self.resting.items() if now_s >= until_s]
        for span in awake:
            del self.resting[span]
        if awake:
            self.revision += 1

    def clear(self) -> None:
        """Forget everything: the device is another one, or has other firmware."""
        self.cuts.clear()
        self.resting.clear()
        self.revision += 1

    def note(self, firmware: str | None) -> Mapping[str, object]:
        """What is worth remembering across a restart."""
        refused = [[s.unit, s.table.value, s.start, s.end] for s in sorted(self.resting)]
        return {"firmware": firmware, "refused": refused}

    def recall(self, note: Mapping[str, object], now_s: float) -> None:
        """Take over a note; entries that make no sense are left out."""
        refused = note.get("refused")
        for entry in refused if isinstance(refused, list) else []:
            span = _span(entry)
            if span is not None:
                self.resting[span] = now_s + REST_S
        self.revision += 1


def _span(entry: object) -> Span | None:
    match entry:
        case [int(unit), str(table), int(start), int(end)] if table in set(Table) and start < end:
            return Span(unit, Table(table), start, end)
        case _:
            return None
