"""What is asked of a planner, and what it answers. Powers in W at the grid side, + = into the
device; energies in Wh inside the battery; money per kWh."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from agent.model.nothing import nothing
from agent.model.readings import DeviceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stretch of the horizon; powers are means over it.

    Args:
        import_per_kwh, export_per_kwh: what planning reckons with, a guess where `known` is False.
        load_w, sun_w: expected, the load for a battery without sun rather high;
            load_high_w, sun_low_w: with one chance in twenty to be worse.
        import_limit_w, export_limit_w: hard limits at the meter; None = the fuse alone.
        load_low_w: what the house takes on nearly all days; None = as expected.
        known: whether the prices are published.
        peak_free_w: what may be imported without a higher peak, ENDLESS_W = all; None = as in the
            Problem.
    """

    start: datetime
    duration_s: float
    import_per_kwh: float
    export_per_kwh: float
    load_w: float
    sun_w: float
    load_high_w: float
    sun_low_w: float
    import_limit_w: float | None = None
    export_limit_w: float | None = None
    known: bool = True
    load_low_w: float | None = None
    peak_free_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """`level_wh` in the car's battery at `at`."""

    at: datetime
    level_wh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CarTask:
    """A car that is plugged in, or comes home.

    Args:
        device: the car, or the charger where the car is not known.
        level_wh: now; limit_wh: never more; minimum_wh: below it, at once at any price.
        min_w, max_w: 0 or between the two, at the charger; on `phases` phases.
        first_phase: 1..3, of the mains; the others follow.
        efficiency: of what the charger gives, what arrives in the battery.
        deadlines: soonest first; empty = nothing is promised.
        sun_only: charged from what is left over, never from the grid; but for least_w, which it has
            without sun too.
        charging: it draws now; charging_s: for how long.
        paused_s: since it last drew; None = it has not, since it was plugged in.
        min_on_s, min_off_s: how long a charge and a pause last at the least, where it has time.
        starts: how often it began to draw on this local day, of which `day_left_s` is still ahead.
        circuit: the circuit that it hangs on; "" = the main one.
        arrives: it is away and expected then, see returning.py; None = it is here.
    """

    device: DeviceId
    level_wh: float
    limit_wh: float
    minimum_wh: float
    min_w: float
    max_w: float
    phases: int
    first_phase: int = 1
    efficiency: float
    deadlines: tuple[Deadline, ...] = ()
    sun_only: bool = False
    least_w: float = 0.0
    charging: bool = False
    charging_s: float = 0.0
    circuit: str = ""
    paused_s: float | None = None
    min_on_s: float = 0.0
    min_off_s: float = 0.0
    starts: int = 0
    day_left_s: float = 86_400.0
    arrives: datetime | None = None

    @property
    def is_here(self) -> bool:
        return self.arrives is None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryTask:
    """All stationary batteries as one.

    Args:
        level_wh: now; between least_wh (reserve) and most_wh.
        from_grid, to_grid: whether it may be charged from, and emptied into, the grid.
        feeds_cars: whether it may be emptied into cars.
        wear_per_kwh: what a kWh through it costs, each way.
    """

    level_wh: float
    least_wh: float
    most_wh: float
    max_charge_w: float
    max_discharge_w: float
    charge_efficiency: float
    discharge_efficiency: float
    from_grid: bool = True
    to_grid: bool = False
    feeds_cars: bool = False
    wear_per_kwh: float = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """
    Args:
        steps: without a hole, the first begins now.
        fuse_a: main fuse per phase with its margin taken off; phases: 1 or 3.
        circuits_a: fuse per phase of circuits below the main one, by name.
        unbalanced_a: the most by which two phases may differ; None = no rule.
        curtailable: whether the sun may be turned down.
        peak_per_kw, peak_free_w: price of the highest import above what is free anyway.
    """

    steps: tuple[Step, ...]
    cars: tuple[CarTask, ...] = ()
    battery: BatteryTask | None = None
    phases: int = 3
    fuse_a: float
    circuits_a: Mapping[str, float] = field(default_factory=nothing)
    unbalanced_a: float | None = None
    curtailable: bool = False
    peak_per_kw: float = 0.0
    peak_free_w: float = 0.0

    def free_w(self, step: Step) -> float:
        """What may be imported in a step without a higher peak."""
        return self.peak_free_w if step.peak_free_w is None else step.peak_free_w


class Method(StrEnum):
    PROGRAMME = "programme"  # the linear programme
    FILLED = "filled"  # cheapest known steps, filled one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """
    Args:
        ends: aware UTC, the end of each step of the Problem.
        cost: of the horizon in currency, expected; the penalties left out.
        car_w: per car, mean power of each step; 0 or min_w..max_w, less in its last step.
        battery_w: + = charging; empty without a battery. curtail_w: sun turned down.
        battery_worth, car_worth: currency per stored kWh, at each step: what one more kWh
            in the battery would save from then on. Empty where the method gives none.
        short_wh: per car, what will be missing at its first deadline that cannot be kept.
    """

    method: Method
    ends: tuple[datetime, ...]
    cost: float
    car_w: Mapping[DeviceId, tuple[float, ...]] = field(default_factory=nothing)
    battery_w: tuple[float, ...] = ()
    curtail_w: tuple[float, ...] = ()
    battery_worth: tuple[float, ...] = ()
    car_worth: Mapping[DeviceId, tuple[float, ...]] = field(default_factory=nothing)
    short_wh: Mapping[DeviceId, float] = field(default_factory=nothing)
