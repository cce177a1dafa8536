"""Plug and charging of a car: by its own word, or together with the charger that it hangs on."""

from dataclasses import dataclass, replace

from agent.model.driver import DeviceInfo
from agent.model.pairs import Pair, PairingCar, PairingMode, PairStage
from agent.model.picture import Picture
from agent.model.readings import (
    ChargerReading,
    DeviceId,
    PowerDelivery,
    Reading,
    VehicleReading,
)
from agent.model.snapshot import FORGET_AFTER_S, Seen, power_delivery
from agent.pairing.merge import merged

USUALLY_LATE_S = 60.0
"""Of a source of which nobody has measured it yet."""

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


def car_state(info: DeviceInfo, picture: Picture) -> CarState:
    """The state of a car as the whole house knows it."""
    pair = pair_of(info.id, picture)
    box = None if pair is None else picture.snapshot.get(pair.charger)
    return combined(
        info,
        picture.snapshot.get(info.id),
        box,
        settings_of(info.id, picture),
        routed=picture.pairing.mode is PairingMode.FULL,
        now_mono_s=picture.now.mono_s,
        left_mono_s=left_mono_s(info.id, picture),
    )


def left_mono_s(car: DeviceId, picture: Picture) -> float | None:
    """Until when a car may still speak as if it hung where it was unplugged last; None where
    nobody saw that, or it hangs on a charger again.

    Sources of cars tell late: what one says as late as it usually does, is of before the unplug.
    """
    last, now = picture.latest.get(car), picture.now
    if last is None or last.vehicle != car or last.plugged_out_at is None or not now.trusted:
        return None
    ago_s = (now.at - last.plugged_out_at).total_seconds()
    if ago_s < 0:
        return None
    reporting = picture.reporting.get(car)
    measured_s = None if reporting is None else reporting.delay_s
    return now.mono_s - ago_s + (USUALLY_LATE_S if measured_s is None else measured_s)


def pair_of(device: DeviceId, picture: Picture) -> Pair | None:
    """The activated pair of a car or a charger; None also where pairing is off."""
    if picture.pairing.mode is PairingMode.OFF:
        return None
    for pair in picture.pairs:
        if pair.stage is PairStage.ACTIVATED and device in (pair.vehicle, pair.charger):
            return pair
    return None


def settings_of(device: DeviceId, picture: Picture) -> PairingCar:
    """What the installer says of a car."""
    cars = picture.pairing.cars
    return next((car for car in cars if car.id == device), PairingCar(id=device))


def combined(
    info: DeviceInfo,
    car: Seen[Reading] | None,
    charger: Seen[Reading] | None,
    settings: PairingCar,
    *,
    routed: bool,
    now_mono_s: float,
    left_mono_s: float | None = None,
) -> CarState:
    """A pair that routes merges both; one that merely informs lends the charger's figure where
    the car itself says that it charges.

    Args:
        charger: the one that the car hangs on; None = none of ours, as far as we know.
        left_mono_s: see left_mono_s(); counts only where pairs route.
    """
    vehicle = _as_vehicle(car)
    own = _alone(vehicle, now_mono_s)
    if charger is None or not isinstance(charger.value, ChargerReading):
        return _parted(own, left_mono_s) if routed else own
    box = Seen(charger.value, charger.said_mono_s, charger.otherwise_mono_s)
    spoken = vehicle or Seen(
        VehicleReading(device=info.id, at=box.value.at, mono_s=box.value.mono_s), {}
    )
    both = merged(spoken, box, settings, now_mono_s)
    if not routed:
        return replace(own, power_w=both.power_w) if own.charging and both.charging else own
    state = both.power_delivery or PowerDelivery.UNKNOWN
    if state is PowerDelivery.UNKNOWN:
        return own
    charging = state is PowerDelivery.CHARGING
    return CarState(
        power_delivery=state,
        plugged_in=state.plugged_in,
        charging=charging,
        power_w=both.power_w if charging else None,
        said_mono_s=both.mono_s,
        problem=both.problem or None,
    )


def _as_vehicle(seen: Seen[Reading] | None) -> Seen[VehicleReading] | None:
    if seen is None or not isinstance(seen.value, VehicleReading):
        return None
    return Seen(seen.value, seen.said_mono_s, seen.otherwise_mono_s)


def _alone(car: Seen[VehicleReading] | None, now_mono_s: float) -> CarState:
    """What follows for certain from what the car told, unless that is too old."""
    if car is None:
        return CarState()
    state = power_delivery(car, now_mono_s)
    plugged_in = state.plugged_in
    charging = None if state is PowerDelivery.UNKNOWN else state is PowerDelivery.CHARGING
    if state is PowerDelivery.UNKNOWN:
        plugged_in = _believed(car, "plugged_in", now_mono_s)
        charging = _believed(car, "charging", now_mono_s)
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


def _parted(own: CarState, left_mono_s: float | None) -> CarState:
    """What a car told of its plug is over when its charger saw the cable go after that."""
    if left_mono_s is None or not own.plugged_in or (own.said_mono_s or 0.0) > left_mono_s:
        return own
    return replace(
        own,
        power_delivery=PowerDelivery.UNPLUGGED,
        plugged_in=False,
        charging=False,
        power_w=None,
    )


def _believed(car: Seen[VehicleReading], name: str, now_mono_s: float) -> bool | None:
    """A yes or no about the plug, unless nobody renewed it for seven days."""
    if not car.fresh(name, now_mono_s, FORGET_AFTER_S):
        return None
    value = getattr(car.value, name)
    return None if value is None else bool(value)
