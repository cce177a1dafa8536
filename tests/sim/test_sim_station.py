"""The simulated charge point in OCPP 2.0.1, against the ocpp library and against Hearth."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from ocpp.routing import on
from ocpp.v201 import ChargePoint, call, call_result
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from agent.model.readings import PowerDelivery
from drivers.ocpp.calls import Pacing
from simulators.clock import iso
from tests.sim.ocpp_house import GARAGE, charge, pause, site
from tests.sim.sim_programs import Program, program

SPEED = 60.0
Heard = dict[str, Any]
NOW = iso(0)


class Central(ChargePoint):  # type: ignore[misc]
    """One connection; the library's schemas judge what the station says."""

    def __init__(self, book: "Book", connection: ServerConnection) -> None:
        super().__init__("CP001", connection, response_timeout=5)
        self.book = book

    def note(self, action: str, heard: Heard) -> None:
        self.book.entries.append((action, heard))
        self.book.news.set()

    @on("BootNotification")  # type: ignore[untyped-decorator]
    def boot(self, **heard: Any) -> call_result.BootNotification:
        self.note("Boot", heard)
        return call_result.BootNotification(NOW, 300, "Accepted")

    @on("StatusNotification")  # type: ignore[untyped-decorator]
    def status(self, **heard: Any) -> call_result.StatusNotification:
        self.note("Status", heard)
        return call_result.StatusNotification()

    @on("Heartbeat")  # type: ignore[untyped-decorator]
    def heartbeat(self) -> call_result.Heartbeat:
        return call_result.Heartbeat(NOW)

    @on("NotifyReport")  # type: ignore[untyped-decorator]
    def report(self, **heard: Any) -> call_result.NotifyReport:
        self.note("Report", heard)
        return call_result.NotifyReport()

    @on("Authorize")  # type: ignore[untyped-decorator]
    def authorize(self, **heard: Any) -> call_result.Authorize:
        self.note("Authorize", heard)
        return call_result.Authorize({"status": self.book.verdict})

    @on("TransactionEvent")  # type: ignore[untyped-decorator]
    def transaction_event(self, **heard: Any) -> call_result.TransactionEvent:
        self.note(heard["event_type"], heard)
        verdict = {"status": self.book.verdict} if "id_token" in heard else None
        return call_result.TransactionEvent(id_token_info=verdict)


@dataclass
class Book:
    """A central system: what it heard so far."""

    verdict: str = "Accepted"
    entries: list[tuple[str, Heard]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    peer: Central | None = None
    server: Server | None = None

    async def serve_one(self, connection: ServerConnection) -> None:
        self.peer = Central(self, connection)
        try:
            await self.peer.start()
        except ConnectionClosed:
            return

    async def heard(self, action: str, wanted: Callable[[Heard], bool] = lambda _: True) -> Heard:
        async with asyncio.timeout(10):
            while True:
                for name, message in self.entries:
                    if name == action and wanted(message):
                        return message
                self.news.clear()
                await self.news.wait()

    async def flows(self, state: str) -> Heard:
        """Wait for an event in that charging state."""
        info: Callable[[Heard], Heard] = lambda m: m["transaction_info"]  # noqa: E731
        return await self.heard("Updated", lambda m: info(m).get("charging_state") == state)

    async def tell(self, request: Any) -> Any:
        assert self.peer is not None
        return await self.peer.call(request, suppress=False)

    @property
    def port(self) -> int:
        assert self.server is not None
        port: int = next(iter(self.server.sockets)).getsockname()[1]
        return port


@asynccontextmanager
async def central(port: int = 0, **options: Any) -> AsyncIterator[Book]:
    book = Book(**options)
    async with serve(
        book.serve_one,
        "127.0.0.1",
        port,
        subprotocols=[Subprotocol("ocpp2.0.1")],
        close_timeout=0.2,
    ) as book.server:
        yield book


@asynccontextmanager
async def box(port: int, *args: str, speed: float = SPEED) -> AsyncIterator[Program]:
    """A station with a car of its own, 60 times as fast as the world."""
    clock = f"{iso(time.time())}/{time.time()}/{speed}"
    common = ["--csms", f"ws://127.0.0.1:{port}/", "--clock", clock, "--car", "soc=20,max_a=20"]
    async with program("charge_point", *common, "--protocol", "ocpp2.0.1", *args) as started:
        yield started


def profile(limit: float, stack: int = 0) -> call.SetChargingProfile:
    periods = [{"start_period": 0, "limit": limit}]
    schedule = {"id": 1, "charging_rate_unit": "A", "charging_schedule_period": periods}
    wire = {
        "id": stack + 1,
        "stack_level": stack,
        "charging_profile_purpose": "TxDefaultProfile",
        "charging_profile_kind": "Absolute",
        "charging_schedule": [schedule],
    }
    return call.SetChargingProfile(evse_id=1, charging_profile=wire)


def request_start() -> call.RequestStartTransaction:
    token = {"id_token": "me", "type": "Central"}
    return call.RequestStartTransaction(id_token=token, remote_start_id=42, evse_id=1)


async def test_a_requested_charge_is_told_in_events_until_it_is_requested_to_end() -> None:
    async with central() as book, box(book.port):
        boot = await book.heard("Boot")
        assert boot["charging_station"]["vendor_name"] == "Hearthside"
        await book.heard("Status", lambda m: m["connector_status"] == "Occupied")
        assert (await book.tell(profile(10.0))).status == "Accepted"
        assert (await book.tell(request_start())).status == "Accepted"
        started = await book.heard("Started")
        assert started["transaction_info"]["remote_start_id"] == 42
        assert started["evse"]["id"] == 1
        name = started["transaction_info"]["transaction_id"]
        await book.flows("Charging")
        sampled = await book.heard("Updated", lambda m: m["trigger_reason"] == "MeterValuePeriodic")
        assert "evse" not in sampled
        status = await book.tell(call.GetTransactionStatus(transaction_id=name))
        assert status.ongoing_indicator is True
        assert (await book.tell(profile(0.0, stack=1))).status == "Accepted"
        await book.flows("SuspendedEVSE")
        assert (await book.tell(call.RequestStopTransaction(transaction_id=name))).status
        ended = await book.heard("Ended")
        assert ended["transaction_info"]["stopped_reason"] == "Remote"
        numbers = [m["seq_no"] for a, m in book.entries if a in {"Started", "Updated", "Ended"}]
        assert numbers == sorted(set(numbers))
        assert numbers[0] == 0


async def test_a_charge_goes_on_offline_and_its_events_say_so() -> None:
    async with central() as before, box(before.port, "--swipe", "CARD") as started:
        await before.flows("Charging")
        port = before.port
        assert before.server is not None
        before.server.close()
        await before.server.wait_closed()
        await started.line(lambda line: line["event"] == "offline")
        await asyncio.sleep(0.5)
        async with central(port) as book:
            late = await book.heard("Updated", lambda m: m.get("offline") is True)
            assert late["trigger_reason"] == "MeterValuePeriodic"
            await book.heard("Updated", lambda m: "offline" not in m)
            assert not [action for action, _ in book.entries if action in {"Boot", "Started"}]


async def test_variables_are_read_set_and_reported() -> None:
    async with central() as book, box(book.port):
        await book.heard("Status")
        interval = {
            "component": {"name": "SampledDataCtrlr"},
            "variable": {"name": "TxUpdatedInterval"},
        }
        nowhere = {"component": {"name": "Nothing"}, "variable": {"name": "At"}}
        read = await book.tell(call.GetVariables(get_variable_data=[interval, nowhere]))
        told = [r.get("attribute_value") for r in read.get_variable_result]
        assert told == ["10", None]
        written = await book.tell(
            call.SetVariables(set_variable_data=[{**interval, "attribute_value": "30"}])
        )
        assert written.set_variable_result[0]["attribute_status"] == "Accepted"
        report = call.GetBaseReport(request_id=5, report_base="FullInventory")
        assert (await book.tell(report)).status == "Accepted"
        await book.heard("Report", lambda m: m["tbc"] is False)
        reported = [e for a, m in book.entries if a == "Report" for e in m["report_data"]]
        values = {e["variable"]["name"]: e["variable_attribute"][0]["value"] for e in reported}
        assert values["TxUpdatedInterval"] == "30"


async def test_a_card_that_is_refused_afterwards_ends_the_transaction() -> None:
    async with central(verdict="Invalid") as book, box(book.port):
        await book.heard("Status")
        await book.tell(profile(10.0))
        await book.tell(request_start())
        ended = await book.heard("Ended")
        assert ended["transaction_info"]["stopped_reason"] == "DeAuthorized"


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
async def test_hearth_charges_pauses_and_ends_at_the_simulated_station(protocol: str) -> None:
    async with site(pacing=Pacing(settle_s=0.05)) as here:
        name = here.house
        args = ["--identity", "CP1", "--protocol", protocol]
        async with box(here.port, *args, speed=1.0) as started:
            assert started
            await name.until(lambda: GARAGE in name.seen and name.garage.status == "Occupied")
            await here.listener.send(charge(10.0))
            await name.until(lambda: name.garage.max_current_a == 10)
            await name.until(lambda: bool(name.garage.transaction_id))
            await here.listener.send(pause())
            await name.until(lambda: name.garage.status == "SuspendedEVSE")
            await here.listener.send(pause(hard_stop=True))
            await name.until(lambda: name.garage.transaction_id == 0)
            assert name.garage.power_delivery is PowerDelivery.STOPPED
            assert not name.garage.anomalies
            (row,) = here.book.rows.values()
            assert row.stop_reason == "Remote"
            assert row.meter_stop_wh is not None
