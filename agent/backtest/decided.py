"""The last word in a backtest is that of the living house: every set-point goes through decide().

What the plan asks for becomes orders, the scenario's house becomes a Snapshot, and the Targets that
come back are what cars and battery do. A wire that decide() guards holds here as it does there.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import inf

from agent.backtest.control import Controller, Plugged, Sight
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.intents import ChargerMode
from agent.model.readings import (
    BatteryMode,
    BatteryReading,
    ChargerReading,
    DeviceId,
    DeviceKind,
    MeterReading,
    PowerDelivery,
    Reading,
)
from agent.model.snapshot import Seen, fold
from agent.model.targets import BatteryTarget, ChargerTarget, Owner, Reason, ReasonCode
from agent.model.units import NOMINAL_VOLTAGE_V
from agent.model.wishes import BatteryOrder, ChargerWish, Order, Wishes
from agent.plan import Memory, decide
from agent.plan.allocation import STEP_A
from agent.plan.follow import BATTERY
from agent.plan.moment import Setpoints
from agent.plan.settings import ChargerSettings, PlanSettings

METER, STORE = DeviceId("grid"), DeviceId("battery")
STEERED_BY = "the plan"
NOTHING_YET = Memory()
_DUMB = Reason(code=ReasonCode.PLAN_MISSING, sentence="As the plan has it.")


class Decided:
    """A controller whose word is a wish, as in the living house.

    Args:
        inner: what plans and follows.
    """

    def __init__(self, inner: Controller) -> None:
        self._inner = inner
        self._houses = dict[tuple[float, tuple[DeviceId, ...]], tuple[PlanSettings, Wishes]]()

    @property
    def plan_ms(self) -> Sequence[float]:
        return self._inner.plan_ms

    def steer(self, sight: Sight) -> Setpoints:
        told = self._inner.steer(sight)
        now = Now(at=sight.at, mono_s=float(sight.step * sight.step_s))
        readings = _readings(sight, told, now)
        snapshot: dict[DeviceId, Seen[Reading]] = {r.device: fold(None, r) for r in readings}
        settings, wishes = self._house(sight)
        done = decide(
            snapshot,
            wishes,
            settings,
            NOTHING_YET,
            now,
            orders={car.vehicle.id: _order(car, sight, told) for car in sight.cars},
            battery_orders=_battery_order(told),
        )
        cars_w, why = {}, dict(told.why)
        for car in sight.cars:
            target = done.targets[car.vehicle.id]
            cars_w[car.vehicle.id] = _power_w(car, sight, told, target)
            if cars_w[car.vehicle.id] < told.car_w.get(car.vehicle.id, 0.0):
                why[str(car.vehicle.id)] = target.reason
        return replace(
            told, car_w=cars_w, battery_w=_stored_w(told, done.targets.get(STORE)), why=why
        )

    def _house(self, sight: Sight) -> tuple[PlanSettings, Wishes]:
        """The same for every step with these cars and this limit."""
        cars = tuple(car.vehicle.id for car in sight.cars)
        key = sight.import_limit_w, cars
        if key not in self._houses:
            off = {device: ChargerWish(mode=ChargerMode.OFF) for device in cars}
            self._houses[key] = _settings(sight), Wishes(chargers=off)
        return self._houses[key]


def _phases(car: Plugged, sight: Sight) -> int:
    return min(car.vehicle.phases, sight.mains.phases)


def _per_amp_w(car: Plugged, sight: Sight) -> float:
    return NOMINAL_VOLTAGE_V * _phases(car, sight)


def _settings(sight: Sight) -> PlanSettings:
    limit_w = sight.import_limit_w
    chargers = {car.vehicle.id: _charger(car, sight) for car in sight.cars}
    devices = [_info(name, DeviceKind.CHARGER) for name in chargers]
    modes = tuple(mode.value for mode in BatteryMode)
    devices += [
        _info(METER, DeviceKind.METER),
        replace(_info(STORE, DeviceKind.BATTERY), battery_modes=modes),
    ]
    return PlanSettings(
        fuse_a=sight.mains.fuse_a,
        margin_a=0.0,
        phases=sight.mains.phases,
        grid_meter=METER,
        devices=tuple(devices),
        chargers=chargers,
        import_limit_w=None if limit_w == inf else limit_w,
    )


def _charger(car: Plugged, sight: Sight) -> ChargerSettings:
    own, per_amp_w = car.vehicle, _per_amp_w(car, sight)
    return ChargerSettings(
        min_a=own.min_w / per_amp_w, max_a=own.max_w / per_amp_w, phases=_phases(car, sight)
    )


def _info(name: DeviceId, kind: DeviceKind) -> DeviceInfo:
    return DeviceInfo(id=name, kind=kind, name=name, driver="backtest")


def _readings(sight: Sight, told: Setpoints, now: Now) -> list[Reading]:
    """The house as the step begins, before cars and battery draw; what the battery is to give is
    there already, since it comes with the same word."""
    given_w = min(told.battery_w or 0.0, 0.0)
    power_w = sight.load_w - sight.sun_w + told.curtail_w + given_w
    phases = sight.mains.phases
    each_w, at, mono_s = power_w / phases, now.at, now.mono_s
    found: list[Reading] = [
        MeterReading(
            device=METER,
            at=at,
            mono_s=mono_s,
            power_w=power_w,
            power_l1_w=each_w,
            power_l2_w=each_w if phases > 1 else None,
            power_l3_w=each_w if phases > 1 else None,
        )
    ]
    found += [
        ChargerReading(
            device=car.vehicle.id,
            at=at,
            mono_s=mono_s,
            power_delivery=PowerDelivery.STOPPED,
            phases=_phases(car, sight),
        )
        for car in sight.cars
    ]
    if sight.battery is not None and sight.battery_wh is not None:
        own = sight.battery
        found.append(
            BatteryReading(
                device=STORE,
                at=at,
                mono_s=mono_s,
                power_w=0.0,
                soc_percent=100 * sight.battery_wh / own.capacity_wh,
                capacity_wh=own.capacity_wh,
                max_charge_w=own.max_charge_w,
                max_discharge_w=own.max_discharge_w,
            )
        )
    return found


def _order(car: Plugged, sight: Sight, told: Setpoints) -> Order:
    power_w = told.car_w.get(car.vehicle.id, 0.0)
    return Order(
        charging=power_w > 0,
        owner=Owner.SMART_CHARGING,
        reason=told.why.get(str(car.vehicle.id), _DUMB),
        by=STEERED_BY,
        most_a=power_w / _per_amp_w(car, sight) if power_w > 0 else None,
    )


def _battery_order(told: Setpoints) -> dict[DeviceId, BatteryOrder]:
    if told.battery_w is None:
        return {}
    mode = BatteryMode.IDLE
    if told.battery_w:
        mode = BatteryMode.IMPORT_FOCUS if told.battery_w > 0 else BatteryMode.EXPORT_FOCUS
    power_w = abs(told.battery_w) or None
    reason = told.why.get(BATTERY, _DUMB)
    order = BatteryOrder(mode=mode, power_w=power_w, owner=Owner.SMART_CHARGING, reason=reason)
    return {STORE: order}


def _power_w(car: Plugged, sight: Sight, told: Setpoints, target: object) -> float:
    """What the car draws: what was asked for, or the less that it was allowed.

    Chargers are told tenths of an ampere; a scenario's car takes any power, so what was not
    reduced by more than that was not reduced.
    """
    wanted_w = told.car_w.get(car.vehicle.id, 0.0)
    if not isinstance(target, ChargerTarget):
        return wanted_w
    per_amp_w = _per_amp_w(car, sight)
    given_w = (target.max_current_a or 0.0) * per_amp_w
    if given_w >= wanted_w - (STEP_A + 1e-6) * per_amp_w:
        return wanted_w
    return given_w if given_w >= car.vehicle.min_w else 0.0


def _stored_w(told: Setpoints, target: object) -> float | None:
    """What the battery does: as asked for, or charging no harder than it was allowed."""
    wanted_w = told.battery_w
    if wanted_w is None or wanted_w <= 0 or not isinstance(target, BatteryTarget):
        return wanted_w
    return min(wanted_w, target.power_w or 0.0)
