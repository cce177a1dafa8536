"""A Modbus server over TCP, MBAP or RTU frames, with the manners of a given device.

One callback per request keeps it quick: a demo at a thousand times real time asks often.
"""

import asyncio
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from simulators.registers import BUSY, ILLEGAL_FUNCTION, ILLEGAL_VALUE, Device, Fault

_READS = frozenset({3, 4})
_LONGEST_FRAME = 260


def crc16(data: bytes) -> int:
    """CRC of RTU frames, to be sent low byte first (Modbus over serial line V1.02, 6.2.2)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


@dataclass(slots=True, kw_only=True)
class ModbusServer:
    """Args:
    before: called before each request, e.g. to let the physics catch up.
    """

    device: Device
    before: Callable[[], None] = lambda: None
    seed: int = 1
    requests: int = 0
    _clients: set["_Client"] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def start(self, port: int, host: str = "127.0.0.1") -> int:
        """Listen; returns the port, which the system chooses when 0 is asked."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Client(self), host, port)
        chosen: int = self._server.sockets[0].getsockname()[1]
        return chosen

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for client in list(self._clients):
            client.close()

    def full(self) -> bool:
        most = self.device.max_clients
        return most is not None and len(self._clients) >= most

    def answer(self, unit: int, pdu: bytes) -> bytes | None:
        """The PDU to answer with; None = the device stays silent."""
        self.requests += 1
        bank = self.device.units.get(unit)
        function = pdu[0]
        try:
            if bank is None:
                if self.device.unknown_unit is None:
                    return None
                raise Fault(self.device.unknown_unit)
            if self.device.faults:
                self._fail_sometimes()
            self.before()
            if function in _READS and len(pdu) == 5:
                start, count = struct.unpack(">HH", pdu[1:])
                words = bank.read(function, start, count)
                return struct.pack(f">BB{count}H", function, 2 * count, *words)
            if function == 6 and len(pdu) == 5:
                start, value = struct.unpack(">HH", pdu[1:])
                bank.write(function, start, (value,))
                return pdu
            if function == 16 and len(pdu) >= 8:
                start, count, size = struct.unpack(">HHB", pdu[1:6])
                if size != 2 * count or len(pdu) != 6 + size:
                    raise Fault(ILLEGAL_VALUE)
                bank.write(function, start, struct.unpack(f">{count}H", pdu[6:]))
                return pdu[:5]
            raise Fault(ILLEGAL_FUNCTION)
        except Fault as fault:
            return bytes((function | 0x80, fault.code))

    def _fail_sometimes(self) -> None:
        if random.Random(f"{self.seed}/{self.requests}").random() < self.device.faults:
            raise Fault(BUSY)


class _Client(asyncio.Protocol):
    def __init__(self, server: ModbusServer) -> None:
        self.server = server
        self.buffer = b""
        self.transport: asyncio.Transport | None = None
        self.hears_from_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport) or self.server.full():
            transport.close()
            return
        self.transport = transport
        self.server._clients.add(self)  # noqa: SLF001 -- the server's other half
        now_s = asyncio.get_running_loop().time()
        self.hears_from_s = now_s + self.server.device.connect_delay_s

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.server._clients.discard(self)  # noqa: SLF001 -- the server's other half
        self.transport = None

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self.transport is None or asyncio.get_running_loop().time() < self.hears_from_s:
            return
        self.buffer += data
        take = self._take_rtu if self.server.device.framer == "rtu" else self._take_mbap
        while self.transport is not None and take():
            pass

    def _take_mbap(self) -> bool:
        """Answer one MBAP frame if there is a whole one; a stream out of step is closed."""
        if len(self.buffer) < 8 or self.transport is None:
            return False
        transaction, protocol, length = struct.unpack(">HHH", self.buffer[:6])
        if protocol != 0 or not 2 <= length <= _LONGEST_FRAME - 6:
            self.close()
            return False
        if len(self.buffer) < 6 + length:
            return False
        unit, pdu = self.buffer[6], self.buffer[7 : 6 + length]
        self.buffer = self.buffer[6 + length :]
        reply = self.server.answer(unit, pdu)
        if reply is not None:
            header = struct.pack(">HHHB", transaction, 0, len(reply) + 1, unit)
            self.transport.write(header + reply)
        return True

    def _take_rtu(self) -> bool:
        """Answer one RTU frame if there is a whole one; a broken one is dropped in silence."""
        if len(self.buffer) < 8 or self.transport is None:
            return False
        size = 9 + self.buffer[6] if self.buffer[1] == 16 else 8
        if len(self.buffer) < size:
            return False
        frame, self.buffer = self.buffer[:size], self.buffer[size:]
        if crc16(frame[:-2]) != int.from_bytes(frame[-2:], "little"):
            self.buffer = b""
            return False
        reply = self.server.answer(frame[0], frame[1:-2])
        if reply is not None:
            answer = frame[:1] + reply
            self.transport.write(answer + crc16(answer).to_bytes(2, "little"))
        return True
