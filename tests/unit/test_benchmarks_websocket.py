"""The light WebSocket client of the benchmarks, against bytes cut anywhere."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.websocket import WebSocket, frame

GREETING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def server_frame(text: bytes) -> bytes:
    """As a server sends it: without a mask."""
    if len(text) < 126:
        return bytes((0x81, len(text))) + text
    if len(text) < 65536:
        return b"\x81\x7e" + len(text).to_bytes(2, "big") + text
    return b"\x81\x7f" + len(text).to_bytes(8, "big") + text


def test_a_frame_is_masked_with_zeros() -> None:
    assert frame(b"hi") == b"\x81\x82\0\0\0\0hi"
    assert frame(b"x" * 126) == b"\x81\xfe\0\x7e\0\0\0\0" + b"x" * 126


@given(
    texts=st.lists(st.binary(max_size=300) | st.just(b"y" * 70000), max_size=4),
    cuts=st.lists(st.integers(1, 400), max_size=6),
)
def test_texts_arrive_whole_however_the_bytes_are_cut(texts: list[bytes], cuts: list[int]) -> None:
    async def main() -> list[bytes]:
        found: list[bytes] = []
        client = WebSocket("h", "/", found.append)
        stream = GREETING + b"".join(server_frame(text) for text in texts)
        for cut in cuts:
            client.data_received(stream[:cut])
            stream = stream[cut:]
        client.data_received(stream)
        return found

    assert asyncio.run(main()) == texts
