"""A schedule from the cloud. What cannot be carried out exactly is refused, never approximated."""

import re
from typing import Any, Final

from agent.bridges.documents.fields import Fields
from agent.bridges.documents.ids import local_id
from agent.bridges.documents.targets import target
from agent.bridges.documents.view import Sender
from agent.model.picture import Picture
from agent.model.readings import DeviceKind
from agent.model.schedules import Rule, Schedule

MOST_RULES: Final = 200
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_FILTERS: Final = ("hourMinute", "weekdays", "fromTimestamp", "toTimestamp")
_MIDNIGHT: Final = "24:00"
_DAYS: Final = 7
_SCHEDULABLE: Final = (DeviceKind.CHARGER, DeviceKind.VEHICLE)


def read_schedule(name: str, body: Fields, sender: Sender, picture: Picture) -> Schedule:
    """Args:
        name: what the schedule is called here.

    Raises:
        Unreadable
    """
    kind = body.text("targetType")
    if kind not in _SCHEDULABLE:
        raise body.fault("targetType", f"is {kind}", "give charger or vehicle")
    info, location = target(body, sender, picture), body.find_uuid("locationId")
    if location is not None:
        location = local_id(location, picture.locations, sender.agent_id, "location")
    enabled, otherwise = body.find_flag("isEnabled"), body.find_flag("defaultShouldCharge")
    return Schedule(
        id=name,
        name=body.find_text("name") or "",
        target=info.id,
        target_kind=info.kind,
        location=location,
        enabled=True if enabled is None else enabled,
        default_should_charge=True if otherwise is None else otherwise,
        rules=tuple(_rule(part) for part in body.find_parts("rules", MOST_RULES)),
    )


def _rule(fields: Fields) -> Rule:
    """A filter that is not known is a fault: without it the rule would hold at other hours too."""
    fields.only(*_FILTERS, "shouldCharge")
    from_minute = to_minute = None
    clock = fields.find_part("hourMinute")
    if clock is not None:
        from_minute = _minute(clock, "from")
        to_minute = 24 * 60 if clock.text("to") == _MIDNIGHT else _minute(clock, "to")
    from_at, to_at = fields.find_instant("fromTimestamp"), fields.find_instant("toTimestamp")
    if from_at is not None and to_at is not None and to_at <= from_at:
        remedy = "give an instant after fromTimestamp"
        raise fields.fault("toTimestamp", "is not after fromTimestamp", remedy)
    return Rule(
        should_charge=fields.flag("shouldCharge"),
        from_minute=from_minute,
        to_minute=to_minute,
        weekdays=weekdays_of(fields),
        from_at=from_at,
        to_at=to_at,
    )


def _minute(fields: Fields, name: str) -> int:
    found = _CLOCK.fullmatch(fields.text(name))
    if found is None:
        raise fields.fault(name, "is no time of day", "give HH:MM from 00:00 to 23:59")
    return int(found[1]) * 60 + int(found[2])


def weekdays_of(fields: Fields) -> frozenset[int] | None:
    """The key `weekdays`; None where it is left out.

    Raises:
        Unreadable
    """
    days = fields.find_list("weekdays", _DAYS)
    if days is None:
        return None
    if not days or not all(_is_weekday(day) for day in days):
        remedy = "give 0 (Monday) to 6, or leave it out for every day"
        raise fields.fault("weekdays", "is empty or has no weekday in it", remedy)
    return frozenset(days)


def _is_weekday(day: Any) -> bool:
    return isinstance(day, int) and not isinstance(day, bool) and 0 <= day < _DAYS
