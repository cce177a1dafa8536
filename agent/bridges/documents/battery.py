"""The battery resource: chargeRate is positive while charging and 0 when idle."""

from typing import Final

from agent.bridges.documents import ids
from agent.bridges.documents.common import (
    asset,
    capability,
    fixed_place,
    information,
    kw,
    kwh,
    reads,
    said_at,
)
from agent.bridges.documents.view import Json, View
from agent.bridges.wire import number
from agent.model.driver import DeviceInfo
from agent.model.readings import BatteryMode, BatteryReading, Reading
from agent.model.snapshot import Seen

_MODES: Final = {
    "selfReliance": BatteryMode.SELF_RELIANCE,
    "timeOfUse": BatteryMode.TIME_OF_USE,
    "importFocus": BatteryMode.IMPORT_FOCUS,
    "exportFocus": BatteryMode.EXPORT_FOCUS,
    "idle": BatteryMode.IDLE,
}
_STATE_FIELDS: Final = ("power_w", "soc_percent", "status", "operation_mode")


def battery(info: DeviceInfo, seen: Seen[Reading] | None, view: View) -> Json:
    """The whole document, every key present."""
    value = seen.value if seen and isinstance(seen.value, BatteryReading) else None
    capacity_wh = (value.capacity_wh if value else None) or info.capacity_wh
    scoped = view.granted("battery:control:operation_mode")
    modes = {
        name: capability(capable=scoped and mode in info.battery_modes)
        for name, mode in _MODES.items()
    }
    return {
        **asset(info, seen, view),
        "information": information(
            info,
            seen,
            siteName=info.name,
            serialNumber=value.serial_number if value else None,
        ),
        "chargeState": {
            "status": value.status if value else None,
            "batteryCapacity": kwh(capacity_wh),
            "batteryLevel": number(value.soc_percent, 0) if value else None,
            "chargeRate": kw(value.power_w) if value else None,
            "dischargeLimit": number(value.discharge_limit_percent, 0) if value else None,
            "lastUpdated": said_at(seen, _STATE_FIELDS, view),
        },
        "config": {"operationMode": value.operation_mode if value else None},
        "location": fixed_place(info, view, coordinates=True),
        "hemSystemId": ids.public_id(view.sender.agent_id, ids.HEM_SYSTEM, ids.HEM_SYSTEM),
        "capabilities": {**reads("information", "chargeState"), **modes},
    }
