"""A charge point of its own, on websockets and json only: it misbehaves on command."""

import asyncio
import base64
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE_S = 3.0
Answer = dict[str, Any] | None


def stamp(at: datetime | None = None) -> str:
    return (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


def basic(identity: str, password: str) -> dict[str, str]:
    token = base64.b64encode(f"{identity}:{password}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


class Peer:
    """One connection of a charge point.

    `answers` decides on requests of the central system by action; None leaves it unanswered.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.deaf = False  # to every request
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Callable[[dict[str, Any]], Answer]] = {}
        self._waiting: dict[Any, asyncio.Future[list[Any]]] = {}
        self._numbers = itertools.count(1)
        self._news = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def dial(cls, port: int, identity: str = "CP1", **options: Any) -> AsyncIterator[Self]:
        options.setdefault("subprotocols", ["ocpp1.6"])
        path = options.pop("path", f"/ocpp/{identity}")
        async with connect(
            f"ws://127.0.0.1:{port}{path}", compression=None, ping_interval=None, **options
        ) as socket:
            peer = cls(socket)
            async with asyncio.TaskGroup() as tasks:
                reader = tasks.create_task(peer._read())
                try:
                    yield peer
                finally:
                    await socket.close()
                    reader.cancel()

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send a request; return the result's payload, or fail on a CallError."""
        number = f"p{next(self._numbers)}"
        frame = await self.raw(json.dumps([2, number, action, payload]), number)
        assert frame[0] == 3, frame
        result: dict[str, Any] = frame[2]
        return result

    async def raw(self, text: str | bytes, number: Any) -> list[Any]:
        """Send any text; return the frame that answers `number`."""
        answer: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        await self.socket.send(text)
        async with asyncio.timeout(PATIENCE_S):
            return await answer

    async def boot(self, **fields: str) -> dict[str, Any]:
        return await self.call(
            "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M", **fields}
        )

    async def status(self, status: str, connector: int = 1) -> None:
        await self.call(
            "StatusNotification",
            {
                "connectorId": connector,
                "errorCode": "NoError",
                "status": status,
                "timestamp": stamp(),
            },
        )

    async def start(self, at: datetime | None = None, **fields: Any) -> int:
        """Start a transaction; return its id."""
        payload = {"connectorId": 1, "idTag": "CARD", "meterStart": 1000, "timestamp": stamp(at)}
        answer = await self.call("StartTransaction", payload | fields)
        number = answer["transactionId"]
        assert isinstance(number, int)
        return number

    async def stop(self, transaction_id: int, at: datetime | None = None, **fields: Any) -> None:
        payload = {"transactionId": transaction_id, "meterStop": 2000, "timestamp": stamp(at)}
        await self.call("StopTransaction", payload | fields)

    async def meter(
        self,
        power_w: float,
        energy_wh: float = 1000,
        transaction_id: int | None = None,
        at: datetime | None = None,
    ) -> None:
        samples = [
            {"value": str(power_w), "measurand": "Power.Active.Import", "unit": "W"},
            {"value": str(energy_wh), "unit": "Wh"},
        ]
        payload: dict[str, Any] = {
            "connectorId": 1,
            "meterValue": [{"timestamp": stamp(at), "sampledValue": samples}],
        }
        if transaction_id is not None:
            payload["transactionId"] = transaction_id
        await self.call("MeterValues", payload)

    async def was_asked(
        self, action: str, fits: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> dict[str, Any]:
        """Wait for a request of the central system."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for asked, payload in self.asked:
                    if asked == action and fits(payload):
                        return payload
                self._news.clear()
                await self._news.wait()

    def profiles(self) -> list[dict[str, Any]]:
        return [p["csChargingProfiles"] for a, p in self.asked if a == "SetChargingProfile"]

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                frame = json.loads(await self.socket.recv())
                if frame[0] == 2:
                    await self._answer(frame)
                else:
                    waiting = self._waiting.pop(frame[1], None)
                    if waiting is not None and not waiting.done():
                        waiting.set_result(frame)

    async def _answer(self, frame: list[Any]) -> None:
        _, number, action, payload = frame
        self.asked.append((action, payload))
        self._news.set()
        if self.deaf:
            return
        default: Callable[[dict[str, Any]], Answer] = lambda _: DEFAULTS.get(action, {})  # noqa: E731
        answer = self.answers.get(action, default)(payload)
        if answer is not None:
            kind = (
                [4, number, answer["error"], "", {}] if "error" in answer else [3, number, answer]
            )
            await self.socket.send(json.dumps(kind))


DEFAULTS: dict[str, dict[str, Any]] = {
    "ChangeConfiguration": {"status": "Accepted"},
    "GetCompositeSchedule": {"status": "Rejected"},
    "GetConfiguration": {"configurationKey": [], "unknownKey": []},
    "GetTransactionStatus": {"ongoingIndicator": True, "messagesInQueue": False},
    "RemoteStartTransaction": {"status": "Accepted"},
    "RemoteStopTransaction": {"status": "Accepted"},
    "RequestStartTransaction": {"status": "Accepted"},
    "RequestStopTransaction": {"status": "Accepted"},
    "SetChargingProfile": {"status": "Accepted"},
    "TriggerMessage": {"status": "Accepted"},
}
