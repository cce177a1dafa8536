"""The pair resource: one car with one charger, and why they are held to belong together."""

from agent.bridges.documents import ids
from agent.bridges.documents.common import stamp
from agent.bridges.documents.view import Json, View
from agent.bridges.wire import number
from agent.model.pairs import Pair


def pair(value: Pair, view: View) -> Json:
    return {
        "id": ids.pair_id(view.sender.agent_id, value.id),
        "userId": view.sender.user_id,
        "vehicleId": view.id_of(value.vehicle),
        "chargerId": view.id_of(value.charger),
        "stage": value.stage.value,
        "confidence": number(value.confidence, 2),
        "evidence": [
            {"kind": each.kind, "points": number(each.points, 2), "says": each.says}
            for each in value.evidence
        ],
        "activatedAt": stamp(value.activated_at),
        "deactivatedAt": stamp(value.deactivated_at),
        "lockedBy": value.locked_by.value,
    }
