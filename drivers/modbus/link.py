"""A bus: the one connection to an endpoint, shared by all devices behind it.

Rules: one request at a time, urgent ones first; the pauses that the slowest device asks for; at
most one connection ever; closed and opened again after every time-out, cancelled request or
mixed-up answer, because a late answer must never be taken for the next one (on RTU framing 17 of
20 reads went wrong without this, measured with pymodbus 3.16.1).
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace

from agent.model.clock import Clock
from agent.model.driver import LinkDown
from drivers.modbus.faults import TRANSIENT, BusFault, Fault
from drivers.modbus.turns import Priority, Turns
from drivers.modbus.wire import Endpoint, Request, Wire

CONNECT_TIMEOUT_S = 5.0
REFUSED_PAUSE_S = 10.0
"""A device that serves one client keeps its slot for a while; asking sooner prolongs it."""
DROPS_MAX = 3
"""Connections that broke in a row without one good answer, before the link counts as down."""
BUSY_PAUSE_S = 0.05
BUSY_PAUSE_MAX_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """What the most delicate device on the bus asks for; see model.Limits.

    Args:
        reopen_pause_s: the time that a device needs to notice that a connection is gone.
        single_client: it serves one client at a time.
    """

    min_pause_s: float = 0.0
    write_pause_s: float = 0.0
    connect_pause_s: float = 0.0
    reopen_pause_s: float = 0.05
    single_client: bool = False


@dataclass(slots=True, kw_only=True)
class Counts:
    """What a bus did since Hearth started."""

    requests: int = 0
    connects: int = 0
    faults: Counter[Fault] = field(default_factory=Counter)

    @property
    def reconnects(self) -> int:
        return max(0, self.connects - 1)


class Bus:
    """One endpoint. All requests of Hearth to it go through here.

    Args:
        either_framer: nobody knows whether serial frames or Modbus TCP are spoken there, as with
            gateways that can do both; change over until something answers.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        clock: Clock,
        pacing: Pacing | None = None,
        either_framer: bool = False,
    ) -> None:
        self.endpoint = endpoint
        self.counts = Counts()
        self._clock = clock
        self._pacing = pacing or Pacing()
        self._turns = Turns()
        self._wire: Wire | None = None
        self._quiet_until_s = float("-inf")
        self._held_until_s = float("-inf")
        self._drops = 0
        self._either_framer = either_framer

    async def open(self) -> None:
        """Wait out what a refusal demands, and connect.

        Raises:
            LinkDown: nothing answers there.
        """
        await self._clock.sleep(max(0.0, self._held_until_s - self._now_s()))
        async with self._turns.turn(Priority.PROBE, self._breathe):
            await self._connected()

    async def close(self) -> None:
        """Close cleanly; a device that serves one client frees its slot only then."""
        self._drop(pause_s=self._pacing.reopen_pause_s)
        await asyncio.sleep(0)  # lets the transport send its FIN

    async def request(
        self, request: Request, *, timeout_s: float, priority: Priority, tries: int = 1
    ) -> tuple[int, ...]:
        """Ask and return the registers; a busy device is asked `tries` times in all.

        Raises:
            BusFault: this request failed; the next one may work.
            LinkDown: there is no connection, or it breaks as soon as it is used.
        """
        for again in range(max(1, tries) - 1):
            try:
                return await self._once(request, timeout_s, priority)
            except BusFault as fault:
                if fault.fault not in TRANSIENT:
                    raise
            await self._clock.sleep(min(BUSY_PAUSE_S * 2**again, BUSY_PAUSE_MAX_S))
        return await self._once(request, timeout_s, priority)

    async def _once(
        self, request: Request, timeout_s: float, priority: Priority
    ) -> tuple[int, ...]:
        async with self._turns.turn(priority, self._breathe):
            wire = await self._connected()
            settled = False
            self.counts.requests += 1
            try:
                answer = await wire.ask(request, timeout_s)
                settled = True
            except BusFault as fault:
                self.counts.faults[fault.fault] += 1
                settled = self._settled(fault)
                self._count_drop(fault)
                raise
            finally:
                if settled:
                    self._either_framer = False
                    self._pause(self._pause_after(request))
                else:
                    self._drop(pause_s=self._settling_s(timeout_s))
                    self._change_framer()
            self._drops = 0
            return answer

    def _settled(self, fault: BusFault) -> bool:
        """Whether nothing more can come of the request, so that the connection may stay."""
        if fault.code is not None:
            return True
        return fault.fault is Fault.SHORT and self.endpoint.framer == "socket"

    def _change_framer(self) -> None:
        if self._either_framer:
            other = "socket" if self.endpoint.framer == "rtu" else "rtu"
            self.endpoint = replace(self.endpoint, framer=other)

    def _count_drop(self, fault: BusFault) -> None:
        if fault.fault is not Fault.LINK_DOWN:
            return
        self._drops += 1
        if self._drops >= DROPS_MAX:
            self._drops = 0
            self._hold()
            raise LinkDown(
                f"{self.endpoint} accepts connections and drops them when asked; "
                "another program may hold its only place"
            ) from fault

    async def _connected(self) -> Wire:
        if self._wire is not None and self._wire.broken is None:
            return self._wire
        if self._wire is not None:
            self._drop(pause_s=self._pacing.reopen_pause_s)
            await self._breathe()
        held_s = self._held_until_s - self._now_s()
        if held_s > 0:
            raise LinkDown(f"{self.endpoint} refused the connection; next try in {held_s:.0f} s")
        wire = Wire(self.endpoint)
        try:
            await wire.open(CONNECT_TIMEOUT_S)
        except OSError as error:
            raise self._unreachable(error) from error
        self._wire = wire
        self.counts.connects += 1
        self._pause(self._pacing.connect_pause_s)
        await self._breathe()
        return wire

    def _unreachable(self, error: OSError) -> LinkDown:
        self.counts.faults[Fault.LINK_DOWN] += 1
        if isinstance(error, TimeoutError):
            return LinkDown(f"no answer from {self.endpoint} within {CONNECT_TIMEOUT_S:g} s")
        if isinstance(error, ConnectionRefusedError):
            self._hold()
            return LinkDown(
                f"{self.endpoint} refuses the connection; "
                "is Modbus switched on, and does no other program hold its place?"
            )
        return LinkDown(f"{self.endpoint} cannot be reached: {error.strerror or error}")

    def _hold(self) -> None:
        if self._pacing.single_client:
            self._held_until_s = self._now_s() + REFUSED_PAUSE_S

    def _drop(self, *, pause_s: float) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None
            self._pause(pause_s)

    def _settling_s(self, timeout_s: float) -> float:
        """A serial line behind a gateway still carries the late answer after a reconnect."""
        return timeout_s if self.endpoint.framer == "rtu" else self._pacing.reopen_pause_s

    def _pause_after(self, request: Request) -> float:
        pacing = self._pacing
        return pacing.write_pause_s if request.writes else pacing.min_pause_s

    def _pause(self, pause_s: float) -> None:
        self._quiet_until_s = max(self._quiet_until_s, self._now_s() + pause_s)

    async def _breathe(self) -> None:
        pause_s = self._quiet_until_s - self._now_s()
        if pause_s > 0:
            await self._clock.sleep(pause_s)

    def _now_s(self) -> float:
        return self._clock.now().mono_s
