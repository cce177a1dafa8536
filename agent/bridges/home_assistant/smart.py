"""Smart charging of a car: on or off, by when it shall be full, and where its plan stands.

The switch and what it needs are there for every car; what tells of the plan, while it is on.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from agent.bridges import wire
from agent.bridges.home_assistant.entity import (
    BadCommand,
    Entity,
    Household,
    Needs,
    Platform,
    Span,
    Value,
    View,
)
from agent.bridges.home_assistant.rows import can_be_told, on_off, switched
from agent.bridges.home_assistant.smart_fine import FINE, figure, policy_of
from agent.bridges.home_assistant.smart_plan import STATE_WORDS, details, money
from agent.model.driver import DeviceInfo
from agent.model.intents import Intent, SetSmartPolicy
from agent.model.readings import DeviceKind
from agent.model.smart import SmartPlan, SmartStatus
from agent.plan.calendar import first_instant
from agent.plan.smart.spoken import minute_of, read_deadlines, say_deadlines

NO_TIME: Final = "none"
LONGEST_H: Final = 24.0
_HOUR_S: Final = 3600.0
_ONE_DAY: Final = timedelta(days=1)


def smart_rows(info: DeviceInfo, house: Household) -> tuple[Entity, ...]:
    """The rows of a vehicle; of a charger where it charges cars that nobody knows."""
    if info.id not in house.smart or not can_be_told(info, house):
        return ()
    own = (MINIMUM,) if info.kind is DeviceKind.VEHICLE else (HOURS,)
    rows: tuple[Entity, ...] = (SWITCH, READY_BY, *own)
    if not house.smart[info.id]:
        return rows
    once = (READY_ONCE,) if info.kind is DeviceKind.VEHICLE else ()
    amounts = (_in(house.currency, row) for row in (COST, SAVING))
    return (*rows, *once, STATE, NEXT_START, FINISH, *amounts, *FINE)


def _in(currency: str | None, row: Entity) -> Entity:
    """An amount has its unit as soon as there is a plan, which knows the currency."""
    known = currency is not None
    return replace(row, device_class="monetary" if known else None, unit=currency)


def _status(view: View) -> SmartStatus | None:
    return view.picture.smart.get(view.info.id)


def _running(view: View) -> SmartPlan | None:
    """The plan that has not ended."""
    status = _status(view)
    plan = None if status is None else status.plan
    return plan if plan is not None and plan.ended_at is None else None


def _enabled(view: View) -> Value:
    return on_off(policy_of(view).enabled)


def _enable(view: View, payload: str) -> Intent:
    return SetSmartPolicy(device=view.info.id, enabled=switched(payload))


def _ready_by(view: View) -> Value:
    return say_deadlines(policy_of(view).deadlines)


def _set_ready_by(view: View, payload: str) -> Intent:
    try:
        return SetSmartPolicy(device=view.info.id, deadlines=read_deadlines(payload))
    except ValueError as error:
        raise BadCommand(str(error)) from None


def _zone(view: View) -> ZoneInfo:
    """Of the place where the device is, else of the house."""
    picture = view.picture
    where = picture.locations.get(picture.where.get(view.info.id) or "")
    place = where or next(iter(picture.locations.values()), None)
    return ZoneInfo("UTC" if place is None else place.timezone)


def _once(view: View) -> Value:
    at = policy_of(view).ready_at
    if at is None or at <= view.picture.now.at:
        return NO_TIME
    return f"{at.astimezone(_zone(view)):%Y-%m-%d %H:%M}"


def _set_once(view: View, payload: str) -> Intent:
    if payload.strip().lower() in ("", NO_TIME):
        return SetSmartPolicy(device=view.info.id, once_no_more=True)
    zone, now = _zone(view), view.picture.now.at
    at = _instant(payload.strip(), zone, now)
    if at is None or at <= now:
        raise BadCommand("send a time to come, such as 2026-06-11 10:00 or 10:00, or none")
    return SetSmartPolicy(device=view.info.id, ready_at=at)


def _instant(text: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """A date with a time, or a time alone, which is its next coming; None = it is neither."""
    day, _, clock = text.replace("T", " ").rpartition(" ")
    try:
        minutes = timedelta(minutes=minute_of(clock))
        today = now.astimezone(zone).replace(tzinfo=None)
        date = datetime.fromisoformat(day) if day else today
    except ValueError:
        return None
    midnight = date.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    at = first_instant(midnight + minutes, zone.key)
    return first_instant(midnight + _ONE_DAY + minutes, zone.key) if at <= now and not day else at


def _minimum(view: View) -> Value:
    return wire.number(policy_of(view).minimum_percent, 0)


def _set_minimum(view: View, payload: str) -> Intent:
    return SetSmartPolicy(device=view.info.id, minimum_percent=figure(payload, 0, 100))


def _hours(view: View) -> Value:
    lasts_s = policy_of(view).duration_s
    return None if lasts_s is None else wire.number(lasts_s / _HOUR_S, 2)


def _set_hours(view: View, payload: str) -> Intent:
    hours = figure(payload, 0.25, LONGEST_H)
    return SetSmartPolicy(device=view.info.id, duration_s=hours * _HOUR_S)


def _state(view: View) -> Value:
    status = _status(view)
    return None if status is None else STATE_WORDS[status.state]


def _next_start(view: View) -> Value:
    plan = _running(view)
    at = None if plan is None else plan.next_start(view.picture.now.at)
    return None if at is None else wire.instant(at)


def _finish(view: View) -> Value:
    plan = _running(view)
    return None if plan is None else wire.instant(plan.estimated_finish_at)


def _cost(view: View) -> Value:
    plan = _running(view)
    return None if plan is None else money(plan.smart_cost)


def _saving(view: View) -> Value:
    """Of the plan that runs, else of the last one."""
    status = _status(view)
    return None if status is None or status.plan is None else money(status.plan.saving)


_entity = partial(Entity, needs=Needs.HEARTH)

SWITCH: Final = _entity(
    platform=Platform.SWITCH,
    key="smart_charging",
    name="Smart charging",
    value=_enabled,
    at_once=_enabled,
    command=_enable,
)
READY_BY: Final = _entity(
    platform=Platform.TEXT,
    key="ready_by",
    name="Ready by",
    value=_ready_by,
    at_once=_ready_by,
    command=_set_ready_by,
)
READY_ONCE: Final = _entity(
    platform=Platform.TEXT,
    key="ready_once",
    name="Ready once at",
    value=_once,
    at_once=_once,
    command=_set_once,
)
MINIMUM: Final = _entity(
    platform=Platform.NUMBER,
    key="minimum_level",
    name="Minimum level",
    value=_minimum,
    at_once=_minimum,
    unit="%",
    span=lambda _info: Span(low=0, high=100, step=1),
    command=_set_minimum,
)
HOURS: Final = _entity(
    platform=Platform.NUMBER,
    key="smart_hours",
    name="Hours to charge",
    value=_hours,
    at_once=_hours,
    unit="h",
    span=lambda _info: Span(low=0.25, high=LONGEST_H, step=0.25),
    command=_set_hours,
)
STATE: Final = _entity(
    platform=Platform.SENSOR,
    key="smart_state",
    name="Smart charging state",
    value=_state,
    at_once=_state,
    device_class="enum",
    options=lambda _info: tuple(STATE_WORDS.values()),
    attributes=details,
)
NEXT_START: Final = _entity(
    platform=Platform.SENSOR,
    key="smart_start",
    name="Next start",
    value=_next_start,
    at_once=_next_start,
    device_class="timestamp",
)
FINISH: Final = _entity(
    platform=Platform.SENSOR,
    key="smart_finish",
    name="Expected finish",
    value=_finish,
    at_once=_finish,
    device_class="timestamp",
)
COST: Final = _entity(platform=Platform.SENSOR, key="smart_cost", name="Expected cost", value=_cost)
SAVING: Final = _entity(platform=Platform.SENSOR, key="smart_saving", name="Saving", value=_saving)
