"""A device model: what one make of device says at which registers, and how it is steered.

These are plain values, read from the YAML files in `devices/` (see docs/modbus-maps.md for
the file). Addresses are what goes on the wire, 0-based. `value = raw * scale + offset`, in
the signs of agent.model.readings: a scale is negative where the device counts the other way.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType

from agent.model.readings import BatteryMode, DeviceKind
from drivers.modbus.registers import (
    Key,
    Register,
    Table,
    Tier,
    Value,
    Values,
    WordOrder,
    key_of,
    nothing,
    number,
)

__all__ = [
    "Block",
    "Command",
    "Derived",
    "DeviceModel",
    "Guard",
    "Identify",
    "Key",
    "Limits",
    "ProductionLimit",
    "Register",
    "Step",
    "Table",
    "Tier",
    "Value",
    "Values",
    "Watchdog",
    "WordOrder",
    "key_of",
    "number",
]


def _unit_1() -> Mapping[str, int | None]:
    return MappingProxyType({"default": 1})


def _same(found: Value | None, wanted: str | int) -> bool:
    if isinstance(wanted, str):
        return isinstance(found, str) and fnmatchcase(found, wanted)
    return found == wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the device bears.

    Args:
        max_gap: unlisted registers that may be read along to join two values; 0 = none.
        even_counts: odd register counts are rejected.
        min_pause_s: after an answer; write_pause_s: after a write; connect_pause_s: after connect.
        connections: TCP clients at a time; None = no known limit.
        min_poll_s: the fastest sensible poll.
        retry: tries in all when the device says busy.
        ranges: per table the (first, last) addresses that may be read, where only those exist.
    """

    max_registers_per_read: int = 125
    max_gap: int = 0
    even_counts: bool = False
    min_pause_s: float = 0.0
    write_pause_s: float = 0.0
    connect_pause_s: float = 0.0
    timeout_s: float = 3.0
    connections: int | None = None
    min_poll_s: float = 1.0
    retry: int = 3
    ranges: Mapping[Table, tuple[tuple[int, int], ...]] = field(default_factory=nothing, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A run of registers: one read known to work, or one that must not be touched."""

    table: Table
    start: int
    count: int
    unit_id: int | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identify:
    """Read this to recognise the device.

    Args:
        expect: what it must be; in a text, * stands for anything.
        variants: text or number -> variant, see `Register.when`; * likewise.
    """

    register: Register
    expect: str | int | None = None
    variants: Mapping[str | int, str] = field(default_factory=nothing, hash=False)

    def fits(self, found: Value | None) -> bool:
        """Whether the device said what it must; one that says nothing may be it."""
        return self.expect is None or found is None or _same(found, self.expect)

    def variant(self, found: Value | None) -> str | None:
        """Return the variant that the device belongs to, None if to none."""
        fitting = (name for raw, name in self.variants.items() if _same(found, raw))
        return next(fitting, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A value computed from others; see expressions.py for `expr`.

    Args:
        nan_as_zero: an unknown part counts 0, unless all are unknown.
        clamp_min: the least that it can be.
    """

    role: str
    name: str
    expr: str
    nan_as_zero: bool = False
    clamp_min: float | None = None
    when: str | None = None

    @property
    def key(self) -> Key:
        return (self.role, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One write of a sequence, or a pause.

    Args:
        control: the register to write; None for a pause.
        value: a number, or an expression over words of the caller and values of the device.
        wait_s: pause instead of a write.
        optional: left out where the device has no such register or the value is unknown.
    """

    control: Key | None = None
    value: float | str = 0.0
    wait_s: float = 0.0
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A named sequence of writes; `source` is who does it this way."""

    name: str
    steps: tuple[Step, ...]
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchdog:
    """How remote control decays.

    Args:
        controls: the registers that decay; empty = all that the sequence writes.
        rewrite_every_s: how often they are written again while a mode holds.
        device_timeout_s: after this long without a write the device goes its own way.
        on_expiry: what that way is, in words.
    """

    controls: tuple[Key, ...] = ()
    rewrite_every_s: float
    device_timeout_s: float
    on_expiry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionLimit:
    """How an inverter is turned down.

    Args:
        limit, release: names of commands; the first is given `value` and `rate`.
        percent, enabled: registers that tell the limit, of its rating, and whether it holds.
        rewrite_every_s: how often it is written again, since it decays.
    """

    limit: str
    release: str
    percent: Key
    enabled: Key
    rewrite_every_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A value at which somebody else steers the device, so that Hearth must not.

    Args:
        says: the sentence for the installer, with the remedy.
    """

    key: Key
    equals: float
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceModel:
    """One file of facts.

    Args:
        id: the word in the installer's file and the file's name.
        device_class: meter, inverter, hybrid_inverter, battery, gateway or profile.
        framer: socket or rtu, over the network; baudrate and parity are for a serial line.
        unit_ids: "default", and named groups that have a unit id of their own; None = only the
            installer knows it.
        read_functions, write_functions: function codes that the device knows.
        sunspec: registers stand in models that are found by walking them.
        sunspec_bases: addresses at which the SunS marker may stand, in the order to try.
        modes: battery mode -> names of the commands that bring it about, in order.
        guards: when somebody else steers the device.
        production_limit: how it is turned down; None = it cannot be.
    """

    id: str
    vendor: str
    title: str
    models: tuple[str, ...] = ()
    device_class: str
    default_port: int = 502
    framer: str = "socket"
    baudrate: int = 9600
    parity: str = "N"
    unit_ids: Mapping[str, int | None] = field(default_factory=_unit_1, hash=False)
    word_order: WordOrder = WordOrder.HIGH_FIRST
    read_functions: tuple[int, ...] = (3, 4)
    write_functions: tuple[int, ...] = (6, 16)
    limits: Limits = field(default_factory=Limits)
    sunspec: bool = False
    sunspec_bases: tuple[int, ...] = ()
    blocks: tuple[Block, ...] = ()
    forbidden: tuple[Block, ...] = ()
    identify: tuple[Identify, ...] = ()
    registers: tuple[Register, ...]
    derived: tuple[Derived, ...] = ()
    commands: Mapping[str, Command] = field(default_factory=nothing, hash=False)
    modes: Mapping[BatteryMode, tuple[str, ...]] = field(default_factory=nothing, hash=False)
    watchdog: Watchdog | None = None
    guards: tuple[Guard, ...] = ()
    production_limit: ProductionLimit | None = None
    quirks: tuple[str, ...] = ()
    prerequisites: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    file: str = ""

    @property
    def kind(self) -> DeviceKind:
        """What the device itself is; the other parts get names of their own."""
        return _KINDS[self.device_class]

    @property
    def parts(self) -> frozenset[DeviceKind]:
        """The kinds of device that the registers speak of."""
        return frozenset(_PARTS[r.role] for r in self.registers if r.role in _PARTS)

    def unit_of(self, register: Register | Block, default: int) -> int | None:
        """The unit id that answers for `register`; None if its group is not known here.

        Args:
            default: the installer's unit id, or this model's.
        """
        if register.unit_id is not None:
            return register.unit_id
        return default if register.group is None else self.unit_ids.get(register.group)

    def registers_for(self, variants: Iterable[str] = ()) -> tuple[Register, ...]:
        """The registers of a device of these variants, those with a `when` before the others."""
        known = frozenset(variants)
        return tuple(
            sorted(
                (r for r in self.registers if r.when is None or r.when in known),
                key=lambda r: r.when is None,
            )
        )


_KINDS = {
    "meter": DeviceKind.METER,
    "inverter": DeviceKind.INVERTER,
    "hybrid_inverter": DeviceKind.INVERTER,
    "gateway": DeviceKind.INVERTER,
    "profile": DeviceKind.INVERTER,
    "battery": DeviceKind.BATTERY,
}

_PARTS = {
    "grid": DeviceKind.METER,
    "inverter": DeviceKind.INVERTER,
    "pv": DeviceKind.INVERTER,
    "battery": DeviceKind.BATTERY,
}
