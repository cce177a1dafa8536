"""A policy of smart charging from the cloud."""

from http import HTTPStatus
from typing import Final

from agent.bridges.documents.faults import Unreadable
from agent.bridges.documents.fields import Fields
from agent.bridges.documents.ids import as_uuid
from agent.bridges.documents.smart import WINDOWS
from agent.bridges.documents.view import Sender
from agent.model.picture import Picture
from agent.model.readings import DeviceId, DeviceKind
from agent.model.smart import NO_DEADLINE, WEEK_DAYS, SmartPolicy, Windows
from agent.plan.smart.spoken import minute_of

DAY_HOURS: Final = 24
LONGEST_MIN: Final = 1440


def read_policy(name: str, body: Fields, sender: Sender, picture: Picture) -> SmartPolicy:
    """
    Args:
        name: what the vehicle or the charger is called here.

    Raises:
        Unreadable
    """
    target, kind = _target(name, body, picture)
    scope = f"{kind.value}:control:charging"
    if body.flag("isEnabled") and scope not in sender.scopes:
        remedy = f"the installer must grant {scope}"
        raise Unreadable("/body/isEnabled", "may not be set", remedy, HTTPStatus.FORBIDDEN)
    before = picture.policies.get(target)
    user = body.find_text("userId")
    on_min, off_min = (
        body.find_figure(key, 0, LONGEST_MIN) for key in ("minimumOnTime", "minimumOffTime")
    )
    hours = body.find_figure("duration", 0, DAY_HOURS)
    defaults = SmartPolicy(target=target)
    return SmartPolicy(
        target=target,
        target_kind=kind,
        enabled=body.flag("isEnabled"),
        deadlines=_deadlines(body),
        minimum_percent=body.find_figure("minimumChargeLimit", 0, 100) or 0.0,
        least_minimum_percent=0.0 if before is None else before.least_minimum_percent,
        windows=_windows(body),
        min_on_s=defaults.min_on_s if on_min is None else on_min * 60,
        min_off_s=defaults.min_off_s if off_min is None else off_min * 60,
        ready_at=body.find_instant("readyAt"),
        duration_s=None if hours is None else hours * 3600,
        user=None if user == sender.user_id else user,
    )


def _target(name: str, body: Fields, picture: Picture) -> tuple[DeviceId, DeviceKind]:
    """A device of the house; or a car that the cloud may still bring, since documents come in any
    order."""
    kinds = (DeviceKind.VEHICLE, DeviceKind.CHARGER)
    known = [info for info in picture.devices if info.kind in kinds]
    found = next((info for info in known if info.id == name), None)
    if found is None and all(info.id != name for info in picture.devices) and as_uuid(name):
        return DeviceId(name), DeviceKind.VEHICLE
    if found is None:
        named = ", ".join(info.id for info in known) or "none"
        remedy = f"give the id of a vehicle or a charger; the house has: {named}"
        raise Unreadable(body.at, "is for no vehicle or charger of this house", remedy)
    return found.id, found.kind


def _deadlines(body: Fields) -> tuple[int | None, ...]:
    daily = _minute(body)
    days = list(NO_DEADLINE if daily is None else (daily,) * WEEK_DAYS)
    for part in body.find_parts("weekdayDeadlines", WEEK_DAYS):
        day = part.integer("weekday", 0)
        if day >= WEEK_DAYS:
            raise part.fault("weekday", "is no day of the week", "give 0 (Monday) to 6")
        days[day] = _minute(part)
    return tuple(days)


def _minute(fields: Fields) -> int | None:
    text = fields.find_text("deadline")
    if text is None:
        return None
    try:
        return minute_of(text)
    except ValueError:
        remedy = "give HH:MM from 00:00 to 23:59"
        raise fields.fault("deadline", "is no time of day", remedy) from None


def _windows(body: Fields) -> Windows:
    word = body.find_text("mode")
    if word is None:
        return Windows.MULTI
    for windows, known in WINDOWS.items():
        if word == known:
            return windows
    remedy = f"give one of {', '.join(WINDOWS.values())}"
    raise body.fault("mode", "is none of the known words", remedy)
