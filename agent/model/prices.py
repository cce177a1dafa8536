"""What electricity costs and earns, slot by slot."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agent.model.nothing import nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One stretch of constant prices; all in, as the household pays and is paid.

    Args:
        start, end: aware UTC, inclusive and exclusive.
        import_per_kwh: currency per kWh taken from the grid; None = not known. May be negative.
        export_per_kwh: currency per kWh given to the grid; None = not known. May be negative.
    """

    start: datetime
    end: datetime
    import_per_kwh: float | None
    export_per_kwh: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakStretch:
    """When another power is free: on other days, in the next month, in hours that do not count.

    Args:
        start, end: aware UTC, inclusive and exclusive.
        free_w: what power then costs nothing; infinity = none does.
    """

    start: datetime
    end: datetime
    free_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakRate:
    """A tariff on the highest power of a period (capacity tariff).

    Args:
        per_kw: currency per kW of the period's highest mean.
        window_s: over which the power is averaged, usually 900 or 3600.
        free_w: what is charged in any case; keeping below it saves nothing.
        reached_w: the highest mean of this period so far; None = not known.
        stretches: sorted, without overlap.
    """

    per_kw: float
    window_s: float = 900.0
    free_w: float = 0.0
    reached_w: float | None = None
    stretches: tuple[PeakStretch, ...] = ()

    def free_at(self, at: datetime) -> float:
        """The power that costs nothing more at an instant, in watts."""
        for each in self.stretches:
            if each.start <= at < each.end:
                return each.free_w
        return max(self.free_w, self.reached_w or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """
    Args:
        currency: ISO 4217.
        slots: sorted, without overlap; what lies between two of them is not known.
        peak: None = power as such costs nothing.
        sources: where they came from, in an installer's words, with what they gave until when.
    """

    currency: str
    slots: tuple[Slot, ...] = ()
    peak: PeakRate | None = None
    sources: Mapping[str, str] = field(default_factory=nothing)


def slot_at(slots: Sequence[Slot], at: datetime) -> Slot | None:
    """The slot that holds at an aware instant; None where nothing is known. Slots are sorted."""
    index = bisect_right(slots, at, key=lambda slot: slot.start) - 1
    return slots[index] if index >= 0 and at < slots[index].end else None
