"""The vehicle resource; while it hangs on a charger of the house, with that one's knowledge.

`chargeState.observed` is ours: per value when it was last true (`at`) and when it was last known
to be otherwise (`otherwiseAt`), so a plug-in is known to lie between the two.
"""

from typing import Final

from agent.bridges.documents.car_state import CarState, car_state, settings
from agent.bridges.documents.charged import charged
from agent.bridges.documents.common import (
    asset,
    capability,
    information,
    kw,
    kwh,
    moment,
    observed,
    place,
    reads,
    said_at,
)
from agent.bridges.documents.smart import in_short
from agent.bridges.documents.view import Json, View
from agent.bridges.wire import number
from agent.model.driver import DeviceInfo
from agent.model.readings import PowerDelivery, Reading, VehicleReading
from agent.model.snapshot import Seen

ASSUMED_LIMIT_PERCENT: Final = 100.0
_OBSERVED: Final = {
    "isPluggedIn": "plugged_in",
    "isCharging": "charging",
    "powerDeliveryState": "power_delivery",
    "batteryLevel": "soc_percent",
}
_POSITION: Final = ("latitude_deg", "longitude_deg")


def vehicle(info: DeviceInfo, seen: Seen[Reading] | None, view: View) -> Json:
    """The whole document, every key present."""
    car: Seen[VehicleReading] | None = None
    if seen is not None and isinstance(seen.value, VehicleReading):
        car = Seen(seen.value, seen.said_mono_s, seen.otherwise_mono_s)
    state = car_state(info, car, view)
    return {
        **asset(info, seen, view),
        "problem": state.problem or (seen.value.problem or None if seen else None),
        "information": information(info, seen, displayName=info.name, vin=None),
        "chargeState": _charge_state(info, car, state, view),
        "smartChargingPolicy": in_short(view.picture.policies.get(info.id)),
        "location": _location(info, car, view),
        "odometer": {
            "distance": None if car is None else number(car.value.odometer_km, 0),
            "lastUpdated": said_at(seen, ("odometer_km",), view),
        },
        **charged(info.id, view),
        "capabilities": _capabilities(info, car, view),
    }


def _charge_state(
    info: DeviceInfo, car: Seen[VehicleReading] | None, state: CarState, view: View
) -> Json:
    value = None if car is None else car.value
    pair = view.of_vehicle.get(info.id)
    remaining_s = value.charge_remaining_s if value and state.charging else None
    capacity_wh = (value.capacity_wh if value else None) or info.capacity_wh
    return {
        "batteryLevel": number(value.soc_percent, 0) if value else None,
        "range": number(value.range_km, 0) if value else None,
        "isPluggedIn": state.plugged_in,
        "isCharging": state.charging,
        "isFullyCharged": _full(value, state.power_delivery),
        "batteryCapacity": kwh(capacity_wh),
        "chargeLimit": number(value.charge_limit_percent, 0) if value else None,
        "chargeRate": kw(state.power_w) if state.charging else None,
        "chargeTimeRemaining": None if remaining_s is None else number(remaining_s / 60, 0),
        "maxCurrent": number(value.max_current_a, 1) if value else None,
        "powerDeliveryState": state.power_delivery.value,
        "pluggedInChargerId": None if pair is None else view.id_of(pair.charger),
        "lastUpdated": moment(state.said_mono_s, view.picture.now)
        or said_at(car, ("soc_percent",), view),
        "observed": observed(car, _OBSERVED, view),
    }


def _full(value: VehicleReading | None, state: PowerDelivery) -> bool | None:
    """Null while the state is unknown; below 100 % it depends on the limit set in the car."""
    if state is PowerDelivery.UNKNOWN:
        return None
    if state in (PowerDelivery.COMPLETE, PowerDelivery.CHARGING):
        return state is PowerDelivery.COMPLETE
    if value is None or value.soc_percent is None:
        return None
    limit_percent = value.charge_limit_percent
    return value.soc_percent >= (ASSUMED_LIMIT_PERCENT if limit_percent is None else limit_percent)


def _location(info: DeviceInfo, car: Seen[VehicleReading] | None, view: View) -> Json:
    """Coordinates leave the house only where the installer granted that."""
    shown = car is not None and view.granted("vehicle:read:location")
    where, pair = place(info, view), view.of_vehicle.get(info.id)
    if pair is not None and view.routed:
        box = next((each for each in view.picture.devices if each.id == pair.charger), None)
        where = (place(box, view) if box else None) or where
    return {
        "id": where,
        "latitude": number(car.value.latitude_deg, 5) if car and shown else None,
        "longitude": number(car.value.longitude_deg, 5) if car and shown else None,
        "lastUpdated": said_at(car, _POSITION, view),
    }


def _capabilities(info: DeviceInfo, car: Seen[VehicleReading] | None, view: View) -> Json:
    """A charger of the house unlocks start, stop and location for every car of the house."""
    unlocked = view.routed and info.id in view.linked
    startable = view.granted("vehicle:control:charging") and (info.startable or unlocked)
    value = None if car is None else car.value
    locatable = view.granted("vehicle:read:location") and (
        unlocked
        or bool(settings(info, view).reports_location)
        or (value is not None and value.latitude_deg is not None)
    )
    return {
        **reads("information", "chargeState"),
        "location": capability(capable=locatable),
        "odometer": capability(capable=value is not None and value.odometer_km is not None),
        "setMaxCurrent": capability(capable=False),
        "startCharging": capability(capable=startable),
        "stopCharging": capability(capable=startable),
        "smartCharging": capability(capable=startable),
    }
