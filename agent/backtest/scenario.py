"""A scenario: a house, its tariff and what is measured or supposed of some weeks. Plain values.

Powers in W, energies in Wh, money per kWh; instants are aware UTC.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.model.readings import DeviceId
from agent.model.smart import SmartPolicy
from agent.model.units import NOMINAL_VOLTAGE_V

READY_POINTS = 0.5
"""A car is ready with this many percent points less than its limit."""


class Mode(StrEnum):
    """What is wanted of a car."""

    SMART = "smart"  # full at the deadline at the least cost
    SURPLUS = "surplus"  # only sun that the house leaves over
    MIN_SURPLUS = "min-surplus"  # at least the least power, more from sun
    FAST = "fast"  # full power when plugged in


class Foresight(StrEnum):
    """What planning may see of load and sun."""

    ACTUAL = "actual"
    PERSISTENCE = "persistence"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Series:
    """A column of a file: a value holds for `step_s` from its start, None is not known.

    Args:
        starts_s: Unix seconds, ascending.
    """

    step_s: int
    starts_s: tuple[int, ...]
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mains:
    """The grid connection; limits at the meter, None = the fuse alone."""

    phases: int = 3
    fuse_a: float
    import_limit_w: float | None = None
    export_limit_w: float | None = None

    @property
    def phase_w(self) -> float:
        """What one phase carries, in both directions."""
        return self.fuse_a * NOMINAL_VOLTAGE_V


@dataclass(frozen=True, slots=True, kw_only=True)
class GridEvent:
    """A limit of the grid operator, known from its beginning on."""

    begins: datetime
    ends: datetime
    import_limit_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    capacity_wh: float
    least_wh: float
    start_wh: float
    max_charge_w: float
    max_discharge_w: float
    charge_efficiency: float
    discharge_efficiency: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    leaves: datetime
    returns: datetime
    used_wh: float


USUAL = SmartPolicy(target=DeviceId("car"))
"""How a living house charges a car of which nothing else was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """
    Args:
        efficiency: of what the charger gives, what arrives in the battery.
        deadline_minute: of the local day; None = nothing is promised.
        min_on_s, min_off_s: how long a charge and a pause last at the least, as the policy of a
            living house has it.
        trips: ascending, without overlap.
    """

    id: DeviceId
    capacity_wh: float
    start_wh: float
    min_w: float
    max_w: float
    phases: int
    efficiency: float
    limit_wh: float
    minimum_wh: float
    deadline_minute: int | None
    mode: Mode
    min_on_s: float = USUAL.min_on_s
    min_off_s: float = USUAL.min_off_s
    trips: tuple[Trip, ...] = ()

    @property
    def ready_wh(self) -> float:
        """What counts as ready."""
        return self.limit_wh - READY_POINTS / 100 * self.capacity_wh


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """
    Args:
        name: what it is called in tables: its file.
        begins, ends: local midnights.
        import_prices, export_prices: per kWh, all in; None = `fixed_import`, `fixed_export`.
        known_minute: of the local day, from which on the next day's prices are known.
        load, sun: W; None = there is none.
    """

    name: Path
    begins: datetime
    ends: datetime
    zone: ZoneInfo
    currency: str
    import_prices: Series | None
    export_prices: Series | None
    fixed_import: float = 0.0
    fixed_export: float = 0.0
    known_minute: int
    load: Series | None
    sun: Series | None
    foresight: Foresight
    mains: Mains
    events: tuple[GridEvent, ...] = ()
    battery: Battery | None = None
    vehicles: tuple[Vehicle, ...] = ()

    @cached_property
    def step_s(self) -> int:
        """Five minutes, or one where a deadline or an event lies between."""
        minutes = [v.deadline_minute for v in self.vehicles if v.deadline_minute is not None]
        instants = [at.timestamp() for e in self.events for at in (e.begins, e.ends)]
        aligned = all(m % 5 == 0 for m in minutes) and all(s % 300 == 0 for s in instants)
        return 300 if aligned else 60

    @property
    def steps(self) -> int:
        return int((self.ends - self.begins).total_seconds()) // self.step_s
