"""How schedules stand to what their targets do, for people and programs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from agent.model.readings import DeviceId
from agent.model.schedules import Override, Schedule, ScheduleState, ScheduleStatus
from agent.plan.condition import Condition
from agent.plan.schedule_memory import Outlook, Told, tell
from agent.plan.schedule_mind import Verdict

Statuses = tuple[Mapping[str, ScheduleStatus], Mapping[str, Told]]

UNTRUSTED = "the time of day is not known yet, so no schedule is followed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one schedule comes to in one tick."""

    state: ScheduleState
    condition: Condition = field(default_factory=Condition)
    outlook: Outlook | None = None
    verdict: Verdict | None = None
    steered: DeviceId | None = None
    override: Override | None = None
    problem: str | None = None


def statuses_of(
    outcomes: Mapping[str, Outcome], before: Mapping[str, Told], at: datetime
) -> Statuses:
    """The status of each schedule, and what was told when."""
    statuses, told = dict[str, ScheduleStatus](), dict[str, Told]()
    for name, outcome in outcomes.items():
        statuses[name], told[name] = tell(_status(name, outcome, at), before.get(name), at)
    return MappingProxyType(statuses), MappingProxyType(told)


def waiting_for_the_clock(
    schedules: Mapping[str, Schedule], before: Mapping[str, Told], at: datetime
) -> Statuses:
    """The statuses while nobody knows the time of day."""
    waits = Outcome(state=ScheduleState.PENDING, problem=UNTRUSTED)
    rests = Outcome(state=ScheduleState.DISABLED)
    outcomes = {name: waits if each.enabled else rests for name, each in schedules.items()}
    return statuses_of(outcomes, before, at)


def _status(name: str, outcome: Outcome, at: datetime) -> ScheduleStatus:
    found, outlook = outcome.condition, outcome.outlook
    should = outlook.should_charge if outlook is not None else None
    parts = (should, found.plugged_in, found.needs_charge)
    expected = False if False in parts else None if None in parts else True
    return ScheduleStatus(
        schedule=name,
        changed_at=at,
        state=outcome.state,
        charging=found.charging,
        expected=expected,
        should_charge=should,
        plugged_in=found.plugged_in,
        needs_charge=found.needs_charge,
        transitions=outlook.transitions if outlook is not None else (),
        override=outcome.override,
        problem=outcome.problem,
    )
