"""The house of this moment as the planner sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil

from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.forecasts import Band, Forecasts
from agent.model.limits import MAINS, Circuit, GridOrder, Scope
from agent.model.picture import Totals
from agent.model.prices import Prices, slot_at
from agent.model.readings import (
    BatteryMode,
    BatteryReading,
    ChargerReading,
    DeviceId,
    DeviceKind,
)
from agent.model.snapshot import Snapshot
from agent.plan import flows
from agent.plan.exporting import can_curtail
from agent.plan.memory import SunMemory
from agent.plan.moment import Moment
from agent.plan.optimise.problem import BatteryTask, CarTask
from agent.plan.outlook import HIGH_LOAD_W, USUAL_LOAD_W
from agent.plan.settings import BatteryPlan, BatterySettings, PlanSettings

HIGH_SHARE = 0.9
AHEAD = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the world around the house says. None = nothing."""

    prices: Prices | None = None
    forecasts: Forecasts = field(default_factory=Forecasts)


def battery_task(
    snapshot: Snapshot, devices: Sequence[DeviceInfo], rules: BatterySettings
) -> BatteryTask | None:
    """All batteries that may be planned, as one; None where there is none, or one of them does
    not say enough."""
    if rules.plan is BatteryPlan.ALONE:
        return None
    mine = [d for d in devices if d.kind is DeviceKind.BATTERY and d.battery_modes]
    parts = [_part(info, snapshot, rules) for info in mine]
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    modes = set.intersection(*(set(info.battery_modes) for info in mine))
    prices = rules.plan is BatteryPlan.PRICES
    each_way = rules.round_trip**0.5
    return BatteryTask(
        level_wh=sum(part.level_wh for part in known),
        least_wh=sum(part.least_wh for part in known),
        most_wh=sum(part.most_wh for part in known),
        max_charge_w=sum(part.charge_w for part in known),
        max_discharge_w=sum(part.discharge_w for part in known),
        charge_efficiency=each_way,
        discharge_efficiency=each_way,
        from_grid=prices and rules.from_grid and BatteryMode.IMPORT_FOCUS in modes,
        to_grid=prices and rules.to_grid and BatteryMode.EXPORT_FOCUS in modes,
        feeds_cars=rules.feeds_cars,
        wear_per_kwh=rules.wear_per_kwh / 2,  # half on the way in, half on the way out
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    level_wh: float
    least_wh: float
    most_wh: float
    charge_w: float
    discharge_w: float


def _part(info: DeviceInfo, snapshot: Snapshot, rules: BatterySettings) -> _Part | None:
    seen = snapshot.get(info.id)
    if seen is None or not isinstance(seen.value, BatteryReading) or not seen.reachable:
        return None
    value = seen.value
    most_wh = value.capacity_wh or info.capacity_wh
    if not most_wh or value.soc_percent is None:
        return None
    least_percent = max(rules.reserve_percent, value.discharge_limit_percent or 0.0)
    level_wh = most_wh * value.soc_percent / 100
    rating_w = info.max_power_w or most_wh / 2
    return _Part(
        level_wh=level_wh,
        least_wh=min(level_wh, most_wh * least_percent / 100),
        most_wh=most_wh,
        charge_w=value.max_charge_w or rating_w,
        discharge_w=value.max_discharge_w or rating_w,
    )


def moment_of(
    totals: Totals,
    tasks: Sequence[CarTask],
    battery: BatteryTask | None,
    outside: Outside,
    orders: Sequence[GridOrder],
    settings: PlanSettings,
    now: Now,
) -> Moment:
    """The house now. What nobody measures counts as forecast, or as a house of the usual kind."""
    sun_w, load_w = totals.production_w, totals.load_w
    forecasts = outside.forecasts
    if load_w is None:
        load_w = _at(forecasts.load, now.at, USUAL_LOAD_W)
    if sun_w is None:
        sun_w = _at(forecasts.sun, now.at, 0.0)
    slot = None if outside.prices is None else slot_at(outside.prices.slots, now.at)
    circuits = [c for c in settings.circuits if c.id != MAINS]
    return Moment(
        at=now.at,
        load_w=load_w,
        sun_w=sun_w,
        load_high_w=max(load_w, high_load_w(forecasts.load, now.at)),
        import_per_kwh=None if slot is None else slot.import_per_kwh,
        export_per_kwh=None if slot is None else slot.export_per_kwh,
        import_limit_w=import_limit_w(settings, orders, max(0.0, load_w - sun_w), now.at),
        export_limit_w=export_limit_w(settings, orders, now.at),
        cars=tuple(tasks),
        battery=battery,
        by_prices=settings.battery.plan is BatteryPlan.PRICES and outside.prices is not None,
        phases=settings.phases,
        fuse_a=settings.fuse_a - settings.margin_a,
        circuits_a={c.id: _most_a(c, circuits) for c in circuits},
        unbalanced_a=settings.unbalanced_a,
        currency=None if outside.prices is None else outside.prices.currency,
    )


def _most_a(circuit: Circuit, circuits: Sequence[Circuit]) -> float:
    """What a circuit, and each that feeds it, leaves its cars."""
    others_a, below = 0.0, [circuit]
    while below:
        each = below.pop()
        others_a += each.unmetered_a
        below += [fed for fed in circuits if fed.parent == each.id and each.meter is None]
    most_a = circuit.fuse_a - circuit.margin_a - others_a
    above = [_most_a(each, circuits) for each in circuits if each.id == circuit.parent]
    return max(0.0, min([most_a, *above]))


def with_cars(
    moment: Moment, snapshot: Snapshot, charger_of: Mapping[DeviceId, DeviceId], now: Now
) -> Moment:
    """With what cars draw now: those that are planned, and those that nobody plans for."""
    planned = {charger_of.get(car.device, car.device) for car in moment.cars}
    cars_w = others_w = 0.0
    for device, seen in flows.of_kind(snapshot, ChargerReading).items():
        power_w = max(0.0, flows.charger_w(seen, now.mono_s) or 0.0)
        if device in planned:
            cars_w += power_w
        else:
            others_w += power_w
    return replace(moment, cars_w=cars_w, others_w=others_w)


def with_sun(
    moment: Moment, sun: SunMemory, settings: PlanSettings, orders: Sequence[GridOrder]
) -> Moment:
    """With the sun as it was before roofs were turned down, and whether they may be."""
    in_force = [order for order in orders if order.in_force(moment.at)]
    return replace(
        moment,
        sun_w=moment.sun_w + sun.hidden_w,
        curtailable=can_curtail(settings, in_force),
    )


def import_limit_w(
    settings: PlanSettings, orders: Sequence[GridOrder], house_w: float, at: datetime
) -> float | None:
    """The tightest limit at the meter at an instant; None = the fuse alone.

    Args:
        house_w: what the house takes beside the devices, which a limit of devices leaves free.
    """
    limits_w = [] if settings.import_limit_w is None else [settings.import_limit_w]
    for order in orders:
        if order.import_w is None or not order.in_force(at):
            continue
        many = max(1, len(settings.chargers)) if order.scope is Scope.EACH else 1
        beside_w = 0.0 if order.scope is Scope.METER else house_w
        limits_w.append(order.import_w * many + beside_w)
    return min(limits_w, default=None)


def export_limit_w(
    settings: PlanSettings, orders: Sequence[GridOrder], at: datetime
) -> float | None:
    """The tightest limit of what is given to the grid at an instant; None = the fuse alone."""
    limits_w = [] if settings.export_limit_w is None else [settings.export_limit_w]
    limits_w += [o.export_w for o in orders if o.export_w is not None and o.in_force(at)]
    return min(limits_w, default=None)


def high_load_w(load: Band | None, at: datetime) -> float:
    """What the house may take in its bad hours of the next day."""
    if load is None:
        return HIGH_LOAD_W
    first = int((at - load.start).total_seconds() // load.step_s)
    last = first + int(AHEAD.total_seconds() // load.step_s)
    ahead_w = sorted(load.high_w[max(0, first) : max(0, last)])
    return ahead_w[ceil(HIGH_SHARE * len(ahead_w)) - 1] if ahead_w else HIGH_LOAD_W


def _at(band: Band | None, at: datetime, otherwise_w: float) -> float:
    if band is None:
        return otherwise_w
    index = int((at - band.start).total_seconds() // band.step_s)
    return band.mean_w[index] if 0 <= index < len(band.mean_w) else otherwise_w
