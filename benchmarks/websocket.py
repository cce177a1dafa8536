"""A WebSocket client that costs next to nothing, so that servers are measured and not clients.

RFC 6455 as far as it goes between two well-behaved programs on one machine: whole text frames,
no compression. The mask is zero, which leaves the payload as it is.
"""

import asyncio
import struct
from collections.abc import Callable

_FIN_TEXT = 0x81
_MASKED = 0x80
_TWO_BYTES, _EIGHT_BYTES = 126, 127
_PONG_FRAME = b"\x8a\x80\0\0\0\0"


class WebSocket(asyncio.Protocol):
    """Args:
    on_text: called with each text, from the event loop.
    """

    def __init__(self, host: str, path: str, on_text: Callable[[bytes], None]) -> None:
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: aGVhcnRoLWJlbmNobWFyaw==\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
        ).encode()
        self._on_text = on_text
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()
        if not self.open.done():
            self.open.set_exception(exc or ConnectionError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.open.done() and not self._greeted():
            return
        while self._take():
            pass

    def send(self, text: bytes) -> None:
        assert self._transport is not None
        self._transport.write(frame(text))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _greeted(self) -> bool:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        self._buffer = rest
        status = head.split(b"\r\n", 1)[0]
        if b" 101 " not in status:
            self.open.set_exception(ConnectionError(status.decode(errors="replace")))
            return False
        self.open.set_result(None)
        return True

    def _take(self) -> bool:
        """Handle one frame; False if there is no whole one."""
        data = self._buffer
        if len(data) < 2:
            return False
        length, start = data[1], 2
        if length == _TWO_BYTES:
            if len(data) < 4:
                return False
            length, start = struct.unpack_from(">H", data, 2)[0], 4
        elif length == _EIGHT_BYTES:
            if len(data) < 10:
                return False
            length, start = struct.unpack_from(">Q", data, 2)[0], 10
        if len(data) < start + length:
            return False
        payload, self._buffer = data[start : start + length], data[start + length :]
        match data[0] & 0x0F:
            case 1:
                self._on_text(payload)
            case 9 if self._transport is not None:
                self._transport.write(_PONG_FRAME)
            case 8:
                self.close()
            case _:
                pass
        return True


def frame(text: bytes) -> bytes:
    """One masked text frame; the mask is zero."""
    if len(text) < _TWO_BYTES:
        head = bytes((_FIN_TEXT, _MASKED | len(text)))
    else:
        assert len(text) < 65536
        head = struct.pack(">BBH", _FIN_TEXT, _MASKED | _TWO_BYTES, len(text))
    return head + b"\0\0\0\0" + text


async def connect(port: int, path: str, on_text: Callable[[bytes], None]) -> WebSocket:
    """Connect to a server on this machine.

    Raises:
        OSError: it is not there, or wants nothing to do with us.
    """
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(
        lambda: WebSocket(f"127.0.0.1:{port}", path, on_text), "127.0.0.1", port
    )
    await client.open
    return client
