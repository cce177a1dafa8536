"""Memory has a bound: who has lived through twice as much holds no more alive."""

import gc
from dataclasses import replace
from datetime import timedelta
from types import BuiltinFunctionType, FunctionType, ModuleType

import orjson
import pytest

from agent.bridges.cloud.presence import Presence
from agent.bridges.cloud.topics import Topics
from agent.bridges.documents import HouseHerald, Sender
from agent.clock import SystemClock
from agent.house import MOST_ARRIVED, House
from agent.model.actions import ActionState
from agent.model.driver import Transaction
from agent.model.intents import ChargeCommand
from agent.model.readings import ChargerReading, PowerDelivery
from drivers.mqtt_link import Message
from tests.pictures import AT, GARAGE, NOW, action, full_picture
from tests.unit import engine_house
from tests.unit.vehicle_cars import Drive
from tests.virtual_time import run_virtual

_CODE = (type, ModuleType, FunctionType, BuiltinFunctionType)


def held_by(*roots: object) -> int:
    """How many objects they hold alive, code and its constants left out."""
    seen, waiting = set[int](), list[object](roots)
    while waiting:
        each = waiting.pop()
        if id(each) not in seen and not isinstance(each, _CODE):
            seen.add(id(each))
            waiting += gc.get_referents(each)
    return len(seen)


def test_the_measure_sees_a_growing_dict() -> None:
    small, large = {str(n): [n] for n in range(10)}, {str(n): [n] for n in range(1000)}
    assert held_by(large) > held_by(small) + 1900


@pytest.mark.long
def test_control_that_charged_two_hundred_times_holds_no_more_than_after_one_hundred() -> None:
    house = engine_house.House()
    house.later(1, engine_house.car(), charger(PowerDelivery.STOPPED))
    house.pair()

    def live(times: int) -> int:
        for _ in range(times):
            house.take(ChargeCommand(device=engine_house.CAR, charging=True))
            house.later(5, charger(PowerDelivery.CHARGING))
            house.later(600, engine_house.car(PowerDelivery.CHARGING))
            house.take(ChargeCommand(device=GARAGE, charging=False))
            house.later(5, charger(PowerDelivery.STOPPED))
            house.later(600, engine_house.car(PowerDelivery.UNPLUGGED))
            house.later(5, charger(PowerDelivery.UNPLUGGED))
            house.later(3600, engine_house.car(), charger(PowerDelivery.STOPPED))
        return held_by(house.state, house.engine)

    once = live(100)
    assert sum(house.state.outcomes.counts.values()) > 100
    assert live(100) <= once * 1.03


def test_a_herald_of_thousands_of_actions_and_sessions_holds_no_more() -> None:
    teller = HouseHerald(Sender(agent_id="4711", user_id="anna"), (), random=bytes)
    teller.look(full_picture())
    number = 0

    def live(times: int) -> int:
        nonlocal number
        for _ in range(times):
            number += 1
            done = replace(action(ActionState.CONFIRMED), id=f"id-{number}")
            teller.actions([replace(done, state=ActionState.PENDING)], NOW)
            teller.actions([done], NOW)
            session = Transaction(
                id=number, charger=GARAGE, id_tag="TAG", started_at=AT, meter_start_wh=0.0
            )
            teller.transaction(session, NOW)
            teller.transaction(replace(session, stopped_at=AT), NOW)
        return held_by(teller)

    assert live(1200) >= live(1200)


@pytest.mark.parametrize(
    ("source", "topic"),
    [("evcc", "/evcc/loadpoints/{}/vehicleSoc"), ("carconnectivity", "drives/{}/level")],
)
def test_nobody_fills_the_memory_of_a_car_with_topics(source: str, topic: str) -> None:
    drive = Drive(source)

    def live(first: int, last: int) -> int:
        for number in range(first, last):
            drive.hear(topic.format(number), "50")
        return held_by(drive.car)

    assert live(0, 100) >= live(100, 300)


def test_a_twin_that_is_started_all_the_time_is_forgotten() -> None:
    presence = Presence(Topics(agent_id="house"), "ours", "rev", SystemClock())

    def live(first: int, last: int) -> int:
        for number in range(first, last):
            at = (SystemClock().now().at + timedelta(hours=1)).isoformat()
            status = orjson.dumps({"bootId": f"theirs-{number}", "time": at})
            assert presence.finds_twin(Message(topic="any", payload=status, retained=False))
        return held_by(presence)

    assert live(0, 150) >= live(150, 600)
    assert presence.is_twin("theirs-599")


def test_words_that_nobody_takes_do_not_pile_up() -> None:
    house = House()

    async def live() -> None:
        for _ in range(MOST_ARRIVED + 100):
            await house.report(charger(PowerDelivery.STOPPED))

    run_virtual(live())
    assert len(house.arrived) == MOST_ARRIVED


def charger(state: PowerDelivery) -> ChargerReading:
    return ChargerReading(device=GARAGE, at=AT, mono_s=0.0, power_delivery=state)
