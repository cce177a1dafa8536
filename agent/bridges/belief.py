"""What is held of the car on a charger, with the evidence, for people and programs here."""

from collections.abc import Callable
from typing import Any

from agent.bridges.wire import instant, number
from agent.model.pairs import Belief, Evidence, LockedBy, PairingMode, Said
from agent.model.picture import Picture
from agent.model.readings import DeviceId
from agent.pairing.says import HOW_TO_SETTLE, held, weight

NOTHING_SAID = Said()
NOBODY = Belief(charger=DeviceId(""))


def naming(picture: Picture) -> Callable[[DeviceId], str]:
    """What people call each device."""
    names = {info.id: info.name for info in picture.devices}
    return lambda device: names.get(device, device)


def sentence(belief: Belief, picture: Picture) -> str:
    """What is held, in one sentence that follows the charger's name."""
    said = picture.said.get(belief.charger, NOTHING_SAID)
    pinned = said.pinned is not None and said.pinned == belief.vehicle and said.vehicle is None
    return held(belief, naming(picture), pinned=pinned)


def settles(belief: Belief) -> str | None:
    """What would settle it; None where it is settled."""
    if belief.vehicle is not None or belief.locked_by is LockedBy.MANUAL:
        return None
    return belief.settles or HOW_TO_SETTLE


def document(charger: DeviceId, picture: Picture) -> dict[str, Any] | None:
    """None while nothing is plugged in and nothing is pinned, and where pairing is off."""
    belief, said = picture.beliefs.get(charger), picture.said.get(charger, NOTHING_SAID)
    off = picture.pairing.mode is PairingMode.OFF
    if off or (belief is None and said.pinned is None):
        return None
    held_now = belief or NOBODY
    manual = held_now.locked_by is LockedBy.MANUAL
    return {
        "chargerId": charger,
        "vehicleId": held_now.vehicle,
        "isGuest": manual and held_now.vehicle is None,
        "confidence": None if belief is None else number(belief.confidence, 4),
        "runnerUpId": held_now.runner_up,
        "lockedBy": None if belief is None else belief.locked_by.value,
        "since": None if belief is None else instant(belief.since),
        "pinnedVehicleId": said.pinned,
        "ruledOutIds": list(said.ruled_out),
        "says": "nothing is plugged in" if belief is None else sentence(belief, picture),
        "settles": None if belief is None else settles(belief),
        "evidence": [reason(each) for each in held_now.evidence],
    }


def reason(each: Evidence) -> dict[str, Any]:
    """One piece of evidence with its weight in words."""
    return {
        "kind": each.kind,
        "points": number(each.points, 1),
        "weight": weight(each.points),
        "says": each.says,
    }
