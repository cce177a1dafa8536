"""Everything that the outside may see of Hearth at one moment, frozen.

Control makes one Picture after each tick; bridges and the status page read nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent.model.actions import Action
from agent.model.clock import Now
from agent.model.documents import Document, DocumentKind
from agent.model.driver import DeviceInfo
from agent.model.forecasts import Forecasts
from agent.model.intents import ChargerMode
from agent.model.limits import GridOrder
from agent.model.months import Month
from agent.model.nothing import nothing
from agent.model.outline import Outline
from agent.model.pairs import Belief, Pair, PairingSettings, Reporting, Said
from agent.model.prices import Prices
from agent.model.readings import DeviceId
from agent.model.schedules import Location, Override, Schedule, ScheduleStatus
from agent.model.smart import SmartPolicy, SmartStatus
from agent.model.snapshot import Snapshot
from agent.model.targets import Reason, Target

NEGLIGIBLE_WH = 20.0
"""Counters step by 10 Wh and are late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Plug-in to plug-out at one charger; has 0..n transactions.

    Args:
        energy_wh: delivered so far; None until the charger has shown a counter.
        meter_start_wh: the counter that energy_wh is measured from.
        accounted_wh: the part of energy_wh of which origin and price are known; `cost` is of it,
            in `currency`.
        traced_wh: the part of energy_wh of which the origin is known; own_wh of it did not come
            from the grid.
        uncounted_wh: what flowed by the charger's power and is missing in energy_wh, because its
            counter stood still.
        reference_cost: of energy_wh from the grid, at full power from the plug-in on.
        vehicle: the car, as soon as it was known for sure; None = not known, or a guest's.
    """

    id: str
    charger: DeviceId
    plugged_in_at: datetime
    plugged_out_at: datetime | None = None
    energy_wh: float | None = None
    meter_start_wh: float | None = None
    max_power_w: float | None = None
    currency: str | None = None
    cost: float | None = None
    own_wh: float | None = None
    accounted_wh: float = 0.0
    traced_wh: float = 0.0
    uncounted_wh: float = 0.0
    reference_cost: float | None = None
    vehicle: DeviceId | None = None

    @property
    def accounted(self) -> bool:
        """Whether all of its energy is accounted for; counters step by 10 Wh and are late."""
        return self.cost is not None and self._nearly_all(self.accounted_wh)

    @property
    def unaccounted_wh(self) -> float:
        """What is known to have flowed and has no cost."""
        all_wh = (self.energy_wh or 0.0) + self.uncounted_wh
        return 0.0 if self.accounted else max(0.0, all_wh - self.accounted_wh)

    @property
    def own_share(self) -> float | None:
        """0..1 of its energy; None where the origin is not known of all of it."""
        if self.own_wh is None or self.traced_wh <= 0 or not self._nearly_all(self.traced_wh):
            return None
        return self.own_wh / self.traced_wh

    @property
    def full_cost(self) -> float | None:
        """Of all of its energy; None where that is not known."""
        return self.cost if self.accounted else None

    @property
    def saving(self) -> float | None:
        """Against charging at once from the grid; negative = that would have been cheaper."""
        if self.full_cost is None or self.reference_cost is None:
            return None
        return self.reference_cost - self.full_cost

    def _nearly_all(self, part_wh: float) -> bool:
        energy_wh = (self.energy_wh or 0.0) + self.uncounted_wh
        return part_wh >= energy_wh - max(NEGLIGIBLE_WH, energy_wh / 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One change of decision about one device."""

    at: datetime
    device: DeviceId
    reason: Reason
    does: str  # "charge at 13 A", "pause", "SELF_RELIANCE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The house as a whole; None where a part is unknown or stale, never a partial sum.

    Energies are monotonic across restarts and on disk before they are shown.
    """

    grid_w: float | None = None
    production_w: float | None = None
    battery_w: float | None = None
    chargers_w: float | None = None
    load_w: float | None = None
    battery_soc_percent: float | None = None
    grid_import_wh: float | None = None
    grid_export_wh: float | None = None
    production_wh: float | None = None
    battery_charge_wh: float | None = None
    battery_discharge_wh: float | None = None
    chargers_wh: float | None = None
    load_wh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Args:
    actions: all pending ones, and the last finished one of each device.
    modes: default mode per charger; limits_a: the most a person allows per charger.
    shortcomings: what plans do without, by device, in sentences with the remedy.
    held: by battery a sentence on the mode that a person holds it in, against plans.
    last_failure: per device the sentence of the last command that failed, until one succeeds.
    drivers: links by name with "up" or why they are down.
    journal: newest last, the last 50.
    beliefs: per charger what is held of the car on it; absent while nothing is plugged in.
    pairs: every car with every charger.
    locations: all that are known; `where` says at which one a device is, None = at none.
    schedules, statuses: by schedule id. overrides: the running one per device.
    outline: the plan in force; None = there is nothing to plan, or no plan yet.
    policies, smart: smart charging by device: what was asked for, and where it stands.
    documents: those of the cloud or changed in the house, by kind and id.
    pairing: how pairs are used.
    forecasts: of sun and load; None where nobody makes any.
    currency: of the tariff in force; None = nobody told any.
    prices: of the last seven days and from now on; None where nobody tells any.
    grid_orders: limits of the grid operator that were not taken back, announced ones too.
    grid_kept: by order whether it is kept; absent while that is not known yet.
    said: what people said of the car on a charger; absent where they said nothing.
    reporting: per car how its source tells of it, as far as that was measured.
    questions: per charger what a person is asked to allow; absent where nothing is asked.
    latest: the running session, else the last one, by charger and by car.
    months: what this month's sessions add up to, by charger and by car; absent = there were none.
    month: this month without any; None while the clock is not trusted.
    """

    now: Now
    devices: tuple[DeviceInfo, ...]
    snapshot: Snapshot = field(default_factory=nothing)
    targets: Mapping[DeviceId, Target] = field(default_factory=nothing)
    actions: tuple[Action, ...] = ()
    modes: Mapping[DeviceId, ChargerMode] = field(default_factory=nothing)
    limits_a: Mapping[DeviceId, float] = field(default_factory=nothing)
    sessions: Mapping[DeviceId, Session] = field(default_factory=nothing)
    totals: Totals = field(default_factory=Totals)
    counters_wh: Mapping[tuple[DeviceId, str], float] = field(default_factory=nothing)
    last_failure: Mapping[DeviceId, str] = field(default_factory=nothing)
    shortcomings: Mapping[DeviceId, tuple[str, ...]] = field(default_factory=nothing)
    held: Mapping[DeviceId, str] = field(default_factory=nothing)
    drivers: Mapping[str, str] = field(default_factory=nothing)
    journal: tuple[JournalEntry, ...] = ()
    beliefs: Mapping[DeviceId, Belief] = field(default_factory=nothing)
    pairs: tuple[Pair, ...] = ()
    pairing: PairingSettings = field(default_factory=PairingSettings)
    grid_orders: tuple[GridOrder, ...] = ()
    grid_kept: Mapping[str, bool] = field(default_factory=nothing)
    said: Mapping[DeviceId, Said] = field(default_factory=nothing)
    reporting: Mapping[DeviceId, Reporting] = field(default_factory=nothing)
    questions: Mapping[DeviceId, str] = field(default_factory=nothing)
    locations: Mapping[str, Location] = field(default_factory=nothing)
    where: Mapping[DeviceId, str | None] = field(default_factory=nothing)
    schedules: Mapping[str, Schedule] = field(default_factory=nothing)
    statuses: Mapping[str, ScheduleStatus] = field(default_factory=nothing)
    overrides: Mapping[DeviceId, Override] = field(default_factory=nothing)
    policies: Mapping[DeviceId, SmartPolicy] = field(default_factory=nothing)
    smart: Mapping[DeviceId, SmartStatus] = field(default_factory=nothing)
    outline: Outline | None = None
    documents: Mapping[tuple[DocumentKind, str], Document] = field(default_factory=nothing)
    forecasts: Forecasts | None = None
    currency: str | None = None
    prices: Prices | None = None
    latest: Mapping[DeviceId, Session] = field(default_factory=nothing)
    months: Mapping[DeviceId, Month] = field(default_factory=nothing)
    month: Month | None = None
    started_at: datetime
    store_problem: str | None = None
    samples_dropped: int = 0
