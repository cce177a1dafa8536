"""What the real-time layer sees at one tick, and what it sets. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent.model.nothing import nothing
from agent.model.readings import DeviceId
from agent.model.targets import Reason
from agent.plan.optimise.problem import BatteryTask, CarTask, Problem, Solution


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """The plan in force.

    Args:
        problem: what it answers; its first step began when it was asked.
        revision: of the inputs, so that the same house gets the same plan.
    """

    problem: Problem
    solution: Solution
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The house now.

    Args:
        at: aware UTC.
        load_w, sun_w: measured; the house without cars and battery, the sun before curtailment.
        load_high_w: what the house may take in its bad hours, for the latest start.
        import_per_kwh, export_per_kwh: of this moment; None = not known.
        import_limit_w, export_limit_w: hard limits at the meter now; None = the fuse alone.
        cars: those that are plugged in, with their levels of now, in order of priority.
        by_prices: whether the battery may heed them; else it looks after the house.
        cars_w: what those that are planned draw. others_w: what cars draw that no plan steers, and
            batteries that a person lets charge.
        forced_w: what those batteries take, for another forced_s.
        fuse_a: main fuse per phase with its margin taken off.
        currency: of the prices, for sentences; None = not known.
    """

    at: datetime
    load_w: float
    sun_w: float
    load_high_w: float
    import_per_kwh: float | None
    export_per_kwh: float | None
    import_limit_w: float | None = None
    export_limit_w: float | None = None
    cars: tuple[CarTask, ...] = ()
    battery: BatteryTask | None = None
    by_prices: bool = True
    cars_w: float = 0.0
    others_w: float = 0.0
    forced_w: float = 0.0
    forced_s: float = 0.0
    phases: int = 3
    fuse_a: float
    circuits_a: Mapping[str, float] = field(default_factory=nothing)
    unbalanced_a: float | None = None
    curtailable: bool = False
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setpoints:
    """What cars, battery and sun should do until the next tick, inside every limit.

    Args:
        car_w: at the charger; every car of the Moment, 0 = it waits.
        battery_w: + = charging; None without a battery.
        curtail_w: by how much the sun is turned down.
        why: per car (and "battery") the sentence and its figures.
    """

    car_w: Mapping[DeviceId, float] = field(default_factory=nothing)
    battery_w: float | None = None
    curtail_w: float = 0.0
    why: Mapping[str, Reason] = field(default_factory=nothing)
