"""Smart charging: by when a car shall be full, where that stands, and the plan that sees to it.

The words of states, final states and conditions are those of the Enode API of 2024-10-01.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent.model.readings import DeviceId, DeviceKind
from agent.model.schedules import Override

WEEK_DAYS = 7
NO_DEADLINE: tuple[int | None, ...] = (None,) * WEEK_DAYS


class Windows(StrEnum):
    """In how many stretches a plan may charge."""

    MULTI = "multi"
    SINGLE = "single"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartPolicy:
    """How one car, or what hangs unknown on one charger, shall be charged.

    Args:
        target: a vehicle; or a charger, for cars that nobody knows.
        deadlines: minutes after local midnight, Monday first, at which the car shall be full; None
            = nothing is promised on that day. Of a charger: when its cycle of 24 h ends.
        minimum_percent: below it the car charges at once, at any price; 0 = never.
        least_minimum_percent: the lowest minimum other than 0 that the car's maker allows.
        min_on_s, min_off_s: how long a stretch of charging, and a pause, lasts at the least.
        ready_at: aware UTC; outranks the daily deadlines of the 24 hours before it, once.
        duration_s: of a charger: for how long it shall charge in each cycle.
        user: who turned it on, as the cloud calls them; None = somebody of the house.
    """

    target: DeviceId
    target_kind: DeviceKind = DeviceKind.VEHICLE
    enabled: bool = False
    deadlines: tuple[int | None, ...] = NO_DEADLINE
    minimum_percent: float = 0.0
    least_minimum_percent: float = 0.0
    windows: Windows = Windows.MULTI
    min_on_s: float = 1800.0
    min_off_s: float = 1800.0
    ready_at: datetime | None = None
    duration_s: float | None = None
    user: str | None = None

    @property
    def daily(self) -> int | None:
        """The deadline of most days, an earlier day's first; None = there is none."""
        given = [each for each in self.deadlines if each is not None]
        return max(given, key=given.count, default=None)

    @property
    def has_deadline(self) -> bool:
        return self.daily is not None


class SmartState(StrEnum):
    """Every vehicle is in exactly one, at all times."""

    DISABLED = "DISABLED"
    CONSIDERING = "CONSIDERING"
    FULLY_CHARGED = "FULLY_CHARGED"
    STOPPING = "PLAN:EXECUTING:STOPPING"
    STOP_FAILED = "PLAN:EXECUTING:STOP_FAILED"
    STOPPED = "PLAN:EXECUTING:STOPPED"
    AWAITING_PRICES = "PLAN:EXECUTING:STOPPED:AWAITING_PRICES"
    STARTING = "PLAN:EXECUTING:STARTING"
    START_FAILED = "PLAN:EXECUTING:START_FAILED"
    STARTED = "PLAN:EXECUTING:STARTED"
    CHARGE_INTERRUPTED = "PLAN:EXECUTING:CHARGE_INTERRUPTED"
    OVERRIDDEN = "PLAN:EXECUTING:OVERRIDDEN"
    FINISHED = "PLAN:ENDED:FINISHED"
    UNPLUGGED = "PLAN:ENDED:UNPLUGGED"
    FAILED = "PLAN:ENDED:FAILED"
    TURNED_OFF = "PLAN:ENDED:DISABLED"
    DEADLINE_CHANGED = "PLAN:ENDED:DEADLINE_CHANGED"
    UNKNOWN = "UNKNOWN"

    @property
    def executing(self) -> bool:
        return self.value.startswith("PLAN:EXECUTING:")

    @property
    def ended(self) -> bool:
        return self.value.startswith("PLAN:ENDED:")

    @property
    def controls(self) -> bool:
        """Whether a person's start or stop is refused meanwhile."""
        return self.executing and self is not SmartState.OVERRIDDEN


class FailureCondition(StrEnum):
    """Why a plan failed; or that it came too late."""

    STOP_FAILED = "STOP_FAILED"
    START_FAILED = "START_FAILED"
    STOPPED_BY_USER = "STOPPED_BY_USER"
    STARTED_BY_USER = "STARTED_BY_USER"
    FINISHED_LATE = "FINISHED_LATE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consideration:
    """What must be true before there is a plan. None = unknown.

    Args:
        has_prices: whether the place has a tariff or a source of prices.
        missing: the first thing that is not so, in one sentence; None = nothing is.
    """

    plugged_in: bool | None = None
    charging: bool | None = None
    at_charging_location: bool | None = None
    has_time_estimate: bool = False
    has_prices: bool | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of charging; aware UTC."""

    start: datetime
    stop: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartPlan:
    """One plan, from when it was made to its end. Instants are aware UTC, None = not yet.

    Args:
        non_smart_cost: of charging from the plug-in on; smart_cost: of this plan; None = unknown.
        stop_at: when it first holds back; start_at: when it first charges.
        estimated_finish_at: as it stands now; first_finish_at, first_start_at: as it stood when the
            plan was made, by which it is judged whether it came late.
        stop_confirmed_at, start_confirmed_at: when charging was first seen to be stopped and
            started, whoever did it; never changed again.
        final_state: one of PLAN:ENDED:*.
        deadline: what it works towards.
        windows: when it charges, as it stands now.
    """

    id: str
    device: DeviceId
    location: str | None
    currency: str
    created_at: datetime
    deadline: datetime
    stop_at: datetime
    start_at: datetime | None
    estimated_finish_at: datetime
    first_start_at: datetime | None
    first_finish_at: datetime
    non_smart_cost: float | None = None
    smart_cost: float | None = None
    stop_confirmed_at: datetime | None = None
    start_confirmed_at: datetime | None = None
    ended_at: datetime | None = None
    final_state: SmartState | None = None
    failure_condition: FailureCondition | None = None
    windows: tuple[Window, ...] = ()

    @property
    def saving(self) -> float | None:
        """What it saves against charging at once; None while unknown, where nothing was held back,
        and where it did not get to its end."""
        if self.stop_confirmed_at is None or self.final_state not in (None, SmartState.FINISHED):
            return None
        if self.non_smart_cost is None or self.smart_cost is None:
            return None
        return self.non_smart_cost - self.smart_cost

    def next_start(self, at: datetime) -> datetime | None:
        """When it charges next; None if no more."""
        return next((each.start for each in self.windows if each.start > at), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartStatus:
    """Where smart charging of one device stands.

    Args:
        updated_at: when it was last looked at; changed_at: when `state` last changed.
        consideration: None while the policy is off.
        plan: the one that runs, or the last one.
        override: the smart override that runs on the device.
        problem: what is in the way, in one sentence; None = nothing.
        warning: what works otherwise than it was asked for, in one sentence.
    """

    device: DeviceId
    device_kind: DeviceKind
    state: SmartState
    changed_at: datetime
    updated_at: datetime
    consideration: Consideration | None = None
    plan: SmartPlan | None = None
    override: Override | None = None
    problem: str | None = None
    warning: str | None = None
