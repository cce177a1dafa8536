"""What chargers and cars said, as evidence for pairing."""

from agent.model.clock import Now
from agent.model.pairs import Observation
from agent.model.readings import ChargerReading, PowerDelivery, Reading, VehicleReading


def observed(reading: Reading, now: Now) -> Observation | None:
    """
    Args:
        now: when it reached us.

    Returns:
        None for what is no evidence of a plug.
    """
    match reading:
        case ChargerReading():
            return Observation(
                device=reading.device,
                seen=now,
                at=reading.at,
                power_delivery=reading.power_delivery,
                plugged_in=_plugged_in(reading.power_delivery),
                charging=_charging(reading.power_delivery),
                power_w=reading.power_w,
                max_current_a=reading.max_current_a,
                energy_wh=reading.energy_wh,
                reachable=reading.reachable,
                session=str(reading.transaction_id) if reading.transaction_id else None,
                id_token=reading.id_tag or None,
            )
        case VehicleReading():
            return _of_car(reading, now)
        case _:
            return None


def _of_car(reading: VehicleReading, now: Now) -> Observation:
    plugged_in, charging = reading.plugged_in, reading.charging
    return Observation(
        device=reading.device,
        seen=now,
        at=reading.at,
        power_delivery=reading.power_delivery,
        plugged_in=_plugged_in(reading.power_delivery) if plugged_in is None else plugged_in,
        charging=_charging(reading.power_delivery) if charging is None else charging,
        power_w=reading.power_w,
        soc_percent=reading.soc_percent,
        charge_limit_percent=reading.charge_limit_percent,
        max_current_a=reading.max_current_a,
        latitude_deg=reading.latitude_deg,
        longitude_deg=reading.longitude_deg,
        accuracy_m=reading.accuracy_m,
        reachable=reading.reachable,
    )


def _plugged_in(state: PowerDelivery | None) -> bool | None:
    return None if state is None else state.plugged_in


def _charging(state: PowerDelivery | None) -> bool | None:
    if state in (None, PowerDelivery.UNKNOWN):
        return None
    return state is PowerDelivery.CHARGING
