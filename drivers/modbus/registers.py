"""One value of a device: where it stands, and how its words become a number with a unit."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

Key = tuple[str, str]
"""Role and name of a value, e.g. ("grid", "power_w")."""

Value = float | int | str
"""A decoded register; a value that the device does not have is None instead."""

Values = Mapping[Key, Value | None]


def nothing() -> Mapping[Any, Any]:
    return MappingProxyType({})


def key_of(name: str, role: str) -> Key:
    """`name` or `role.name` of an expression; `role` is where the expression stands."""
    head, _, tail = name.rpartition(".")
    return (head or role, tail)


def number(values: Values, key: Key) -> float | None:
    """A value that can be reckoned with; None for words and what is unknown."""
    value = values.get(key)
    return None if value is None or isinstance(value, str) else float(value)


class Table(StrEnum):
    HOLDING = "holding"  # function 3
    INPUT = "input"  # function 4
    COIL = "coil"  # function 1
    DISCRETE = "discrete"  # function 2


class WordOrder(StrEnum):
    """Which register of a 32- or 64-bit value comes first; inside one, high byte first."""

    HIGH_FIRST = "high_first"
    LOW_FIRST = "low_first"


class Tier(StrEnum):
    """How often a value is worth reading."""

    FAST = "fast"  # powers
    NORMAL = "normal"  # state of charge, states
    SLOW = "slow"  # energies, temperatures, limits
    ONCE = "once"  # identity, once per connection
    NEVER = "never"  # control registers, read back after a write only


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One value of a device.

    Args:
        address: on the wire; None for SunSpec points, which stand at `offset_in_model` from
            the header (ID at 0) of one of `sunspec_models`; see `placed`.
        type: u16 s16 u32 s32 u64 s64 f32 f64 bit, strN (N registers of two chars), rawN.
        words: addresses of a value whose registers are not adjacent, in word order.
        sf_address, sf_offset_in_model: register of the signed power of ten.
        group: names an entry of `DeviceModel.unit_ids`; `unit_id` is a fixed one.
        nan: raw patterns, unsigned and in word order, that mean "no value".
        enum: raw value -> word.
        access: r, rw or w.
        write_function: 6 or 16 (5 or 15 for coils) if the device takes only one.
        volatile: written to memory, not to flash, so that cyclic writes do no harm.
        min, max: range for writes after scaling; a word names another register's value.
        when: belongs to a variant found by `identify`, and wins over one without.
        tier: how often it is read.
        line: where it stands in its file.
    """

    role: str
    name: str
    table: Table = Table.HOLDING
    address: int | None = None
    sunspec_models: tuple[int, ...] = ()
    offset_in_model: int | None = None
    type: str
    word_order: WordOrder = WordOrder.HIGH_FIRST
    words: tuple[int, ...] = ()
    scale: float = 1.0
    offset: float = 0.0
    sf_address: int | None = None
    sf_offset_in_model: int | None = None
    unit_id: int | None = None
    group: str | None = None
    nan: tuple[int, ...] = ()
    enum: Mapping[int, str] = field(default_factory=nothing, hash=False)
    access: str = "r"
    write_function: int | None = None
    volatile: bool = False
    min: float | str | None = None
    max: float | str | None = None
    when: str | None = None
    tier: Tier = Tier.NORMAL
    unit: str = ""
    line: int = 0

    @property
    def key(self) -> Key:
        return (self.role, self.name)

    @property
    def count(self) -> int:
        """How many registers (or coils) hold the value."""
        return _COUNTS.get(self.type) or int(self.type[3:])

    @property
    def readable(self) -> bool:
        return "r" in self.access

    @property
    def writable(self) -> bool:
        return "w" in self.access

    def placed(self, model_start: int) -> "Register":
        """This SunSpec point with real addresses, for a model whose ID stands at `model_start`."""
        sf = self.sf_offset_in_model
        return replace(
            self,
            address=model_start + (self.offset_in_model or 0),
            sf_address=None if sf is None else model_start + sf,
        )


_COUNTS = {
    "bit": 1,
    "u16": 1,
    "s16": 1,
    "u32": 2,
    "s32": 2,
    "f32": 2,
    "u64": 4,
    "s64": 4,
    "f64": 4,
}
