"""Which registers to read together.

A request costs far more than a register, so values are joined while the device bears it. What it
bears are facts of its model: the longest read, the widest gap, ranges that fail when touched.
Never split: a value, and a value from the scale factor that it has at the same moment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from drivers.modbus.model import Block, Limits, Register, Table

ADDRESSES = 0x10000


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Registers `start` up to but not including `end` in one table of one unit."""

    unit: int
    table: Table
    start: int
    end: int

    @property
    def count(self) -> int:
        return self.end - self.start

    def same_table(self, other: "Span") -> bool:
        return (self.unit, self.table) == (other.unit, other.table)

    def overlaps(self, other: "Span") -> bool:
        return self.same_table(other) and self.start < other.end and other.start < self.end

    def contains(self, other: "Span") -> bool:
        return self.same_table(other) and self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Wanted:
    """A register of the model, and the unit that answers for it."""

    unit: int
    register: Register


@dataclass(frozen=True, slots=True, kw_only=True)
class Terrain:
    """What may be read, and what not.

    Args:
        limits: of the device.
        known_good: reads known to work; used as they stand where they help.
        barred: never touched: forbidden by the model, or refused by the device.
        solid: areas without holes (SunSpec models), in which gaps of any width may be read.
        cuts: addresses that a read must not reach across from below (found by bisecting).
    """

    limits: Limits
    known_good: tuple[Span, ...] = ()
    barred: tuple[Span, ...] = ()
    solid: tuple[Span, ...] = ()
    cuts: frozenset[tuple[int, Table, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Read:
    """One request, and the spans for whose sake it is made."""

    span: Span
    atoms: tuple[Span, ...]


def spans_of(wanted: Wanted, terrain: Terrain) -> list[Span]:
    """The spans that hold a value; more than one only if no single read can hold it."""
    register, unit = wanted.register, wanted.unit
    if register.address is None and not register.words:
        return []
    starts = register.words or (register.address or 0,)
    width = 1 if register.words else register.count
    parts = [Span(unit, register.table, start, start + width) for start in starts]
    if register.sf_address is not None:
        parts.append(Span(unit, register.table, register.sf_address, register.sf_address + 1))
    whole = Span(unit, register.table, min(p.start for p in parts), max(p.end for p in parts))
    together = whole.count <= terrain.limits.max_registers_per_read and not _barred(whole, terrain)
    return [whole] if together else parts


def plan(wanted: Iterable[Wanted], terrain: Terrain) -> list[Read]:
    """The fewest reads, in order of unit, table and address, that cover all that is readable.

    Values whose registers are barred are left out.
    """
    atoms = sorted({span for want in wanted for span in spans_of(want, terrain)})
    atoms = [atom for atom in atoms if not _barred(atom, terrain)]
    reads = []
    for block in terrain.known_good:
        inside = tuple(atom for atom in atoms if block.contains(atom))
        if inside and _usable(block, terrain):
            reads.append(Read(block, inside))
            atoms = [atom for atom in atoms if atom not in inside]
    return sorted([*reads, *_joined(atoms, terrain)], key=lambda read: read.span)


def as_span(block: Block, unit: int) -> Span:
    return Span(unit, block.table, block.start, block.start + block.count)


def _joined(atoms: Sequence[Span], terrain: Terrain) -> list[Read]:
    reads: list[Read] = []
    for atom in atoms:
        last = reads[-1] if reads else None
        both = last and replace(last.span, end=max(last.span.end, atom.end))
        if last and both and both.same_table(atom) and _may_join(last, atom, both, terrain):
            reads[-1] = Read(both, (*last.atoms, atom))
        else:
            reads.append(Read(atom, (atom,)))
    return [_evened(read, terrain) for read in reads]


def _may_join(last: Read, atom: Span, both: Span, terrain: Terrain) -> bool:
    if both.count > terrain.limits.max_registers_per_read or _barred(both, terrain):
        return False
    if (atom.unit, atom.table, atom.start) in terrain.cuts:
        return False
    if any(area.contains(both) for area in terrain.solid):
        return True
    if atom.start - last.span.end > terrain.limits.max_gap:
        return False
    return atom.start <= last.span.end or _in_one_range(both, terrain.limits)


def _in_one_range(span: Span, limits: Limits) -> bool:
    ranges = limits.ranges.get(span.table, ())
    return not ranges or any(first <= span.start and span.end - 1 <= last for first, last in ranges)


def _evened(read: Read, terrain: Terrain) -> Read:
    """Eastron meters refuse odd counts: read one register more, behind or else before."""
    if not terrain.limits.even_counts or read.span.count % 2 == 0:
        return read
    longer = [replace(read.span, end=read.span.end + 1)]
    if read.span.start > 0:
        longer.append(replace(read.span, start=read.span.start - 1))
    for span in longer:
        if span.end <= ADDRESSES and not _barred(span, terrain):
            return Read(span, read.atoms)
    return read


def _usable(block: Span, terrain: Terrain) -> bool:
    if block.count > terrain.limits.max_registers_per_read or _barred(block, terrain):
        return False
    return not any(
        block.start < address < block.end
        for unit, table, address in terrain.cuts
        if (unit, table) == (block.unit, block.table)
    )


def _barred(span: Span, terrain: Terrain) -> bool:
    return any(span.overlaps(barred) for barred in terrain.barred)


def cut_of(read: Read) -> Span | None:
    """Where to cut a refused read: before the first atom of its second half; None if it is one."""
    starts = sorted({atom.start for atom in read.atoms})
    later = [b for a, b in pairwise(starts) if b > a]
    if not later:
        return None
    start = later[len(later) // 2]
    return replace(read.span, start=start)
