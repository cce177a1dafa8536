"""The pair resource: one car with one charger, and why they are held to belong together; and
what a charger's document says of the car on it, known or not."""

from agent.bridges.documents import ids
from agent.bridges.documents.common import stamp
from agent.bridges.documents.view import Json, Sender, View
from agent.bridges.wire import number
from agent.model.driver import DeviceInfo
from agent.model.pairs import Evidence, LockedBy, Pair, PairingMode, Said
from agent.pairing.says import HOW_TO_SETTLE, weight

NOTHING_SAID = Said()


def pair(value: Pair, sender: Sender) -> Json:
    return {
        "id": ids.pair_id(sender.agent_id, value.id),
        "userId": sender.user_id,
        "vehicleId": ids.device_id(sender.agent_id, value.vehicle),
        "chargerId": ids.device_id(sender.agent_id, value.charger),
        "stage": value.stage.value,
        "confidence": number(value.confidence, 2),
        "evidence": [_evidence(each) for each in value.evidence],
        "activatedAt": stamp(value.activated_at),
        "deactivatedAt": stamp(value.deactivated_at),
        "lockedBy": value.locked_by.value,
    }


def car_on(info: DeviceInfo, view: View) -> Json | None:
    """What is held of the car on a charger; null while nothing is plugged in and nothing is
    pinned, and where pairing is off."""
    picture = view.picture
    belief, said = picture.beliefs.get(info.id), picture.said.get(info.id, NOTHING_SAID)
    off = picture.pairing.mode is PairingMode.OFF
    if off or (belief is None and said.pinned is None):
        return None
    manual = belief is not None and belief.locked_by is LockedBy.MANUAL
    known = belief is not None and (belief.vehicle is not None or manual)
    settles = None if belief is None or known else belief.settles or HOW_TO_SETTLE
    vehicle = None if belief is None else belief.vehicle
    rival = None if belief is None else belief.runner_up
    return {
        "vehicleId": None if vehicle is None else view.id_of(vehicle),
        "isGuest": belief is not None and manual and vehicle is None,
        "confidence": None if belief is None else number(belief.confidence, 2),
        "runnerUpId": None if rival is None else view.id_of(rival),
        "lockedBy": None if belief is None else belief.locked_by.value,
        "pinnedVehicleId": None if said.pinned is None else view.id_of(said.pinned),
        "ruledOutIds": [view.id_of(each) for each in said.ruled_out],
        "settles": settles,
        "evidence": [_evidence(each) for each in (() if belief is None else belief.evidence)],
    }


def _evidence(each: Evidence) -> Json:
    return {
        "kind": each.kind,
        "points": number(each.points, 2),
        "weight": weight(each.points),
        "says": each.says,
    }
