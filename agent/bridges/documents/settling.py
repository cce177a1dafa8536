"""After a start: what was told before the stop stands until the devices have spoken again."""

from datetime import datetime, timedelta
from typing import Any, Final

from agent.bridges.documents.view import Json
from agent.model.clock import Now
from agent.model.readings import PowerDelivery
from agent.model.snapshot import FORGET_AFTER_S

SETTLE_S: Final = 60.0
"""Time for links to come up and for devices to tell all that they know."""

_FOLLOWS_FROM_STATE: Final = frozenset(
    {
        "chargeRate",
        "chargeTimeRemaining",
        "isFullyCharged",
        "pluggedInChargerId",
        "pluggedInVehicleId",
    }
)

_ON_DISK: Final = frozenset({"session", "month"})
"""Known at once after a start; what is null there is not known."""


def carry(new: Json, told: Json) -> Json:
    """The new document, with what it does not know yet as it was told before the stop."""
    made: dict[str, Any] = {}
    for name, value in new.items():
        before = told.get(name)
        if name in _ON_DISK:
            made[name] = value
        elif isinstance(value, dict) and isinstance(before, dict):
            unknown = value.get("powerDeliveryState") == PowerDelivery.UNKNOWN
            made[name] = before if unknown else carry(value, before)
        elif _unknown(name, value, new):
            made[name] = before
        else:
            made[name] = value
    return made


def _unknown(name: str, value: object, doc: Json) -> bool:
    if name == "serialNumber":
        return value in (None, doc.get("id"))  # its stand-in until the device has said it
    return value is None and name not in _FOLLOWS_FROM_STATE


def silent(told: Json, now: Now) -> Json:
    """The document of a device that has not spoken since the start: out of reach, values kept."""
    made = {**told, "isReachable": False}
    state = told.get("chargeState")
    if isinstance(state, dict) and "powerDeliveryState" in state and _forgotten(state, now):
        made["chargeState"] = {
            **state,
            "isPluggedIn": None,
            "isCharging": None,
            "chargeRate": None,
            "powerDeliveryState": PowerDelivery.UNKNOWN.value,
        }
        if "isFullyCharged" in state:
            made["chargeState"] |= {"isFullyCharged": None, "chargeTimeRemaining": None}
    return made


def _forgotten(state: Json, now: Now) -> bool:
    said = state.get("lastUpdated")
    if said is None or not now.trusted:
        return False
    return now.at - datetime.fromisoformat(said) > timedelta(seconds=FORGET_AFTER_S)
