"""Schedules: who shall charge now, by whose schedule, and what must be done about it. Pure.

1. Without a trusted clock no schedule does anything.
2. A schedule applies while it is enabled and its target is where it should be. A charger's schedule
   without a location applies anywhere; a car's only at one of our locations, never on the road.
3. One schedule steers a device: of several that apply, a charger's own goes before that of the car
   on it, then the first by id; the others say who steers.
4. While an override runs, its schedules rest.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from agent.model.actions import Action, ActionKind
from agent.model.clock import Now
from agent.model.nothing import nothing
from agent.model.readings import DeviceId, DeviceKind
from agent.model.schedules import Location, Override, Schedule, ScheduleState, ScheduleStatus
from agent.model.snapshot import Snapshot
from agent.model.wishes import Order
from agent.plan import schedule_words
from agent.plan.calendar import UnknownZone, should_charge, transitions
from agent.plan.condition import acting, condition
from agent.plan.schedule_memory import Mind, Outlook, ScheduleMemory, key_of
from agent.plan.schedule_mind import Case, Verdict, judge
from agent.plan.schedule_status import Outcome, statuses_of, waiting_for_the_clock
from agent.plan.schedule_words import called

__all__ = ["ScheduleMemory", "Step", "View", "Wanted", "controlled", "step"]

PENDING_S = 60.0
LOOK_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that schedules look at.

    Args:
        where: device -> id of the Location at which it is, None = at none of ours.
        home: id of the house's own Location; a charger that `where` does not name is there.
        charger_of: vehicle -> charger, for activated pairs that may route commands.
        overrides: the running one of each device, on a pair that of both.
        requested: per Action.device the newest START or STOP that a schedule asked for.
        pending: per Action.device_commanded the pending Action, whoever asked.
        startable: vehicles that take commands themselves.
        held_back: devices that were told to charge last time and whose Target, for the limits of
            the house, did not let them.
    """

    snapshot: Snapshot
    home: str
    locations: Mapping[str, Location] = field(default_factory=nothing)
    where: Mapping[DeviceId, str | None] = field(default_factory=nothing)
    charger_of: Mapping[DeviceId, DeviceId] = field(default_factory=nothing)
    overrides: Mapping[DeviceId, Override] = field(default_factory=nothing)
    requested: Mapping[DeviceId, Action] = field(default_factory=nothing)
    pending: Mapping[DeviceId, Action] = field(default_factory=nothing)
    startable: frozenset[DeviceId] = frozenset()
    held_back: frozenset[DeviceId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An Action to make now, requested by the schedule.

    Args:
        device: the schedule's target; `steered` is whom the command goes to.
        kind: START or STOP.
    """

    schedule: str
    device: DeviceId
    steered: DeviceId
    kind: ActionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Args:
    orders: by the device that is steered.
    released: ids of pending Actions whose schedule wants them no more, with the sentence why; to
        be cancelled with REQUESTED_CANCELLATION before the wanted ones are made.
    statuses: one for each schedule.
    next_at: when time alone changes something; None if it never does.
    """

    memory: ScheduleMemory
    orders: Mapping[DeviceId, Order] = field(default_factory=nothing)
    wanted: tuple[Wanted, ...] = ()
    released: Mapping[str, str] = field(default_factory=nothing)
    statuses: Mapping[str, ScheduleStatus] = field(default_factory=nothing)
    next_at: datetime | None = None


def step(schedules: Mapping[str, Schedule], view: View, memory: ScheduleMemory, now: Now) -> Step:
    """Advance all schedules by one tick."""
    if not now.trusted:
        statuses, told = waiting_for_the_clock(schedules, memory.told, now.at)
        return Step(memory=replace(memory, told=told), statuses=statuses)
    outcomes: dict[str, Outcome] = {}
    taken: dict[DeviceId, Schedule] = {}
    for schedule in sorted(schedules.values(), key=_precedence):
        outcome = _outcome(schedule, view, memory, now, taken)
        outcomes[schedule.id] = outcome
        if outcome.verdict is not None and outcome.steered is not None:
            taken[outcome.steered] = schedule
    orders, wanted = dict[DeviceId, Order](), list[Wanted]()
    for name, outcome in outcomes.items():
        schedule, verdict, steered = schedules[name], outcome.verdict, outcome.steered
        if verdict is None or steered is None or outcome.outlook is None:
            continue
        yields = verdict.charging != outcome.outlook.should_charge
        if not yields or steered != schedule.target or schedule.target_kind is DeviceKind.CHARGER:
            orders[steered] = schedule_words.order(schedule, verdict, outcome.outlook, now)
        if verdict.ask:
            kind = ActionKind.START if outcome.outlook.should_charge else ActionKind.STOP
            device = schedule.target
            wanted.append(Wanted(schedule=name, device=device, steered=steered, kind=kind))
    statuses, told = statuses_of(outcomes, memory.told, now.at)
    after = ScheduleMemory(
        minds=MappingProxyType({n: o.verdict.mind for n, o in outcomes.items() if o.verdict}),
        told=told,
        outlooks=MappingProxyType({n: o.outlook for n, o in outcomes.items() if o.outlook}),
    )
    return Step(
        memory=after,
        orders=MappingProxyType(orders),
        wanted=tuple(wanted),
        released=MappingProxyType(_released(schedules, outcomes, wanted, view)),
        statuses=statuses,
        next_at=min(_wakes(outcomes, now), default=None),
    )


def controlled(
    device: DeviceId, schedules: Mapping[str, Schedule], view: View, now: Now
) -> str | None:
    """Who steers a device now, in words that follow "steered by"; None if no schedule does.

    A schedule of the charger on which a car hangs steers the car too, and that of the car its
    charger. A charger is steered whatever it may be doing: also while it is out of reach, or while
    its schedule gives way to a person.
    """
    if not now.trusted:
        return None
    charger = view.charger_of.get(device)
    car = next((v for v, c in view.charger_of.items() if c == device), None)
    for schedule in sorted(schedules.values(), key=_precedence):
        if not schedule.enabled or schedule.target not in (device, charger, car):
            continue
        if _override(schedule, view) is None and _is_here(schedule, view):
            whose = "" if schedule.target == device else f" of {schedule.target}"
            return called(schedule) + whose
    return None


def _precedence(schedule: Schedule) -> tuple[bool, str]:
    return schedule.target_kind is DeviceKind.VEHICLE, schedule.id


def _place(schedule: Schedule, view: View) -> str | None:
    """At which Location the target is; its own devices never leave the house."""
    default = None if schedule.target_kind is DeviceKind.VEHICLE else view.home
    return view.where.get(schedule.target, default)


def _is_here(schedule: Schedule, view: View) -> bool:
    place = _place(schedule, view)
    if schedule.location is not None:
        return place == schedule.location
    return place is not None or schedule.target_kind is not DeviceKind.VEHICLE


def _override(schedule: Schedule, view: View) -> Override | None:
    steered = acting(schedule.target, schedule.target_kind, view.charger_of, view.startable)
    own = view.overrides.get(schedule.target)
    return own if own is not None or steered is None else view.overrides.get(steered)


def _outcome(
    schedule: Schedule,
    view: View,
    memory: ScheduleMemory,
    now: Now,
    taken: Mapping[DeviceId, Schedule],
) -> Outcome:
    steered = acting(schedule.target, schedule.target_kind, view.charger_of, view.startable)
    found = condition(schedule.target, steered, view.snapshot, view.charger_of, now.mono_s)
    if not schedule.enabled:
        return Outcome(state=ScheduleState.DISABLED, condition=found)
    if not _is_here(schedule, view):
        return Outcome(state=ScheduleState.AWAY, condition=found, problem=_gone(schedule, view))
    try:
        outlook = _outlook(schedule, view, memory, now)
    except UnknownZone as error:
        problem = str(error)
        return Outcome(state=ScheduleState.INCAPABLE, condition=found, problem=problem)
    base = Outcome(
        state=ScheduleState.INCAPABLE, condition=found, outlook=outlook, problem=found.problem
    )
    override = _override(schedule, view)
    if override is not None:
        state = ScheduleState.OVERRIDDEN
        return replace(base, state=state, override=override, problem=None)
    if steered is None:
        return base
    if steered in taken:
        problem = (
            f"{steered} is steered by {called(taken[steered])} already; disable one of the two"
        )
        return replace(base, problem=problem)
    case = Case(
        should_charge=outlook.should_charge,
        condition=found,
        newest=view.requested.get(schedule.target),
        rival=view.pending.get(steered),
        held_back=steered in view.held_back,
    )
    verdict = judge(_mind(schedule, outlook, memory, now), case, now)
    state = _shown(verdict, now)
    return replace(base, state=state, verdict=verdict, steered=steered, problem=verdict.problem)


def _gone(schedule: Schedule, view: View) -> str | None:
    """Someone who deleted a place should see which schedules waited for it."""
    if schedule.location is None or schedule.location in view.locations:
        return None
    return f"there is no location {schedule.location}"


def _outlook(schedule: Schedule, view: View, memory: ScheduleMemory, now: Now) -> Outlook:
    location = view.locations.get(schedule.location or _place(schedule, view) or "")
    timezone = location.timezone if location is not None else "UTC"
    old = memory.outlooks.get(schedule.id)
    if old is not None and old.holds(schedule, timezone, now.at):
        return old
    ahead = transitions(schedule, now.at, timezone)
    return Outlook(
        schedule=schedule,
        timezone=timezone,
        begins=now.at,
        ends=min([now.at + LOOK_AGAIN, *(each.at for each in ahead)]),
        should_charge=should_charge(schedule, now.at, timezone),
        transitions=ahead,
    )


def _mind(schedule: Schedule, outlook: Outlook, memory: ScheduleMemory, now: Now) -> Mind:
    """The mind of this stretch, or a fresh one where another stretch has begun."""
    key = key_of(schedule, outlook.timezone, should_charge=outlook.should_charge)
    until = outlook.transitions[0].at if outlook.transitions else None
    old = memory.minds.get(schedule.id)
    over = old is None or (old.until is not None and now.at >= old.until)
    if old is None or over or old.key != key:
        return Mind(key=key, until=until, since_mono_s=now.mono_s)
    return replace(old, until=until)


def _shown(verdict: Verdict, now: Now) -> ScheduleState:
    young = now.mono_s - verdict.mind.since_mono_s < PENDING_S
    if young and verdict.state is not ScheduleState.INCAPABLE:
        return ScheduleState.PENDING
    return verdict.state


def _released(
    schedules: Mapping[str, Schedule],
    outcomes: Mapping[str, Outcome],
    wanted: list[Wanted],
    view: View,
) -> dict[str, str]:
    """Pending Actions of schedules that no schedule stands behind any more. One that is about to
    be overtaken by a wanted one is left to that."""
    serving = {
        schedules[name].target: outcome.outlook.should_charge
        for name, outcome in outcomes.items()
        if outcome.verdict is not None and outcome.outlook is not None
        if outcome.verdict.charging == outcome.outlook.should_charge
    }
    overtaken = {each.device for each in wanted}
    gone = {}
    for device, action in view.requested.items():
        stands = serving.get(device) is (action.kind is ActionKind.START)
        if action.pending and not stands and device not in overtaken:
            gone[action.id] = "the schedule that asked for it wants it no more"
    return gone


def _wakes(outcomes: Mapping[str, Outcome], now: Now) -> Iterator[datetime]:
    for outcome in outcomes.values():
        if outcome.outlook is not None:
            yield outcome.outlook.ends
        verdict = outcome.verdict
        if verdict is not None and verdict.wake_s is not None:
            yield now.later(verdict.wake_s).at
        if verdict is not None and outcome.state is ScheduleState.PENDING:
            yield now.later(verdict.mind.since_mono_s + PENDING_S - now.mono_s).at
