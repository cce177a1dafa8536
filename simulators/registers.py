"""Registers as a device's manual lists them, filled from values at the moment they are read.

A Bank is what one unit id answers; it knows the device's rules (longest read, gaps, word order)
and raises Fault with the exception code that the device would send.
"""

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

ILLEGAL_FUNCTION = 1
ILLEGAL_ADDRESS = 2
ILLEGAL_VALUE = 3
BUSY = 6
GATEWAY_TARGET = 11

_FORMATS = {
    "u16": ">H",
    "s16": ">h",
    "u32": ">I",
    "s32": ">i",
    "f32": ">f",
    "u64": ">Q",
    "s64": ">q",
}
Value = float | str | None
Get = Callable[[], Value]
Set = Callable[[float], None]


class Fault(Exception):
    """Answered as a Modbus exception."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value of a device.

    Args:
        kind: u16 s16 u32 s32 f32 u64 s64, or strN with N registers.
        get: returns the value in the manual's unit; None = the pattern `nan`.
        scale: the manual's unit per raw step.
        set: what a write does; None = read-only. It may raise Fault.
    """

    address: int
    kind: str
    get: Get
    scale: float = 1.0
    nan: int | None = None
    set: Set | None = None

    @property
    def size(self) -> int:
        if self.kind.startswith("str"):
            return int(self.kind[3:])
        return struct.calcsize(_FORMATS[self.kind]) // 2

    def pack(self, *, low_word_first: bool) -> tuple[int, ...]:
        """The registers as they go on the wire."""
        value, size = self.get(), self.size
        if isinstance(value, str):
            text = value.encode("ascii")[: 2 * size].ljust(2 * size, b"\0")
            return struct.unpack(f">{size}H", text)
        if value is None or (self.kind != "f32" and math.isnan(value)):
            raw = (self.nan or 0).to_bytes(2 * size, "big")
        elif self.kind == "f32":
            raw = struct.pack(">f", value / self.scale)
        else:
            raw = struct.pack(_FORMATS[self.kind], self._clamped(round(value / self.scale)))
        words = struct.unpack(f">{size}H", raw)
        return words[::-1] if low_word_first else words

    def _clamped(self, raw: int) -> int:
        bits = 16 * self.size
        if self.kind.startswith("s"):
            return max(-(1 << (bits - 1)), min((1 << (bits - 1)) - 1, raw))
        return max(0, min((1 << bits) - 1, raw))

    def unpack(self, words: tuple[int, ...], *, low_word_first: bool) -> float:
        ordered = words[::-1] if low_word_first else words
        raw = struct.pack(f">{len(words)}H", *ordered)
        return float(struct.unpack(_FORMATS[self.kind], raw)[0]) * self.scale


@dataclass(slots=True, kw_only=True)
class Table:
    """Holding or input registers.

    Args:
        gap: how many registers in a row may be read that the device does not have; None = any.
    """

    cells: list[Cell]
    gap: int | None = 0
    low_word_first: bool = False
    _at: dict[int, Cell] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for cell in self.cells:
            for address in range(cell.address, cell.address + cell.size):
                if address in self._at:
                    raise ValueError(f"register {address} stands twice")
                self._at[address] = cell

    def read(self, start: int, count: int) -> list[int]:
        words, missing, address = [0] * count, 0, start
        while address < start + count:
            cell = self._at.get(address)
            if cell is None:
                missing += 1
                if self.gap is not None and (missing > self.gap or count == missing):
                    raise Fault(ILLEGAL_ADDRESS)
                address += 1
                continue
            missing, packed = 0, cell.pack(low_word_first=self.low_word_first)
            for offset, word in enumerate(packed):
                if 0 <= cell.address + offset - start < count:
                    words[cell.address + offset - start] = word
            address = cell.address + cell.size
        return words

    def write(self, start: int, values: tuple[int, ...]) -> None:
        """Write whole values only; half of one is refused and so is what cannot be written."""
        plan: list[tuple[Set, float]] = []
        address = start
        while address < start + len(values):
            cell = self._at.get(address)
            if cell is None or cell.set is None or cell.address != address:
                raise Fault(ILLEGAL_ADDRESS)
            words = values[address - start : address - start + cell.size]
            if len(words) < cell.size:
                raise Fault(ILLEGAL_VALUE)
            plan.append((cell.set, cell.unpack(words, low_word_first=self.low_word_first)))
            address += cell.size
        for setter, value in plan:
            setter(value)


@dataclass(slots=True, kw_only=True)
class Bank:
    """What one unit id answers."""

    holding: Table | None = None
    input: Table | None = None
    longest_read: int = 125
    even_counts_only: bool = False
    write_functions: frozenset[int] = frozenset({6, 16})

    def read(self, function: int, start: int, count: int) -> list[int]:
        table = {3: self.holding, 4: self.input}.get(function)
        if table is None:
            raise Fault(ILLEGAL_FUNCTION)
        if not 1 <= count <= self.longest_read or (self.even_counts_only and count % 2):
            raise Fault(ILLEGAL_VALUE)
        return table.read(start, count)

    def write(self, function: int, start: int, values: tuple[int, ...]) -> None:
        if function not in self.write_functions or self.holding is None:
            raise Fault(ILLEGAL_FUNCTION)
        self.holding.write(start, values)


@dataclass(slots=True, kw_only=True)
class Device:
    """A device at one TCP port.

    Args:
        units: unit id -> what it answers; other ids get `unknown_unit`, or silence if None.
        max_clients: connections at a time, None = many; a further one is closed at once.
        connect_delay_s: real seconds after connecting in which requests go unheard.
        faults: share of requests that are answered with exception 6 when faults are wanted.
    """

    units: Mapping[int, Bank]
    framer: str = "socket"
    unknown_unit: int | None = GATEWAY_TARGET
    max_clients: int | None = None
    connect_delay_s: float = 0.0
    faults: float = 0.0
