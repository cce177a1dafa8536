"""Plug and charging of a car: by its own word, or together with the charger that it hangs on."""

from dataclasses import dataclass, replace

from agent.bridges.documents.common import believed, is_charging
from agent.bridges.documents.view import View
from agent.model.driver import DeviceInfo
from agent.model.pairs import PairingCar
from agent.model.readings import ChargerReading, PowerDelivery, VehicleReading
from agent.model.snapshot import Seen, power_delivery
from agent.pairing.merge import merged

_PLUG_FIELDS = ("power_delivery", "plugged_in", "charging")


@dataclass(frozen=True, slots=True, kw_only=True)
class CarState:
    """None = unknown.

    Args:
        power_w: only while charging.
        said_mono_s: when whoever was believed said it.
        problem: of a fault, which may be the charger's.
    """

    power_delivery: PowerDelivery = PowerDelivery.UNKNOWN
    plugged_in: bool | None = None
    charging: bool | None = None
    power_w: float | None = None
    said_mono_s: float | None = None
    problem: str | None = None


def settings(info: DeviceInfo, view: View) -> PairingCar:
    """What the installer says of the car."""
    cars = view.picture.pairing.cars
    return next((car for car in cars if car.id == info.id), PairingCar(id=info.id))


def car_state(info: DeviceInfo, car: Seen[VehicleReading] | None, view: View) -> CarState:
    """A pair that routes merges both; one that merely informs lends the charger's figure where
    the car itself says that it charges."""
    own, box = _alone(car, view), _charger(info, view)
    if box is None:
        return own
    spoken = car or Seen(
        VehicleReading(device=info.id, at=box.value.at, mono_s=box.value.mono_s), {}
    )
    both = merged(spoken, box, settings(info, view), view.picture.now.mono_s)
    if not view.routed:
        return replace(own, power_w=both.power_w) if own.charging and both.charging else own
    state = both.power_delivery or PowerDelivery.UNKNOWN
    if state is PowerDelivery.UNKNOWN:
        return own
    return CarState(
        power_delivery=state,
        plugged_in=state.plugged_in,
        charging=is_charging(state),
        power_w=both.power_w if is_charging(state) else None,
        said_mono_s=both.mono_s,
        problem=both.problem or None,
    )


def _charger(info: DeviceInfo, view: View) -> Seen[ChargerReading] | None:
    pair = view.of_vehicle.get(info.id)
    seen = None if pair is None else view.picture.snapshot.get(pair.charger)
    if seen is None or not isinstance(seen.value, ChargerReading):
        return None
    return Seen(seen.value, seen.said_mono_s, seen.otherwise_mono_s)


def _alone(car: Seen[VehicleReading] | None, view: View) -> CarState:
    """What follows for certain from what the car told, unless that is too old."""
    if car is None:
        return CarState()
    state = power_delivery(car, view.picture.now.mono_s)
    plugged_in, charging = state.plugged_in, is_charging(state)
    if state is PowerDelivery.UNKNOWN:
        plugged_in, charging = believed(car, "plugged_in", view), believed(car, "charging", view)
        if plugged_in is False:
            state, charging = PowerDelivery.UNPLUGGED, False
        elif charging:
            state, plugged_in = PowerDelivery.CHARGING, True
    words = [car.said_mono_s[name] for name in _PLUG_FIELDS if name in car.said_mono_s]
    return CarState(
        power_delivery=state,
        plugged_in=plugged_in,
        charging=charging,
        power_w=car.value.power_w if charging else None,
        said_mono_s=max(words, default=None),
        problem=car.value.problem or None,
    )
