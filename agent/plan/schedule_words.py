"""What a schedule tells the people of the house."""

from datetime import datetime, timedelta

from agent.model.clock import Now
from agent.model.schedules import Schedule, ScheduleState
from agent.model.targets import Owner, Reason, ReasonCode
from agent.model.wishes import Order
from agent.plan.calendar import zone
from agent.plan.schedule_memory import Outlook
from agent.plan.schedule_mind import Verdict

_SOON = timedelta(hours=20)
_WITHIN_DAYS = timedelta(days=6)


def called(schedule: Schedule) -> str:
    """The schedule in words that follow "steered by"."""
    return f'the schedule "{schedule.name or schedule.id}"'


def order(schedule: Schedule, verdict: Verdict, outlook: Outlook, now: Now) -> Order:
    """What the steered device is told, and why."""
    turns = outlook.transitions[0].at if outlook.transitions else None
    when = None if turns is None else clock(turns, outlook.timezone, now.at)
    yields = verdict.charging != outlook.should_charge
    if yields:
        sentence, turns = _yielding(schedule, verdict, when, turns, now)
        code, owner = ReasonCode.SCHEDULE_YIELDS, Owner.MANUAL
    elif outlook.should_charge:
        until = f" until {when}" if when else ""
        sentence = f"Charging{until}: {called(schedule)} says so."
        code, owner = ReasonCode.SCHEDULE_CHARGE, Owner.SCHEDULE
    else:
        until = f" until {when}" if when else ""
        sentence = f"Not charging{until}: {called(schedule)} holds back."
        code, owner = ReasonCode.SCHEDULE_HOLD, Owner.SCHEDULE
    reason = Reason(
        code=code, sentence=sentence, inputs={"schedule": schedule.id}, changes_at=turns
    )
    return Order(charging=verdict.charging, owner=owner, reason=reason, by=called(schedule))


def _yielding(
    schedule: Schedule, verdict: Verdict, when: str | None, turns: datetime | None, now: Now
) -> tuple[str, datetime | None]:
    did = "started" if verdict.charging else "stopped"
    begun = f"Somebody {did} the charge at the car or the charger; {called(schedule)}"
    if verdict.wake_s is not None and verdict.state is ScheduleState.RETRYING:
        return f"{begun} tries once more soon.", now.later(verdict.wake_s).at
    until = f"until {when} or until the car is unplugged" if when else "until the car is unplugged"
    return f"{begun} leaves it so {until}.", turns


def clock(at: datetime, timezone: str, now_at: datetime) -> str:
    """An instant as people of the place say it: 06:00, Mon 06:00, or 2026-12-24 06:00."""
    local = at.astimezone(zone(timezone))
    apart = abs(at - now_at)
    if apart < _SOON:
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if apart < _WITHIN_DAYS else f"{local:%Y-%m-%d %H:%M}"
