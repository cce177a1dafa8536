"""One Modbus connection, from open to close, that believes nothing unchecked.

pymodbus 3.16 is used as a frame engine only. It hands out short answers and answers to another
function as if they were right, mixes up late answers on RTU framing, and notices a reset only at
the time-out; each of these is caught here. A connection is never opened twice: a new attempt
gets a new object, since a second connect() of the same one leaks a socket and locks Hearth out
of devices that serve one client.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from drivers.modbus.faults import BusFault, Fault, fault_of_code

if TYPE_CHECKING:
    from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
    from pymodbus.pdu import ModbusPDU

log = logging.getLogger(__name__)

READ_COILS: Final = 1
READ_DISCRETE: Final = 2
READ_HOLDING: Final = 3
READ_INPUT: Final = 4
WRITE_COIL: Final = 5
WRITE_REGISTER: Final = 6
WRITE_COILS: Final = 15
WRITE_REGISTERS: Final = 16

_MBAP_BYTES = 7
_EXCEPTION_BIT = 0x80


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where devices hang: a network address or a serial line.

    Args:
        where: host name or address, or the path of the serial adapter.
        port: TCP port; 0 = serial line.
        framer: socket (Modbus TCP) or rtu (serial frames).
    """

    where: str
    port: int = 0
    framer: str = "socket"
    baudrate: int = 9600
    parity: str = "N"

    @property
    def is_serial(self) -> bool:
        return self.port == 0

    def __str__(self) -> str:
        return self.where if self.is_serial else f"{self.where}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to one unit; `values` are what is to be written, `count` what is read."""

    unit: int
    function: int
    address: int
    count: int = 1
    values: tuple[int, ...] = ()

    @property
    def writes(self) -> bool:
        return self.function in (WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS)

    @property
    def answer_bytes(self) -> int | None:
        """Payload length that the answer must state; None for writes."""
        if self.function in (READ_HOLDING, READ_INPUT):
            return 2 * self.count
        return None if self.writes else (self.count + 7) // 8

    def __str__(self) -> str:
        return f"function {self.function} at {self.address} of unit {self.unit}"


class Wire:
    """One connection. After any fault but an exception answer it must be closed."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.broken: BusFault | None = None
        self._client: AsyncModbusTcpClient | AsyncModbusSerialClient | None = None
        self._deadline: asyncio.Timeout | None = None
        self._asked: Request | None = None
        self._transaction = b""

    async def open(self, timeout_s: float) -> None:
        """Connect once.

        Raises:
            OSError: refused, unreachable, no such adapter; TimeoutError is one of them.
        """
        self._client = client = _new_client(self.endpoint, self._on_packet, self._on_connection)
        opened = False
        try:
            async with asyncio.timeout(timeout_s):
                # connect() of the client would hide the reason
                client.ctx.transport, _ = await client.ctx.call_create()
            opened = True
        finally:
            if not opened:
                self.close()

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    async def ask(self, request: Request, timeout_s: float) -> tuple[int, ...]:
        """Send one request and return the registers, or bits, that it asked for.

        Raises:
            BusFault: what went wrong.
        """
        if self._client is None or self.broken is not None:
            raise self.broken or BusFault(Fault.LINK_DOWN, "the connection is closed")
        from pymodbus.exceptions import ModbusException

        self._asked = request
        wanted_to_end = _cancellations()
        try:
            async with asyncio.timeout(timeout_s) as self._deadline:
                answer = await _send(self._client, request)
        except TimeoutError:
            raise self.broken or _silence(request, timeout_s) from None
        except ModbusException as error:
            raise self.broken or BusFault(Fault.MIXED_UP, str(error)) from None
        finally:
            self._deadline = self._asked = None
        if _cancellations() > wanted_to_end:
            # wait_for of Python 3.11 loses a cancellation that comes together with the answer
            raise asyncio.CancelledError
        if self.broken is not None:
            raise self.broken
        return _checked(request, answer)

    def _break(self, fault: BusFault) -> None:
        """Give up the connection now instead of at the time-out."""
        self.broken = self.broken or fault
        if self._deadline is not None:
            with suppress(RuntimeError):  # it has just ended by itself
                self._deadline.reschedule(asyncio.get_running_loop().time())

    def _on_connection(self, connected: bool) -> None:  # noqa: FBT001 - pymodbus' signature
        if not connected:
            self._break(BusFault(Fault.LINK_DOWN, f"{self.endpoint} closed the connection"))

    def _on_packet(self, sending: bool, data: bytes) -> bytes:  # noqa: FBT001 - pymodbus' signature
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s %s %s", self.endpoint, ">" if sending else "<", data.hex(" "))
        if sending:
            self._transaction = data[:2]
            return data
        request = self._asked
        if request is None or self.broken is not None:
            return b""
        if self.endpoint.framer == "rtu":
            return self._screened_rtu(data, request)
        return self._screened_socket(data, request)

    def _screened_socket(self, data: bytes, request: Request) -> bytes:
        if len(data) <= _MBAP_BYTES:
            return data
        if data[2:4] != b"\0\0":
            return self._mixed_up(f"{self.endpoint} speaks something that is not Modbus TCP")
        if data[:2] != self._transaction:
            return data  # late: pymodbus skips it
        if data[_MBAP_BYTES] & ~_EXCEPTION_BIT != request.function:
            return self._mixed_up(f"the answer to {request} speaks of another function")
        if data[6] == 0 != request.unit:
            # Huawei's own access points and some gateways answer as unit 0
            return data[:6] + bytes([request.unit]) + data[7:]
        return data

    def _screened_rtu(self, data: bytes, request: Request) -> bytes:
        """Without a transaction id a stale answer shows only by function and length."""
        if len(data) < 3 or data[0] != request.unit:  # noqa: PLR2004 - unit, function, length
            return data
        if data[1] & ~_EXCEPTION_BIT != request.function:
            return self._mixed_up(f"the answer to {request} speaks of another function")
        stated = request.answer_bytes
        if stated is not None and data[1] == request.function and data[2] != stated:
            return self._mixed_up(f"the answer to {request} has another length")
        return data

    def _mixed_up(self, sentence: str) -> bytes:
        self._break(BusFault(Fault.MIXED_UP, sentence))
        return b""


def _cancellations() -> int:
    """How often the running task was asked to end and has not yet."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0


def _new_client(
    endpoint: Endpoint,
    on_packet: Callable[[bool, bytes], bytes],
    on_connection: Callable[[bool], None],
) -> "AsyncModbusTcpClient | AsyncModbusSerialClient":
    from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
    from pymodbus.framer import FramerType

    # its warnings repeat per request what Hearth says once per outage
    logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
    if endpoint.is_serial:
        return AsyncModbusSerialClient(
            endpoint.where,
            baudrate=endpoint.baudrate,
            parity=endpoint.parity,
            timeout=_NEVER_S,
            retries=0,
            reconnect_delay=0,
            trace_packet=on_packet,
            trace_connect=on_connection,
        )
    return AsyncModbusTcpClient(
        endpoint.where,
        port=endpoint.port,
        framer=FramerType(endpoint.framer),
        timeout=_NEVER_S,
        retries=0,
        reconnect_delay=0,
        trace_packet=on_packet,
        trace_connect=on_connection,
    )


_NEVER_S = 3600.0
"""Time-outs are ours, since they differ per device on one bus."""


async def _send(
    client: "AsyncModbusTcpClient | AsyncModbusSerialClient", request: Request
) -> "ModbusPDU":
    unit, address, count, values = request.unit, request.address, request.count, request.values
    match request.function:
        case 1:
            return await client.read_coils(address, count=count, device_id=unit)
        case 2:
            return await client.read_discrete_inputs(address, count=count, device_id=unit)
        case 3:
            return await client.read_holding_registers(address, count=count, device_id=unit)
        case 4:
            return await client.read_input_registers(address, count=count, device_id=unit)
        case 5:
            return await client.write_coil(address, bool(values[0]), device_id=unit)
        case 6:
            return await client.write_register(address, values[0], device_id=unit)
        case 15:
            return await client.write_coils(address, [bool(v) for v in values], device_id=unit)
        case 16:
            return await client.write_registers(address, list(values), device_id=unit)
        case unknown:
            raise ValueError(f"Modbus function {unknown} is not used by Hearth")


def _checked(request: Request, answer: "ModbusPDU") -> tuple[int, ...]:
    """The registers or bits of an answer that fits its request in function, place and length."""
    if answer.isError():
        raise fault_of_code(answer.exception_code)
    if answer.function_code != request.function:
        raise BusFault(Fault.MIXED_UP, f"the answer to {request} speaks of another function")
    if request.writes:
        if answer.address != request.address:
            raise BusFault(Fault.MIXED_UP, f"the answer to {request} names another register")
        return ()
    if request.function in (READ_COILS, READ_DISCRETE):
        found = tuple(int(bit) for bit in answer.bits[: request.count])
    else:
        found = tuple(answer.registers)
    if len(found) != request.count:
        raise BusFault(
            Fault.SHORT, f"asked for {request.count} values by {request}, got {len(found)}"
        )
    return found


def _silence(request: Request, timeout_s: float) -> BusFault:
    return BusFault(Fault.TIMEOUT, f"no answer within {timeout_s:g} s to {request}")
