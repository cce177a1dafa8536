"""Hearth against charging stations of the `ocpp` package, which checks all that it hears and says.

A request or an answer of Hearth that breaks OCPP 2.0.1's schemas fails the test that caused it.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from ocpp.v201 import call

from agent.model.driver import Refused
from agent.model.readings import ChargerReading, DeviceId, PowerDelivery
from drivers.ocpp.config import ChargerConfig
from tests.notebook import Notebook
from tests.sim import ocpp_house
from tests.sim.ocpp201_library import station_peer
from tests.sim.ocpp_house import QUICK, Book, Site, charge, pause
from tests.sim.ocpp_library import ago, library_peer

PATIENT = replace(QUICK, answer_s=3.0)  # the library takes its time to object
site = partial(ocpp_house.site, pacing=PATIENT)
CARD = {"id_token": "CARD", "type": "ISO14443"}
YARD = DeviceId("yard")
TWO_EVSES = {
    "garage": ChargerConfig(identity="CP1"),
    "yard": ChargerConfig(identity="CP1", connector=2),
}


def of(here: Site, device: DeviceId) -> ChargerReading:
    value = here.house.seen[device].value
    assert isinstance(value, ChargerReading)
    return value


async def state(here: Site, delivery: PowerDelivery) -> None:
    await here.house.until(lambda: here.house.garage.power_delivery is delivery)


@pytest.mark.parametrize("subprotocol", ["ocpp2.0.1", "ocpp2.1"])
async def test_boot_heartbeat_status_and_authorize_are_answered_by_the_book(
    subprotocol: str,
) -> None:
    async with site() as here, station_peer(here.port, subprotocol=subprotocol) as cs:
        boot = await cs.boot(serial_number="SN1", firmware_version="1.2")
        assert (boot.status, boot.interval) == ("Accepted", 60)
        beat = await cs.say(call.Heartbeat())
        for told in (boot.current_time, beat.current_time):
            assert abs(datetime.fromisoformat(told) - datetime.now(UTC)) < timedelta(seconds=5)
        await cs.status("Available")
        welcome = await cs.say(call.Authorize(id_token=CARD))
        assert welcome.id_token_info["status"] == "Accepted"
        await state(here, PowerDelivery.UNPLUGGED)
        assert here.house.garage.serial_number == "SN1"
        assert here.house.garage.status == "Available"


async def test_a_charge_from_plug_to_plug_keeps_to_the_schemas() -> None:
    async with site() as here, station_peer(here.port) as cs:
        await cs.boot()
        await cs.status("Occupied")
        await state(here, PowerDelivery.STOPPED)
        await here.listener.send(charge(13.0))
        asked = await cs.was_asked("RequestStartTransaction")
        assert (asked["id_token"]["id_token"], asked["evse_id"]) == ("HEARTH", 1)
        told = await cs.event(
            "Started", "t-1", "EVConnected", trigger="RemoteStart", tag=asked["id_token"],
            energy_wh=1000,
        )  # fmt: skip
        assert told.id_token_info["status"] == "Accepted"
        await state(here, PowerDelivery.INITIALIZING)
        await cs.event("Updated", "t-1", "Charging", evse=None, power_w=8970, energy_wh=1010)
        await here.house.until(lambda: here.house.garage.power_w == 8970)
        await state(here, PowerDelivery.CHARGING)
        await here.listener.send(pause())
        assert cs.limit_a() == 0
        await cs.event("Updated", "t-1", "SuspendedEVSE", evse=None)
        await state(here, PowerDelivery.STOPPED)
        await here.listener.send(charge(16.0))
        assert cs.limit_a() == 16
        await cs.event("Updated", "t-1", "Charging", evse=None)
        await here.listener.send(pause(hard_stop=True))
        assert (await cs.was_asked("RequestStopTransaction"))["transaction_id"] == "t-1"
        await cs.event(
            "Ended", "t-1", "EVConnected", trigger="RemoteStop", evse=None, energy_wh=1011,
            stopped_reason="Remote",
        )  # fmt: skip
        await here.house.until(lambda: here.house.garage.transaction_id == 0)
        await state(here, PowerDelivery.STOPPED)
        await cs.status("Available")
        await state(here, PowerDelivery.UNPLUGGED)
        (row,) = here.book.rows.values()
        assert (row.meter_start_wh, row.meter_stop_wh, row.stop_reason) == (1000, 1011, "Remote")
        assert len([a for a, _ in cs.asked if a == "RequestStartTransaction"]) == 1
        assert not here.house.garage.anomalies


async def test_every_limit_stands_above_a_permanent_fallback() -> None:
    async with site() as here, station_peer(here.port) as cs:
        await cs.status("Occupied")
        await here.listener.send(charge(9.99))
        working, fallback = cs.profiles[1], cs.profiles[0]
        schedule = working["charging_schedule"][0]
        periods = schedule["charging_schedule_period"]
        assert [float(period["limit"]) for period in periods] == [9.9, 6.0]
        assert "valid_to" in working
        assert "duration" not in fallback["charging_schedule"][0]
        assert "valid_to" not in fallback


@pytest.mark.parametrize(
    ("refuses", "held"),
    [
        ({"valid_from"}, {"stack_level": 0}),
        ({"stack 1"}, {"stack_level": 0}),
        ({"TxDefaultProfile"}, {"charging_profile_purpose": "ChargingStationMaxProfile"}),
        ({"A"}, {"charging_profile_purpose": "TxDefaultProfile"}),
        ({"Absolute"}, {"charging_profile_kind": "Relative"}),
    ],
)
async def test_a_refused_profile_is_tried_in_another_form(
    refuses: set[str], held: dict[str, object]
) -> None:
    async with site() as here, station_peer(here.port) as cs:
        cs.refuses = refuses
        await cs.status("Occupied")
        await here.listener.send(charge(10.0))
        profile = cs.profiles[max(cs.profiles)]
        assert held.items() <= profile.items()
        assert cs.limit_a() == (6900 if "A" in refuses else 10)


async def test_a_form_that_worked_comes_first_after_a_restart_unless_the_version_changed() -> None:
    notes = Notebook()
    async with site(notes=notes) as here, station_peer(here.port) as cs:
        cs.refuses = {"stack 1"}
        await cs.boot()
        await cs.status("Occupied")
        await here.listener.send(charge(10.0))
    async with site(notes=notes) as here, station_peer(here.port) as cs:
        await cs.boot()
        await cs.status("Occupied")
        await here.listener.send(charge(10.0))
        assert [f["charging_profile"]["stack_level"] for f in cs.sent("SetChargingProfile")] == [0]
    async with site(notes=notes) as here, library_peer(here.port) as cp:
        await cp.boot()
        await cp.status("Preparing")
        await here.listener.send(charge(10.0))
        assert max(cp.profiles) == 1


async def test_a_profile_of_a_transaction_names_it_as_the_charger_does() -> None:
    async with site() as here, station_peer(here.port) as cs:
        cs.refuses = {"TxDefaultProfile", "ChargingStationMaxProfile"}
        await cs.event("Started", "a-b-c", "Charging", tag=CARD)
        await here.listener.send(charge(10.0))
        assert cs.profiles[0]["transaction_id"] == "a-b-c"


async def test_a_charger_that_takes_no_profile_at_all_is_told_of() -> None:
    async with site() as here, station_peer(here.port) as cs:
        cs.refuses = {"stack_level"}
        await cs.event("Started", "t", "Charging", tag=CARD)
        with pytest.raises(Refused, match="takes no charging limit"):
            await here.listener.send(charge(10.0))
        await here.house.until(lambda: here.house.garage.controllable is False)


async def test_the_composite_schedule_is_read_back() -> None:
    async with site() as here, station_peer(here.port) as cs:
        await cs.status("Occupied")
        await here.listener.send(charge(11.0))
        await here.house.until(lambda: here.house.garage.max_current_a == 11.0)


async def test_variables_are_read_once_and_written_where_they_differ() -> None:
    async with site() as here, station_peer(here.port) as cs:
        cs.variables["TxCtrlr.EVConnectionTimeOut"] = None  # Accepted, but without a value
        await cs.boot()
        await cs.was_asked(
            "SetVariables",
            lambda f: f["set_variable_data"][0]["variable"]["name"] == "EVConnectionTimeOut",
        )
        asked = [action for action, _ in cs.asked]
        assert asked.count("GetVariables") == 1
        assert asked.count("SetVariables") == 4
        assert cs.variables["OCPPCommCtrlr.HeartbeatInterval"] == "60"
        assert cs.variables["SampledDataCtrlr.TxUpdatedInterval"] == "10"


async def test_a_status_is_heard_from_both_sources() -> None:
    async with site() as here, station_peer(here.port) as cs:
        await cs.available("Occupied")
        await state(here, PowerDelivery.STOPPED)
        await cs.available("Available")
        await state(here, PowerDelivery.UNPLUGGED)
        await cs.status("Faulted")
        await state(here, PowerDelivery.FAULT)
        assert here.house.garage.problem == "the charger reports Faulted"


async def test_a_connector_that_is_occupied_says_nothing_of_the_charge() -> None:
    async with site() as here, station_peer(here.port) as cs:
        await cs.event("Started", "t", "Charging", tag=CARD, power_w=7000)
        await cs.status("Occupied")
        await asyncio.sleep(0.05)
        assert here.house.garage.power_delivery is PowerDelivery.CHARGING
        assert here.house.garage.status == "Charging"


async def test_a_transaction_that_begins_with_the_plug_is_started_when_wanted() -> None:
    async with site() as here, station_peer(here.port) as cs:
        await cs.event("Started", "t", "EVConnected", trigger="CablePluggedIn")
        await state(here, PowerDelivery.STOPPED)
        await here.listener.send(charge(16.0))
        await cs.was_asked("RequestStartTransaction")
        await state(here, PowerDelivery.INITIALIZING)
        await cs.event("Updated", "t", "Charging", trigger="RemoteStart", tag=CARD)
        await state(here, PowerDelivery.CHARGING)
        await here.listener.send(charge(15.0))
        assert [a for a, _ in cs.asked].count("RequestStartTransaction") == 1
        assert here.house.garage.id_tag == "CARD"


@pytest.mark.parametrize(
    ("token", "tag"),
    [
        ({"id_token": "92:d5:0a:69:3f:80", "type": "MacAddress"}, "VID:92D50A693F80"),
        ({"id_token": "DE8AA1A2B3C4D59", "type": "eMAID"}, "DE8AA1A2B3C4D59"),
        ({"id_token": "0102AABB", "type": "ISO15693"}, "0102AABB"),
        ({"id_token": "", "type": "NoAuthorization"}, None),
    ],
)
async def test_who_charges_is_known_whatever_he_shows(
    token: dict[str, str], tag: str | None
) -> None:
    async with site() as here, station_peer(here.port) as cs:
        answer = await cs.event("Started", "t", "Charging", tag=token)
        assert answer.id_token_info["status"] == "Accepted"
        await here.house.until(lambda: bool(here.house.garage.transaction_id))
        assert here.house.garage.id_tag == tag


async def test_only_cards_on_the_list_may_charge() -> None:
    listed = {"garage": ChargerConfig(identity="CP1", accept_tags=("VID:92D50A693F80",))}
    async with site(listed) as here, station_peer(here.port) as cs:
        car = {"id_token": "92D50A693F80", "type": "MacAddress"}
        known = await cs.say(call.Authorize(id_token=car))
        stranger = await cs.event("Started", "t", "EVConnected", tag=CARD)
        assert known.id_token_info["status"] == "Accepted"
        assert stranger.id_token_info["status"] == "Invalid"


async def test_each_evse_is_a_charger() -> None:
    async with site(TWO_EVSES) as here, station_peer(here.port) as cs:
        await cs.status("Available", evse=1)
        await cs.status("Occupied", evse=2)
        await cs.event("Started", "t", "Charging", evse=2, tag=CARD, power_w=3000)
        await cs.event("Updated", "t", evse=None, trigger="MeterValuePeriodic", power_w=3600)
        await here.house.until(lambda: of(here, YARD).power_w == 3600)
        assert of(here, YARD).power_delivery is PowerDelivery.CHARGING
        assert here.house.garage.power_delivery is PowerDelivery.UNPLUGGED


async def test_an_event_from_an_offline_time_is_history_however_young_it_is() -> None:
    async with site() as here, station_peer(here.port) as cs:
        await cs.status("Available")
        await cs.event("Started", "t", "Charging", offline=True, tag=CARD, power_w=7000)
        assert here.house.garage.power_delivery is PowerDelivery.UNPLUGGED
        assert not here.house.garage.transaction_id
        assert len(here.book.rows) == 1


async def test_a_charge_while_the_link_was_cut_is_told_afterwards() -> None:
    book, notes = Book(), Notebook()
    async with site(book=book, notes=notes) as here, station_peer(here.port) as cs:
        await cs.boot()
        await cs.event("Started", "t-1", "Charging", tag=CARD, energy_wh=1000)
    async with site(book=book, notes=notes) as here, station_peer(here.port) as cs:
        ended, begun = ago(1.5), ago(1)
        await cs.event("Updated", "t-1", at=ago(2), evse=None, offline=True, power_w=9000)
        await cs.event("Ended", "t-1", at=ended, evse=None, offline=True, energy_wh=3000)
        await cs.event("Started", "t-2", "Charging", at=begun, offline=True, tag=CARD)
        assert not here.house.garage.transaction_id
        assert here.house.garage.power_w is None
        await cs.event("Updated", "t-2", "Charging", evse=None, power_w=4000, energy_wh=3500)
        await state(here, PowerDelivery.CHARGING)
        by_stop = {row.stopped_at: row for row in book.rows.values()}
        assert len(book.rows) == 2
        assert by_stop[ended].meter_stop_wh == 3000
        assert by_stop[None].started_at == begun
        assert here.house.garage.transaction_id == by_stop[None].id


@pytest.mark.parametrize(
    ("ongoing", "queued", "runs"), [(True, True, True), (False, True, True), (False, False, False)]
)
async def test_after_a_reconnect_a_charge_goes_on_unless_the_charger_denies_it(
    *, ongoing: bool, queued: bool, runs: bool
) -> None:
    async with site() as here:
        async with station_peer(here.port) as cs:
            await cs.event("Started", "t-1", "Charging", tag=CARD, power_w=7000)
            await state(here, PowerDelivery.CHARGING)
        async with station_peer(here.port) as cs:
            cs.ongoing, cs.queued = ongoing, queued
            await cs.say(call.Heartbeat())
            await cs.was_asked("GetTransactionStatus")
            await cs.was_asked("TriggerMessage")
            assert bool(here.house.garage.transaction_id) is runs
            await cs.event("Ended", "t-1", evse=None, energy_wh=4000, stopped_reason="Local")
            (row,) = here.book.rows.values()
            assert (row.meter_stop_wh, row.reconstructed) == (4000, False)


@pytest.mark.parametrize(("ongoing", "runs"), [(True, True), (False, False)])
async def test_after_a_restart_the_charger_is_asked_what_became_of_a_charge(
    ongoing: bool,  # noqa: FBT001
    runs: bool,  # noqa: FBT001
) -> None:
    book, notes = Book(), Notebook()
    async with site(book=book, notes=notes) as here, station_peer(here.port) as cs:
        await cs.event("Started", "t-1", "Charging", tag=CARD, energy_wh=1000)
    async with site(book=book, notes=notes) as here, station_peer(here.port) as cs:
        cs.ongoing = ongoing
        await cs.boot()
        asked = await cs.was_asked("GetTransactionStatus")
        assert asked == {"transaction_id": "t-1"}
        (number,) = book.rows
        if runs:
            await here.house.until(lambda: here.house.garage.transaction_id == number)
        else:
            await cs.was_asked("TriggerMessage")  # which comes after
            assert book.rows[number].reconstructed


@pytest.mark.parametrize(
    "message",
    [
        call.DataTransfer(vendor_id="com.example", message_id="hello", data="{}"),
        call.FirmwareStatusNotification(status="Downloaded"),
        call.SecurityEventNotification(type="Reset", timestamp="2026-03-01T10:00:00Z"),
        call.LogStatusNotification(status="Idle", request_id=1),
        call.SignCertificate(csr="-----BEGIN CERTIFICATE REQUEST-----"),
        call.ClearedChargingLimit(charging_limit_source="EMS"),
        call.NotifyChargingLimit(
            charging_limit={"charging_limit_source": "EMS", "is_grid_critical": False}
        ),
        call.NotifyEVChargingNeeds(
            evse_id=1, charging_needs={"requested_energy_transfer": "AC_three_phase"}
        ),
        call.NotifyEVChargingSchedule(
            time_base="2026-03-01T10:00:00Z",
            evse_id=1,
            charging_schedule={
                "id": 1,
                "charging_rate_unit": "A",
                "charging_schedule_period": [{"start_period": 0, "limit": 16.0}],
            },
        ),
        call.ReservationStatusUpdate(reservation_id=1, reservation_update_status="Expired"),
        call.PublishFirmwareStatusNotification(status="Idle"),
        call.NotifyReport(request_id=7, generated_at="2026-03-01T10:00:00Z", seq_no=0),
        call.NotifyMonitoringReport(request_id=7, generated_at="2026-03-01T10:00:00Z", seq_no=0),
        call.NotifyDisplayMessages(request_id=7),
        call.NotifyCustomerInformation(
            data="x", seq_no=0, generated_at="2026-03-01T10:00:00Z", request_id=7
        ),
        call.Get15118EVCertificate(
            iso15118_schema_version="urn", action="Install", exi_request="eA=="
        ),
        call.GetCertificateStatus(
            ocsp_request_data={
                "hash_algorithm": "SHA256",
                "issuer_name_hash": "a",
                "issuer_key_hash": "b",
                "serial_number": "c",
                "responder_url": "http://example.org",
            }
        ),
        call.Authorize(id_token=CARD, certificate="-----BEGIN CERTIFICATE-----"),
    ],
)
async def test_requests_beyond_charging_are_answered_by_the_book(message: object) -> None:
    async with site() as here, station_peer(here.port) as cs:
        await cs.boot()
        await cs.say(message)
