"""What a person's word about a pair does to what pairing remembers. Pure."""

from dataclasses import dataclass

from agent import pairing
from agent.model.clock import Now
from agent.model.intents import Answer, CorrectPair, PinPair
from agent.model.pairs import Pair, PairStage
from agent.model.readings import DeviceId
from agent.pairing import Memory, correct, pin
from agent.pairing.corrections import automatic, not_this

UNKNOWN, CONFLICT = 404, 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Args:
    memory: None where the word was not taken.
    """

    answer: Answer
    memory: Memory | None = None


def hear(memory: Memory, intent: PinPair | CorrectPair, now: Now) -> Heard:
    """Take the word, or say why not; the next tick acts on it."""
    problem = _hindrance(memory, intent)
    if problem is not None:
        return _no(problem, CONFLICT)
    try:
        after = _taken(memory, intent, now)
    except KeyError as error:
        return _no(f"there is no charger or car {error.args[0]} to pair", UNKNOWN)
    return Heard(answer=Answer(pair=_moved(memory, after, intent.charger, now)), memory=after)


def _no(problem: str, status: int) -> Heard:
    return Heard(answer=Answer(problem=problem, status=status))


def _hindrance(memory: Memory, intent: PinPair | CorrectPair) -> str | None:
    """Why a correction cannot hold: it is about what is plugged in now."""
    if isinstance(intent, PinPair) or intent.charger not in memory.chargers:
        return None
    names = intent.guest or intent.vehicle is not None
    held = memory.held.get(intent.charger)
    if names and held is None:
        return (
            f"nothing is plugged in at {intent.charger}; plug the car in first, or pin a car that"
            " always hangs there"
        )
    if not names and intent.undo is False and (held is None or held.vehicle is None):
        return (
            f"no car is named on {intent.charger} that could be the wrong one;"
            " say which car it is, or that it is a guest's"
        )
    return None


def _taken(memory: Memory, intent: PinPair | CorrectPair, now: Now) -> Memory:
    """
    Raises:
        KeyError: no such charger or car.
    """
    charger = intent.charger
    if isinstance(intent, PinPair):
        return pin(memory, charger, intent.vehicle, now)
    if intent.guest or intent.vehicle is not None or intent.undo is None:
        return correct(memory, charger, intent.vehicle, intent.guest, now)
    if not intent.undo:
        return not_this(memory, charger, now)
    unpinned = charger in memory.pins
    return automatic(pin(memory, charger, None, now) if unpinned else memory, charger, now)


def _moved(before: Memory, after: Memory, charger: DeviceId, now: Now) -> Pair | None:
    """The pair that holds now, or the one that just ended; None where there was none."""
    pairs = pairing.step((), after, now).pairs
    active = _active(pairs, charger)
    was = _active(before.pairs, charger)
    if active is not None or was is None:
        return active
    return next((pair for pair in pairs if pair.id == was.id), None)


def _active(pairs: tuple[Pair, ...], charger: DeviceId) -> Pair | None:
    for pair in pairs:
        if pair.charger == charger and pair.stage is PairStage.ACTIVATED:
            return pair
    return None
