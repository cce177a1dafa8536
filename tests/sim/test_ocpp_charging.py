"""A charger over a real socket: from plugging in to the end of a charge."""

from agent.model.readings import ChargerReading, PowerDelivery
from tests.sim.ocpp_house import charge, pause, site
from tests.sim.ocpp_peer import Peer


async def test_a_charge_is_seen_from_plugging_in_to_the_end() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        answer = await cp.boot(chargePointSerialNumber="SN1", firmwareVersion="1.2")
        assert (answer["status"], answer["interval"]) == ("Accepted", 60)
        await cp.status("Available")
        await here.house.until(lambda: here.house.garage.power_delivery is PowerDelivery.UNPLUGGED)
        await cp.status("Preparing")
        transaction_id = await cp.start()
        await cp.status("Charging")
        await cp.meter(7000, 1050, transaction_id)
        await here.house.until(lambda: here.house.garage.power_w == 7000)
        garage = here.house.garage
        assert garage.power_delivery is PowerDelivery.CHARGING
        assert garage.transaction_id == transaction_id
        assert (garage.energy_wh, garage.session_wh) == (1050, 50)
        assert (garage.vendor, garage.serial_number, garage.firmware) == ("V", "SN1", "1.2")
        await cp.stop(transaction_id)
        await cp.status("Available")
        await here.house.until(lambda: here.house.garage.power_delivery is PowerDelivery.UNPLUGGED)
        assert here.house.garage.transaction_id == 0
        assert here.book.rows[transaction_id].meter_stop_wh == 2000


async def test_a_target_becomes_a_limit_that_ends_by_itself_above_a_fallback() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await cp.boot()
        await cp.status("Preparing")
        await here.listener.send(charge(13.0))
        working, base = cp.profiles()[:2]
        assert working["stackLevel"] == 1
        periods = working["chargingSchedule"]["chargingSchedulePeriod"]
        assert [(p["startPeriod"], p["limit"]) for p in periods] == [(0, 13.0), (660, 6.0)]
        assert {"validFrom", "validTo"} <= set(working)
        assert base["stackLevel"] == 0
        assert "validTo" not in base
        assert here.house.garage.accepted_current_a == 13.0
        asked = await cp.was_asked("RemoteStartTransaction")
        assert asked == {"idTag": "HEARTH", "connectorId": 1}


async def test_pausing_keeps_the_transaction_and_resuming_does_not_start_another() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await cp.boot()
        await cp.status("Preparing")
        await cp.start()
        await cp.status("Charging")
        await here.listener.send(pause())
        assert cp.profiles()[0]["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == 0
        await cp.status("SuspendedEVSE")
        await here.listener.send(charge(16.0))
        assert cp.profiles()[-1]["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == 16
        assert "RemoteStopTransaction" not in [action for action, _ in cp.asked]
        assert "RemoteStartTransaction" not in [action for action, _ in cp.asked]


async def test_a_charger_that_says_it_charges_is_believed_until_it_measures_nothing() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await cp.boot()
        await cp.status("Preparing")
        await cp.start()
        here.clock.ahead_s = 500
        await cp.status("Charging")
        await here.house.until(lambda: here.house.garage.status == "Charging")
        assert here.house.garage.power_delivery is PowerDelivery.CHARGING
        await cp.meter(0, at=here.clock.now().at)
        here.clock.ahead_s = 700
        await here.house.until(lambda: here.house.garage.power_delivery is PowerDelivery.NO_POWER)


async def test_power_out_of_the_car_is_discharging() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await cp.status("Charging")
        await cp.meter(-3000)
        await here.house.until(
            lambda: here.house.garage.power_delivery is PowerDelivery.DISCHARGING
        )


async def test_values_are_kept_when_the_link_is_lost() -> None:
    async with site() as here:
        async with Peer.dial(here.port) as cp:
            await cp.status("Charging")
            await cp.meter(7000, 1234)
        await here.house.until(lambda: here.house.garage.reachable is False)
        garage = here.house.garage
        assert garage.power_delivery is PowerDelivery.CHARGING
        assert garage.energy_wh == 1234


async def test_a_box_that_is_in_order_again_is_asked_for_its_connector() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await cp.boot()
        await cp.status("Available")
        await cp.status("Unavailable", connector=0)
        await here.house.until(lambda: here.house.garage.status == "Unavailable")
        cp.asked.clear()
        await cp.status("Available", connector=0)
        await cp.was_asked("TriggerMessage")


async def test_the_main_meter_of_a_box_counts_only_where_the_charger_has_none() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        for connector, power_w in ((0, 1000), (1, 2000), (0, 3000)):
            sample = {"value": str(power_w), "measurand": "Power.Active.Import"}
            await cp.call(
                "MeterValues",
                {"connectorId": connector, "meterValue": [{"sampledValue": [sample]}]},
            )
        await cp.status("Charging")
        await here.house.until(lambda: here.house.garage.status == "Charging")
        powers_w = [r.power_w for r in here.house.all if isinstance(r, ChargerReading)]
        assert [power_w for power_w in powers_w if power_w] == [1000, 2000]
