"""Frames that are wrong: answered if they can be, counted, and nobody else notices."""

import json

import pytest

from agent.model.readings import PowerDelivery
from drivers.ocpp.config import ChargerConfig
from tests.sim.ocpp_house import site
from tests.sim.ocpp_peer import Peer, stamp


@pytest.mark.parametrize(
    "nonsense",
    [
        "no json",
        "[" * 100_000,
        "[2]",
        "{}",
        '"text"',
        "[9,1,2]",
        "[2,1",
        "\x00\x01",
        "[" * 60 + "]" * 60,
        "[3]",
        "[4]",
        "[3,17,{}]",
        '[5,"x","y","z",{}]',
    ],
)
async def test_nonsense_disturbs_nobody(nonsense: str) -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await cp.socket.send(nonsense)
        assert (await cp.boot())["status"] == "Accepted"


async def test_overlooked_faults_are_counted_and_shown() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await cp.socket.send("no json")
        await cp.socket.send("no json")
        await here.house.until(lambda: here.house.garage.anomalies == 2)
        assert here.house.garage.last_anomaly == "the frame is no JSON list"


@pytest.mark.parametrize(
    ("frame", "number"),
    [
        ([2, 7, "Heartbeat", {}], 7),
        ([2, "x" * 100, "Heartbeat", {}], "x" * 100),
        ([2, "a", "Heartbeat", {}, "extra", 1], "a"),
        ([2, "b", "Heartbeat"], "b"),
        ([2, "c", "Heartbeat", None], "c"),
        (["2", "d", "Heartbeat", {}], "d"),
    ],
)
async def test_odd_framing_is_answered(frame: list[object], number: object) -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        answer = await cp.raw(json.dumps(frame), number)
        assert answer[0] == 3
        assert "currentTime" in answer[2]


async def test_a_list_as_action_is_answered_with_an_error_and_the_socket_lives() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        assert (await cp.raw(json.dumps([2, "a", ["x"], {}]), "a"))[0] == 4
        assert (await cp.raw(json.dumps([2, "b", "Nonsense", {}]), "b"))[2] == "NotImplemented"
        assert (await cp.boot())["status"] == "Accepted"


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"connectorId": "one", "idTag": 5, "meterStart": "x", "timestamp": 12},
        {"connectorId": 99, "idTag": "T", "meterStart": -1, "timestamp": "yesterday"},
        {"connectorId": 1, "idTag": None, "meterStart": 1e400, "timestamp": "9999-99-99"},
        {"connectorId": 1, "idTag": "T" * 500, "meterStart": 1.5, "timestamp": stamp(), "x": []},
    ],
)
async def test_a_start_is_confirmed_whatever_it_says(payload: dict[str, object]) -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        answer = await cp.call("StartTransaction", payload)
        assert answer["transactionId"] in here.book.rows


@pytest.mark.parametrize("number", [0, -1, 4711, "12", None, 2**63 - 1, 2**80, [], "x"])
async def test_a_stop_is_confirmed_whatever_it_stops(number: object) -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await cp.call("StopTransaction", {"transactionId": number, "reason": ""})
        assert len(here.book.rows) == 1


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"connectorId": 1, "meterValue": "none"},
        {"connectorId": 1, "meterValue": [None, {"sampledValue": [None, {"value": {}}]}]},
        {"connectorId": 1, "transactionId": 2**63 - 1, "meterValue": [{"sampledValue": [{}]}]},
        {"connectorId": 7, "meterValue": [{"timestamp": "x", "sampledValue": [{"value": " 9.6"}]}]},
    ],
)
async def test_meter_values_are_confirmed_whatever_they_say(payload: dict[str, object]) -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        assert await cp.call("MeterValues", payload) == {}


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("DataTransfer", {"vendorId": "who"}, {"status": "UnknownVendorId"}),
        ("SecurityEventNotification", {"type": "x", "timestamp": "x"}, {}),
        ("FirmwareStatusNotification", {"status": "Installed"}, {}),
        ("DiagnosticsStatusNotification", {"status": "Idle"}, {}),
        ("StatusNotification", {"connectorId": 1, "status": "Dancing"}, {}),
    ],
)
async def test_minor_requests_are_answered(
    action: str, payload: dict[str, object], answer: dict[str, object]
) -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        assert await cp.call(action, payload) == answer


async def test_only_listed_cards_may_charge_if_there_is_a_list() -> None:
    chargers = {"garage": ChargerConfig(identity="CP1", accept_tags=("Anna",))}
    async with site(chargers) as here, Peer.dial(here.port) as cp:
        for tag, status in (("ANNA", "Accepted"), ("bob", "Invalid"), ("hearth", "Accepted")):
            answer = await cp.call("Authorize", {"idTag": tag})
            assert answer["idTagInfo"]["status"] == status
        answer = await cp.call("StartTransaction", {"connectorId": 1, "idTag": "bob"})
        assert answer["idTagInfo"]["status"] == "Invalid"


async def test_a_fault_at_the_charger_is_told_in_words_and_withdrawn() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        fault = {"connectorId": 1, "status": "Faulted", "errorCode": "GroundFailure", "info": "RCD"}
        await cp.call("StatusNotification", fault)
        await here.house.until(
            lambda: here.house.garage.problem == "the charger reports GroundFailure, RCD"
        )
        assert here.house.garage.power_delivery is PowerDelivery.FAULT
        await cp.status("Available")
        await here.house.until(lambda: here.house.garage.problem == "")
