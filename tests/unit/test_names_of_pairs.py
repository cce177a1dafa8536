"""What people read of pairs names cars and chargers as they do; a stream keeps the ids."""

from dataclasses import replace
from typing import Any

import pytest

from agent.bridges.local_pair import take
from agent.model.actions import Action, ActionKind, ActionState
from agent.model.intents import Answer, AskProbe, Intent
from agent.model.pairs import PairingSettings
from agent.model.readings import DeviceId, DeviceKind
from agent.watched import Watched
from tests import pictures
from tests.unit.pairing_world import World, came_home, settings
from tests.virtual_time import run_virtual

CALLED = {"a": "Anna's Zoe", "b": "Bus", "box": "Garage"}


def named(cars: str) -> PairingSettings:
    plain = settings(cars)
    return replace(
        plain,
        cars=tuple(replace(car, name=CALLED[car.id]) for car in plain.cars),
        chargers=tuple(replace(box, name=CALLED[box.id]) for box in plain.chargers),
    )


def test_evidence_calls_a_car_as_people_do() -> None:
    world = World(named("a"))
    came_home(world)
    told = [each.says for each in world.memory.beliefs[DeviceId("box")].evidence]
    assert any(says.startswith("Anna's Zoe was plugged in between") for says in told)
    assert not any(says.startswith("a ") for says in told)


def test_without_a_name_it_is_the_id() -> None:
    world = World(settings("a"))
    came_home(world)
    told = [each.says for each in world.memory.beliefs[DeviceId("box")].evidence]
    assert any(says.startswith("a was plugged in between") for says in told)


def test_what_would_settle_it_and_why_a_probe_is_wished_for_name_them_too() -> None:
    world = World(named("a b"))
    world.unplug(0)
    for car in "ab":
        world.car(0.5, car)
    world.plug(6)
    for car in "ab":
        world.on(12, car)
    belief = world.memory.beliefs[DeviceId("box")]
    assert belief.vehicle is None
    assert belief.settles is not None
    assert "Anna's Zoe and Bus fit alike" in belief.settles


def _ask(word: str, *, always: bool = False) -> tuple[dict[str, Any], list[Intent]]:
    taken: list[Intent] = []

    async def submit(intent: Intent) -> Answer:
        taken.append(intent)
        action = Action(
            id="1", device=pictures.GARAGE, device_commanded=pictures.GARAGE,
            device_kind=DeviceKind.CHARGER, kind=ActionKind.PROBE, value=6.0,
            state=ActionState.PENDING, created_at=pictures.AT, updated_at=pictures.AT,
            created_mono_s=0.0, boot_id="boot", window_s=1800.0,
        )  # fmt: skip
        return Answer(action=action)

    async def main() -> None:
        house = Watched(pictures.full_picture())
        question = {"ask": "pair", "charger": "Garage", "car": word, "always": always}
        answers.append(await take(question, house, submit))

    answers: list[dict[str, Any]] = []
    run_virtual(main())
    return answers[0], taken


def test_a_person_can_have_it_found_out_from_the_command_line() -> None:
    answer, taken = _ask("find-out")
    assert taken == [AskProbe(device=pictures.GARAGE)]
    assert answer["name"] == "Garage"
    assert answer["says"].startswith("charging with 6 A for a while, to see which car this is")


@pytest.mark.parametrize("word", ["find-out", "guest", "not-mine"])
def test_what_is_no_car_cannot_be_pinned(word: str) -> None:
    answer, taken = _ask(word, always=True)
    assert taken == []
    assert "leave --always out" in answer["problem"]
