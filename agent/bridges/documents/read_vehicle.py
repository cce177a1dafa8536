"""What the cloud knows of a car that has no other way into the house."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from agent.bridges.documents.fields import Fields
from agent.bridges.documents.payload import parse
from agent.model.clock import Now
from agent.model.readings import DeviceId, PowerDelivery, Reading, VehicleReading
from agent.model.snapshot import Seen

_PLUG_FIELDS: Final = ("power_delivery", "plugged_in", "charging")
_FIGURES: Final[Mapping[str, tuple[str, float, float, float]]] = {
    "batteryLevel": ("soc_percent", 0, 100, 1),
    "chargeLimit": ("charge_limit_percent", 0, 100, 1),
    "range": ("range_km", 0, 5000, 1),
    "batteryCapacity": ("capacity_wh", 0, 2000, 1000),
    "chargeRate": ("power_w", -2000, 2000, 1000),
    "maxCurrent": ("max_current_a", 0, 1000, 1),
    "chargeTimeRemaining": ("charge_remaining_s", 0, 100_000, 60),
}
"""Outside name -> ours, least, most, what one unit outside is in ours."""


def read_vehicle_in(
    vehicle: DeviceId, payload: bytes, now: Now, known: Seen[Reading] | None
) -> tuple[VehicleReading, ...]:
    """One Reading, or two: what was known of the plug held until `previousObservedAt`, so a
    change of it lies between the two instants.

    Args:
        known: what the house knows of the car so far.

    Raises:
        Unreadable
    """
    fields = parse(payload)
    observed_at = fields.instant("observedAt")
    behind_s = max(0.0, (now.at - observed_at).total_seconds()) if now.trusted else 0.0
    news = VehicleReading(
        device=vehicle,
        at=min(observed_at, now.at) if now.trusted else observed_at,
        mono_s=now.mono_s - behind_s,
        **_said(fields),
    )
    previous_at = fields.find_instant("previousObservedAt")
    if previous_at is None or previous_at >= observed_at:
        return (news,)
    before = _before(news, observed_at, previous_at, known)
    return (news,) if before is None else (before, news)


def _before(
    news: VehicleReading, observed_at: datetime, previous_at: datetime, known: Seen[Reading] | None
) -> VehicleReading | None:
    """What was said of the plug until then, said once more as of the time before."""
    if known is None or not isinstance(known.value, VehicleReading):
        return None
    mono_s = news.mono_s - (observed_at - previous_at).total_seconds()
    old = {
        name: getattr(known.value, name)
        for name in _PLUG_FIELDS
        if known.said_mono_s.get(name, mono_s) < mono_s
    }
    bare = VehicleReading(device=news.device, at=previous_at, mono_s=mono_s)
    return replace(bare, **old) if old else None


def _said(fields: Fields) -> dict[str, Any]:
    said: dict[str, Any] = {"reachable": fields.find_flag("isReachable")}
    about = fields.find_part("information")
    if about is not None:
        said |= {"vendor": about.find_text("brand"), "model": about.find_text("model")}
    charge, place = fields.find_part("chargeState"), fields.find_part("location")
    if charge is not None:
        said |= _charge_state(charge)
    if place is not None:
        said["latitude_deg"] = place.find_figure("latitude", -90, 90)
        said["longitude_deg"] = place.find_figure("longitude", -180, 180)
    driven = fields.find_part("odometer")
    if driven is not None:
        said["odometer_km"] = driven.find_figure("distance", 0, 10_000_000)
    return said


def _charge_state(fields: Fields) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for outside, (name, least, most, unit) in _FIGURES.items():
        value = fields.find_figure(outside, least, most)
        said[name] = None if value is None else value * unit
    word = fields.find_text("powerDeliveryState")
    if word is not None:
        said["power_delivery"] = (
            PowerDelivery(word) if word in list(PowerDelivery) else PowerDelivery.UNKNOWN
        )
    said["plugged_in"] = fields.find_flag("isPluggedIn")
    said["charging"] = fields.find_flag("isCharging")
    return said
