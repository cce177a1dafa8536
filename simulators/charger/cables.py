"""The two ends that a charge point's cable can have: a house over TCP, or a car of its own."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from simulators.cable import CableServer
from simulators.car import Car
from simulators.clock import SimClock
from simulators.physics import House

_ANSWER_WITHIN_S = 5.0
_PAUSE_S = 0.5

Amps = tuple[float, float, float]
NOTHING: Amps = (0.0, 0.0, 0.0)


class CableLost(Exception):
    """The house is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CableState:
    """What the box measures at its socket at one instant."""

    at_s: float
    plugged: bool = False
    currents_a: Amps = NOTHING
    voltages_v: Amps = (230.0, 230.0, 230.0)
    power_w: float = 0.0
    meter_wh: float = 0.0
    soc_percent: float | None = None

    @classmethod
    def parse(cls, wire: dict[str, Any]) -> "CableState":
        """Raises:
        CableLost: the house refused.
        """
        if "error" in wire:
            raise CableLost(str(wire["error"]))
        return cls(
            at_s=wire["at_s"],
            plugged=wire["plugged"],
            currents_a=tuple(wire["currents_a"]),
            voltages_v=tuple(wire["voltages_v"]),
            power_w=wire["power_w"],
            meter_wh=wire["meter_wh"],
            soc_percent=wire["soc_percent"],
        )


class Cable(Protocol):
    async def run(self, changed: Callable[[], None]) -> None:
        """Hold the cable for ever; `changed` is called when the house has news."""

    async def ask(self, offer: Amps | None = None) -> CableState:
        """Change the offer if one is given, and return the state of this very instant.

        Raises:
            CableLost: the house is not there.
        """


class HouseCable:
    """A cable to `python -m simulators.house`."""

    def __init__(self, host: str, port: int, bay: str) -> None:
        self.host, self.port, self.bay = host, port, bay
        self._writer: asyncio.StreamWriter | None = None
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0
        self._offer = NOTHING

    async def run(self, changed: Callable[[], None]) -> None:
        while True:
            with contextlib.suppress(OSError, EOFError):
                reader, self._writer = await asyncio.open_connection(self.host, self.port)
                try:
                    hello = {"hello": self.bay, "offer": self._offer}
                    self._writer.write(json.dumps(hello).encode() + b"\n")
                    changed()
                    await self._listen(reader, changed)
                finally:
                    self._writer.close()
                    self._forget()
            await asyncio.sleep(_PAUSE_S)

    async def _listen(self, reader: asyncio.StreamReader, changed: Callable[[], None]) -> None:
        while line := await reader.readline():
            message = json.loads(line)
            future = self._answers.pop(message.get("read", -1), None)
            if future is None:
                changed()
            elif not future.done():
                future.set_result(message)

    def _forget(self) -> None:
        self._writer = None
        for future in self._answers.values():
            if not future.done():
                future.set_exception(CableLost("the house hung up"))
        self._answers.clear()

    async def ask(self, offer: Amps | None = None) -> CableState:
        if self._writer is None:
            raise CableLost("no cable to a house")
        self._number += 1
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[self._number] = future
        message: dict[str, object] = {"bay": self.bay, "read": self._number}
        if offer is not None:
            message["offer"] = self._offer = offer
        self._writer.write(json.dumps(message).encode() + b"\n")
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                return CableState.parse(await future)
        except TimeoutError as error:
            raise CableLost("the house does not answer") from error


class _Quiet:
    """Neither sun nor household."""

    gap_steps = 0

    def pv_w(self, _at_s: float) -> float:
        return 0.0

    def load_w(self, _at_s: float) -> float:
        return 0.0

    def holds_until_s(self, at_s: float) -> float:
        return at_s + 3600.0


class OwnCar:
    """A car without a house, for a charge point alone."""

    def __init__(self, car: Car, clock: SimClock) -> None:
        self.car, self.clock = car, clock
        self.house = House(
            surroundings=_Quiet(), now_s=clock.now_s(), cars=[car], step_s=clock.step_s
        )
        self.house.battery.capacity_wh = 0.0
        self._server = CableServer(self.house, self._catch_up, dict)

    def _catch_up(self) -> None:
        self.house.advance_to(self.clock.now_s())

    async def run(self, changed: Callable[[], None]) -> None:
        changed()
        await asyncio.get_running_loop().create_future()

    async def ask(self, offer: Amps | None = None) -> CableState:
        self._catch_up()
        if offer is not None:
            self.car.offer(offer, self.house.now_s)
        self.house.settle()
        return CableState.parse(self._server.state(self.car))
