"""What smart charging looks at in one tick, and what it wants. Pure values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agent.model.actions import Action, ActionKind
from agent.model.driver import DeviceInfo
from agent.model.nothing import nothing
from agent.model.pairs import PairingCar
from agent.model.picture import Session
from agent.model.prices import Prices
from agent.model.readings import DeviceId
from agent.model.schedules import Location, Override
from agent.model.smart import SmartPlan, SmartStatus, Window
from agent.model.snapshot import Snapshot
from agent.model.targets import Reason
from agent.model.wishes import Order
from agent.plan.smart.memory import SmartMemory


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What the planner wants of one car now, and what its plan says of the time to come.

    Args:
        power_w: at the charger; 0 = wait.
        windows: when it means to charge, soonest first; the one under way begins now or before.
        cost, non_smart_cost: in the currency of the prices, of what is still to be charged: by
            this plan, and at once at full power; None = unknown.
    """

    power_w: float
    reason: Reason
    windows: tuple[Window, ...] = ()
    cost: float | None = None
    non_smart_cost: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartView:
    """All that smart charging looks at.

    Args:
        devices: of the whole house; every vehicle among them gets a status.
        where: device -> id of the Location at which it is, None = at none of ours.
        home: id of the house's own Location; a charger that `where` does not name is there.
        charger_of: vehicle -> charger, for activated pairs that may route commands.
        overrides: the running one of each device, on a pair that of both.
        requested: per Action.device the newest START or STOP that smart charging asked for.
        pending: per Action.device_commanded the pending Action, whoever asked.
        startable: vehicles that take commands themselves.
        steerable: vehicles that could ever be told to charge, by themselves or by a charger.
        held_back: devices that were told to charge last time and whose Target, for the limits of
            the house, did not let them.
        by_hand: chargers that a person has started and that shall go on.
        scheduled: devices that a schedule steers now -> its words, as in Order.by.
        advice: by vehicle, or by charger where the car is not known; see car_task.
        prices: by Location; one without a tariff or a source of prices is not in it.
        cars: what the installer says of them.
        sessions: the open one of each charger, with what it has cost so far.
    """

    snapshot: Snapshot
    home: str
    devices: Sequence[DeviceInfo] = ()
    locations: Mapping[str, Location] = field(default_factory=nothing)
    where: Mapping[DeviceId, str | None] = field(default_factory=nothing)
    charger_of: Mapping[DeviceId, DeviceId] = field(default_factory=nothing)
    overrides: Mapping[DeviceId, Override] = field(default_factory=nothing)
    requested: Mapping[DeviceId, Action] = field(default_factory=nothing)
    pending: Mapping[DeviceId, Action] = field(default_factory=nothing)
    startable: frozenset[DeviceId] = frozenset()
    steerable: frozenset[DeviceId] = frozenset()
    held_back: frozenset[DeviceId] = frozenset()
    by_hand: frozenset[DeviceId] = frozenset()
    scheduled: Mapping[DeviceId, str] = field(default_factory=nothing)
    advice: Mapping[DeviceId, Advice] = field(default_factory=nothing)
    prices: Mapping[str, Prices] = field(default_factory=nothing)
    cars: Mapping[DeviceId, PairingCar] = field(default_factory=nothing)
    sessions: Mapping[DeviceId, Session] = field(default_factory=nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartWanted:
    """An Action to make now, requested by smart charging.

    Args:
        device: the vehicle, or the charger of an unknown one; `steered` is whom the command goes
            to, which is not always the charger: a start that fails is tried on every path.
        kind: START or STOP.
        override: begin a smart override on `device` instead of an Action of its own.
    """

    device: DeviceId
    steered: DeviceId
    kind: ActionKind
    override: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartStep:
    """
    Args:
        orders: by the device that is steered.
        released: ids of pending Actions that smart charging wants no more, with the sentence why;
            to be cancelled with REQUESTED_CANCELLATION before the wanted ones are made.
        statuses: one for each vehicle, and for each charger that has a policy of its own.
        events: those of them that say something else than before.
        plans: those that were made, confirmed or ended, or whose last cost has come in.
        next_at: when time alone changes something; None if it never does.
    """

    memory: SmartMemory
    orders: Mapping[DeviceId, Order] = field(default_factory=nothing)
    wanted: tuple[SmartWanted, ...] = ()
    released: Mapping[str, str] = field(default_factory=nothing)
    statuses: Mapping[DeviceId, SmartStatus] = field(default_factory=nothing)
    events: tuple[SmartStatus, ...] = ()
    plans: tuple[SmartPlan, ...] = ()
    next_at: datetime | None = None
