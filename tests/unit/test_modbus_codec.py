"""Words on the wire and values with a unit."""

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.codec import decode, encode
from drivers.modbus.model import Register, WordOrder

RANGES = {
    "u16": (0, 2**16 - 1),
    "s16": (-(2**15), 2**15 - 1),
    "u32": (0, 2**32 - 1),
    "s32": (-(2**31), 2**31 - 1),
    "u64": (0, 2**64 - 1),
    "s64": (-(2**63), 2**63 - 1),
}


def register(kind: str, **more: object) -> Register:
    return replace(Register(role="grid", name="power_w", address=0, type=kind), **more)  # type: ignore[arg-type]


@given(st.sampled_from(sorted(RANGES)), st.sampled_from(list(WordOrder)), st.data())
def test_what_is_written_is_what_is_read(kind: str, order: WordOrder, data: st.DataObject) -> None:
    low, high = RANGES[kind]
    raw = data.draw(st.integers(low, high))
    place = register(kind, word_order=order)
    assert decode(place, encode(place, raw)) == raw


@given(st.floats(-1e6, 1e6), st.sampled_from([-1.0, 0.1, 0.01, -0.01, 10.0, 1.0]))
def test_a_scaled_value_comes_back_within_half_a_step(value: float, scale: float) -> None:
    place = register("s64", scale=scale)
    found = decode(place, encode(place, value))
    assert isinstance(found, float | int)
    assert abs(found - value) <= abs(scale) / 2 + 1e-6


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.sampled_from(list(WordOrder)))
def test_a_float_survives_the_wire(value: float, order: WordOrder) -> None:
    place = register("f32", word_order=order)
    assert decode(place, encode(place, value)) == pytest.approx(value, abs=1e-9)


def test_the_order_of_words_is_the_registers() -> None:
    assert encode(register("u32"), 0x00010002) == [1, 2]
    assert encode(register("u32", word_order=WordOrder.LOW_FIRST), 0x00010002) == [2, 1]
    assert decode(register("s32", word_order=WordOrder.LOW_FIRST), [0xFFFE, 0xFFFF]) == -2


def test_a_pattern_for_no_value_is_compared_before_scaling() -> None:
    place = register("s32", scale=-1.0, nan=(0x7FFFFFFF,))
    assert decode(place, [0x7FFF, 0xFFFF]) is None
    assert decode(place, [0x7FFF, 0xFFFE]) == -0x7FFFFFFE


def test_a_pattern_for_no_value_is_seen_in_either_word_order() -> None:
    place = register("u32", word_order=WordOrder.LOW_FIRST, nan=(0x80000000,))
    assert decode(place, [0x0000, 0x8000]) is None
    assert decode(place, [0x8000, 0x0000]) == 0x8000


@pytest.mark.parametrize("bits", [0x7FC00000, 0x7F800000, 0xFF800000, 0x7FFFFFFF])
def test_a_float_that_is_no_number_is_no_value(bits: int) -> None:
    assert decode(register("f32"), list(struct.unpack(">2H", struct.pack(">I", bits)))) is None


def test_a_scale_factor_moves_the_point() -> None:
    place = register("s16", sf_address=1)
    assert decode(place, [1234], 0xFFFF) == 123.4
    assert decode(place, [1234], 2) == 123400
    assert encode(place, 123.4, 0xFFFF) == [1234]


@pytest.mark.parametrize("factor", [None, 0x8000, 11, 0xFFF5])
def test_without_a_sound_scale_factor_the_value_is_unknown(factor: int | None) -> None:
    place = register("s16", sf_address=1)
    assert decode(place, [1234], factor) is None
    with pytest.raises(ValueError, match="power_w: the device has not told the scale"):
        encode(place, 5, factor)


def test_scaling_leaves_no_dust_behind_the_point() -> None:
    assert decode(register("u16", scale=0.1), [2301]) == 230.1


def test_a_number_of_the_enum_becomes_its_word_and_another_stays() -> None:
    place = register("u16", enum={2: "running"})
    assert decode(place, [2]) == "running"
    assert decode(place, [9]) == 9


def test_a_text_ends_at_the_first_nul_and_loses_its_padding() -> None:
    words = list(struct.unpack(">4H", b"SH10\0X  "))
    assert decode(register("str4"), words) == "SH10"
    assert decode(register("str2"), [0x2020, 0]) is None
    assert decode(register("str1"), [0xFFFF]) is None


def test_raw_words_and_bits_are_passed_on() -> None:
    assert decode(register("raw2"), [0x12, 0xABCD]) == "0012abcd"
    assert decode(register("bit"), [1]) == 1
    assert encode(register("bit"), 1.0) == [1]


@pytest.mark.parametrize(("kind", "value"), [("u16", -1), ("u16", 65536), ("s16", 40000)])
def test_a_value_that_does_not_fit_is_refused_by_name(kind: str, value: float) -> None:
    with pytest.raises(ValueError, match=r"power_w: .* does not fit into a"):
        encode(register(kind, unit="W"), value)


def test_a_float_too_large_for_its_register_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        encode(register("f32"), 1e300)


def test_a_text_register_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="a str4 cannot be written"):
        encode(register("str4"), 1)


def test_too_few_words_are_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="has 2 words, got 1"):
        decode(register("u32"), [1])
