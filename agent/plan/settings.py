"""What the installer decided, as the planners need it: plain frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.model.driver import DeviceInfo
from agent.model.nothing import nothing
from agent.model.readings import DeviceId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerSettings:
    """Args:
    min_a, max_a: per phase; what the car must at least get, and what the cable may carry.
    start_delay_s: surplus must last that long before a car starts on it.
    stop_delay_s: surplus must be missing that long before the car is paused.
    residual_w: surplus that is always left to the grid, against needless import.
    hard_stop: a person's stop ends the transaction instead of pausing it.
    """

    min_a: float = 6.0
    max_a: float = 16.0
    phases: int = 3
    start_delay_s: float = 60.0
    stop_delay_s: float = 180.0
    residual_w: float = 0.0
    hard_stop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """Args:
    fuse_a: main fuse per phase; margin_a is kept free of it.
    grid_meter: the meter at the grid connection; None = there is none, nothing guards the fuse.
    meter_stale_s: an older sample of that meter guards nothing any more.
    """

    fuse_a: float = 25.0
    margin_a: float = 1.0
    phases: int = 3
    grid_meter: DeviceId | None = None
    meter_stale_s: float = 15.0
    devices: tuple[DeviceInfo, ...] = ()
    chargers: Mapping[DeviceId, ChargerSettings] = field(default_factory=nothing)
