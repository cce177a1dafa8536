"""The HEM system: what the house adds up to. There is exactly one."""

from agent.bridges.documents import ids
from agent.bridges.documents.common import kw, moment
from agent.bridges.documents.view import Json, View
from agent.model.picture import Totals
from agent.model.readings import DeviceKind


def hem_system_id(agent_id: str) -> str:
    return ids.public_id(agent_id, ids.HEM_SYSTEM, ids.HEM_SYSTEM)


def hem_system(view: View) -> Json:
    """The whole document. A flow that the house cannot have is 0, one that nobody knows null."""
    sender, house = view.sender, view.sender.house
    location = None if house is None else view.picture.locations.get(house)
    return {
        "id": hem_system_id(sender.agent_id),
        "userId": sender.user_id,
        "name": location.name if location else None,
        "timezone": location.timezone if location else None,
        "installationDate": None,
        "locationId": ids.location_id(sender.agent_id, location.id) if location else None,
        "assets": {
            "inverters": _ids(DeviceKind.INVERTER, view),
            "batteries": _ids(DeviceKind.BATTERY, view),
            "meters": _ids(DeviceKind.METER, view),
            "chargers": _ids(DeviceKind.CHARGER, view),
        },
        "flows": _flows(view.picture.totals, view),
    }


def _ids(kind: DeviceKind, view: View) -> list[str]:
    return [view.id_of(info.id) for info in view.picture.devices if info.kind is kind]


def _flows(totals: Totals, view: View) -> Json:
    kinds = {info.kind for info in view.picture.devices}
    sun_w = totals.production_w if DeviceKind.INVERTER in kinds else 0.0
    battery_w = totals.battery_w if DeviceKind.BATTERY in kinds else 0.0
    grid_w = totals.grid_w
    consumption_w = None
    if sun_w is not None and battery_w is not None and grid_w is not None:
        consumption_w = max(0.0, sun_w + grid_w - battery_w)
    return {
        "generation": kw(_positive(sun_w)),
        "consumption": kw(consumption_w),
        "batteryCharge": kw(_positive(battery_w)),
        "batteryDischarge": kw(_positive(None if battery_w is None else -battery_w)),
        "gridImport": kw(_positive(grid_w)),
        "gridExport": kw(_positive(None if grid_w is None else -grid_w)),
        "lastUpdated": moment(view.picture.now.mono_s, view.picture.now),
    }


def _positive(power_w: float | None) -> float | None:
    return None if power_w is None else max(0.0, power_w)
