"""2.x stations that leave things out, mix them up, or speak 2.1 and nonsense: all are answered."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from jsonschema import Draft7Validator
from ocpp.messages import get_validator

from agent.model.readings import PowerDelivery
from drivers.ocpp.config import ChargerConfig
from tests.notebook import Notebook
from tests.sim.ocpp_house import Book, Site, charge, pause, site
from tests.sim.ocpp_library import ago
from tests.sim.ocpp_peer import Peer, stamp


class Station(Peer):
    """One connection that speaks 2.x in its own way; Hearth's frames are held to the schemas."""

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        result = await super().call(action, payload)
        _check(3, action, result)
        return result

    async def event(self, kind: str, name: object, /, **fields: Any) -> dict[str, Any]:
        """A TransactionEvent with no more than what must be there, and `fields`."""
        info = {"transactionId": name} | fields.pop("transactionInfo", {})
        payload: dict[str, Any] = {"eventType": kind, "timestamp": stamp(), "seqNo": 0}
        payload |= {"triggerReason": "Trigger", "transactionInfo": info} | fields
        return await self.call("TransactionEvent", payload)

    def check_requests(self) -> None:
        for action, payload in self.asked:
            _check(2, action, payload)


def _check(kind: int, action: str, payload: dict[str, Any]) -> None:
    validator: Draft7Validator = get_validator(kind, action, "2.0.1")
    validator.validate(payload)


@asynccontextmanager
async def station(port: int, *subprotocols: str, **options: Any) -> AsyncIterator[Station]:
    options["subprotocols"] = (
        list(subprotocols or ("ocpp2.0.1",)) if subprotocols != ("",) else None
    )
    async with Station.dial(port, **options) as cs:
        yield cs
    cs.check_requests()


async def state(here: Site, delivery: PowerDelivery) -> None:
    await here.house.until(lambda: here.house.garage.power_delivery is delivery)


def samples(power_w: object, at: datetime | None = None) -> list[dict[str, Any]]:
    sampled = [{"value": power_w, "measurand": "Power.Active.Import"}]
    return [{"timestamp": stamp(at), "sampledValue": sampled}]


@pytest.mark.parametrize(
    ("reason", "card", "by_hand"),
    [("Local", True, True), ("Local", False, None), (None, True, None), ("PowerLoss", True, None)],
)
async def test_only_a_card_that_ends_a_charge_is_a_person_s_word(
    reason: str | None,
    card: bool,  # noqa: FBT001 a row of the table
    by_hand: bool | None,  # noqa: FBT001 an outcome
) -> None:
    async with site() as here, station(here.port) as cs:
        await cs.event(
            "Started", "t", evse={"id": 1}, transactionInfo={"chargingState": "Charging"}
        )
        await state(here, PowerDelivery.CHARGING)
        more: dict[str, Any] = {"transactionInfo": {"stoppedReason": reason} if reason else {}}
        if card:
            more["idToken"] = {"idToken": "CARD", "type": "ISO14443"}
        await cs.event("Ended", "t", **more)
        await here.house.until(lambda: here.house.garage.transaction_id == 0)
        assert here.house.garage.ended_by_hand is by_hand


async def test_an_update_before_the_start_opens_the_one_transaction() -> None:
    async with site() as here, station(here.port) as cs:
        await cs.event("Updated", "t", transactionInfo={"chargingState": "Charging"})
        await state(here, PowerDelivery.CHARGING)
        await cs.event("Started", "t", timestamp=stamp(ago(0.01)), evse={"id": 1})
        await cs.event("Ended", "t")
        await state(here, PowerDelivery.STOPPED)
        (row,) = here.book.rows.values()
        assert row.stop_reason == "Local"
        assert row.stopped_at is not None


async def test_an_end_that_is_told_twice_is_one_end_even_after_a_restart() -> None:
    book, notes = Book(), Notebook()
    async with site(book=book, notes=notes) as here, station(here.port) as cs:
        await cs.event("Started", "t", idToken={"idToken": "A", "type": "Central"})
        await cs.event("Ended", "t", transactionInfo={"stoppedReason": "Remote"})
        await cs.event("Ended", "t", transactionInfo={"stoppedReason": "Other"})
    async with site(book=book, notes=notes) as here, station(here.port) as cs:
        await cs.event("Ended", "t", transactionInfo={"stoppedReason": "Other"})
        await cs.event("Updated", "t", transactionInfo={"chargingState": "Charging"})
        assert not here.house.garage.transaction_id
    assert [row.stop_reason for row in book.rows.values()] == ["Remote"]


async def test_an_end_without_a_beginning_is_kept_with_the_time_it_took() -> None:
    async with site() as here, station(here.port) as cs:
        at, begun = ago(1), ago(1) - timedelta(minutes=30)
        info = {"timeSpentCharging": 1800}
        await cs.event("Ended", "t", timestamp=stamp(at), offline=True, transactionInfo=info)
        (row,) = here.book.rows.values()
        assert (row.started_at, row.stopped_at) == (begun, at)


async def test_a_station_may_use_a_transaction_id_again() -> None:
    async with site() as here, station(here.port) as cs:
        charges = [(ago(3), ago(2.5)), (ago(2), ago(1.5))]
        for at, later in charges:
            await cs.event("Started", "1", timestamp=stamp(at), offline=True)
            await cs.event("Started", "1", timestamp=stamp(at), offline=True)  # not heard
            await cs.event("Ended", "1", timestamp=stamp(later), offline=True)
        rows = here.book.rows.values()
        assert [(row.started_at, row.stopped_at) for row in rows] == charges


async def test_a_start_that_is_stamped_anew_is_no_new_one_and_a_much_later_one_is() -> None:
    async with site() as here, station(here.port) as cs:
        for hours, rows in ((2, 1), (1.99, 1), (1, 2)):
            at = stamp(ago(hours))
            await cs.event("Started", "1", timestamp=at, triggerReason="Authorized", offline=True)
            assert len(here.book.rows) == rows


async def test_a_status_of_1_6_is_understood_over_2_0_1() -> None:
    async with site() as here, station(here.port) as cs:
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Preparing"}
        await cs.call("StatusNotification", status)
        await state(here, PowerDelivery.STOPPED)


async def test_events_in_the_wrong_order_do_not_turn_back_the_time() -> None:
    async with site() as here, station(here.port) as cs:
        await cs.event("Started", "t", timestamp=stamp(ago(0.005)), evse={"id": 1})
        charging = {"chargingState": "Charging"}
        await cs.event("Updated", "t", seqNo=9, transactionInfo=charging)
        await cs.event(
            "Updated",
            "t",
            triggerReason="ChargingStateChanged",
            timestamp=stamp(ago(0.002)),
            seqNo=3,
            transactionInfo={"chargingState": "EVConnected"},
        )
        await asyncio.sleep(0.05)
        assert here.house.garage.power_delivery is PowerDelivery.CHARGING


@pytest.mark.parametrize(
    "odd",
    [
        {"transactionInfo": None},
        {"transactionInfo": {"transactionId": 7}},
        {"transactionInfo": {"transactionId": None}, "idToken": "CARD"},
        {"transactionInfo": {"transactionId": "x" * 300}},
        {"evse": 1, "seqNo": "three", "offline": "no"},
        {"evse": {"id": "1", "connectorId": None}, "numberOfPhasesUsed": "3"},
        {"evse": {"id": 99}},
        {"evse": []},
        {"eventType": "Paused", "triggerReason": 5},
        {"eventType": None, "timestamp": None},
        {"timestamp": "1970-01-01T00:00:00Z"},
        {"timestamp": 1700000000, "meterValue": {}},
        {"meterValue": [None, {"sampledValue": None}, {"sampledValue": [None, {"value": {}}]}]},
        {"idToken": {"idToken": None, "type": 3}},
        {"idToken": [], "reservationId": "r"},
        {"transactionInfo": {"transactionId": "t", "chargingState": "Dozing"}},
    ],
)
async def test_whatever_an_event_looks_like_it_is_confirmed(odd: dict[str, Any]) -> None:
    event = {
        "eventType": "Started",
        "timestamp": stamp(),
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "t"},
    }
    async with site() as here, station(here.port) as cs:
        answer = await cs.call("TransactionEvent", event | odd)
        assert ("idTokenInfo" in answer) == ("idToken" in odd)
        assert (await cs.call("Heartbeat", {}))["currentTime"]


@pytest.mark.parametrize(
    ("sample", "power_w"),
    [
        ({"value": 7.2, "unitOfMeasure": {"unit": "kW"}}, 7200),
        ({"value": 72, "unitOfMeasure": {"unit": "W", "multiplier": 2}}, 7200),
        ({"value": 7, "unitOfMeasure": {"multiplier": 3}}, 7000),
        ({"value": "7200", "unit": "W"}, 7200),
        ({"value": 7200, "unitOfMeasure": {"unit": "W", "multiplier": 99}}, 7200),
    ],
)
async def test_power_is_read_in_whatever_unit(sample: dict[str, Any], power_w: float) -> None:
    async with site() as here, station(here.port) as cs:
        value = {"measurand": "Power.Active.Import", **sample}
        values = [{"timestamp": stamp(), "sampledValue": [value]}]
        await cs.call("MeterValues", {"evseId": 1, "meterValue": values})
        await here.house.until(lambda: here.house.garage.power_w is not None)
        assert here.house.garage.power_w == power_w


async def test_without_any_state_the_power_tells_that_a_car_charges() -> None:
    async with site() as here, station(here.port) as cs:
        status = {"timestamp": stamp(), "connectorStatus": "Available", "evseId": 1}
        await cs.call("StatusNotification", status | {"connectorId": 1})
        await cs.event("Started", "t", evse={"id": 1}, meterValue=samples(0))
        await cs.event("Updated", "t", meterValue=samples(7200))
        await state(here, PowerDelivery.CHARGING)
        await cs.event("Ended", "t", triggerReason="EVDeparted")
        await state(here, PowerDelivery.UNPLUGGED)


async def test_a_meter_is_believed_rather_than_a_state_that_never_changes() -> None:
    async with site() as here, station(here.port) as cs:
        stuck = {"chargingState": "EVConnected"}
        await cs.event("Started", "t", evse={"id": 1, "connectorId": 0}, transactionInfo=stuck)
        await state(here, PowerDelivery.STOPPED)
        await cs.event("Updated", "t", transactionInfo=stuck, meterValue=samples(7200))
        await state(here, PowerDelivery.CHARGING)
        assert here.house.garage.power_w == 7200


async def test_the_station_as_a_whole_is_no_connector() -> None:
    async with site() as here, station(here.port) as cs:
        await cs.event("Started", "t", transactionInfo={"chargingState": "Charging"})
        whole = {"timestamp": stamp(), "connectorStatus": "Available"}
        await cs.call("StatusNotification", whole | {"evseId": 0, "connectorId": 0})
        assert here.house.garage.power_delivery is PowerDelivery.CHARGING
        await cs.call("StatusNotification", whole)
        await state(here, PowerDelivery.UNPLUGGED)


@pytest.mark.parametrize(
    "action",
    [
        "NotifyPriorityCharging",
        "BatterySwap",
        "NotifyDERAlarm",
        "PullDynamicScheduleUpdate",
        "NotifySettlement",
        "StartTransaction",
        "Nonsense",
        "notifyEvent",
    ],
)
async def test_what_hearth_does_not_know_is_refused_and_never_left_unanswered(action: str) -> None:
    async with site() as here, station(here.port, "ocpp2.1") as cs:
        assert cs.socket.subprotocol == "ocpp2.1"
        answer = await cs.raw(json.dumps([2, "a", action, {"x": 1}]), "a")
        assert answer[:3] == [4, "a", "NotImplemented"]


async def test_frames_of_2_1_that_want_no_answer_get_none_and_do_no_harm() -> None:
    async with site() as here, station(here.port, "ocpp2.1") as cs:
        for _ in range(60):
            await cs.socket.send(json.dumps([6, "s", "NotifyPeriodicEventStream", {"id": 1}]))
        await cs.socket.send(json.dumps([5, "r", "FormatViolation", "", {}]))
        assert (await cs.call("Heartbeat", {}))["currentTime"]
        await here.house.until(lambda: bool(here.house.garage.anomalies))
        assert here.house.garage.last_anomaly == "it rejects an answer of Hearth"


async def test_a_request_that_is_none_gets_the_error_of_its_version() -> None:
    async with site() as here, station(here.port) as cs:
        assert (await cs.raw('[2,"a",["Heartbeat"]]', "a"))[2] == "RpcFrameworkError"


async def test_a_station_that_names_no_version_is_known_by_its_words() -> None:
    async with site() as here, station(here.port, "") as cs:
        boot = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
        assert (await cs.call("BootNotification", boot))["status"] == "Accepted"
        await cs.event("Started", "t", transactionInfo={"chargingState": "Charging"})
        await state(here, PowerDelivery.CHARGING)
        assert here.house.garage.vendor == "V"


async def test_a_station_without_variables_reports_what_it_has() -> None:
    async with site() as here, station(here.port) as cs:
        cs.answers["GetVariables"] = lambda _: {"error": "NotSupported"}
        cs.answers["SetVariables"] = lambda asked: {
            "setVariableResult": [{"attributeStatus": "Accepted", **asked["setVariableData"][0]}]
        }
        await cs.call("BootNotification", {"reason": "PowerUp", "chargingStation": {}})
        asked = await cs.was_asked("GetBaseReport")
        entry = {
            "component": {"name": "sampleddatactrlr"},
            "variable": {"name": "TxUpdatedInterval"},
            "variableAttribute": [{"type": "MaxSet", "value": "9"}, {"value": "300"}],
        }
        report = {"requestId": asked["requestId"], "generatedAt": stamp(), "seqNo": 0}
        await cs.call("NotifyReport", report | {"tbc": True, "reportData": [None, {}, entry]})
        await cs.call("NotifyReport", report | {"seqNo": 1})
        data = (await cs.was_asked("SetVariables"))["setVariableData"][0]
        assert (data["variable"]["name"], data["attributeValue"]) == ("TxUpdatedInterval", "10")


async def test_variables_are_asked_for_in_smaller_messages_where_they_are_too_many() -> None:
    async with site() as here, station(here.port) as cs:
        cs.answers["GetVariables"] = lambda asked: (
            {"error": "OccurrenceConstraintViolation"}
            if len(asked["getVariableData"]) > 4
            else {"getVariableResult": []}
        )
        await cs.call("BootNotification", {"reason": "PowerUp", "chargingStation": {}})
        await cs.was_asked("GetVariables", lambda asked: len(asked["getVariableData"]) <= 4)


async def test_a_station_without_limits_is_stopped_once() -> None:
    async with site() as here, station(here.port) as cs:
        cs.answers["SetChargingProfile"] = lambda _: {"error": "NotSupported"}
        await cs.event("Started", "t", transactionInfo={"chargingState": "Charging"})
        await here.listener.send(pause(hard_stop=True))
        asked = [action for action, _ in cs.asked if action == "RequestStopTransaction"]
        assert len(asked) == 1
        await cs.event("Ended", "t", transactionInfo={"stoppedReason": "Remote"})
        assert here.house.garage.controllable is False


async def test_a_car_that_names_itself_is_known() -> None:
    async with site() as here, station(here.port) as cs:
        event = {
            "component": {"name": "ConnectedEV", "evse": {"id": 1}},
            "variable": {"name": "VehicleId"},
            "actualValue": "92-D5-0A-69-3F-80",
        }
        payload = {"generatedAt": stamp(), "seqNo": 0, "eventData": [event, None, {}]}
        await cs.call("NotifyEvent", payload)
        await here.house.until(lambda: here.house.garage.id_tag == "VID:92D50A693F80")


async def test_a_start_without_a_place_belongs_to_the_car_that_waits() -> None:
    chargers = {
        "garage": ChargerConfig(identity="CP1"),
        "yard": ChargerConfig(identity="CP1", connector=2),
    }
    async with site(chargers) as here, station(here.port) as cs:
        status = {"timestamp": stamp(), "connectorId": 1}
        for evse, word in ((1, "Occupied"), (2, "Available")):
            await cs.call("StatusNotification", status | {"evseId": evse, "connectorStatus": word})
        await cs.event("Started", "t", transactionInfo={"chargingState": "Charging"})
        await state(here, PowerDelivery.CHARGING)


async def test_a_station_that_cannot_tell_of_transactions_keeps_them() -> None:
    book, notes = Book(), Notebook()
    async with site(book=book, notes=notes) as here, station(here.port) as cs:
        await cs.event("Started", "t", transactionInfo={"chargingState": "Charging"})
    async with site(book=book, notes=notes) as here, station(here.port) as cs:
        cs.answers["GetTransactionStatus"] = lambda _: {"error": "FormationViolation"}
        await cs.call("Heartbeat", {})
        await cs.was_asked("TriggerMessage")
        await cs.event("Updated", "t", transactionInfo={"chargingState": "Charging"})
        await here.house.until(lambda: bool(here.house.garage.transaction_id))
        await here.listener.send(charge(8.0))
    assert len(book.rows) == 1
