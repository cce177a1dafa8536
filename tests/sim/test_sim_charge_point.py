"""The simulated charge point against a central system on the ocpp library."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from ocpp.routing import on
from ocpp.v16 import ChargePoint as LibraryChargePoint
from ocpp.v16 import call, call_result
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from simulators.clock import iso
from tests.sim.sim_programs import Program, program

SPEED = 60.0
Entry = tuple[str, dict[str, Any]]


class Central(LibraryChargePoint):  # type: ignore[misc]
    """One connection; everything heard goes to the book of the whole central system."""

    def __init__(self, book: "Book", connection: ServerConnection) -> None:
        super().__init__("CP001", connection, response_timeout=5)
        self.book = book

    def note(self, action: str, heard: dict[str, Any]) -> None:
        self.book.entries.append((action, heard))
        self.book.news.set()

    @on("BootNotification")  # type: ignore[untyped-decorator]
    def boot(self, **heard: Any) -> call_result.BootNotification:
        self.note("Boot", heard)
        return call_result.BootNotification(iso(0), 300, self.book.boot_status)

    @on("StatusNotification")  # type: ignore[untyped-decorator]
    def status(self, **heard: Any) -> call_result.StatusNotification:
        self.note("Status", heard)
        return call_result.StatusNotification()

    @on("Heartbeat")  # type: ignore[untyped-decorator]
    def heartbeat(self) -> call_result.Heartbeat:
        self.note("Heartbeat", {})
        return call_result.Heartbeat(iso(0))

    @on("Authorize")  # type: ignore[untyped-decorator]
    def authorize(self, **heard: Any) -> call_result.Authorize:
        self.note("Authorize", heard)
        return call_result.Authorize({"status": self.book.tag_status})

    @on("StartTransaction")  # type: ignore[untyped-decorator]
    def start_transaction(self, **heard: Any) -> call_result.StartTransaction:
        self.note("Start", heard)
        self.book.transactions += 1
        return call_result.StartTransaction(
            self.book.transactions, {"status": self.book.tag_status}
        )

    @on("StopTransaction")  # type: ignore[untyped-decorator]
    def stop_transaction(self, **heard: Any) -> call_result.StopTransaction:
        self.note("Stop", heard)
        return call_result.StopTransaction()

    @on("MeterValues")  # type: ignore[untyped-decorator]
    def meter_values(self, **heard: Any) -> call_result.MeterValues:
        self.note("Meter", heard)
        return call_result.MeterValues()


@dataclass
class Book:
    """A central system: what it heard so far and whom it talks to."""

    server: Server | None = None
    boot_status: str = "Accepted"
    tag_status: str = "Accepted"
    transactions: int = 0
    entries: list[Entry] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    peer: Central | None = None
    headers: dict[str, str] = field(default_factory=dict)

    async def serve_one(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.headers = dict(connection.request.headers.raw_items())
        self.headers["path"] = connection.request.path
        self.peer = Central(self, connection)
        try:
            await self.peer.start()
        except ConnectionClosed:
            return

    async def heard(
        self, action: str, wanted: Callable[[dict[str, Any]], bool], *, since: int = 0
    ) -> dict[str, Any]:
        """Wait until a message of that kind came after the first `since` ones."""
        async with asyncio.timeout(10):
            while True:
                for name, message in self.entries[since:]:
                    if name == action and wanted(message):
                        return message
                self.news.clear()
                await self.news.wait()

    async def status(self, wanted: str) -> None:
        await self.heard("Status", lambda m: (m["connector_id"], m["status"]) == (1, wanted))

    def all(self, action: str) -> list[dict[str, Any]]:
        return [message for name, message in self.entries if name == action]

    async def tell(self, request: Any) -> Any:
        assert self.peer is not None
        return await self.peer.call(request, suppress=False)

    @property
    def port(self) -> int:
        assert self.server is not None
        port: int = next(iter(self.server.sockets)).getsockname()[1]
        return port


@asynccontextmanager
async def central(port: int = 0, book: Book | None = None) -> AsyncIterator[Book]:
    book = book or Book()
    async with serve(
        book.serve_one,
        "127.0.0.1",
        port,
        subprotocols=[Subprotocol("ocpp1.6")],
        close_timeout=0.2,
    ) as book.server:
        yield book


@asynccontextmanager
async def box(book: Book, *args: str, speed: float = SPEED) -> AsyncIterator[Program]:
    """A charge point with a car of its own, 60 times as fast as the world."""
    url = f"ws://127.0.0.1:{book.port}/"
    clock = f"2024-06-01T10:00:00Z/{time.time()}/{speed}"
    own = [] if "--car" in args else ["--car", "soc=20,max_a=20"]
    async with program("charge_point", "--csms", url, "--clock", clock, *own, *args) as started:
        yield started


def profile(
    number: int, limit: float, *, stack: int = 0, purpose: str = "TxDefaultProfile"
) -> call.SetChargingProfile:
    periods = [{"startPeriod": 0, "limit": limit, "numberPhases": 3}]
    return call.SetChargingProfile(
        0 if purpose == "ChargePointMaxProfile" else 1,
        {
            "chargingProfileId": number,
            "stackLevel": stack,
            "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Absolute",
            "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": periods},
        },
    )


async def test_a_box_boots_says_how_it_stands_and_beats() -> None:
    async with central() as book, box(book, "--password", "secret", speed=600):
        boot = await book.heard("Boot", lambda _m: True)
        await book.status("Preparing")
        await book.heard("Heartbeat", lambda _m: True)
    assert (boot["charge_point_vendor"], boot["charge_point_model"]) == (
        "Hearthside",
        "Wallflower 11",
    )
    assert book.all("Status")[0]["connector_id"] == 0
    assert book.headers["path"] == "/CP001"
    token = base64.b64encode(b"CP001:secret").decode()
    assert book.headers["Authorization"] == f"Basic {token}"


async def test_a_refused_box_asks_again_and_says_nothing_else() -> None:
    async with central(book=Book(boot_status="Rejected")) as book, box(book, speed=600):
        async with asyncio.timeout(5):
            while len(book.all("Boot")) < 2:
                book.news.clear()
                await book.news.wait()
    assert {action for action, _ in book.entries} == {"Boot"}


async def test_a_remote_start_charges_by_the_profiles_until_a_remote_stop() -> None:
    async with central() as book, box(book):
        await book.status("Preparing")
        assert (await book.tell(profile(1, 6.0))).status == "Accepted"
        assert (await book.tell(profile(2, 10.0, stack=1))).status == "Accepted"
        assert (await book.tell(call.RemoteStartTransaction(id_tag="me"))).status == "Accepted"
        start = await book.heard("Start", lambda _m: True)
        await book.status("Charging")
        await book.heard("Meter", lambda m: current_a(m) == 10)
        assert (await book.tell(call.RemoteStopTransaction(99))).status == "Rejected"
        assert (await book.tell(profile(2, 0.0, stack=1))).status == "Accepted"
        await book.status("SuspendedEVSE")
        composite = await book.tell(call.GetCompositeSchedule(1, 600))
        assert composite.charging_schedule["charging_schedule_period"][0]["limit"] == 0
        await book.tell(call.ClearChargingProfile(id=2))
        await book.heard("Meter", lambda m: current_a(m) == 6)
        assert (await book.tell(call.RemoteStopTransaction(1))).status == "Accepted"
        stop = await book.heard("Stop", lambda _m: True)
        await book.status("Finishing")
    assert (start["id_tag"], start["connector_id"]) == ("me", 1)
    assert (stop["transaction_id"], stop["reason"]) == (1, "Remote")
    assert stop["meter_stop"] > start["meter_start"]
    meters = [energy_wh(message) for message in book.all("Meter")]
    assert meters == sorted(meters)
    assert start["meter_start"] <= meters[0] <= meters[-1] <= stop["meter_stop"] + 1


def sampled(message: dict[str, Any], measurand: str) -> list[float]:
    values = message["meter_value"][0]["sampled_value"]
    return [float(value["value"]) for value in values if value["measurand"] == measurand]


def current_a(message: dict[str, Any]) -> float:
    return max(sampled(message, "Current.Import"))


def energy_wh(message: dict[str, Any]) -> float:
    return sampled(message, "Energy.Active.Import.Register")[0]


async def test_a_free_box_starts_by_itself_but_not_against_a_profile_or_a_stop() -> None:
    async with central() as book, box(book, "--free-charging", "--quirk", "duplicate-start"):
        await book.status("Charging")
        assert [m["id_tag"] for m in book.all("Start")] == ["FREE", "FREE"]
        assert book.all("Start")[0] == book.all("Start")[1]
        await book.tell(call.RemoteStopTransaction(book.transactions))
        await book.status("Finishing")
        await book.tell(profile(1, 0.0))
        await book.tell(call.Reset("Hard"))
        await book.status("Preparing")
        await asyncio.sleep(0.3)
        assert len(book.all("Start")) == 2
        await book.tell(profile(1, 8.0))
        await book.heard("Start", lambda m: m != book.all("Start")[0])


async def test_a_charge_goes_on_without_the_central_system_and_is_told_later() -> None:
    async with central() as book, box(book, "--meter-values-s", "20") as started:
        await book.status("Preparing")
        await book.tell(call.RemoteStartTransaction(id_tag="me"))
        await book.status("Charging")
        port, before = book.port, len(book.entries)
        assert book.server is not None
        book.server.close()
        await book.server.wait_closed()
        await started.line(lambda line: line["event"] == "offline")
        await asyncio.sleep(0.5)
        async with central(port, book):
            await book.heard("Status", lambda m: m["status"] == "Charging", since=before)
            await book.heard("Meter", lambda m: m["transaction_id"] == 1, since=before)
            await book.tell(call.RemoteStopTransaction(1))
            await book.heard("Stop", lambda _m: True)
    late = [message for action, message in book.entries[before:] if action == "Meter"]
    stamps = [message["meter_value"][0]["timestamp"] for message in late]
    assert len(stamps) >= 3
    assert stamps == sorted(stamps)
    assert all(message["transaction_id"] == 1 for message in late)
    assert len(book.all("Boot")) == 1


async def test_a_whole_transaction_offline_is_replayed_in_order_with_its_own_stamps() -> None:
    clock = f"2024-06-01T10:00:00Z/{time.time()}/{SPEED}"
    home = program("house", "--car", "CP001,plugged=no,soc=20", "--clock", clock)
    async with central() as book, home as house:
        cable = (await house.line())["ports"]["cable"]
        free = ["--free-charging", "--meter-values-s", "20", "--house", f"127.0.0.1:{cable}"]
        async with box(book, *free) as started:
            await book.status("Available")
            port = book.port
            assert book.server is not None
            book.server.close()
            await book.server.wait_closed()
            await started.line(lambda line: line["event"] == "offline")
            for plugged, event in ((True, "Charging"), (False, "Available"), (True, "Charging")):
                await plug(cable, plugged=plugged)
                await started.line(partial(says_status, event))
                await asyncio.sleep(0.1)  # six seconds of the house's time
            before = len(book.entries)
            async with central(port, book):
                await book.heard("Start", lambda m: m != book.all("Start")[0])
                await book.heard("Status", lambda m: m["status"] == "Charging", since=before)
    told = [(action, heard) for action, heard in book.entries[before:] if action != "Heartbeat"]
    facts = [action for action, _ in told if action in {"Start", "Stop"}]
    assert facts == ["Start", "Stop", "Start"]
    (first, second), (stop,) = book.all("Start"), book.all("Stop")
    assert first["timestamp"] < stop["timestamp"] < second["timestamp"]
    assert (stop["transaction_id"], stop["reason"]) == (1, "EVDisconnected")
    assert first["meter_start"] < stop["meter_stop"] <= second["meter_start"]
    assert len(book.all("Boot")) == 1


def says_status(status: str, line: dict[str, Any]) -> bool:
    return bool(line.get("status") == status)


async def plug(cable: int, *, plugged: bool) -> None:
    """Move the plug of the house's only car."""
    reader, writer = await asyncio.open_connection("127.0.0.1", cable)
    writer.write(json.dumps({"bay": "CP001", "plug": plugged}).encode() + b"\n")
    assert json.loads(await reader.readline())["plugged"] is plugged
    writer.close()
    await writer.wait_closed()


async def test_a_reset_ends_the_transaction_and_boots_again() -> None:
    async with central() as book, box(book):
        await book.status("Preparing")
        await book.tell(call.RemoteStartTransaction(id_tag="me"))
        await book.status("Charging")
        before = len(book.entries)
        assert (await book.tell(call.Reset("Soft"))).status == "Accepted"
        stop = await book.heard("Stop", lambda _m: True)
        await book.heard("Boot", lambda _m: True, since=before)
        await book.heard("Status", lambda m: m["status"] == "Preparing", since=before)
    assert stop["reason"] == "SoftReset"


async def test_triggers_keys_and_availability_are_answered() -> None:
    async with central() as book, box(book, "--verbose"):
        await book.status("Preparing")
        asked = call.TriggerMessage("MeterValues", connector_id=1)
        assert (await book.tell(asked)).status == "Accepted"
        meter = await book.heard("Meter", lambda _m: True)
        assert meter["meter_value"][0]["sampled_value"][0]["context"] == "Trigger"
        assert (await book.tell(call.TriggerMessage("BootNotification"))).status == "Accepted"
        assert (
            await book.tell(call.TriggerMessage("FirmwareStatusNotification"))
        ).status == "NotImplemented"
        change = call.ChangeConfiguration("MeterValuesSampledData", "SoC,Current.Offered")
        assert (await book.tell(change)).status == "Accepted"
        keys = await book.tell(call.GetConfiguration(key=["MeterValuesSampledData", "Nope"]))
        assert keys.configuration_key[0]["value"] == "SoC,Current.Offered"
        assert keys.unknown_key == ["Nope"]
        assert (await book.tell(call.ChangeAvailability(1, "Inoperative"))).status == "Accepted"
        await book.status("Unavailable")
        assert (await book.tell(call.RemoteStartTransaction("me"))).status == "Rejected"
        assert (await book.tell(call.DataTransfer("acme"))).status == "UnknownVendorId"
        assert (await book.tell(call.UnlockConnector(1))).status == "Unlocked"


async def test_a_card_is_checked_before_a_start_and_an_invalid_one_starts_nothing() -> None:
    async with central(book=Book(tag_status="Invalid")) as book, box(book, "--swipe", "CARD"):
        asked = await book.heard("Authorize", lambda _m: True)
        await asyncio.sleep(0.2)
    assert asked["id_tag"] == "CARD"
    assert book.all("Start") == []


async def test_a_transaction_that_is_refused_afterwards_ends_deauthorized() -> None:
    async with central(book=Book(tag_status="Blocked")) as book, box(book, "--free-charging"):
        stop = await book.heard("Stop", lambda _m: True)
        await book.status("Finishing")
    assert stop["reason"] == "DeAuthorized"


@pytest.mark.parametrize(
    ("quirk", "limit", "stack", "status"),
    [
        ("only-stack-0", 10.0, 1, "Rejected"),
        ("no-tx-default", 10.0, 0, "Rejected"),
        ("zero-ends-tx", 0.0, 0, "Accepted"),
    ],
)
async def test_quirks_are_as_odd_as_promised(
    quirk: str, limit: float, stack: int, status: str
) -> None:
    async with central() as book, box(book, "--quirk", quirk):
        await book.status("Preparing")
        await book.tell(call.RemoteStartTransaction(id_tag="me"))
        await book.status("Charging")
        answer = await book.tell(profile(1, limit, stack=stack))
        assert answer.status == status
        if status == "Accepted":
            stop = await book.heard("Stop", lambda _m: True)
            assert stop["reason"] == "Other"
