"""Transactions that are repeated, late, unknown, or were running before Hearth."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.model.driver import Transaction
from agent.model.readings import PowerDelivery
from drivers.ocpp.config import ChargerConfig
from tests.sim.ocpp_house import GARAGE, Book, charge, pause, site
from tests.sim.ocpp_peer import Peer


def ago(hours: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(hours=hours)


def running(number: int = 77) -> Book:
    return Book(
        rows={
            number: Transaction(
                id=number, charger=GARAGE, id_tag="CARD", started_at=ago(1), meter_start_wh=500
            )
        }
    )


async def test_a_repeated_start_gets_the_same_id() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        at = ago(0)
        first = await cp.start(at)
        assert await cp.start(at) == first
        assert len(here.book.rows) == 1


async def test_a_start_repeated_over_a_new_connection_after_a_restart_gets_the_same_id() -> None:
    book, at = Book(), ago(0)
    async with site(book=book) as here, Peer.dial(here.port) as cp:
        first = await cp.start(at)
    async with site(book=book) as here, Peer.dial(here.port) as cp:
        assert await cp.start(at) == first


async def test_a_repeated_start_without_a_usable_timestamp_gets_the_same_id() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        first = await cp.start(timestamp="soon")
        assert await cp.start(timestamp="soon") == first
        assert list(here.book.rows) == [first]


async def test_a_stop_without_a_number_ends_the_charge_that_began_offline() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        offline = await cp.start(ago(5))
        stopped_at = ago(4)
        await cp.stop(-1, stopped_at)
        assert here.book.rows[offline].stopped_at == stopped_at
        assert list(here.book.rows) == [offline]


async def test_the_answer_to_a_start_waits_for_the_disk() -> None:
    async with site(book=Book(opening_s=0.2)) as here, Peer.dial(here.port) as cp:
        answer = asyncio.ensure_future(cp.start())
        await asyncio.sleep(0.1)
        assert not answer.done()
        assert await answer in here.book.rows


async def test_a_charge_from_an_offline_time_goes_to_the_book_and_not_into_the_live_state() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await cp.boot()
        await cp.status("Available")
        number = await cp.start(ago(5))
        await cp.stop(number, ago(3), reason="EVDisconnected")
        await here.house.until(lambda: here.house.garage.status == "Available")
        row = here.book.rows[number]
        assert (row.started_at, row.stopped_at) == (ago(5), ago(3))
        assert row.stop_reason == "EVDisconnected"
        assert here.house.garage.power_delivery is PowerDelivery.UNPLUGGED
        assert not here.house.garage.transaction_id


async def test_a_charge_that_began_offline_and_still_runs_is_adopted_by_its_meter_values() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        number = await cp.start(ago(1))
        await cp.status("Charging")
        await cp.meter(3000, 2000, number)
        await here.house.until(lambda: here.house.garage.transaction_id == number)
        assert here.house.garage.session_wh == 1000


async def test_a_running_charge_is_adopted_and_not_disturbed_when_hearth_restarts() -> None:
    async with site(book=running()) as here, Peer.dial(here.port) as cp:
        await cp.status("Charging")
        await cp.meter(7000, 900, 77)
        await here.house.until(lambda: here.house.garage.session_wh == 400)
        assert here.house.garage.transaction_id == 77
        await asyncio.sleep(0.2)
        assert cp.profiles() == []
        await here.listener.send(charge(16.0))
        actions = [action for action, _ in cp.asked]
        assert "RemoteStartTransaction" not in actions
        await here.listener.send(pause(hard_stop=True))
        assert (await cp.was_asked("RemoteStopTransaction"))["transactionId"] == 77


async def test_a_transaction_that_only_the_charger_knows_can_be_stopped() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await cp.status("Charging")
        await cp.meter(7000, 900, 4711)
        await here.house.until(lambda: here.house.garage.transaction_id == 4711)
        await here.listener.send(pause(hard_stop=True))
        assert (await cp.was_asked("RemoteStopTransaction"))["transactionId"] == 4711
        await cp.stop(4711)
        await here.house.until(lambda: here.house.garage.transaction_id == 0)


async def test_closing_samples_after_the_stop_do_not_bring_a_transaction_back() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        number = await cp.start()
        await cp.stop(number)
        await cp.meter(0, 2000, number)
        await cp.status("Finishing")
        await here.house.until(lambda: here.house.garage.status == "Finishing")
        assert here.house.garage.transaction_id == 0


@pytest.mark.parametrize("number", [0, -1])
async def test_a_stop_without_a_number_ends_the_only_running_charge(number: int) -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        started = await cp.start()
        await cp.stop(number)
        assert here.book.rows[started].stopped_at is not None


async def test_a_charge_that_ended_without_a_word_is_closed_as_reconstructed() -> None:
    async with site(book=running()) as here, Peer.dial(here.port) as cp:
        await cp.status("Available")
        await asyncio.sleep(0.1)
        assert here.book.rows[77].stopped_at is None
        here.clock.ahead_s = 61
        async with asyncio.timeout(2):
            while here.book.rows[77].stopped_at is None:  # noqa: ASYNC110 (a row of a table)
                await asyncio.sleep(0.01)
        assert here.book.rows[77].reconstructed


async def test_a_box_that_lost_power_and_its_memory_can_be_started_again() -> None:
    async with site() as here:
        async with Peer.dial(here.port) as cp:
            await cp.boot()
            await cp.status("Charging")
            lost = await cp.start()
        async with Peer.dial(here.port) as cp:
            await cp.boot()
            await cp.status("Preparing")
            await asyncio.sleep(0.1)
            assert here.book.rows[lost].stopped_at is None
            here.clock.ahead_s = 181
            await here.house.until(lambda: here.house.garage.transaction_id == 0)
            assert here.book.rows[lost].reconstructed
            await here.listener.send(charge(10.0))
            await cp.was_asked("RemoteStartTransaction")


async def test_the_next_car_is_started_though_the_last_transaction_never_ended() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        lost = await cp.start()
        await cp.status("Charging")
        await cp.status("Available")
        await cp.status("Preparing")
        assert here.house.garage.transaction_id == 0
        assert here.book.rows[lost].reconstructed
        await here.listener.send(charge(10.0))
        await cp.was_asked("RemoteStartTransaction")


async def test_a_car_that_takes_its_time_keeps_its_transaction() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        number = await cp.start()
        await cp.status("Preparing")
        for here.clock.ahead_s in (100.0, 200.0, 300.0):
            await cp.meter(0, 1000, number, at=here.clock.now().at)
            await asyncio.sleep(0.06)
        assert here.house.garage.transaction_id == number


async def test_two_sockets_of_a_box_are_two_chargers() -> None:
    chargers = {
        "garage": ChargerConfig(identity="CP1"),
        "yard": ChargerConfig(identity="CP1", connector=2),
    }
    async with site(chargers) as here, Peer.dial(here.port) as cp:
        await cp.status("Available", connector=1)
        await cp.status("Charging", connector=2)
        number = await cp.start(connectorId=2)
        assert here.book.rows[number].charger == "yard"
        await here.house.until(lambda: here.house.garage.status == "Available")
        assert not here.house.garage.transaction_id


@pytest.mark.parametrize(
    ("fields", "by_hand"),
    [
        ({"reason": "Local", "idTag": "CARD"}, True),
        ({"idTag": "CARD"}, None),  # what is left out means Local, but tells of no card
        ({"reason": "Local"}, None),
        ({"reason": "DeAuthorized", "idTag": "CARD"}, None),
        ({"reason": "PowerLoss", "idTag": "CARD"}, None),
        ({"reason": "EVDisconnected", "idTag": "CARD"}, None),
    ],
)
async def test_only_a_card_or_a_button_at_the_charger_is_a_person_s_word(
    fields: dict[str, Any],
    by_hand: bool | None,  # noqa: FBT001 an outcome
) -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        number = await cp.start()
        await cp.status("Charging")
        await cp.stop(number, **fields)
        await here.house.until(lambda: here.house.garage.transaction_id == 0)
        assert here.house.garage.ended_by_hand is by_hand


@pytest.mark.parametrize("then", ["Available", "Charging"])
async def test_a_person_s_word_at_the_charger_ends_with_the_cable_or_the_next_charge(
    then: str,
) -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        number = await cp.start(ago(0.003))
        await cp.status("Charging")
        await cp.stop(number, reason="Local", idTag="CARD")
        await cp.status("Finishing")
        await here.house.until(lambda: here.house.garage.ended_by_hand is True)
        if then == "Charging":
            await cp.start()
        await cp.status(then)
        await here.house.until(lambda: here.house.garage.ended_by_hand is False)


async def test_a_charge_that_ends_because_of_our_pause_is_nobody_s_doing() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        number = await cp.start()
        await cp.status("Charging")
        await here.house.until(lambda: here.house.garage.transaction_id == number)
        await here.listener.send(charge(16.0))
        await here.listener.send(pause())
        await here.house.until(lambda: here.house.garage.accepted_current_a == 0)
        await cp.stop(number, reason="Local", idTag="CARD")
        await here.house.until(lambda: here.house.garage.transaction_id == 0)
        assert here.house.garage.ended_by_hand is None
