"""What steers the house of a scenario: the one door through which any controller comes in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agent.backtest.scenario import Battery, Mains, Vehicle
from agent.plan.moment import Setpoints


@dataclass(slots=True, kw_only=True)
class Plugged:
    """A car at its charger.

    Args:
        level_wh: now. since: when it was plugged in, as far as the scenario goes back.
        charging_s: for how long it has drawn power without a pause; 0 = it does not.
        paused_s: since it last drew power; None = it has not, since it was plugged in.
        starts: how often it began to draw on this local day.
    """

    vehicle: Vehicle
    level_wh: float
    since: datetime
    charging_s: float
    paused_s: float | None = None
    starts: int = 0


@dataclass(slots=True, kw_only=True)
class Sight:
    """What can be measured as a step begins.

    Args:
        step: counted from the scenario's beginning; `at` its instant, `step_s` its length.
        day_left_s: until local midnight.
        load_w, sun_w: what the house takes and the sun gives; what is not known counts as 0.
        import_per_kwh, export_per_kwh: None = not known.
        import_limit_w, export_limit_w: at the meter, inf = none.
        cars: those that are plugged in, in the order of the scenario.
        battery_wh: its level; None = there is none.
    """

    step: int
    step_s: int
    at: datetime
    load_w: float
    sun_w: float
    import_per_kwh: float | None
    export_per_kwh: float | None
    import_limit_w: float
    export_limit_w: float
    mains: Mains
    cars: list[Plugged]
    battery: Battery | None
    battery_wh: float | None
    day_left_s: float = 86_400.0


class Controller(Protocol):
    """Anything that steers a house."""

    def steer(self, sight: Sight) -> Setpoints:
        """What to do until the next step begins."""
        ...

    @property
    def plan_ms(self) -> Sequence[float]:
        """How long each of its plans took."""
        ...
