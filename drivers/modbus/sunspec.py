"""Finding SunSpec models, which have no fixed addresses.

A device carries the marker "SunS" at one of a few addresses, followed by models, each with its
number and length before its body (SunSpec Device Information Model Specification V1.1 §4). Some
devices end the chain with 0 or an exception instead of the end model; that ends the walk, too.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from drivers.modbus.blocks import Span
from drivers.modbus.faults import BusFault, Fault
from drivers.modbus.model import Register, Table, Tier

MARKER: Final = (0x5375, 0x6E53)
BASES: Final = (40000, 0, 50000)
END_MODEL: Final = 0xFFFF
HEADER: Final = 2
MODELS_MAX: Final = 64
"""A chain longer than this is a device that answers nonsense."""
LAST_ADDRESS: Final = 0xFFFF

ReadHolding = Callable[[int, int], Awaitable[Sequence[int]]]
"""Address and count -> registers; raises BusFault."""

_NOT_HERE = frozenset({Fault.ILLEGAL_ADDRESS, Fault.ILLEGAL_VALUE, Fault.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One model on a device.

    Args:
        start: address of its header (number, then length).
        length: registers of its body, as the device states.
    """

    model: int
    start: int
    length: int

    def span(self, unit: int) -> Span:
        return Span(unit, Table.HOLDING, self.start, self.start + HEADER + self.length)


async def walk(read: ReadHolding, bases: Iterable[int] = BASES) -> list[Found]:
    """Return the models in the order of their addresses; empty if this is no SunSpec device.

    Raises:
        BusFault: the device fell silent on the way.
    """
    for base in bases:
        if await _ask(read, base, HEADER) == MARKER:
            return await _chain(read, base + HEADER)
    return []


async def still_there(read: ReadHolding, found: Sequence[Found]) -> bool:
    """Whether marker and first header are where they were; cheap, for after a reconnect."""
    if not found:
        return False
    first = found[0]
    words = await _ask(read, first.start - HEADER, 2 * HEADER)
    return words == (*MARKER, first.model, first.length)


async def _chain(read: ReadHolding, start: int) -> list[Found]:
    found: list[Found] = []
    while len(found) < MODELS_MAX and start + HEADER <= LAST_ADDRESS:
        header = await _ask(read, start, HEADER)
        if header is None or header[0] in (END_MODEL, 0):
            break
        model, length = header
        if start + HEADER + length > LAST_ADDRESS + 1:
            break
        found.append(Found(model=model, start=start, length=length))
        start += HEADER + length
    return found


async def _ask(read: ReadHolding, address: int, count: int) -> tuple[int, ...] | None:
    try:
        return tuple(await read(address, count))
    except BusFault as fault:
        if fault.fault in _NOT_HERE:
            return None
        raise


def placed(registers: Iterable[Register], found: Sequence[Found]) -> list[Register]:
    """The points that the device has, with real addresses; others are left as they are.

    A point counts only if it and its scale factor lie within the length that the device states
    (old revisions of a model are shorter). Of a model that occurs several times the first is
    used, like the first of the models that a point may stand in.
    """
    first: dict[int, Found] = {}
    for model in found:
        first.setdefault(model.model, model)
    points = []
    for register in registers:
        if not register.sunspec_models:
            points.append(register)
            continue
        home = next((first[m] for m in register.sunspec_models if m in first), None)
        if home is not None and _fits(register, home):
            points.append(register.placed(home.start))
    return points


def _fits(register: Register, home: Found) -> bool:
    if register.offset_in_model is None:
        return False
    last = register.offset_in_model + register.count
    if register.sf_offset_in_model is not None:
        last = max(last, register.sf_offset_in_model + 1)
    return last <= HEADER + home.length


def headers(found: Iterable[Found], used: Iterable[Register]) -> list[tuple[Found, Register]]:
    """The models in use and, for each, a register that holds its number and length.

    It is read together with the most urgent values of its model, so that each poll checks that
    they are still where they were: Fronius switches from model 103 to 113 by a user setting,
    which moves everything behind it.
    """
    tiers: dict[int, Tier] = {}
    by_start = sorted(found, key=lambda model: model.start)
    for register in used:
        if register.sunspec_models and register.address is not None:
            start = max(m.start for m in by_start if m.start <= register.address)
            tiers[start] = min(tiers.get(start, Tier.NEVER), register.tier, key=_URGENCY)
    return [
        (m, header_register(m.start, tiers[m.start]))
        for m in by_start
        if tiers.get(m.start, Tier.NEVER) is not Tier.NEVER
    ]


_URGENCY = list(Tier).index


def header_register(start: int, tier: Tier) -> Register:
    return Register(role="sunspec", name=f"header_{start}", address=start, type="u32", tier=tier)
