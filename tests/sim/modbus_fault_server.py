"""A Modbus server that misbehaves on demand; written from the specification, not from Hearth.

Register n of every unit holds n modulo 65536, so that an answer to another question shows.
"""

import asyncio
import struct
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

READS = (1, 2, 3, 4)


@dataclass(frozen=True)
class Behaviour:
    """How one request is answered.

    Args:
        late_s: the answer comes this much later; on serial frames to whoever is connected then.
        exception: code instead of an answer.
        drop_words: so many registers fewer than asked.
        function: answer with this function code.
        shift: answer as if another address had been asked.
        unit: answer as this unit.
        silent, reset, close: no answer at all.
        garbage: these bytes instead.
    """

    late_s: float = 0.0
    exception: int | None = None
    drop_words: int = 0
    function: int | None = None
    shift: int = 0
    unit: int | None = None
    silent: bool = False
    reset: bool = False
    close: bool = False
    garbage: bytes | None = None


GOOD = Behaviour()


def crc16(frame: bytes) -> bytes:
    crc = 0xFFFF
    for byte in frame:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return struct.pack("<H", crc)


@dataclass
class FaultServer:
    """One endpoint.

    Args:
        rtu: serial frames over TCP, as a transparent gateway passes them on.
        rule: behaviour by (unit, function, address, count); `script` comes first.
    """

    rtu: bool = False
    rule: Callable[[int, int, int, int], Behaviour] = lambda *_: GOOD
    script: deque[Behaviour] = field(default_factory=deque)
    requests: list[tuple[int, int, int, int]] = field(default_factory=list)
    written: dict[tuple[int, int], int] = field(default_factory=dict)
    accepted: int = 0
    open_now: int = 0
    most_at_once: int = 0
    port: int = 0

    async def __aenter__(self) -> Self:
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self.accepted += 1
        self.open_now += 1
        self.most_at_once = max(self.most_at_once, self.open_now)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while await self._one(reader, writer):
                    pass
        finally:
            self.open_now -= 1
            self._writers.remove(writer)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = b"" if self.rtu else await reader.readexactly(6)
        unit, function = await reader.readexactly(2)
        body = await reader.readexactly(4)
        if function in (15, 16):
            (size,) = more = await reader.readexactly(1)
            body += more + await reader.readexactly(size)
        if self.rtu:
            await reader.readexactly(2)
        address, count = struct.unpack(">HH", body[:4])
        self.requests.append((unit, function, address, count))
        told = self.script.popleft() if self.script else self.rule(unit, function, address, count)
        if told.reset:
            writer.transport.abort()
            return False
        if told.close:
            return False
        if told.silent:
            return True
        frame = told.garbage
        if frame is None:
            frame = self._frame(head[:2], told, unit, function, body)
        if told.late_s:
            task = asyncio.create_task(self._later(told.late_s, frame, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            writer.write(frame)
        return True

    async def _later(self, late_s: float, frame: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(late_s)
        if self.rtu and self._writers:
            writer = self._writers[-1]  # the gateway does not know whose answer it is
        if not writer.is_closing():
            writer.write(frame)

    def _frame(
        self, transaction: bytes, told: Behaviour, unit: int, function: int, body: bytes
    ) -> bytes:
        pdu = self._pdu(told, unit, function, body)
        unit = unit if told.unit is None else told.unit
        if self.rtu:
            frame = bytes([unit]) + pdu
            return frame + crc16(frame)
        return transaction + struct.pack(">HHB", 0, len(pdu) + 1, unit) + pdu

    def _pdu(self, told: Behaviour, unit: int, function: int, body: bytes) -> bytes:
        if told.exception is not None:
            return bytes([function | 0x80, told.exception])
        code = function if told.function is None else told.function
        address, count = struct.unpack(">HH", body[:4])
        if function not in READS:
            for offset, value in self._values(function, body):
                self.written[unit, address + offset] = value
            return bytes([code]) + body[:4]
        shown = range(address + told.shift, address + told.shift + count - told.drop_words)
        words = b"".join(struct.pack(">H", self.value(unit, a)) for a in shown)
        return bytes([code, len(words)]) + words

    def value(self, unit: int, address: int) -> int:
        return self.written.get((unit, address), address & 0xFFFF)

    @staticmethod
    def _values(function: int, body: bytes) -> Iterator[tuple[int, int]]:
        if function == 6:
            yield 0, struct.unpack(">H", body[2:4])[0]
        if function == 16:
            yield from enumerate(struct.unpack(f">{body[4] // 2}H", body[5:]))
