"""Hearth against charge points of the `ocpp` package, which checks all that it hears and says.

A request or an answer of Hearth that breaks OCPP 1.6's schemas fails the test that caused it.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from ocpp.v16 import call

from agent.model.readings import ChargerReading, DeviceId, PowerDelivery
from drivers.ocpp.config import ChargerConfig
from tests.sim import ocpp_house
from tests.sim.ocpp_house import QUICK, Site, charge, pause
from tests.sim.ocpp_library import PlainPeer, ago, library_peer, stamp

PATIENT = replace(QUICK, answer_s=3.0)  # the library takes its time to object
site = partial(ocpp_house.site, pacing=PATIENT)
YARD = DeviceId("yard")
TWO_SOCKETS = {
    "garage": ChargerConfig(identity="CP1"),
    "yard": ChargerConfig(identity="CP1", connector=2),
}


def of(here: Site, device: DeviceId) -> ChargerReading:
    value = here.house.seen[device].value
    assert isinstance(value, ChargerReading)
    return value


async def test_boot_heartbeat_status_and_authorize_are_answered_by_the_book() -> None:
    async with site() as here, library_peer(here.port) as cp:
        boot = await cp.boot(charge_point_serial_number="SN1", firmware_version="1.2")
        assert (boot.status, boot.interval) == ("Accepted", 60)
        beat = await cp.say(call.Heartbeat())
        for told in (boot.current_time, beat.current_time):
            assert abs(datetime.fromisoformat(told) - datetime.now(UTC)) < timedelta(seconds=5)
        await cp.status("Available", connector=0)
        await cp.status("Available")
        welcome = await cp.say(call.Authorize(id_tag="CARD"))
        assert welcome.id_tag_info["status"] == "Accepted"
        await here.house.until(lambda: here.house.garage.power_delivery is PowerDelivery.UNPLUGGED)
        assert here.house.garage.serial_number == "SN1"


async def test_a_charge_from_plug_to_plug_keeps_to_the_schemas() -> None:
    async with site() as here, library_peer(here.port) as cp:
        await cp.boot()
        await cp.status("Preparing")
        await here.listener.send(charge(13.0))
        asked = await cp.was_asked("RemoteStartTransaction")
        number = await cp.begin(tag=asked["id_tag"])
        await cp.status("Charging")
        await cp.meter(8970, 1010, number)
        await here.house.until(lambda: here.house.garage.power_w == 8970)
        assert here.house.garage.power_delivery is PowerDelivery.CHARGING
        await here.listener.send(pause())
        assert cp.limit_a() == 0
        await cp.status("SuspendedEVSE")
        await here.listener.send(charge(16.0))
        assert cp.limit_a() == 16
        await cp.status("Charging")
        await here.listener.send(pause(hard_stop=True))
        assert (await cp.was_asked("RemoteStopTransaction"))["transaction_id"] == number
        await cp.end(number, reason="Remote", register_wh=1011)
        await cp.status("Finishing")
        await cp.status("Available")
        await here.house.until(lambda: here.house.garage.power_delivery is PowerDelivery.UNPLUGGED)
        assert here.book.rows[number].stop_reason == "Remote"
        assert not here.house.garage.anomalies


async def test_every_limit_stands_above_a_permanent_fallback() -> None:
    async with site() as here, library_peer(here.port) as cp:
        await cp.status("Preparing")
        await here.listener.send(charge(9.99))
        working, fallback = cp.profiles[1], cp.profiles[0]
        periods = working["charging_schedule"]["charging_schedule_period"]
        assert [float(period["limit"]) for period in periods] == [9.9, 6.0]
        assert "duration" not in fallback["charging_schedule"]
        assert "valid_to" not in fallback


async def test_the_composite_schedule_is_read_back() -> None:
    async with site() as here, library_peer(here.port) as cp:
        await cp.status("Preparing")
        await here.listener.send(charge(11.0))
        await here.house.until(lambda: here.house.garage.max_current_a == 11.0)


async def test_settings_are_read_once_and_written_where_they_differ() -> None:
    async with site() as here, library_peer(here.port) as cp:
        await cp.boot()
        await cp.was_asked("ChangeConfiguration", lambda f: f["key"] == "ConnectionTimeOut")
        await asyncio.sleep(0.2)
        asked = [action for action, _ in cp.asked]
        assert asked.count("GetConfiguration") == 1
        assert asked.count("ChangeConfiguration") == 4
        assert cp.settings["HeartbeatInterval"] == "60"
        assert cp.settings["MeterValueSampleInterval"] == "10"


async def test_a_status_that_was_told_is_not_asked_for() -> None:
    settling = replace(PATIENT, settle_s=0.3)
    async with site(pacing=settling) as here, library_peer(here.port) as cp:
        await cp.boot()
        await cp.status("Available")
        await cp.was_asked("GetConfiguration")
        assert "TriggerMessage" not in [action for action, _ in cp.asked]


async def test_what_is_triggered_is_heard() -> None:
    async with site() as here, library_peer(here.port) as cp:
        await cp.say(call.Heartbeat())
        assert await cp.was_asked("TriggerMessage") == {
            "requested_message": "StatusNotification",
            "connector_id": 1,
        }
        await cp.status("SuspendedEV")
        await here.house.until(lambda: here.house.garage.status == "SuspendedEV")


@pytest.mark.parametrize(
    "message",
    [
        call.DataTransfer(vendor_id="com.example", message_id="hello", data="{}"),
        call.FirmwareStatusNotification(status="Downloaded"),
        call.DiagnosticsStatusNotification(status="Idle"),
        call.SecurityEventNotification(
            type="SettingSystemTime", timestamp="2026-03-01T10:00:00Z", tech_info=None
        ),
        call.LogStatusNotification(status="Idle", request_id=1),
        call.SignedFirmwareStatusNotification(status="Installed", request_id=2),
        call.SignCertificate(csr="-----BEGIN CERTIFICATE REQUEST-----"),
    ],
)
async def test_requests_beyond_charging_and_of_the_security_extension_are_answered(
    message: object,
) -> None:
    async with site() as here, library_peer(here.port) as cp:
        await cp.boot()
        await cp.say(message)


async def test_a_box_that_restarts_in_the_middle_of_a_charge_is_followed() -> None:
    async with site() as here:
        async with library_peer(here.port) as cp:
            await cp.boot()
            await cp.status("Charging")
            first = await cp.begin()
            await cp.meter(7000, 1100, first)
        async with library_peer(here.port) as cp:
            await cp.boot()
            await cp.end(first, reason="PowerLoss")
            await cp.status("Preparing")
            await here.house.until(lambda: here.house.garage.status == "Preparing")
            assert here.book.rows[first].stop_reason == "PowerLoss"
            assert here.house.garage.transaction_id == 0
            await here.listener.send(charge(10.0))
            await cp.was_asked("RemoteStartTransaction")
            second = await cp.begin()
            await cp.status("Charging")
            await cp.meter(6900, 2100, second)
            await here.house.until(lambda: here.house.garage.power_w == 6900)
            assert here.house.garage.transaction_id == second != first


async def test_a_charge_survives_reconnects_without_boot_or_status() -> None:
    async with site() as here:
        async with library_peer(here.port) as cp:
            await cp.boot()
            await cp.status("Preparing")
            await here.listener.send(charge(12.0))
            number = await cp.begin()
            await cp.status("Charging")
        for register_wh in (1010, 1020, 1030):
            async with library_peer(here.port) as cp:
                await cp.meter(8280, register_wh, number)
                await cp.was_asked("SetChargingProfile")
                assert cp.limit_a() == 12
        await here.house.until(lambda: here.house.garage.session_wh == 30)
        assert here.house.garage.transaction_id == number
        assert here.house.garage.power_delivery is PowerDelivery.CHARGING


async def test_two_sockets_of_one_box_are_steered_apart() -> None:
    async with site(TWO_SOCKETS) as here, library_peer(here.port) as cp:
        await cp.boot()
        await cp.status("Preparing", connector=1)
        await cp.status("Preparing", connector=2)
        await here.listener.send(charge(10.0))
        assert (await cp.was_asked("RemoteStartTransaction"))["connector_id"] == 1
        left = await cp.begin()
        right = await cp.begin(connector=2, tag="OTHER")
        await cp.status("Charging", connector=1)
        await cp.status("Charging", connector=2)
        await cp.meter(6900, 1010, left)
        await cp.meter(3680, 5010, right, connector=2)
        await here.house.until(lambda: of(here, YARD).power_w == 3680)
        assert here.house.garage.power_w == 6900
        assert {here.book.rows[n].charger for n in (left, right)} == {"garage", "yard"}
        limited = [f["connector_id"] for a, f in cp.asked if a == "SetChargingProfile"]
        assert set(limited) == {1}


async def test_charges_of_an_offline_time_are_booked_and_not_shown_as_live() -> None:
    async with site() as here, library_peer(here.port) as cp:
        await cp.boot()
        await cp.status("Available")
        for hours in (9, 6):
            number = await cp.begin(ago(hours))
            for quarter in range(1, 4):
                at = ago(hours - quarter / 4)
                await cp.meter(7000, 1000 + 250 * quarter, number, at)
            await cp.end(number, ago(hours - 1), reason="EVDisconnected")
        beat = await cp.say(call.Heartbeat())
        assert beat.current_time
        rows = sorted(here.book.rows.values(), key=lambda row: row.started_at)
        assert [row.stopped_at for row in rows] == [ago(8), ago(5)]
        assert here.house.garage.power_delivery is PowerDelivery.UNPLUGGED
        assert here.house.garage.power_w == 0
        assert not here.house.garage.transaction_id


async def test_a_replayed_start_and_stop_are_confirmed_as_the_first_time() -> None:
    async with site() as here, library_peer(here.port) as cp:
        await cp.boot()
        started_at, stopped_at = ago(2), ago(1)
        numbers = {await cp.begin(started_at) for _ in range(3)}
        (number,) = numbers
        for _ in range(2):
            await cp.end(number, stopped_at)
        assert list(here.book.rows) == [number]
        assert here.book.rows[number].stopped_at == stopped_at


async def test_a_charger_without_smart_charging_is_told_of_once_and_charges_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with site() as here, library_peer(here.port, kind=PlainPeer) as cp:
        await cp.boot()
        await cp.status("Preparing")
        await here.listener.send(charge(16.0))
        await cp.was_asked("RemoteStartTransaction")
        assert here.house.garage.controllable is False
        await cp.begin()
        await here.listener.send(charge(16.0))
        told = [m for m in caplog.messages if "takes no charging limit" in m]
        assert len(told) == 1
        assert "allow smart charging" in told[0]


async def test_a_card_that_is_not_on_the_list_is_refused_by_the_book() -> None:
    chargers = {"garage": ChargerConfig(identity="CP1", accept_tags=("ANNA",))}
    async with site(chargers) as here, library_peer(here.port) as cp:
        for tag, status in (("anna", "Accepted"), ("BOB", "Invalid")):
            answer = await cp.say(call.Authorize(id_tag=tag))
            assert answer.id_tag_info["status"] == status
        answer = await cp.say(
            call.StartTransaction(connector_id=1, id_tag="BOB", meter_start=0, timestamp=stamp())
        )
        assert answer.id_tag_info["status"] == "Invalid"
        assert answer.transaction_id in here.book.rows


async def test_twenty_library_peers_at_once_are_served(caplog: pytest.LogCaptureFixture) -> None:
    names = [f"BOX{n}" for n in range(20)]

    async def live(port: int, name: str) -> int:
        async with library_peer(port, name) as cp:
            await cp.boot()
            await cp.status("Preparing")
            return await cp.begin()

    async with site({name.lower(): ChargerConfig(identity=name) for name in names}) as here:
        async with asyncio.TaskGroup() as tasks:
            jobs = [tasks.create_task(live(here.port, name)) for name in names]
        assert len({job.result() for job in jobs}) == 20
        assert not [r for r in caplog.records if r.levelname == "ERROR"]


def test_the_peer_refuses_what_breaks_the_schema() -> None:
    """Otherwise the tests above would prove nothing."""

    async def misuse() -> list[str]:
        async with site() as here, library_peer(here.port) as cp:
            await cp.route_message('[2,"1","RemoteStopTransaction",{"transactionId":"one"}]')
            heard = list(cp.complaints.heard)
            cp.complaints.heard.clear()
            return heard

    assert "RemoteStopTransaction" in asyncio.run(misuse())[0]
