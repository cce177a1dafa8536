"""Intents of people as documents of a stream, with the house's own names for ids."""

from collections.abc import Mapping
from typing import Any

from agent.model.actions import ActionKind
from agent.model.intents import (
    AskProbe,
    BatteryModeChoice,
    CancelAction,
    ChargeCommand,
    CorrectPair,
    CurrentLimit,
    DeviceIntent,
    EndOverride,
    Intent,
    PinPair,
    PowerLimit,
    Refresh,
    StartOverride,
)
from agent.model.readings import DeviceId, DeviceKind

Tree = dict[str, Any]


def document(intent: Intent, kinds: Mapping[DeviceId, DeviceKind]) -> Tree | None:
    """The command that says the same; None where the protocol has none."""
    match intent:
        case PinPair(charger=charger, vehicle=vehicle):
            tree = _command("pair.pin", {"chargerId": charger, "vehicleId": vehicle})
        case CorrectPair(charger=charger, vehicle=vehicle, guest=guest, undo=undo):
            body = {"chargerId": charger, "vehicleId": vehicle, "guest": guest}
            body |= {} if undo is None else {"undo": undo}
            tree = _command("pair.correct", body)
        case CancelAction(action_id=action_id):
            tree = _command("action.cancel", {"actionId": action_id})
        case DeviceIntent(device=device) if device in kinds:
            found = _of_device(intent, {"targetType": kinds[device].value, "targetId": device})
            if found is None:
                return None
            tree = found
        case _:
            return None
    return tree | ({"requestId": intent.request_id} if intent.request_id else {})


def _of_device(intent: DeviceIntent, target: Tree) -> Tree | None:
    match intent:
        case ChargeCommand(charging=charging):
            return _action(target, ActionKind.START if charging else ActionKind.STOP)
        case CurrentLimit(max_current_a=amps):
            return _action(target, ActionKind.SET_MAX_CURRENT, {"maxCurrent": amps})
        case PowerLimit(max_power_w=watts):
            limit = {"chargeRateLimit": watts / 1000}
            return _action(target, ActionKind.SET_CHARGE_RATE_LIMIT, limit)
        case BatteryModeChoice(mode=mode):
            mode_of = {"operationMode": mode.value}
            return _action(target, ActionKind.SET_OPERATION_MODE, mode_of)
        case AskProbe():
            return _action(target, ActionKind.PROBE)
        case StartOverride():
            return _command("override.create", target)
        case EndOverride():
            return _command("override.end", target)
        case Refresh():
            return _command("refresh-hint", target)
        case _:
            return None


def _action(target: Tree, kind: ActionKind, value: Tree | None = None) -> Tree:
    wanted = {} if value is None else {"target": value}
    return _command("action.create", {**target, "kind": kind.value, **wanted})


def _command(name: str, body: Tree) -> Tree:
    return {"command": name, "body": body}
