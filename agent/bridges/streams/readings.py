"""A line about a device as the Reading that its driver would have reported."""

from math import isfinite
from typing import Any, Final

from agent.bridges.streams.lines import BadLine, K, field_of
from agent.model.clock import Now
from agent.model.pairs import Observation
from agent.model.readings import (
    BatteryReading,
    ChargerReading,
    DeviceId,
    DeviceKind,
    InverterReading,
    MeterReading,
    PowerDelivery,
    Reading,
    VehicleReading,
)

POWER_NAMES: Final = {
    DeviceKind.METER: "power",
    DeviceKind.INVERTER: "productionRate",
    DeviceKind.BATTERY: "chargeRate",
}


def of_charger(said: Observation, before: PowerDelivery | None) -> ChargerReading:
    """
    Args:
        before: its state until now, for a message that does not name one.
    """
    return ChargerReading(
        device=said.device,
        at=said.at,
        mono_s=_mono_s(said),
        reachable=said.reachable,
        power_delivery=_state(said, before),
        power_w=0.0 if said.power_w is None and said.charging is False else said.power_w,
        max_current_a=said.max_current_a,
        energy_wh=said.energy_wh,
        id_tag=said.id_token,
    )


def of_vehicle(said: Observation, before: PowerDelivery | None) -> VehicleReading:
    """
    Args:
        before: its state until now, for a message that does not name one.
    """
    return VehicleReading(
        device=said.device,
        at=said.at,
        mono_s=_mono_s(said),
        reachable=said.reachable,
        power_delivery=_state(said, before),
        plugged_in=said.plugged_in,
        charging=said.charging,
        soc_percent=_percent(said.soc_percent),
        charge_limit_percent=_percent(said.charge_limit_percent),
        power_w=said.power_w,
        max_current_a=said.max_current_a,
        latitude_deg=said.latitude_deg,
        longitude_deg=said.longitude_deg,
        accuracy_m=said.accuracy_m,
    )


def of_other(tree: dict[str, Any], device: DeviceId, kind: DeviceKind, seen: Now) -> Reading:
    """A meter, an inverter or a battery: its power, and the level of a battery."""
    at = field_of(tree, "at", seen)
    mono_s = seen.mono_s - max(0.0, (seen.at - at).total_seconds())
    power_w = _number(tree, POWER_NAMES[kind], K)
    reachable = tree.get("isReachable")
    if kind is DeviceKind.METER:
        return MeterReading(
            device=device, at=at, mono_s=mono_s, reachable=reachable, power_w=power_w
        )
    if kind is DeviceKind.INVERTER:
        return InverterReading(
            device=device, at=at, mono_s=mono_s, reachable=reachable, production_w=power_w
        )
    return BatteryReading(
        device=device,
        at=at,
        mono_s=mono_s,
        reachable=reachable,
        power_w=power_w,
        soc_percent=_percent(_number(tree, "batteryLevel", 1.0)),
    )


def _number(tree: dict[str, Any], name: str, scale: float) -> float | None:
    value = tree.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise BadLine(f"{name} is {value!r}; it must be a number or null")
    return value * scale


def _mono_s(said: Observation) -> float:
    return said.seen.mono_s - max(0.0, (said.seen.at - said.at).total_seconds())


def _percent(value: float | None) -> float | None:
    return value if value is not None and 0.0 <= value <= 100.0 else None  # noqa: PLR2004


def _state(said: Observation, before: PowerDelivery | None) -> PowerDelivery | None:
    if said.power_delivery is not None:
        return said.power_delivery
    if said.plugged_in is False:
        return PowerDelivery.UNPLUGGED
    if said.charging:
        return PowerDelivery.CHARGING
    resting = before in (None, PowerDelivery.UNPLUGGED, PowerDelivery.UNKNOWN)
    if said.plugged_in and resting:
        return PowerDelivery.STOPPED
    if said.charging is False and before is PowerDelivery.CHARGING:
        return PowerDelivery.STOPPED
    return None
