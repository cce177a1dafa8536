"""What Hearth asks and sets after a charger has connected."""

import asyncio
from typing import Any

from tests.sim.ocpp_house import charge, site
from tests.sim.ocpp_peer import Answer, Peer


def keys(**values: str) -> Any:
    return lambda _: {
        "configurationKey": [
            {"key": key, "readonly": key == "HeartbeatInterval", "value": value}
            for key, value in values.items()
        ]
    }


async def test_only_settings_that_differ_and_may_be_written_are_written() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        cp.answers["GetConfiguration"] = keys(
            heartbeatinterval="900",
            HeartbeatInterval="900",
            meterValueSampleInterval="60",
            ClockAlignedDataInterval="0",
            ConnectionTimeOut="300",
            AuthorizationKey="x",
        )
        await cp.boot()
        await cp.was_asked("ChangeConfiguration", lambda p: p["key"] == "meterValueSampleInterval")
        await asyncio.sleep(0.1)
        changed = {p["key"]: p["value"] for a, p in cp.asked if a == "ChangeConfiguration"}
        assert changed == {"heartbeatinterval": "60", "meterValueSampleInterval": "10"}


async def test_measurands_are_dropped_one_by_one_until_the_list_is_taken() -> None:
    def answer(payload: dict[str, Any]) -> Answer:
        return {"status": "Rejected" if "SoC" in payload["value"] else "Accepted"}

    async with site() as here, Peer.dial(here.port) as cp:
        cp.answers["GetConfiguration"] = keys(MeterValuesSampledData="Voltage")
        cp.answers["ChangeConfiguration"] = answer
        await cp.boot()
        await cp.was_asked("ChangeConfiguration", lambda p: "SoC" not in p["value"])
        tried = [p["value"] for a, p in cp.asked if a == "ChangeConfiguration"]
        assert [value.count(",") for value in tried] == [5, 4]


async def test_a_setting_that_is_not_answered_does_not_keep_the_others_back() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        cp.answers["GetConfiguration"] = keys(MeterValueSampleInterval="60", ConnectionTimeOut="30")
        cp.answers["ChangeConfiguration"] = lambda p: (
            None if p["key"] == "MeterValueSampleInterval" else {"status": "Accepted"}
        )
        await cp.boot()
        await cp.was_asked("ChangeConfiguration", lambda p: p["key"] == "ConnectionTimeOut")


async def test_a_charger_that_restarts_after_a_change_is_left_alone() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        cp.answers["GetConfiguration"] = keys(MeterValueSampleInterval="60")
        await cp.boot()
        await cp.was_asked("ChangeConfiguration")
        cp.asked.clear()
        await cp.boot()
        await cp.was_asked("TriggerMessage")
        await asyncio.sleep(0.1)
        assert "GetConfiguration" not in [action for action, _ in cp.asked]


async def test_a_status_that_was_not_sent_is_asked_for() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await cp.call("Heartbeat", {})
        asked = await cp.was_asked("TriggerMessage")
        assert asked == {"requestedMessage": "StatusNotification", "connectorId": 1}


async def test_a_charging_charger_that_sends_no_meter_values_is_asked_for_them() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await cp.boot()
        await cp.status("Charging")
        await cp.was_asked(
            "TriggerMessage", lambda payload: payload["requestedMessage"] == "MeterValues"
        )


async def test_watts_are_used_first_where_the_charger_says_so() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        cp.answers["GetConfiguration"] = keys(ChargingScheduleAllowedChargingRateUnit="Power")
        await cp.boot()
        await cp.status("Preparing")
        await cp.was_asked("GetConfiguration")
        await asyncio.sleep(0.05)
        await here.listener.send(charge(10.0))
        schedule = cp.profiles()[0]["chargingSchedule"]
        assert schedule["chargingRateUnit"] == "W"
        assert schedule["chargingSchedulePeriod"][0]["limit"] == 6900
