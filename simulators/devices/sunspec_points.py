"""The points of SunSpec models as a device fills them, in order, raw numbers."""

from dataclasses import dataclass

from simulators.registers import Get, Set

_NAN = {"u16": 0xFFFF, "s16": 0x8000, "u32": 0xFFFFFFFF, "u64": 0xFFFFFFFFFFFFFFFF}


@dataclass(frozen=True, slots=True)
class Point:
    """The next point of a model; `get` returns the raw number."""

    kind: str
    get: Get
    set: Set | None = None
    nan: int | None = None


def fixed(kind: str, value: float | str) -> Point:
    return Point(kind, lambda: value)


def missing(kind: str = "u16") -> Point:
    return Point(kind, lambda: None, nan=_NAN[kind])


def unused(kind: str = "u16") -> Point:
    """An accumulator or bit field that is not used."""
    return fixed(kind, 0)


def sf(exponent: int) -> Point:
    return fixed("s16", exponent)
