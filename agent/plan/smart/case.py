"""All that one device finds in one tick, gathered once. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agent.model.actions import Action
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.nothing import nothing
from agent.model.picture import Session
from agent.model.prices import Prices
from agent.model.readings import DeviceId, DeviceKind, PowerDelivery, VehicleReading
from agent.model.schedules import Override
from agent.model.smart import Consideration, SmartPolicy
from agent.model.snapshot import power_delivery
from agent.plan.calendar import readable
from agent.plan.condition import Condition, acting, condition
from agent.plan.smart.deadlines import next_deadline
from agent.plan.smart.estimate import Need, need_of, unknown_car
from agent.plan.smart.memory import Rate
from agent.plan.smart.view import Advice, SmartView

RESERVE_S = 1200.0
"""So much earlier than the estimate says a charge begins that must not be late."""
EVERY_PATH_S = 1800.0
"""So long before its latest start a car is tried on every path."""
NEAR_FULL_PERCENT = 3.0
"""A car that takes no more within so much of its limit is full: levels are rounded."""
RECKONED_SHARE = 0.2
"""Of what the charger gave since the car told its level so much may be wrong besides."""
LEAST_LIMIT_PERCENT = 50.0
"""No car lets people set a lower one."""
REFUSES_S = 60.0
"""A car that hesitates for less does not refuse what it is offered."""
HAS_ENOUGH_S = 1800.0
"""So long a car whose limit nobody knows refuses to go on until that is taken for its limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    Args:
        steered: through which device; None = nobody knows on which charger the car hangs.
        charger: the one that it hangs on, if any.
        place: id of the Location; None = at none of ours, or unknown, see `away`.
        need: None where there is nothing to reckon with.
        full: it needs no more.
        newest: the newest START or STOP that smart charging asked for; `rival` the pending Action
            at the steered device, whoever asked.
        taken: who steers it instead, in one sentence; None = nobody.
        deadline: the next one.
        itself: the car can be told too, beside the charger that it hangs on.
        by_hand: a person has started it.
        refuses: it takes nothing of what it is offered, for `refused_s` by now.
        sessions: the open one of each charger.
    """

    policy: SmartPolicy
    info: DeviceInfo
    steered: DeviceId | None
    charger: DeviceInfo | None
    place: str | None
    away: bool | None
    timezone: str
    condition: Condition
    need: Need | None
    full: bool
    override: Override | None = None
    advice: Advice | None = None
    prices: Prices | None = None
    newest: Action | None = None
    rival: Action | None = None
    held_back: bool = False
    taken: str | None = None
    deadline: datetime | None = None
    itself: bool = False
    steerable: bool = True
    by_hand: bool = False
    refuses: bool = False
    refused_s: float = 0.0
    sessions: Mapping[DeviceId, Session] = field(default_factory=nothing)

    @property
    def session(self) -> Session | None:
        """The one that runs at its charger."""
        return None if self.charger is None else self.sessions.get(self.charger.id)

    @property
    def device(self) -> DeviceId:
        return self.info.id

    @property
    def minimum_percent(self) -> float:
        """What is charged at any price; never more than the car's own limit."""
        if self.need is None:
            return self.policy.minimum_percent
        return min(self.policy.minimum_percent, self.need.limit_percent)

    @property
    def below_minimum(self) -> bool:
        level = None if self.need is None else self.need.level_percent
        return level is not None and level < self.minimum_percent

    @property
    def hours_left(self) -> bool:
        """Whether an unknown car may charge for longer in this cycle."""
        need = self.need
        return need is not None and (need.level_percent or 0.0) < need.limit_percent

    @property
    def stranger(self) -> bool:
        """Whether it is a car that nobody knows, on a charger with a policy of its own."""
        return self.info.kind is DeviceKind.CHARGER

    @property
    def stays_at_its_limit(self) -> bool:
        """Whether a car whose limit nobody knows must be taken to have reached it."""
        need = self.need
        if need is None or need.limit_told or self.refused_s < HAS_ENOUGH_S:
            return False
        if self.stranger:
            return True
        return need.level_percent is not None and need.level_percent >= LEAST_LIMIT_PERCENT

    @property
    def priced(self) -> bool | None:
        """Whether the place has a tariff or a source of prices."""
        return None if self.place is None else self.prices is not None

    def latest_start(self, deadline: datetime) -> datetime | None:
        """When it must charge at full power from then on to be full at a deadline."""
        lasts_s = None if self.need is None else self.need.duration_s
        return None if lasts_s is None else deadline - timedelta(seconds=lasts_s + RESERVE_S)


def case_of(policy: SmartPolicy, info: DeviceInfo, view: SmartView, rate: Rate, now: Now) -> Case:
    """Gather what is known of a policy's target."""
    device, vehicle = info.id, info.kind is DeviceKind.VEHICLE
    steered = acting(device, info.kind, view.charger_of, view.startable)
    name = view.charger_of.get(device) if vehicle else device
    charger = next((each for each in view.devices if each.id == name), None)
    place, away = _place(device, name, view)
    location = None if place is None else view.locations.get(place)
    zone = "UTC" if location is None else readable(location.timezone)
    found = condition(device, steered, view.snapshot, view.charger_of, now.mono_s)
    if steered is None:
        found = replace(found, plugged_in=_own_word(device, view, now))
    need = _need(policy, info, charger, view, rate, now)
    state = power_delivery(view.snapshot.get(steered or device), now.mono_s)
    car = power_delivery(view.snapshot.get(device), now.mono_s)
    since_s = rate.refused_mono_s
    refused_s = 0.0 if since_s is None else now.mono_s - since_s
    said_so = found.charging is False and PowerDelivery.COMPLETE in (state, car)
    return Case(
        policy=policy,
        info=info,
        steered=steered,
        charger=charger,
        place=place,
        away=away,
        timezone=zone,
        condition=found,
        need=need,
        full=_full(policy, need, refused_s, said_so=said_so),
        override=view.overrides.get(device),
        advice=view.advice.get(device),
        prices=None if place is None else view.prices.get(place),
        newest=view.requested.get(device),
        rival=view.pending.get(steered) if steered is not None else None,
        held_back=steered in view.held_back,
        taken=_taken(device, steered, view),
        deadline=next_deadline(policy, now.at, zone),
        itself=vehicle and name is not None and device in view.startable,
        steerable=not vehicle or device in view.steerable,
        by_hand=steered in view.by_hand,
        refuses=state is PowerDelivery.NO_POWER,
        refused_s=refused_s,
        sessions=view.sessions,
    )


def considered(case: Case) -> Consideration:
    """What must be so before there is a plan, and what is not."""
    plugged_in = case.condition.plugged_in
    return Consideration(
        plugged_in=plugged_in,
        charging=case.condition.charging,
        at_charging_location=None if case.away is None else not case.away,
        has_time_estimate=case.need is not None and case.need.missing is None,
        has_prices=case.priced,
        missing=_missing(case),
    )


def _missing(case: Case) -> str | None:
    name, found = case.info.name, case.condition
    if found.plugged_in is False:
        return f"{name} is not plugged in"
    if case.away is not False:
        what = "is at none of your places" if case.away else "may be anywhere"
        return f"{name} {what}; smart charging is for chargers of your own"
    if case.taken is not None:
        return case.taken
    if found.problem is not None:
        return found.problem
    if found.plugged_in is None:
        return f"nobody knows whether {name} is plugged in"
    if case.deadline is None:
        return f"{name} has no deadline; say by when it shall be full"
    if case.need is None or case.need.missing is not None:
        return f"{name}: {case.need.missing if case.need else 'nobody knows what it needs'}"
    if case.override is not None:
        return f"a smart override runs on {name}"
    return None


def _place(
    device: DeviceId, charger: DeviceId | None, view: SmartView
) -> tuple[str | None, bool | None]:
    """Where the target is, and whether it is at none of our places (None = unknown)."""
    if charger is not None:
        place = view.where.get(charger, view.home)
        return place, place is None
    if device not in view.where:
        return None, None
    return view.where[device], view.where[device] is None


def _own_word(device: DeviceId, view: SmartView, now: Now) -> bool | None:
    """Whether a car says itself that it is plugged in, somewhere."""
    seen = view.snapshot.get(device)
    if seen is None or not isinstance(seen.value, VehicleReading):
        return None
    plugged_in = power_delivery(seen, now.mono_s).plugged_in
    return seen.value.plugged_in if plugged_in is None else plugged_in


def _need(
    policy: SmartPolicy,
    info: DeviceInfo,
    charger: DeviceInfo | None,
    view: SmartView,
    rate: Rate,
    now: Now,
) -> Need | None:
    if info.kind is DeviceKind.VEHICLE:
        car = view.cars.get(info.id)
        return need_of(info.id, charger, info, car, view.snapshot, rate, now.mono_s)
    if policy.duration_s is None:
        return None
    return unknown_car(info, policy.duration_s, view.snapshot, rate)


def _full(policy: SmartPolicy, need: Need | None, refused_s: float, *, said_so: bool) -> bool:
    """Whether it needs no more: by its level, by its cycle, or by taking nothing near its end.

    Args:
        said_so: the car itself tells that it has got all that it wants.
    """
    if need is None:
        return False
    takes_none = said_so or refused_s >= REFUSES_S
    level, said = need.level_percent, need.said_percent
    if policy.target_kind is not DeviceKind.VEHICLE:  # it may have a timer of its own
        return said_so or (level or 0.0) >= need.limit_percent
    if said is None or level is None:
        return False
    if said >= need.limit_percent:
        return True
    near_percent = NEAR_FULL_PERCENT + RECKONED_SHARE * (level - said)
    if takes_none and level >= need.limit_percent - near_percent:
        return True
    return said_so and not need.limit_told and level >= LEAST_LIMIT_PERCENT


def _taken(device: DeviceId, steered: DeviceId | None, view: SmartView) -> str | None:
    words = view.scheduled.get(device) or view.scheduled.get(steered or device)
    if words is not None:
        return f"{words} steers {steered or device}"
    car = next((vehicle for vehicle, c in view.charger_of.items() if c == device), None)
    return None if car is None else f"{car} hangs on it, and its own settings count"
