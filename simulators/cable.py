"""The cable between a house and its charge points: JSON lines over TCP.

A charge point opens a connection and says at which bay it hangs: {"hello": "CP001"}. Then it may
send {"offer": [16, 16, 16]}, the current per phase that it offers (0 = contactor open), or
{"read": 1}; each is answered by a state that is true at that very instant:

    {"bay": "CP001", "at_s": 1717200000.0, "plugged": true, "currents_a": [..], "voltages_v": [..],
     "power_w": .., "meter_wh": .., "soc_percent": ..}

with the number of the question as "read". The house also sends a state by itself when a plug
moves or the current changes. A connection that ends opens the contactor. Anybody may ask
{"truth": true} for the house's own account, move a plug with {"plug": true, "bay": "CP001"}, or
switch on load with {"extra_w": [2000, 0, 0]}, watts per phase until the next word, and in the cars'
circuit with {"circuit_extra_w": [..]}; both are answered with the account.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from simulators.car import Car
from simulators.physics import House

_LONGEST_LINE = 4096


class CableServer:
    """Args:
    catch_up: lets the house advance to the present.
    truth: the house's own account of what happened.
    """

    def __init__(
        self, house: House, catch_up: Callable[[], None], truth: Callable[[], dict[str, object]]
    ) -> None:
        self.house = house
        self.catch_up = catch_up
        self.truth = truth
        self._server: asyncio.Server | None = None
        self._hanging: dict[_Link, Car] = {}
        self._told: dict[_Link, tuple[object, ...]] = {}

    async def start(self, port: int, host: str = "127.0.0.1") -> int:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Link(self), host, port)
        chosen: int = self._server.sockets[0].getsockname()[1]
        return chosen

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for link in list(self._hanging):
            link.close()

    def state(self, car: Car) -> dict[str, object]:
        house = self.house
        return {
            "bay": car.name,
            "at_s": house.now_s,
            "plugged": car.plugged,
            "currents_a": [round(value, 3) for value in car.current_a],
            "voltages_v": [round(value, 1) for value in house.voltages_v],
            "power_w": round(car.power_w, 1),
            "meter_wh": round(car.meter_wh, 3),
            "soc_percent": round(car.soc_percent, 2) if car.plugged else None,
        }

    def push(self) -> None:
        """Tell each charge point whose plug or current changed since it last heard."""
        for link, car in self._hanging.items():
            mark = _mark(car)
            if self._told.get(link) != mark:
                self._told[link] = mark
                link.send(self.state(car))

    def lost(self, link: "_Link") -> None:
        car = self._hanging.pop(link, None)
        self._told.pop(link, None)
        if car is not None and car not in self._hanging.values():
            self.catch_up()
            car.offer((0.0, 0.0, 0.0), self.house.now_s)
            self.house.settle()

    def heard(self, link: "_Link", message: dict[str, Any]) -> dict[str, object]:
        """Do what a message asks and return the answer."""
        self.catch_up()
        for name in ("extra_w", "circuit_extra_w"):
            if name in message:
                one, two, three = (float(value) for value in message[name])
                setattr(self.house, name, (one, two, three))
                self.house.settle()
        if message.keys() & {"truth", "extra_w", "circuit_extra_w"}:
            return {"truth": self.truth()}
        bay = message.get("hello", message.get("bay"))
        car = self._hanging.get(link) if bay is None else self._car(bay)
        if car is None:
            return {"error": f"no bay {bay!r}; there are {[c.name for c in self.house.cars]}"}
        if "hello" in message:
            self._hanging[link] = car
        if "plug" in message:
            car.plugged = bool(message["plug"])
        if "offer" in message:
            one, two, three = (float(value) for value in message["offer"])
            car.offer((one, two, three), self.house.now_s)
        self.house.settle()
        answer = self.state(car)
        self._told[link] = _mark(car)
        if "read" in message:
            answer["read"] = message["read"]
        return answer

    def _car(self, bay: object) -> Car | None:
        return next((car for car in self.house.cars if car.name == bay), None)


def _mark(car: Car) -> tuple[object, ...]:
    """What must change before a charge point is told by itself."""
    return car.plugged, *(round(value * 2) for value in car.current_a)


class _Link(asyncio.Protocol):
    def __init__(self, server: CableServer) -> None:
        self.server = server
        self.buffer = b""
        self.transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.transport = None
        self.server.lost(self)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def send(self, message: dict[str, object]) -> None:
        if self.transport is not None:
            self.transport.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def data_received(self, data: bytes) -> None:
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        for line in lines:
            try:
                message = json.loads(line)
                if not isinstance(message, dict):
                    raise TypeError("a message is a JSON object")
                self.send(self.server.heard(self, message))
            except (ValueError, TypeError) as error:
                self.send({"error": str(error)})
        if len(self.buffer) > _LONGEST_LINE:
            self.close()
