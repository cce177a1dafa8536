"""What a schedule's or an override's target does now, through the device that steers it. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from agent.model.readings import (
    ChargerReading,
    DeviceId,
    DeviceKind,
    PowerDelivery,
    Reading,
    VehicleReading,
)
from agent.model.snapshot import FORGET_AFTER_S, Seen, Snapshot, power_delivery

FULL_PERCENT = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """None = unknown.

    Args:
        needs_charge: False where a full car, or one that takes nothing, is known of.
        starting: it was let charge and has yet to begin.
        dismissed: somebody ended the charge at the charger, so that to offer more would be to begin
            another one.
        problem: why nobody can steer it now, in one sentence.
    """

    charging: bool | None = None
    plugged_in: bool | None = None
    needs_charge: bool | None = None
    starting: bool = False
    dismissed: bool = False
    problem: str | None = None


def acting(
    target: DeviceId,
    kind: DeviceKind,
    charger_of: Mapping[DeviceId, DeviceId],
    startable: Collection[DeviceId],
) -> DeviceId | None:
    """The device through which a target is steered: a car's charger first, then the car itself.

    Args:
        charger_of: vehicle -> the charger on which it is known to hang.
        startable: vehicles that take commands themselves.
    """
    if kind is not DeviceKind.VEHICLE:
        return target
    return charger_of.get(target, target if target in startable else None)


def condition(
    target: DeviceId,
    steered: DeviceId | None,
    snapshot: Snapshot,
    charger_of: Mapping[DeviceId, DeviceId],
    now_mono_s: float,
) -> Condition:
    """How `target` is, seen at `steered` (see `acting`); a charger knows better than its car."""
    if steered is None:
        said = f"{target} is not known to be plugged into one of your chargers"
        return Condition(problem=f"{said}, and takes no commands itself")
    seen = snapshot.get(steered)
    if seen is None or not seen.reachable:
        return Condition(problem=f"{steered} is out of reach")
    car = seen if isinstance(seen.value, VehicleReading) else None
    if isinstance(seen.value, ChargerReading):
        hanging = next((v for v, c in charger_of.items() if c == steered), None)
        car = snapshot.get(hanging) if hanging is not None else None
        if seen.value.controllable is False:
            return Condition(problem=f"{steered} can be watched but not steered")
    state = power_delivery(seen, now_mono_s)
    plugged_in, charging = _basics(state, seen, now_mono_s)
    if plugged_in is None or charging is None:
        return Condition(plugged_in=plugged_in, problem=f"nobody knows whether {steered} charges")
    return Condition(
        charging=charging,
        plugged_in=plugged_in,
        needs_charge=plugged_in and (charging or not _satisfied(state, car, now_mono_s)),
        starting=state is PowerDelivery.INITIALIZING,
        dismissed=state is PowerDelivery.STOPPED and _transaction_over(seen.value),
        problem=f"{steered} reports a fault" if state is PowerDelivery.FAULT else None,
    )


def _transaction_over(reading: Reading) -> bool:
    """Whether a charger has said that it has no transaction any more."""
    return isinstance(reading, ChargerReading) and reading.transaction_id == 0


def _basics(
    state: PowerDelivery, seen: Seen[Reading], now_mono_s: float
) -> tuple[bool | None, bool | None]:
    """Plugged in, charging; many cars tell no more than these two."""
    if state is not PowerDelivery.UNKNOWN:
        return state.plugged_in, state is PowerDelivery.CHARGING
    if not isinstance(seen.value, VehicleReading):
        return None, None
    car = seen.value
    plugged_in = car.plugged_in if seen.fresh("plugged_in", now_mono_s, FORGET_AFTER_S) else None
    charging = car.charging if seen.fresh("charging", now_mono_s, FORGET_AFTER_S) else None
    if charging:
        return True, True
    if plugged_in is False:
        return False, False
    return plugged_in, charging


def _satisfied(state: PowerDelivery, car: Seen[Reading] | None, now_mono_s: float) -> bool:
    """Whether the car is known to be full, or takes nothing of what it is offered."""
    if state in (PowerDelivery.COMPLETE, PowerDelivery.NO_POWER):
        return True
    if car is None or not isinstance(car.value, VehicleReading):
        return False
    if power_delivery(car, now_mono_s) is PowerDelivery.COMPLETE:
        return True
    percent = car.value.soc_percent
    limit = car.value.charge_limit_percent or FULL_PERCENT
    fresh = car.fresh("soc_percent", now_mono_s, FORGET_AFTER_S)
    return percent is not None and fresh and percent >= limit
