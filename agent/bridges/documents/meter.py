"""The meter resource: power is positive while the house draws from the grid."""

from agent.bridges.documents import ids
from agent.bridges.documents.common import asset, fixed_place, information, kw, reads, said_at
from agent.bridges.documents.view import Json, View
from agent.model.driver import DeviceInfo
from agent.model.readings import MeterReading, Reading
from agent.model.snapshot import Seen


def meter(info: DeviceInfo, seen: Seen[Reading] | None, view: View) -> Json:
    """The whole document, every key present."""
    value = seen.value if seen and isinstance(seen.value, MeterReading) else None
    return {
        **asset(info, seen, view),
        "information": information(
            info,
            seen,
            siteName=info.name,
            serialNumber=value.serial_number if value else None,
        ),
        "energyState": {
            "power": kw(value.power_w) if value else None,
            "lastUpdated": said_at(seen, ("power_w",), view),
        },
        "location": fixed_place(info, view),
        "hemSystemId": ids.public_id(view.sender.agent_id, ids.HEM_SYSTEM, ids.HEM_SYSTEM),
        "capabilities": reads("information", "measurement"),
    }
