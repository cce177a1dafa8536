"""The solar inverter resource. One that sleeps says nothing: its rate is unknown, not zero."""

from typing import Final

from agent.bridges.documents import ids
from agent.bridges.documents.common import asset, fixed_place, information, kw, kwh, reads, said_at
from agent.bridges.documents.view import Json, View
from agent.model.driver import DeviceInfo
from agent.model.readings import InverterReading, Reading
from agent.model.snapshot import Seen

PRODUCES_ABOVE_W: Final = 10.0


def inverter(info: DeviceInfo, seen: Seen[Reading] | None, view: View) -> Json:
    """The whole document, every key present."""
    value = seen.value if seen and isinstance(seen.value, InverterReading) else None
    awake = seen is not None and seen.reachable
    production_w = value.production_w if value and awake else None
    lifetime_wh = view.picture.counters_wh.get((info.id, "production_wh"))
    return {
        **asset(info, seen, view),
        "information": information(
            info, seen, siteName=info.name, sn=value.serial_number if value else None
        ),
        "productionState": {
            "productionRate": kw(production_w),
            "isProducing": None if production_w is None else production_w > PRODUCES_ABOVE_W,
            "totalLifetimeProduction": kwh(lifetime_wh),
            "lastUpdated": said_at(seen, ("production_w", "production_wh"), view),
        },
        "location": fixed_place(info, view, coordinates=True),
        "hemSystemId": ids.public_id(view.sender.agent_id, ids.HEM_SYSTEM, ids.HEM_SYSTEM),
        "capabilities": reads("information", "productionState", "productionStatistics"),
    }
