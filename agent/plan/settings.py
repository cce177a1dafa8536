"""What the installer decided, as the planners need it: plain frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from agent.model.driver import DeviceInfo
from agent.model.limits import Circuit
from agent.model.nothing import nothing
from agent.model.readings import DeviceId


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRules:
    """How a charger may change between one phase and all of its phases.

    Args:
        dwell_s: that long the power must be one for the other number, and that long a change
            lasts at least, unless somebody wants full power.
        most_a_day: contactors wear: no more changes within 24 h.
    """

    dwell_s: float = 600.0
    most_a_day: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerSettings:
    """Args:
    min_a, max_a: per phase; what the car must at least get, and what the cable may carry.
    start_delay_s: surplus must last that long before a car starts on it.
    stop_delay_s: surplus must be missing that long before the car is paused.
    residual_w: surplus that is always left to the grid, against needless import.
    hard_stop: a person's stop ends the transaction instead of pausing it.
    phase_order: on which phase of the mains each of the charger's own phases lies.
    fallback_a: what it takes by itself when Hearth is out of its reach.
    priority: where sun or room is short, the greater number goes first; equal ones share.
    switching: how its phases may be switched; None = they are not.
    """

    min_a: float = 6.0
    max_a: float = 16.0
    phases: int = 3
    start_delay_s: float = 60.0
    stop_delay_s: float = 180.0
    residual_w: float = 0.0
    hard_stop: bool = False
    phase_order: tuple[int, ...] = (1, 2, 3)
    fallback_a: float = 6.0
    priority: int = 0
    switching: PhaseRules | None = None

    def mains_phases(self, used: int | None) -> tuple[int, ...]:
        """The phases of the mains that it loads.

        Args:
            used: how many of its own carry current; None = all that are wired.
        """
        return self.phase_order[: used or self.phases]


UNKNOWN_CHARGER = ChargerSettings()
"""A charger that stands in no config file."""


class BatteryPlan(StrEnum):
    """What Hearth may do with the batteries by itself."""

    ALONE = "alone"  # nothing
    HOLD = "hold"  # keep them from being emptied into a car
    PRICES = "prices"  # that, and buy, hold and sell by prices


@dataclass(frozen=True, slots=True, kw_only=True)
class BatterySettings:
    """Args:
    from_grid, to_grid: whether they may be charged from, and emptied into, the grid.
    feeds_cars: whether they may be emptied into cars.
    reserve_percent: never planned below it; the device may keep more.
    round_trip: share of what goes in that comes out again, 0..1.
    wear_per_kwh: what a kWh through them costs, in the currency of the prices.
    """

    plan: BatteryPlan = BatteryPlan.ALONE
    from_grid: bool = True
    to_grid: bool = False
    feeds_cars: bool = False
    reserve_percent: float = 10.0
    round_trip: float = 0.9
    wear_per_kwh: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """Args:
    fuse_a: main fuse per phase; margin_a is kept free of it.
    grid_meter: the meter at the grid connection; None = there is none, nothing guards the fuse.
    meter_stale_s: an older sample of that meter guards nothing any more.
    circuits: those below the mains; every charger of one also counts on what feeds it.
    import_limit_w, export_limit_w: the most that may be taken, or given, at the connection; None =
        the fuse alone.
    feeds_below_zero: whether sun is fed in also while that costs money.
    unbalanced_a: by how much two phases may differ for a car's sake; None = no rule.
    battery: what Hearth may do with batteries by itself.
    battery_first_percent: below it batteries get the sun before solar charging; 0 = never.
    """

    fuse_a: float = 25.0
    margin_a: float = 1.0
    phases: int = 3
    grid_meter: DeviceId | None = None
    meter_stale_s: float = 15.0
    devices: tuple[DeviceInfo, ...] = ()
    chargers: Mapping[DeviceId, ChargerSettings] = field(default_factory=nothing)
    circuits: tuple[Circuit, ...] = ()
    import_limit_w: float | None = None
    export_limit_w: float | None = None
    feeds_below_zero: bool = True
    unbalanced_a: float | None = None
    battery_first_percent: float = 0.0
    battery: BatterySettings = field(default_factory=BatterySettings)
