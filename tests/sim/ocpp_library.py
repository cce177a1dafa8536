"""A charge point of the `ocpp` package: its schemas judge every frame, in both directions."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any, TypeVar

from ocpp.exceptions import NotImplementedError  # noqa: A004 (the library's own)
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE_S = 5.0
SMART = ("SetChargingProfile", "GetCompositeSchedule", "ClearChargingProfile")
CORE = ("ChangeConfiguration", "GetConfiguration", "RemoteStartTransaction")
REMOTE = ("RemoteStopTransaction", "TriggerMessage")
SETTINGS = {
    "HeartbeatInterval": "900",
    "MeterValueSampleInterval": "60",
    "MeterValuesSampledData": "Energy.Active.Import.Register",
    "StopTxnSampledData": "",
    "ConnectionTimeOut": "60",
    "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
}


def stamp(at: datetime | None = None) -> str:
    return (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def ago(hours: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(hours=hours)


class Complaints(logging.Handler):
    """What the library objects to."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        reason = record.exc_info[1] if record.exc_info else None
        if isinstance(reason, NotImplementedError):
            return  # a peer that lacks something is no fault of ours
        self.heard.append(f"{record.getMessage()} {reason or ''}")


AnyPeer = TypeVar("AnyPeer", bound="Listening")


class Listening:
    """What peers of all versions have in common; comes before the package's own ChargePoint.

    Requests of the central system are kept in `asked`, answered by the methods of the version, and
    refused by the library itself if they break the schema; `complaints` tells.
    """

    results: ModuleType  # the version's call_result
    start: Callable[[], Awaitable[None]]
    call: Callable[..., Awaitable[Any]]

    def __init__(self, identity: str, socket: ClientConnection) -> None:
        logger = logging.Logger(identity)  # noqa: LOG001 (one for each peer, heard by nobody else)
        self.complaints = Complaints()
        logger.addHandler(self.complaints)
        super().__init__(identity, socket, response_timeout=PATIENCE_S, logger=logger)  # type: ignore[call-arg]
        self.socket = socket
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.profiles: dict[int, dict[str, Any]] = {}  # by stack level
        self.statuses: dict[str, str] = {}  # by action, what to answer instead of Accepted
        self._news = asyncio.Event()

    async def answer(self, action: str, fields: dict[str, Any]) -> Any:
        self.asked.append((action, fields))
        self._news.set()
        answering = getattr(self, f"_answer_{action}", None)
        if answering is not None:
            return answering(**fields)
        return getattr(self.results, action)(status=self.statuses.get(action, "Accepted"))

    async def say(self, message: Any) -> Any:
        """Send a request; the answer, which fits the schema, or the CallError as an exception."""
        return await self.call(message, suppress=False)

    def sent(self, action: str) -> list[dict[str, Any]]:
        """What the central system asked for with that action."""
        return [fields for asked, fields in self.asked if asked == action]

    async def was_asked(
        self, action: str, fits: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> dict[str, Any]:
        """Wait for a request of the central system."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for asked, fields in self.asked:
                    if asked == action and fits(fields):
                        return fields
                self._news.clear()
                await self._news.wait()


class LibraryPeer(Listening, ChargePoint):  # type: ignore[misc]  # the package has no types
    """One connection that speaks 1.6."""

    results = call_result

    def __init__(self, identity: str, socket: ClientConnection) -> None:
        super().__init__(identity, socket)
        self.settings = dict(SETTINGS)

    def _answer_SetChargingProfile(  # noqa: N802 (the action's own name)
        self, connector_id: int, cs_charging_profiles: dict[str, Any]
    ) -> Any:
        assert connector_id <= 2
        self.profiles[cs_charging_profiles["stack_level"]] = cs_charging_profiles
        return call_result.SetChargingProfile(status="Accepted")

    def _answer_GetCompositeSchedule(  # noqa: N802
        self, connector_id: int, duration: int, charging_rate_unit: str | None = None
    ) -> Any:
        if not self.profiles:
            return call_result.GetCompositeSchedule(status="Rejected")
        highest = self.profiles[max(self.profiles)]["charging_schedule"]
        first = highest["charging_schedule_period"][0]
        first = first | {"limit": float(first["limit"])}  # the library parses decimals
        return call_result.GetCompositeSchedule(
            status="Accepted",
            connector_id=connector_id,
            schedule_start=stamp(),
            charging_schedule={
                "duration": duration,
                "charging_rate_unit": charging_rate_unit or highest["charging_rate_unit"],
                "charging_schedule_period": [first],
            },
        )

    def _answer_GetConfiguration(self, key: list[str]) -> Any:  # noqa: N802
        known = [k for k in key if k in self.settings]
        return call_result.GetConfiguration(
            configuration_key=[
                {"key": k, "readonly": k.startswith("Charging"), "value": self.settings[k]}
                for k in known
            ],
            unknown_key=[k for k in key if k not in known],
        )

    def _answer_ChangeConfiguration(self, key: str, value: str) -> Any:  # noqa: N802
        if key not in self.settings:
            return call_result.ChangeConfiguration(status="NotSupported")
        self.settings[key] = value
        return call_result.ChangeConfiguration(status="Accepted")

    def limit_a(self) -> float:
        """What the highest profile allows now."""
        highest = self.profiles[max(self.profiles)]["charging_schedule"]
        return float(highest["charging_schedule_period"][0]["limit"])

    async def boot(self, **fields: str) -> Any:
        return await self.say(
            call.BootNotification(
                charge_point_vendor="Library", charge_point_model="Peer", **fields
            )
        )

    async def status(self, status: str, connector: int = 1, error: str = "NoError") -> None:
        await self.say(
            call.StatusNotification(
                connector_id=connector, error_code=error, status=status, timestamp=stamp()
            )
        )

    async def begin(self, at: datetime | None = None, tag: str = "CARD", connector: int = 1) -> int:
        answer = await self.say(
            call.StartTransaction(
                connector_id=connector, id_tag=tag, meter_start=1000, timestamp=stamp(at)
            )
        )
        assert answer.id_tag_info["status"] == "Accepted"
        number = answer.transaction_id
        assert isinstance(number, int)
        return number

    async def end(
        self,
        transaction_id: int,
        at: datetime | None = None,
        reason: str = "Local",
        register_wh: int = 2000,
    ) -> None:
        await self.say(
            call.StopTransaction(
                meter_stop=register_wh,
                timestamp=stamp(at),
                transaction_id=transaction_id,
                reason=reason,
            )
        )

    async def meter(
        self,
        power_w: float,
        energy_wh: float,
        transaction_id: int | None = None,
        at: datetime | None = None,
        connector: int = 1,
    ) -> None:
        samples = [
            {"value": str(power_w), "measurand": "Power.Active.Import", "unit": "W"},
            {"value": str(energy_wh), "context": "Sample.Periodic", "unit": "Wh"},
        ]
        await self.say(
            call.MeterValues(
                connector_id=connector,
                transaction_id=transaction_id,
                meter_value=[{"timestamp": stamp(at), "sampled_value": samples}],
            )
        )


def handler(action: str) -> Any:
    async def handle(self: Listening, **fields: Any) -> Any:
        return await self.answer(action, fields)

    handle.__name__ = f"on_{action}"
    return on(action)(handle)


class PlainPeer(LibraryPeer):
    """One without smart charging; the library answers NotImplemented to what it lacks."""


for _action in (*CORE, *REMOTE, *SMART):
    setattr(LibraryPeer, f"on_{_action}", handler(_action))
for _action in SMART:
    setattr(PlainPeer, f"on_{_action}", None)


@asynccontextmanager
async def library_peer(
    port: int, identity: str = "CP1", kind: type[LibraryPeer] = LibraryPeer
) -> AsyncIterator[LibraryPeer]:
    """A connected peer; whatever the library objected to fails the test at the end."""
    async with connected(port, identity, kind, "ocpp1.6") as peer:
        yield peer


@asynccontextmanager
async def connected(
    port: int, identity: str, kind: type[AnyPeer], subprotocol: str
) -> AsyncIterator[AnyPeer]:
    url = f"ws://127.0.0.1:{port}/ocpp/{identity}"
    async with connect(url, subprotocols=[subprotocol]) as socket:  # type: ignore[list-item]
        assert socket.subprotocol == subprotocol
        peer = kind(identity, socket)
        async with asyncio.TaskGroup() as tasks:
            reader = tasks.create_task(_read(peer))
            try:
                yield peer
            finally:
                reader.cancel()
    assert peer.complaints.heard == []


async def _read(peer: Listening) -> None:
    try:
        await peer.start()
    except ConnectionClosed:
        return
