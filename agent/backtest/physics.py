"""The house of a scenario: what devices do with what they are told.

It knows what a device can do and nothing of fuses or limits: keeping those is the controller's
work, and where it does not, the trace shows it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from agent.backtest.control import Plugged, Sight
from agent.backtest.scenario import Vehicle
from agent.backtest.trace import DECIMALS, CarRow, Row
from agent.backtest.world import World
from agent.plan.calendar import midnight
from agent.plan.moment import Setpoints

HOUR_S = 3600.0
TINY_WH = 1e-6


@dataclass(slots=True)
class Car:
    level_wh: float
    plugged: bool = False
    since: int = 0
    charging_s: float = 0.0
    paused_s: float | None = None
    starts: int = 0


class House:
    """Steps through a world; `look` and `obey` take turns."""

    def __init__(self, world: World) -> None:
        self._world, self._scenario = world, world.scenario
        self._cars = [Car(each.start_wh) for each in self._scenario.vehicles]
        battery = self._scenario.battery
        self._battery_wh = None if battery is None else battery.start_wh
        self._step_s = self._scenario.step_s
        self._hours = self._step_s / HOUR_S
        self._day_ends = world.instant(0)

    def look(self, step: int) -> Sight:
        """Let come home who comes home as a step begins, and see what there is."""
        world, scenario = self._world, self._scenario
        n = step + world.before
        at = world.instant(step)
        self._turn_day(at)
        plugged = []
        for vehicle, car, plugs, used in zip(
            scenario.vehicles, self._cars, world.plugged, world.used_wh, strict=True
        ):
            for taken_wh in used.get(step, ()):
                car.level_wh = max(0.0, car.level_wh - taken_wh)
            if plugs[step] and not car.plugged:
                car.since, car.paused_s = step, None
            car.plugged = plugs[step]
            if car.plugged:
                since = at if car.since == step else world.instant(car.since)
                seen = Plugged(
                    vehicle=vehicle,
                    level_wh=car.level_wh,
                    since=since,
                    charging_s=car.charging_s,
                    paused_s=car.paused_s,
                    starts=car.starts,
                )
                plugged.append(seen)
        return Sight(
            step=step,
            step_s=self._step_s,
            at=at,
            load_w=world.load_w[n] or 0.0,
            sun_w=world.sun_w[n] or 0.0,
            import_per_kwh=world.import_prices[n],
            export_per_kwh=world.export_prices[n],
            import_limit_w=world.import_limit_w[step],
            export_limit_w=world.export_limit_w,
            mains=scenario.mains,
            cars=plugged,
            battery=scenario.battery,
            battery_wh=self._battery_wh,
            day_left_s=(self._day_ends - at).total_seconds(),
        )

    def _turn_day(self, at: datetime) -> None:
        """Starts are counted by the local day."""
        if at < self._day_ends:
            return
        zone = self._scenario.zone
        self._day_ends = midnight(at.astimezone(zone).date() + timedelta(days=1), zone.key)
        for car in self._cars:
            car.starts = 0

    def obey(self, sight: Sight, told: Setpoints) -> Row:
        """Let a step pass."""
        load, sun = _kw(sight.load_w), _kw(sight.sun_w)
        cars = tuple(
            self._car(vehicle, car, told.car_w.get(vehicle.id, 0.0))
            for vehicle, car in zip(self._scenario.vehicles, self._cars, strict=True)
        )
        battery = self._charge_battery(told.battery_w or 0.0)
        curtailed = min(max(_kw(told.curtail_w), 0.0), sun)
        rest = load + sum(each.power_kw for each in cars) + (battery or 0.0)
        grid = rest - (sun - curtailed)
        if sight.export_limit_w < inf and -grid > (most := _kw(sight.export_limit_w)):
            # The inverter holds the limit by itself.
            curtailed = min(sun, curtailed - grid - most)
            grid = rest - (sun - curtailed)
        percent = None
        if self._battery_wh is not None and (own := self._scenario.battery) is not None:
            percent = round(100 * self._battery_wh / own.capacity_wh, DECIMALS)
        return Row(
            start_s=int(sight.at.timestamp()),
            import_per_kwh=_rounded(sight.import_per_kwh),
            export_per_kwh=_rounded(sight.export_per_kwh),
            load_kw=load,
            sun_kw=sun,
            curtailed_kw=round(curtailed, DECIMALS),
            battery_kw=battery,
            battery_percent=percent,
            grid_kw=round(grid, DECIMALS) + 0.0,
            cars=cars,
            reason=" ".join(f"{who}: {why.sentence}" for who, why in told.why.items()),
        )

    def _car(self, vehicle: Vehicle, car: Car, told_w: float) -> CarRow:
        """A car takes nothing, or min_w..max_w; less only as it reaches its limit."""
        power_w = 0.0
        room_wh = vehicle.limit_wh - car.level_wh
        if car.plugged and told_w > 0 and room_wh > TINY_WH:
            full_w = room_wh / vehicle.efficiency / self._hours
            power_w = min(told_w, vehicle.max_w)
            if power_w >= full_w:
                power_w, car.level_wh = full_w, vehicle.limit_wh
            elif power_w >= vehicle.min_w:
                car.level_wh += power_w * vehicle.efficiency * self._hours
            else:
                power_w = 0.0
        if power_w > 0:
            car.starts += car.charging_s == 0
            car.charging_s, car.paused_s = car.charging_s + self._step_s, 0.0
        else:
            car.charging_s = 0.0
            car.paused_s = None if car.paused_s is None else car.paused_s + self._step_s
        percent = round(100 * car.level_wh / vehicle.capacity_wh, DECIMALS)
        return CarRow(_kw(power_w), percent, car.plugged)

    def _charge_battery(self, told_w: float) -> float | None:
        """In kW, + = charging; within its power and what is in it."""
        own = self._scenario.battery
        if own is None or self._battery_wh is None:
            return None
        if told_w >= 0:
            room_w = (own.capacity_wh - self._battery_wh) / own.charge_efficiency / self._hours
            power_w = max(0.0, min(told_w, own.max_charge_w, room_w))
            self._battery_wh += power_w * own.charge_efficiency * self._hours
        else:
            left_w = (self._battery_wh - own.least_wh) * own.discharge_efficiency / self._hours
            power_w = -max(0.0, min(-told_w, own.max_discharge_w, left_w))
            self._battery_wh += power_w / own.discharge_efficiency * self._hours
        return _kw(power_w)


def _kw(power_w: float) -> float:
    return round(power_w / 1000, DECIMALS) + 0.0  # never -0


def _rounded(price_per_kwh: float | None) -> float | None:
    return None if price_per_kwh is None else round(price_per_kwh, DECIMALS)
