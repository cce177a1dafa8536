"""Which car hangs on which charger: what is held of it, how sure that is, and a person's word.

Unknown is a fine answer; the evidence stands in the attributes, in sentences.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from agent.bridges import wire
from agent.bridges.belief import NOTHING_SAID, sentence, settles
from agent.bridges.cars import car_state, pair_of
from agent.bridges.home_assistant.entity import (
    BadCommand,
    Entity,
    Household,
    Needs,
    Platform,
    Value,
    View,
)
from agent.model.driver import DeviceInfo
from agent.model.intents import AskProbe, CorrectPair, Intent
from agent.model.pairs import Evidence, LockedBy, PairingMode, ProbePolicy
from agent.model.picture import Picture
from agent.model.readings import DeviceId, DeviceKind
from agent.model.snapshot import power_delivery
from agent.pairing.says import weight

NOTHING: Final = "none"
AUTOMATIC: Final = "Automatic"
GUEST: Final = "Guest car"
NOT_THIS: Final = "Not the car shown"
LONGEST_CHOICE: Final = 60


def _paired(_info: DeviceInfo, house: Household) -> bool:
    return house.pairing is not PairingMode.OFF and DeviceKind.CHARGER in house.kinds


def _name(device: DeviceId | None, picture: Picture) -> str | None:
    found = next((info.name for info in picture.devices if info.id == device), None)
    return wire.short_text(found or device)


def _told(evidence: Sequence[Evidence]) -> list[str]:
    """Sentences with what each is worth, the weightiest first."""
    return [f"{each.says}: {weight(each.points)}" for each in evidence]


def _charger(view: View) -> Value:
    """Our charger that the car hangs on, or none; None while nobody knows."""
    pair = pair_of(view.info.id, view.picture)
    if pair is not None:
        return _name(pair.charger, view.picture)
    return NOTHING if car_state(view.info, view.picture).plugged_in is False else None


def _charger_details(view: View) -> Value:
    pair = pair_of(view.info.id, view.picture)
    if pair is None:
        return {}
    return {
        "confidence": wire.number(pair.confidence, 2),
        "decided_by": pair.locked_by.value,
        "since": wire.instant(pair.activated_at),
        "evidence": _told(pair.evidence),
    }


def _car(view: View) -> Value:
    """The car on a charger, none, or a guest's if a person said so; None while nobody knows."""
    belief = view.picture.beliefs.get(view.info.id)
    if belief is not None and belief.vehicle is not None:
        return _name(belief.vehicle, view.picture)
    if belief is not None and belief.locked_by is LockedBy.MANUAL:
        return GUEST
    state = power_delivery(view.seen, view.picture.now.mono_s)
    return NOTHING if state.plugged_in is False else None


def _car_details(view: View) -> Value:
    picture = view.picture
    belief, said = picture.beliefs.get(view.info.id), picture.said.get(view.info.id, NOTHING_SAID)
    pinned = {} if said.pinned is None else {"pinned": _name(said.pinned, picture)}
    if belief is None:
        return pinned
    question = picture.questions.get(view.info.id)
    return pinned | {
        "says": sentence(belief, picture),
        "confidence": wire.number(belief.confidence, 2),
        "runner_up": _name(belief.runner_up, picture),
        "ruled_out": [_name(car, picture) for car in said.ruled_out],
        "settled_by": settles(belief),
        "decided_by": belief.locked_by.value,
        "since": wire.instant(belief.since),
        "evidence": _told(belief.evidence),
        **({"question": question} if question else {}),
    }


def _find_out(view: View, _payload: str) -> Intent:
    return AskProbe(device=view.info.id)


PLUGGED_INTO: Final = Entity(
    platform=Platform.SENSOR,
    key="charger",
    name="Plugged into",
    value=_charger,
    at_once=_charger,
    needs=Needs.HEARTH,
    attributes=_charger_details,
    shown=_paired,
)

_CAR: Final = Entity(
    platform=Platform.SENSOR,
    key="car",
    name="Car",
    value=_car,
    at_once=_car,
    needs=Needs.HEARTH,
    attributes=_car_details,
)

_FIND_OUT: Final = Entity(
    platform=Platform.BUTTON,
    key="find_out_car",
    name="Find out which car",
    needs=Needs.HEARTH,
    command=_find_out,
)


def car_rows(info: DeviceInfo, house: Household) -> tuple[Entity, ...]:
    """The rows of a charger in a house that has cars to pair it with."""
    if info.kind is not DeviceKind.CHARGER or not house.cars or not _paired(info, house):
        return ()
    names = choices(house.cars)
    choice = Entity(
        platform=Platform.SELECT,
        key="car_choice",
        name="Car assignment",
        value=partial(_chosen, names),
        at_once=partial(_chosen, names),
        category="config",
        needs=Needs.HEARTH,
        options=lambda _info: (AUTOMATIC, *names, GUEST, NOT_THIS),
        command=partial(_choose, names),
    )
    if house.probe is ProbePolicy.OFF:
        return (_CAR, choice)
    return (_CAR, choice, replace(_FIND_OUT, enabled=house.probe is ProbePolicy.ALWAYS_ASK))


def choices(cars: Sequence[tuple[DeviceId, str]]) -> Mapping[str, DeviceId]:
    """What each car is called in a list where every name must be another one."""
    taken = {AUTOMATIC.casefold(), GUEST.casefold(), NOT_THIS.casefold()}
    names: dict[str, DeviceId] = {}
    for device, name in cars:
        label = " ".join(name.split())[:LONGEST_CHOICE] or device
        if label.casefold() in taken:
            label = f"{label[: LONGEST_CHOICE // 2]} ({device})"
        number, first = 2, label
        while label.casefold() in taken:
            label, number = f"{first} {number}", number + 1
        taken.add(label.casefold())
        names[label] = device
    return names


def _chosen(names: Mapping[str, DeviceId], view: View) -> Value:
    """A person's word for this session or for good; otherwise it is Hearth's to find out."""
    belief = view.picture.beliefs.get(view.info.id)
    said = view.picture.said.get(view.info.id, NOTHING_SAID)
    manual = belief is not None and belief.locked_by is LockedBy.MANUAL
    vehicle = belief.vehicle if manual and belief is not None else said.pinned
    if vehicle is not None:
        return next((name for name, car in names.items() if car == vehicle), None)
    if manual:
        return GUEST
    return NOT_THIS if said.ruled_out else AUTOMATIC


def _choose(names: Mapping[str, DeviceId], view: View, payload: str) -> Intent | None:
    wanted, charger = payload.casefold(), view.info.id
    belief = view.picture.beliefs.get(charger)
    if wanted == AUTOMATIC.casefold():
        free = _chosen(names, view) == AUTOMATIC
        return None if free else CorrectPair(charger=charger, vehicle=None, undo=True)
    known = {name.casefold(): car for name, car in names.items()}
    if wanted not in known and wanted not in (GUEST.casefold(), NOT_THIS.casefold()):
        raise BadCommand(f"send one of {', '.join((AUTOMATIC, *names, GUEST, NOT_THIS))}")
    if belief is None:
        raise BadCommand("plug the car in first; the choice holds until it is unplugged")
    if wanted == GUEST.casefold():
        return CorrectPair(charger=charger, vehicle=None, guest=True)
    if wanted == NOT_THIS.casefold():
        return CorrectPair(charger=charger, vehicle=None, undo=False)
    return CorrectPair(charger=charger, vehicle=known[wanted])
