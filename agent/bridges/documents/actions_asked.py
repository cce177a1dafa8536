"""`action.create`: which Intent asks for that Action."""

from http import HTTPStatus
from typing import Final

from agent.bridges.documents.asked import Asked
from agent.bridges.documents.faults import Unreadable
from agent.bridges.documents.targets import target
from agent.model.actions import ActionKind
from agent.model.driver import DeviceInfo
from agent.model.intents import (
    AskProbe,
    BatteryModeChoice,
    ChargeCommand,
    CurrentLimit,
    Intent,
    PowerLimit,
)
from agent.model.readings import BatteryMode, DeviceKind

LARGEST_CURRENT_A: Final = 1000.0
LARGEST_RATE_KW: Final = 1000.0
_SCOPES: Final = {
    DeviceKind.CHARGER: "charger:control:charging",
    DeviceKind.VEHICLE: "vehicle:control:charging",
    DeviceKind.BATTERY: "battery:control:operation_mode",
}


def create_action(asked: Asked) -> Intent:
    """Raises:
    Unreadable: 403 where the installer did not grant control, 404 for an unknown target.
    """
    info, kind = (
        target(asked.body, asked.sender, asked.picture),
        asked.body.choice("kind", ActionKind),
    )
    scope = _SCOPES.get(info.kind)
    if scope is None:
        raise asked.body.fault("targetType", f"is {info.kind.value}", "it cannot be commanded")
    if scope not in asked.sender.scopes:
        remedy = f"the installer must grant {scope}"
        raise Unreadable("/body/targetId", "may not be commanded", remedy, HTTPStatus.FORBIDDEN)
    return _intent(kind, info, asked)


def _intent(kind: ActionKind, info: DeviceInfo, asked: Asked) -> Intent:
    if kind in (ActionKind.START, ActionKind.STOP):
        return ChargeCommand(device=info.id, charging=kind is ActionKind.START, **asked.origin)
    if kind is ActionKind.PROBE:
        return AskProbe(device=info.id, **asked.origin)
    wanted = asked.body.part("target")
    if kind is ActionKind.SET_MAX_CURRENT:
        max_current_a = wanted.figure("maxCurrent", 0, LARGEST_CURRENT_A)
        return CurrentLimit(device=info.id, max_current_a=max_current_a, **asked.origin)
    if kind is ActionKind.SET_CHARGE_RATE_LIMIT:
        limit_kw = wanted.figure("chargeRateLimit", 0, LARGEST_RATE_KW)
        return PowerLimit(device=info.id, max_power_w=limit_kw * 1000, **asked.origin)
    mode = wanted.choice("operationMode", BatteryMode)
    if mode is BatteryMode.UNKNOWN:
        raise wanted.fault("operationMode", "is UNKNOWN", "that one can be left, but not set")
    return BatteryModeChoice(device=info.id, mode=mode, **asked.origin)
