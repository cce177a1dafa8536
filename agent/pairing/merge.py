"""A car and the charger it hangs on, as one state; and whom a command to the car goes to."""

from collections.abc import Iterable
from dataclasses import replace

from agent.model.pairs import Pair, PairingCar, PairingMode, PairStage
from agent.model.readings import ChargerReading, DeviceId, PowerDelivery, VehicleReading
from agent.model.snapshot import Seen, power_delivery

FLOWING = (PowerDelivery.CHARGING, PowerDelivery.DISCHARGING)


def merged(
    vehicle: Seen[VehicleReading], charger: Seen[ChargerReading], car: PairingCar, now_mono_s: float
) -> VehicleReading:
    """The car's state while it hangs on the charger.

    The fresher of both counts, but: a charger without a cable always does, a fault of either
    shows, and a full car is full whatever the charger calls it. `at` and `mono_s` are those of
    the device that was believed. Power only while charging, from whom the installer chose.
    """
    state: PowerDelivery
    theirs, ours = power_delivery(vehicle, now_mono_s), power_delivery(charger, now_mono_s)
    if ours is PowerDelivery.UNPLUGGED:
        state, by_charger = ours, True
    elif PowerDelivery.FAULT in (ours, theirs):
        state, by_charger = PowerDelivery.FAULT, ours is PowerDelivery.FAULT
    elif theirs is PowerDelivery.COMPLETE and ours not in FLOWING:
        state, by_charger = theirs, False
    else:
        by_charger = theirs is PowerDelivery.UNKNOWN or (
            ours is not PowerDelivery.UNKNOWN and _said_s(charger) >= _said_s(vehicle)
        )
        state = ours if by_charger else theirs
    source = charger.value if by_charger else vehicle.value
    flowing = state in FLOWING
    return replace(
        vehicle.value,
        at=source.at,
        mono_s=source.mono_s,
        power_delivery=state,
        plugged_in=state.plugged_in if state.plugged_in is not None else vehicle.value.plugged_in,
        charging=flowing if state is not PowerDelivery.UNKNOWN else vehicle.value.charging,
        power_w=_power_w(vehicle.value, charger.value, car) if flowing else None,
        problem=source.problem if state is PowerDelivery.FAULT else vehicle.value.problem,
    )


def _said_s(seen: Seen[VehicleReading] | Seen[ChargerReading]) -> float:
    return seen.said_mono_s.get("power_delivery", float("-inf"))


def _power_w(vehicle: VehicleReading, charger: ChargerReading, car: PairingCar) -> float | None:
    if car.charge_rate_source == "charger" and charger.power_w is not None:
        return charger.power_w
    return vehicle.power_w


def route(vehicle: DeviceId, pairs: Iterable[Pair], mode: PairingMode) -> DeviceId | None:
    """The charger that carries out what is asked of the car; None = the car itself, if it can."""
    if mode is not PairingMode.FULL:
        return None
    for pair in pairs:
        if pair.vehicle == vehicle and pair.stage is PairStage.ACTIVATED:
            return pair.charger
    return None
