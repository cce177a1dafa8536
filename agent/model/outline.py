"""The plan in force as everybody outside may see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent.model.nothing import nothing
from agent.model.readings import DeviceId


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One stretch of the plan; means over it, + = into the device or from the grid.

    Args:
        start, end: aware UTC.
        import_per_kwh, export_per_kwh: a guess where `known` is False.
        battery_percent: at its end; None without a battery.
    """

    start: datetime
    end: datetime
    import_per_kwh: float
    export_per_kwh: float
    known: bool
    load_w: float
    sun_w: float
    grid_w: float
    car_w: Mapping[DeviceId, float] = field(default_factory=nothing)
    battery_w: float | None = None
    battery_percent: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CarOutline:
    """What the plan means for one car.

    Args:
        deadline: the next one; None = nothing is promised.
        level_wh: of now; at_deadline_wh: as planned at the deadline; limit_wh: full.
        charge_wh: still to be charged by the plan, at the charger.
        cost, at_once_cost: of that, by this plan, and at full power from now on; None = a price of
            those hours is not known.
    """

    deadline: datetime | None
    level_wh: float
    at_deadline_wh: float
    limit_wh: float
    charge_wh: float
    cost: float | None
    at_once_cost: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """
    Args:
        made_at: aware UTC. method: how, see Method of the planner.
        currency: None = no prices are known.
        cost: of the house until the end of the plan, expected.
    """

    made_at: datetime
    method: str
    currency: str | None
    cost: float
    steps: tuple[PlanStep, ...]
    cars: Mapping[DeviceId, CarOutline] = field(default_factory=nothing)
