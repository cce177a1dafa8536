"""The Action, as events and command results carry it."""

from datetime import timedelta

from agent.bridges.documents.common import kw, stamp
from agent.bridges.documents.ids import device_id
from agent.bridges.documents.view import Json, Sender
from agent.model.actions import Action, ActionKind


def action(value: Action, sender: Sender) -> Json:
    """`deviceId` is who got the command: a pair may route what was asked of a car."""
    failure = value.failure
    return {
        "id": value.id,
        "userId": sender.user_id,
        "targetId": device_id(sender.agent_id, value.device),
        "targetType": value.device_kind.value,
        "kind": value.kind.value,
        "target": _target(value),
        "state": value.state.value,
        "createdAt": stamp(value.created_at),
        "updatedAt": stamp(value.updated_at),
        "completedAt": stamp(value.completed_at),
        "failureReason": failure and {"type": failure.type.value, "detail": failure.detail},
        "deviceId": device_id(sender.agent_id, value.device_commanded),
        "attempts": value.attempts,
        "deadlineAt": stamp(value.created_at + timedelta(seconds=value.window_s)),
        "requestedBy": value.requested_by.value,
    }


def _target(value: Action) -> Json | None:
    match value.kind, value.value:
        case ((ActionKind.SET_MAX_CURRENT | ActionKind.PROBE), float() | int() as current_a):
            return {"maxCurrent": current_a}
        case ActionKind.SET_CHARGE_RATE_LIMIT, float() | int() as power_w:
            return {"chargeRateLimit": kw(power_w)}
        case ActionKind.SET_OPERATION_MODE, str() as mode:
            return {"operationMode": str(mode)}
        case _:
            return None
