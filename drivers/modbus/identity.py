"""Finding out what hangs on a link before its values are believed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from drivers.modbus import sunspec
from drivers.modbus.faults import SILENT, BusFault, Fault
from drivers.modbus.model import DeviceModel, Identify, Register, Value

ReadOne = Callable[[Register], Awaitable[Value | None]]


class NotFound(Exception):
    """Something answers, but it is not what the installer said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a device turned out to be.

    Args:
        registers: that it has, with addresses.
        variants: which of its model's variants it is.
        found: its SunSpec models.
        headers: address -> model number and length that must stand there with every poll.
        problem: what does not fit, in the installer's words; "" when all does.
    """

    registers: tuple[Register, ...]
    variants: frozenset[str] = frozenset()
    found: tuple[sunspec.Found, ...] = ()
    headers: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    problem: str = ""


async def recognise(
    model: DeviceModel, read_one: ReadOne, read_holding: sunspec.ReadHolding
) -> Identity:
    """Ask the device what it is.

    Raises:
        BusFault: it is silent.
        NotFound: it is no SunSpec device though the model says so.
    """
    found: list[sunspec.Found] = []
    if model.sunspec:
        found = await sunspec.walk(read_holding, model.sunspec_bases or sunspec.BASES)
        if not found:
            raise NotFound("it has no SunSpec marker; is SunSpec switched on, and unit right?")
    variants, problems = set[str](), list[str]()
    for identify in model.identify:
        value = await _tell(identify, found, read_one)
        variants |= {v for key, v in identify.variants.items() if matches(value, key)}
        if value is not None and not _expected(identify, value):
            problems.append(
                f"it says {value!r} where a {model.title} says {identify.expect!r}; "
                "is driver: the right device model?"
            )
    registers = sunspec.placed(model.registers_for(variants), found)
    headers = sunspec.headers(found, registers)
    return Identity(
        registers=(*(register for _, register in headers), *registers),
        variants=frozenset(variants),
        found=tuple(found),
        headers={model.start: (model.model, model.length) for model, _ in headers},
        problem="; ".join(problems),
    )


async def _tell(
    identify: Identify, found: Sequence[sunspec.Found], read_one: ReadOne
) -> Value | None:
    placed = sunspec.placed([identify.register], found)
    if not placed:
        return None
    try:
        return await read_one(placed[0])
    except BusFault as fault:
        if fault.fault in SILENT and fault.fault is not Fault.BUSY:
            raise
        return None


def _expected(identify: Identify, value: Value) -> bool:
    return identify.expect is None or matches(value, identify.expect)


def matches(value: Value | None, expected: str | int) -> bool:
    """Whether a value is the expected one; a * in a text stands for any characters."""
    if value is None:
        return False
    return value == expected or fnmatchcase(str(value), str(expected))
