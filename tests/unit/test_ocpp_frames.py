"""Framing: whatever a charger sends, reading it never raises."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.ocpp import rpc

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)

GOOD = json.dumps(
    [2, "1", "StartTransaction", {"connectorId": 1, "idTag": "CARD1234", "meterStart": 5}]
).encode()


@settings(deadline=None)
@given(st.binary())
@example(b"[" * 200_000)
@example(b"[2," + b"9" * 5000 + b',"Heartbeat",{}]')
@example(b'[2,"\\ud800","Heartbeat",{}]')
@example(b'[2,"a","Heartbeat",{"x":NaN}]')
@example(b"\xff\xfe")
def test_any_bytes_become_a_frame_or_a_reason(data: bytes) -> None:
    answerable(rpc.read_frame(data))


@settings(deadline=None)
@given(st.lists(json_values, max_size=6), st.sampled_from([2, 3, 4, "2", 2.0]))
def test_any_list_becomes_a_frame_or_a_reason(rest: list[Any], kind: object) -> None:
    answerable(rpc.read_frame(json.dumps([kind, *rest]).encode()))


@settings(deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255), st.integers(0, 20))
def test_a_mutated_frame_becomes_a_frame_or_a_reason(place: int, byte: int, cut: int) -> None:
    mutated = bytearray(GOOD)
    mutated[place] = byte
    del mutated[place : place + cut]
    answerable(rpc.read_frame(bytes(mutated)))
    assert isinstance(rpc.masked(bytes(mutated)), str)


def answerable(frame: rpc.Frame) -> None:
    """Every frame that wants an answer can be answered."""
    if isinstance(frame, rpc.Call):
        assert rpc.result_frame(frame.id, {})
        assert frame.action.encode()
    elif isinstance(frame, rpc.Unreadable) and frame.id is not None:
        assert rpc.fault_frame(frame.id, "FormationViolation", frame.why)


def test_a_deeply_nested_frame_is_refused_and_a_long_flat_one_is_not() -> None:
    deep = json.dumps([2, "1", "X", {"a": [[[[[[]]]]]] * 2}])
    assert isinstance(rpc.read_frame(deep.encode()), rpc.Call)
    flat = json.dumps([2, "1", "X", {"a": [{"b": [1]}] * 500}])
    assert isinstance(rpc.read_frame(flat.encode()), rpc.Call)
    nested = '[2,1,"X",{"a":' + "[" * 40 + "]" * 40 + "}]"
    assert rpc.read_frame(nested.encode()) == rpc.Unreadable(why="the frame is nested too deeply")


@pytest.mark.parametrize(
    ("frame", "oddities"),
    [
        ([2, "1", "Heartbeat", {}], ()),
        ([2, 1, "Heartbeat", {}], ()),
        ([2, "1", "Heartbeat", {}, 5], ("extra elements in a request",)),
        ([2, "1", "Heartbeat"], ("Heartbeat without fields",)),
        ([2, None, "Heartbeat", {}], ("odd message id",)),
    ],
)
def test_what_was_overlooked_is_said(frame: list[object], oddities: tuple[str, ...]) -> None:
    read = rpc.read_frame(json.dumps(frame).encode())
    assert isinstance(read, rpc.Call)
    assert read.oddities == oddities


def test_an_error_outside_the_standard_is_an_error_like_any_other() -> None:
    frame = rpc.read_frame(b'[4,"7","FormationViolation"]')
    assert frame == rpc.Fault(id="7", code="FormationViolation", description="")


def test_logs_show_no_keys_and_only_the_end_of_a_card() -> None:
    assert rpc.masked(b'[2,"1","Authorize",{"idTag":"04A1B2C3D4"}]') == (
        '[2,"1","Authorize",{"idTag":"...C3D4"}]'
    )
    key = b'[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"0011"}]'
    assert "0011" not in rpc.masked(key)
