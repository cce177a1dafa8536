"""Between the words on the wire and values with a unit.

Bytes inside a word are high first everywhere; the order of the words is the register's. A
pattern that means "no value" is compared before anything is scaled, and becomes None.
"""

import math
import struct
from collections.abc import Sequence

from drivers.modbus.model import Register, Value, WordOrder

_FORMS = {
    "u16": struct.Struct(">H"),
    "s16": struct.Struct(">h"),
    "u32": struct.Struct(">I"),
    "s32": struct.Struct(">i"),
    "u64": struct.Struct(">Q"),
    "s64": struct.Struct(">q"),
    "f32": struct.Struct(">f"),
    "f64": struct.Struct(">d"),
}
_WORDS = {count: struct.Struct(f">{count}H") for count in (1, 2, 4)}
_FLOATS = frozenset({"f32", "f64"})

_LARGEST_SF = 10
_DECIMALS = 9  # hides 230.10000000000002; no register resolves finer
_SIGN_BIT, _WORD_RANGE = 0x8000, 0x10000


def decode(
    register: Register, words: Sequence[int], scale_factor: int | None = None
) -> Value | None:
    """Return the value in the register's unit, or None if the device has none.

    A number that stands in the register's enum becomes its word.

    Args:
        words: as received, in ascending address (or as listed in `register.words`).
        scale_factor: the word at the register's scale factor, for one that has it.

    Raises:
        ValueError: there are more or fewer words than the value has.
    """
    if len(words) != register.count:
        raise ValueError(f"{register.name} has {register.count} words, got {len(words)}")
    if register.type.startswith("str"):
        return _text(words)
    if register.type.startswith("raw"):
        return struct.pack(f">{len(words)}H", *words).hex()
    if register.type == "bit":
        return int(bool(words[0]))
    raw = _bytes(register, words)
    if register.nan and int.from_bytes(raw, "big") in register.nan:
        return None
    number: float = _FORMS[register.type].unpack(raw)[0]
    if register.type in _FLOATS and not math.isfinite(number):
        return None
    if register.enum:
        return register.enum.get(int(number), number)
    factor = _factor(register, scale_factor)
    return None if factor is None else _scaled(register, number, factor)


def encode(register: Register, value: float, scale_factor: int | None = None) -> list[int]:
    """Return the words that make the device hold `value`, rounded to what it can hold.

    Raises:
        ValueError: the value does not fit the register, or its scale factor is unknown; in
            words that name the register.
    """
    factor = _factor(register, scale_factor)
    if factor is None:
        raise ValueError(f"{register.name}: the device has not told the scale of this register")
    if register.type == "bit":
        return [int(bool(value))]
    form = _FORMS.get(register.type)
    if form is None:
        raise ValueError(f"{register.name}: a {register.type} cannot be written")
    plain = factor == 1.0 and not register.offset  # a 64-bit number does not survive a division
    number = value if plain else (value - register.offset) / factor
    try:
        raw = form.pack(number if register.type in _FLOATS else round(number))
    except (struct.error, OverflowError, ValueError) as error:
        raise ValueError(
            f"{register.name}: {value:g} {register.unit}".rstrip()
            + f" does not fit into a {register.type} with scale {factor:g}"
        ) from error
    words = list(_WORDS[register.count].unpack(raw))
    return words[::-1] if register.word_order is WordOrder.LOW_FIRST else words


def signed(word: int) -> int:
    """A word as two's complement."""
    return word - _WORD_RANGE if word >= _SIGN_BIT else word


def _bytes(register: Register, words: Sequence[int]) -> bytes:
    if register.word_order is WordOrder.LOW_FIRST:
        words = words[::-1]
    return _WORDS[len(words)].pack(*words)


def _factor(register: Register, scale_factor: int | None) -> float | None:
    if register.sf_address is None and register.sf_offset_in_model is None:
        return register.scale
    if scale_factor is None:
        return None
    exponent = signed(scale_factor)
    return None if abs(exponent) > _LARGEST_SF else register.scale * 10.0**exponent


def _scaled(register: Register, number: float, factor: float) -> float:
    if factor == 1.0 and not register.offset:
        return number
    return round(number * factor + register.offset, _DECIMALS)


def _text(words: Sequence[int]) -> str | None:
    raw = struct.pack(f">{len(words)}H", *words).split(b"\0", 1)[0]
    text = raw.decode("utf-8", errors="ignore")
    return "".join(c for c in text if c.isprintable()).strip() or None
