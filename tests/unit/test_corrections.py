"""What people say of the car on a charger: it holds at once, is kept, is learned from, and can be
taken back."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from agent import pairing
from agent.bridges.documents.answers import result
from agent.bridges.documents.ids import pair_id
from agent.control.pair_words import Heard, hear
from agent.model.intents import Answer, CorrectPair, PinPair
from agent.model.pairs import LockedBy, PairStage, Said
from agent.model.readings import DeviceId
from agent.pairing.corrections import said
from agent.store.documents import decode_answer
from tests.documents import SENDER, faults
from tests.unit.pairing_world import World, at, settings

A, B, BOX = DeviceId("a"), DeviceId("b"), DeviceId("box")
NOTHING: dict[DeviceId, Said] = {}


def two_cars() -> World:
    """Car a was found on the charger; car b is silent."""
    world = World(settings("a b"))
    world.unplug(0)
    world.car(0, "a")
    world.car(0, "b")
    world.plug(10)
    world.on(11, "a")
    for minute in (15, 20, 25, 30, 35):
        world.on(minute, "a")
        world.car(minute, "b")
    assert world.on_charger() == "a"
    return world


def say(world: World, minutes: float, intent: PinPair | CorrectPair) -> Heard:
    heard = hear(world.memory, intent, at(minutes))
    if heard.memory is not None:
        world.memory = heard.memory
        world.wait(minutes)
    return heard


def correct(vehicle: DeviceId | None = None, **more: Any) -> CorrectPair:
    return CorrectPair(charger=BOX, vehicle=vehicle, **more)


NOT_THIS = correct(undo=False)
AUTOMATIC = correct(undo=True)


def restarted(world: World, minutes: float) -> None:
    """Hearth goes away and comes back."""
    tree = orjson.loads(orjson.dumps(world.memory.to_json(at(world.minutes))))
    world.memory = pairing.Memory.from_json(
        tree, world.memory.settings, at(minutes), same_boot=True
    )
    world.wait(minutes)


def test_the_answer_is_the_pair_that_the_word_makes() -> None:
    world = two_cars()
    made = say(world, 36, correct(B)).answer.pair
    assert made is not None
    assert (made.vehicle, made.stage, made.locked_by) == (B, PairStage.ACTIVATED, LockedBy.MANUAL)
    assert world.on_charger() == "b"


def test_the_answer_to_a_guest_is_the_pair_that_ended() -> None:
    world = two_cars()
    ended = say(world, 36, correct(guest=True)).answer.pair
    assert ended is not None
    assert (ended.vehicle, ended.stage) == (A, PairStage.ESTABLISHED)
    assert world.on_charger() is None


def test_a_car_that_was_ruled_out_stays_so_when_the_next_one_is_too() -> None:
    world = two_cars()
    say(world, 36, NOT_THIS)
    assert said(world.memory) == {BOX: Said(ruled_out=(A,))}
    say(world, 37, correct(B))
    say(world, 38, NOT_THIS)
    assert said(world.memory) == {BOX: Said(ruled_out=(A, B))}
    assert world.on_charger() is None
    for minute in range(40, 100, 5):
        world.on(minute, "a")
    assert world.on_charger() is None


def test_every_word_can_be_taken_back() -> None:
    words: list[PinPair | CorrectPair] = [
        NOT_THIS, correct(B), correct(guest=True), PinPair(charger=BOX, vehicle=B)
    ]  # fmt: skip
    for word in words:
        world = two_cars()
        say(world, 36, word)
        assert world.on_charger() != "a", word
        say(world, 37, AUTOMATIC)
        assert world.on_charger() == "a", word
        assert said(world.memory) == NOTHING


def test_automatic_where_nothing_was_said_changes_nothing() -> None:
    world = two_cars()
    before = world.memory.beliefs
    assert say(world, 36, AUTOMATIC).answer.status == 200
    assert world.memory.beliefs == before


def test_automatic_takes_a_pin_away_also_without_a_cable() -> None:
    world = two_cars()
    world.unplug(36)
    say(world, 37, PinPair(charger=BOX, vehicle=B))
    assert said(world.memory) == {BOX: Said(pinned=B)}
    say(world, 38, AUTOMATIC)
    assert said(world.memory) == NOTHING


@pytest.mark.parametrize("silence_minutes", [1, 120], ids=["short", "long"])
@pytest.mark.parametrize("word", [correct(B), correct(guest=True), NOT_THIS])
def test_a_word_survives_a_restart(word: CorrectPair, silence_minutes: int) -> None:
    world = two_cars()
    say(world, 36, word)
    before = said(world.memory), world.on_charger()
    restarted(world, 36 + silence_minutes)
    assert (said(world.memory), world.on_charger()) == before


def test_a_word_ends_with_the_cable_and_leaves_a_habit() -> None:
    world = two_cars()
    say(world, 36, correct(B))
    world.unplug(60)
    assert said(world.memory) == NOTHING
    assert world.memory.habits[BOX][B] == 1.0
    assert world.memory.habits[BOX].get(A, 0.0) == 0.0


def test_a_word_that_was_taken_back_leaves_no_habit() -> None:
    world = two_cars()
    say(world, 36, correct(B))
    say(world, 37, AUTOMATIC)
    world.unplug(60)
    assert world.memory.habits[BOX][A] > 0.9


@pytest.mark.parametrize("word", [correct(A), correct(guest=True)])
def test_without_a_cable_there_is_nothing_to_correct(word: CorrectPair) -> None:
    world = World(settings("a b"))
    world.unplug(0)
    answer = say(world, 1, word).answer
    assert (answer.status, "plug the car in first" in (answer.problem or "")) == (409, True)


def test_a_car_that_is_not_named_cannot_be_ruled_out() -> None:
    world = World(settings("a b"))
    world.unplug(0)
    world.plug(1)
    answer = say(world, 2, NOT_THIS).answer
    assert answer.status == 409
    assert answer.problem is not None
    assert "no car is named on box" in answer.problem


@pytest.mark.parametrize(
    "word",
    [
        PinPair(charger=DeviceId("x"), vehicle=A),
        PinPair(charger=BOX, vehicle=DeviceId("x")),
        CorrectPair(charger=DeviceId("x"), vehicle=None, undo=True),
        CorrectPair(charger=DeviceId("x"), vehicle=None, undo=False),
        CorrectPair(charger=DeviceId("x"), vehicle=A),
    ],
)
def test_what_is_not_there_is_refused_by_name(word: PinPair | CorrectPair) -> None:
    heard = hear(two_cars().memory, word, at(36))
    assert heard.memory is None
    assert heard.answer.status in (404, 409)
    assert "x" in (heard.answer.problem or "")


def test_the_old_word_without_undo_rules_out_and_takes_back_in_turn() -> None:
    world = two_cars()
    say(world, 36, correct())
    assert said(world.memory)[BOX].ruled_out == (A,)
    say(world, 37, correct())
    assert said(world.memory) == NOTHING


def test_the_cloud_is_answered_with_the_pair_and_a_repeat_hears_the_same() -> None:
    answer = say(two_cars(), 36, correct(B)).answer
    doc = result("r1", answer, SENDER)
    assert doc["body"]["id"] == pair_id("4711", answer.pair.id)  # type: ignore[union-attr]
    assert faults("command-result", doc) == []
    again = decode_answer(orjson.dumps(answer).decode())
    assert again == answer
    assert decode_answer(orjson.dumps(replace(answer, pair=None)).decode()) == Answer()
