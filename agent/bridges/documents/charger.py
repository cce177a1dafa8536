"""The charger resource: one connector. It has a place, but never coordinates."""

from agent.bridges.documents.charged import charged
from agent.bridges.documents.common import (
    asset,
    capability,
    fixed_place,
    information,
    is_charging,
    kw,
    observed,
    reads,
    said_at,
)
from agent.bridges.documents.pair import car_on
from agent.bridges.documents.view import Json, View
from agent.bridges.wire import number
from agent.model.driver import DeviceInfo
from agent.model.readings import ChargerReading, PowerDelivery, Reading
from agent.model.snapshot import Seen, power_delivery
from agent.model.units import watts_from_amps

NOT_STEERABLE = "ocpp-smartcharging-profile-missing"


def charger(info: DeviceInfo, seen: Seen[Reading] | None, view: View) -> Json:
    """The whole document, every key present."""
    value = seen.value if seen and isinstance(seen.value, ChargerReading) else None
    serial = (value.serial_number if value else None) or info.id
    return {
        **asset(info, seen, view),
        "information": information(info, seen, displayName=info.name, serialNumber=serial),
        "chargeState": _charge_state(info, seen, value, view),
        "pairing": car_on(info, view),
        "location": fixed_place(info, view),
        **charged(info.id, view),
        "capabilities": _capabilities(value, view),
    }


def _charge_state(
    info: DeviceInfo, seen: Seen[Reading] | None, value: ChargerReading | None, view: View
) -> Json:
    state = power_delivery(seen, view.picture.now.mono_s)
    if state is PowerDelivery.COMPLETE:
        state = PowerDelivery.STOPPED  # "full" is a word that only cars have
    charging, pair = is_charging(state), view.on_charger.get(info.id)
    limit_a = view.picture.limits_a.get(info.id)
    limited = limit_a is not None and limit_a < info.max_current_a
    max_current_a = None
    if value is not None:
        max_current_a = value.max_current_a
        if max_current_a is None:
            max_current_a = value.accepted_current_a
    return {
        "isPluggedIn": state.plugged_in,
        "isCharging": charging,
        "chargeRate": kw(value.power_w) if value and charging else None,
        "maxCurrent": number(max_current_a, 1),
        "chargeRateLimit": kw(watts_from_amps(limit_a or 0.0, info.phases)) if limited else None,
        "pluggedInVehicleId": None if pair is None else view.id_of(pair.vehicle),
        "powerDeliveryState": state.value,
        "lastUpdated": said_at(seen, ("power_delivery", "power_w", "max_current_a"), view),
        "observed": observed(seen, {"powerDeliveryState": "power_delivery"}, view),
    }


def _capabilities(value: ChargerReading | None, view: View) -> Json:
    scoped = view.granted("charger:control:charging")
    steerable = value is None or value.controllable is not False
    control = capability(
        capable=scoped and steerable, because=NOT_STEERABLE if scoped and not steerable else None
    )
    return {
        **reads("information", "chargeState"),
        "startCharging": control,
        "stopCharging": control,
        "setMaxCurrent": control,
        "setChargeRateLimit": control,
    }
