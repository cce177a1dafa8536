"""A charge point that agrees to everything at once, and remembers when it was told what."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from benchmarks.websocket import WebSocket, connect

ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "GetConfiguration": {"configurationKey": [], "unknownKey": []},
    "GetCompositeSchedule": {"status": "Rejected"},
}
COMMANDS = frozenset({"SetChargingProfile", "RemoteStartTransaction"})
ANSWER_WITHIN_S = 10.0


class Charger:
    """One connector, light enough that fifty of them do not disturb what is measured."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        self.told: asyncio.Future[float] | None = None
        self._socket: WebSocket | None = None
        self._pending: asyncio.Future[Any] | None = None
        self._number = 0

    async def connect(self, port: int) -> None:
        """Connect as soon as somebody listens, introduce oneself, and be free."""
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while self._socket is None:
                with contextlib.suppress(ConnectionRefusedError):
                    self._socket = await connect(port, f"/ocpp/{self.identity}", self._take)
                await asyncio.sleep(0.02)
        await self.call(
            "BootNotification",
            {"chargePointVendor": "Light", "chargePointModel": "One", "firmwareVersion": "1"},
        )
        await self.status("Available", connector=0)
        await self.status("Available")

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    async def call(self, action: str, payload: Mapping[str, Any]) -> Any:
        """Ask the server; returns the payload of its answer."""
        self.send(self.frame(action, payload))
        return await self.answer()

    def frame(self, action: str, payload: Mapping[str, Any]) -> bytes:
        """The text of a request, to be sent with `send`."""
        self._number += 1
        return orjson.dumps([2, str(self._number), action, payload])

    def send(self, text: bytes) -> None:
        assert self._socket is not None
        self._pending = asyncio.get_running_loop().create_future()
        self._socket.send(text)

    async def answer(self) -> Any:
        """The answer to what was sent last."""
        assert self._pending is not None
        async with asyncio.timeout(ANSWER_WITHIN_S):
            return await self._pending

    async def status(self, status: str, connector: int = 1) -> None:
        await self.call("StatusNotification", status_payload(status, connector))

    async def meter_values(self, power_w: float, energy_wh: float) -> None:
        await self.call("MeterValues", meter_payload(power_w, energy_wh))

    async def until_told(self, text: bytes) -> float:
        """Send a request that leads to a command; returns the seconds until it is here."""
        self.told = asyncio.get_running_loop().create_future()
        began_s = time.perf_counter()
        self.send(text)
        async with asyncio.timeout(ANSWER_WITHIN_S):
            arrived_s = await self.told
        await self.answer()
        return arrived_s - began_s

    def _take(self, text: bytes) -> None:
        arrived_s = time.perf_counter()
        kind, number, *rest = orjson.loads(text)
        if kind == 2:
            action = rest[0]
            if action in COMMANDS and self.told is not None and not self.told.done():
                self.told.set_result(arrived_s)
            assert self._socket is not None
            answer = ANSWERS.get(action, {"status": "Accepted"})
            self._socket.send(orjson.dumps([3, number, answer]))
        elif self._pending is not None and not self._pending.done():
            if kind == 3:
                self._pending.set_result(rest[0])
            else:
                self._pending.set_exception(RuntimeError(f"{self.identity}: {text.decode()}"))


def status_payload(status: str, connector: int = 1) -> dict[str, Any]:
    return {
        "connectorId": connector,
        "errorCode": "NoError",
        "status": status,
        "timestamp": stamp(),
    }


def meter_payload(power_w: float, energy_wh: float) -> dict[str, Any]:
    """Eight samples, as a charging three-phase charger sends them."""
    per_phase = power_w / 3
    samples: list[dict[str, str]] = [
        {"value": f"{energy_wh:.0f}", "unit": "Wh"},
        {"value": f"{power_w:.0f}", "measurand": "Power.Active.Import", "unit": "W"},
    ]
    for phase in ("L1", "L2", "L3"):
        for measurand, value, unit in (
            ("Current.Import", per_phase / 230, "A"),
            ("Voltage", 230.0, "V"),
        ):
            samples.append(
                {"value": f"{value:.1f}", "measurand": measurand, "phase": phase, "unit": unit}
            )
    return {"connectorId": 1, "meterValue": [{"timestamp": stamp(), "sampledValue": samples}]}


def stamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
