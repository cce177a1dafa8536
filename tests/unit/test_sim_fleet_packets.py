"""The fleet's own bytes of MQTT, and how long its agents wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.fleet import packets
from simulators.fleet.agent import Agent, Counts, Manner


@given(payload=st.binary(max_size=400), cut=st.integers(1, 50), five=st.booleans())
def test_packets_come_out_whole_however_they_are_cut(payload: bytes, cut: int, five: bool) -> None:  # noqa: FBT001
    wire = packets.publish("a/b", payload, 7, five=five) + packets.puback(9)
    buffer, out = bytearray(), []
    for at in range(0, len(wire), cut):
        buffer += wire[at : at + cut]
        out += list(packets.split(buffer))
    (first, flags, body), second = out
    assert first == packets.PUBLISH
    assert packets.published(flags, body, five=five) == packets.Published("a/b", payload, 7)
    assert second == (packets.PUBACK, 0, b"\x00\x09")
    assert buffer == b""


def test_a_length_without_an_end_is_broken() -> None:
    with pytest.raises(packets.Broken):
        list(packets.split(bytearray(b"\x30\xff\xff\xff\xff\xff")))


def test_the_pause_before_a_reconnect_is_full_jitter_and_at_most_five_minutes() -> None:
    agent = Agent("a", Manner(), Counts())
    pauses = [agent.pause_s() for _ in range(40)]
    assert pauses[0] <= 1
    assert all(0 <= pause <= min(300, 2**n) for n, pause in enumerate(pauses))
    assert max(pauses[9:]) > 30
