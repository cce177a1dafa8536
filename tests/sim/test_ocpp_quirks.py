"""Deviations that owners of real chargers have reported, replayed on the wire.

Each row is what a charger said and what the house must know afterwards; the names tell whose
habit it is. Sources: issues of lbbrhzn/ocpp, evcc, SteVe, mobilityhouse/ocpp.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from agent.model.readings import PowerDelivery
from tests.sim.ocpp_house import charge, site
from tests.sim.ocpp_peer import Answer, Peer, stamp

Said = tuple[str, dict[str, Any]]
HUGE = 2**63 - 1


def now() -> datetime:
    return datetime.now(UTC)


def meter(*samples: dict[str, Any], at: object = None, **fields: Any) -> Said:
    value = {"timestamp": stamp() if at is None else at, "sampledValue": list(samples)}
    return "MeterValues", {"connectorId": 1, "meterValue": [value], **fields}


def power(value: object = "7000", unit: str | None = "W", **fields: Any) -> dict[str, Any]:
    said = {"value": value, "measurand": "Power.Active.Import", **fields}
    return said if unit is None else said | {"unit": unit}


def current(value: object, **fields: Any) -> dict[str, Any]:
    return {"value": value, "measurand": "Current.Import", "unit": "A", **fields}


def status(word: str, **fields: Any) -> Said:
    return "StatusNotification", {
        "connectorId": 1,
        "errorCode": "NoError",
        "status": word,
        "timestamp": stamp(),
        **fields,
    }


def boot(**fields: Any) -> Said:
    return "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M", **fields}


def live() -> dict[str, tuple[list[Said], dict[str, Any]]]:
    """What is said and what is known then; made anew for each test, since stamps grow old."""
    charging = status("Charging")
    return {
        "a boot without vendor": ([boot(chargePointVendor="")], {"reachable": True, "model": "M"}),
        "a boot without anything": ([("BootNotification", {})], {"reachable": True}),
        "Schneider: a serial number longer than the standard allows": (
            [boot(chargePointSerialNumber="S" * 40)],
            {"serial_number": "S" * 40},
        ),
        "StarCharge: meter values before any boot": ([meter(power())], {"power_w": 7000}),
        "no status after a reconnect, only power": (
            [meter(power("6900.0"))],
            {"power_delivery": PowerDelivery.CHARGING},
        ),
        "Alfen: a huge transaction id, an odd context, a stamp of 2020": (
            [
                charging,
                meter(power(context="CurrentMax"), at="2020-01-01T00:00:00Z", transactionId=HUGE),
            ],
            {"power_w": 7000, "transaction_id": None},
        ),
        "a transaction id as text": (
            [charging, meter(power(), transactionId="4711")],
            {"transaction_id": 4711},
        ),
        "transaction id 0 is none": (
            [charging, meter(power(), transactionId=0)],
            {"transaction_id": None, "power_w": 7000},
        ),
        "transaction id -1 is none": (
            [charging, meter(power(), transactionId=-1)],
            {"transaction_id": None, "power_w": 7000},
        ),
        "a connector number as text": (
            [status("SuspendedEV", connectorId="1")],
            {"status": "SuspendedEV"},
        ),
        "an error code beyond the standard": (
            [status("Charging", errorCode="RelayFault7")],
            {"status": "Charging", "problem": "the charger reports RelayFault7"},
        ),
        "ChargeAmps: frequency in Hz": (
            [charging, meter({"value": "50", "measurand": "Frequency", "unit": "Hz"}, power())],
            {"power_w": 7000, "anomalies": None},
        ),
        "an unknown unit": ([charging, meter(power(unit="Watts"))], {"power_w": 7000}),
        "kilowatts": ([charging, meter(power("7.2", "kW"))], {"power_w": 7200}),
        "power without a unit": ([charging, meter(power(unit=None))], {"power_w": 7000}),
        "a value with spaces": ([charging, meter(power(" 9.6", "kW"))], {"power_w": 9600}),
        "a value with a decimal comma": ([charging, meter(power("9,6", "kW"))], {"power_w": 9600}),
        "a value as JSON number": ([charging, meter(power(7000))], {"power_w": 7000}),
        "an empty value is no zero": (
            [charging, meter(power("3000")), meter(power(""))],
            {"power_w": 3000},
        ),
        "Injet: the current on phase N": (
            [charging, meter(current("13", phase="N"))],
            {"current_l1_a": 13},
        ),
        "phases named L1-N": (
            [charging, meter(current("10", phase="L1-N"), current("11", phase="L2-N"))],
            {"current_l1_a": 10, "current_l2_a": 11},
        ),
        "Enercab: one current for all phases": (
            [charging, meter(current("10"), power("6900"))],
            {"current_l1_a": 10, "current_l3_a": 10},
        ),
        "begin and periodic mixed": (
            [charging, meter(power("7000"), power("0", context="Transaction.Begin"))],
            {"power_w": 7000},
        ),
        "Growatt: a stamp without zone": (
            [charging, meter(power(), at=now().strftime("%Y-%m-%dT%H:%M:%S"))],
            {"power_w": 7000},
        ),
        "Growatt: local time without zone": (
            [
                charging,
                meter(power(), at=(now() + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S")),
            ],
            {"power_w": 7000},
        ),
        "local time marked as UTC": (
            [charging, meter(power(), at=stamp(now() + timedelta(hours=2)))],
            {"power_w": 7000},
        ),
        "a stamp with an offset": (
            [
                charging,
                meter(power(), at=now().astimezone(timezone(timedelta(hours=5))).isoformat()),
            ],
            {"power_w": 7000},
        ),
        "MicroOcpp before its first heartbeat": (
            [charging, meter(power(), at="1970-01-01T00:00:12.000Z")],
            {"power_w": 7000},
        ),
        "a stamp that is no date": ([charging, meter(power(), at="now")], {"power_w": 7000}),
        "two samples of one instant": (
            [charging, meter(power("1000"), at=stamp()), meter(power("2000"), at=stamp())],
            {"power_w": 2000},
        ),
        "Authorize with a connector": (
            [("Authorize", {"idTag": "CARD", "connectorId": 1}), charging],
            {"status": "Charging"},
        ),
    }


@pytest.mark.parametrize("quirk", live())
async def test_a_quirk_does_not_hide_what_is_true(quirk: str) -> None:
    said, known = live()[quirk]
    async with site() as here, Peer.dial(here.port) as cp:
        for action, payload in said:
            await cp.call(action, payload)
        await here.house.until(
            lambda: {name: getattr(here.house.garage, name) for name in known} == known
        )


STOPS: dict[str, dict[str, Any]] = {
    "Sigenergy: a card number of 21 characters": {"idTag": "C" * 21},
    "Ocular: a card number with bytes that nobody sent": {"idTag": "CARD\x00\x7f\ufffd"},
    "a reason outside the standard": {"reason": "CableOut"},
    "an empty reason": {"reason": ""},
    "a register with a fraction": {"meterStop": 2000.0},
    "a register as text": {"meterStop": "2000"},
    "samples in the stop that are none": {"transactionData": [None, {"sampledValue": "x"}]},
}


@pytest.mark.parametrize("quirk", STOPS)
async def test_an_odd_stop_is_a_stop(quirk: str) -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        number = await cp.start()
        await cp.stop(number, **STOPS[quirk])
        row = here.book.rows[number]
        assert row.stopped_at is not None
        assert row.meter_stop_wh == 2000
        assert row.stop_reason == (STOPS[quirk].get("reason") or "Local")


async def test_a_stop_that_does_not_know_its_register_uses_the_last_sample() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        number = await cp.start()
        await cp.meter(7000, 1050, number)
        await cp.stop(number, meterStop=-1)
        assert here.book.rows[number].meter_stop_wh == 1050


@pytest.mark.parametrize("connector", ["1", 1.0, None, 0])
async def test_a_start_with_an_odd_connector_is_the_only_chargers(connector: object) -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        number = await cp.start(connectorId=connector)
        assert here.book.rows[number].charger == "garage"


async def test_message_ids_that_repeat_are_answered_each() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        for number in range(3):
            frame = [2, "1", "StartTransaction", {"connectorId": 1, "idTag": f"T{number}"}]
            answer = await cp.raw(json.dumps(frame), "1")
            assert answer[2]["idTagInfo"] == {"status": "Accepted"}
        assert len(here.book.rows) == 3


async def test_a_frame_that_is_sent_twice_counts_once() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        at = stamp()
        said = {"connectorId": 1, "idTag": "T", "meterStart": 5, "timestamp": at}
        frame = json.dumps([2, "7", "StartTransaction", said])
        first, second = [(await cp.raw(frame, "7"))[2] for _ in range(2)]
        assert first == second
        assert len(here.book.rows) == 1


async def test_a_box_with_keys_in_lower_case_is_set_in_its_own_spelling() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        cp.answers["GetConfiguration"] = lambda _: {
            "configurationKey": [{"key": "metervaluesampleinterval", "value": "900"}]
        }
        await cp.boot()
        asked = await cp.was_asked("ChangeConfiguration")
        assert asked == {"key": "metervaluesampleinterval", "value": "10"}


@pytest.mark.parametrize("units", ["Power", "W", "power", ["W"], "Current,", "", None, 7])
async def test_however_a_box_names_its_units_a_limit_reaches_it(units: object) -> None:
    def limited(payload: dict[str, Any]) -> Answer:
        unit = payload["csChargingProfiles"]["chargingSchedule"]["chargingRateUnit"]
        return {"status": "Accepted" if unit == "W" else "Rejected"}

    async with site() as here, Peer.dial(here.port) as cp:
        key = "ChargingScheduleAllowedChargingRateUnit"
        cp.answers["GetConfiguration"] = lambda _: {
            "configurationKey": [{"key": key, "value": units}]
        }
        cp.answers["SetChargingProfile"] = limited
        await cp.boot()
        await cp.status("Preparing")
        await here.listener.send(charge(10.0))
        assert here.house.garage.accepted_current_a == 10.0


async def test_a_box_that_refuses_a_connector_in_triggers_is_asked_without_one() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        cp.answers["TriggerMessage"] = lambda asked: {
            "status": "Rejected" if asked.get("connectorId") else "Accepted"
        }
        await cp.call("Heartbeat", {})
        await cp.was_asked("TriggerMessage", lambda asked: "connectorId" not in asked)


async def test_a_box_that_restarts_whenever_its_settings_are_read_is_left_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with site() as here:
        for _ in range(3):
            async with Peer.dial(here.port) as cp:
                await cp.boot()
                await cp.was_asked("GetConfiguration")
        async with Peer.dial(here.port) as cp:
            await cp.boot()
            await cp.was_asked("TriggerMessage")
            await asyncio.sleep(0.2)
            assert "GetConfiguration" not in [action for action, _ in cp.asked]
        assert len([m for m in caplog.messages if "leaves its settings alone" in m]) == 1


async def test_a_request_line_with_the_whole_url_leads_in() -> None:
    async with site() as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(
            f"GET ws://127.0.0.1:{here.port}/ocpp/CP1 HTTP/1.1\r\nHost: hearth\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        async with asyncio.timeout(2):
            assert (await reader.readline()).startswith(b"HTTP/1.1 101")
        writer.close()
        await writer.wait_closed()
