"""Plug and charging of a car, as a document tells them."""

from agent.bridges.cars import CarState, combined, left_mono_s, settings_of
from agent.bridges.documents.view import View
from agent.model.driver import DeviceInfo
from agent.model.pairs import PairingCar
from agent.model.readings import VehicleReading
from agent.model.snapshot import Seen

__all__ = ["CarState", "car_state", "settings"]


def settings(info: DeviceInfo, view: View) -> PairingCar:
    """What the installer says of the car."""
    return settings_of(info.id, view.picture)


def car_state(info: DeviceInfo, car: Seen[VehicleReading] | None, view: View) -> CarState:
    """By its own word, or together with the charger that it hangs on."""
    pair = view.of_vehicle.get(info.id)
    return combined(
        info,
        car,
        None if pair is None else view.picture.snapshot.get(pair.charger),
        settings(info, view),
        routed=view.routed,
        now_mono_s=view.picture.now.mono_s,
        left_mono_s=left_mono_s(info.id, view.picture),
    )
