"""A schedule, how it stands, and the smart override that may stand above it."""

from agent.bridges.documents.common import stamp
from agent.bridges.documents.ids import device_id, location_id, schedule_id
from agent.bridges.documents.view import Json, Sender
from agent.model.schedules import Override, Rule, Schedule, ScheduleStatus


def schedule(value: Schedule, sender: Sender) -> Json:
    location = value.location
    return {
        "id": schedule_id(sender.agent_id, value.id),
        "userId": sender.user_id,
        "name": value.name,
        "targetId": device_id(sender.agent_id, value.target),
        "targetType": value.target_kind.value,
        "locationId": None if location is None else location_id(sender.agent_id, location),
        "isEnabled": value.enabled,
        "defaultShouldCharge": value.default_should_charge,
        "rules": [_rule(rule) for rule in value.rules],
    }


def _rule(rule: Rule) -> Json:
    """Only the filters that it has."""
    made: Json = {"shouldCharge": rule.should_charge}
    if rule.from_minute is not None and rule.to_minute is not None:
        made["hourMinute"] = {"from": _clock(rule.from_minute), "to": _clock(rule.to_minute)}
    if rule.from_at is not None:
        made["fromTimestamp"] = stamp(rule.from_at)
    if rule.to_at is not None:
        made["toTimestamp"] = stamp(rule.to_at)
    if rule.weekdays is not None:
        made["weekdays"] = sorted(rule.weekdays)
    return made


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def schedule_status(value: ScheduleStatus, target: Schedule | None, sender: Sender) -> Json:
    """Args:
    target: the schedule itself, which says what kind of device it is for.
    """
    kind = None if target is None else target.target_kind.value
    return {
        "scheduleId": schedule_id(sender.agent_id, value.schedule),
        "scheduleType": kind,
        "changedAt": stamp(value.changed_at),
        "state": value.state.value,
        "isCharging": value.charging,
        "isChargingExpected": value.expected,
        "isChargingExpectedParts": {
            "shouldCharge": value.should_charge,
            "isPluggedIn": value.plugged_in,
            "needsCharge": value.needs_charge,
        },
        "upcomingTransitions": [
            {"at": stamp(each.at), "shouldCharge": each.should_charge} for each in value.transitions
        ],
        "problem": value.problem,
        "smartOverride": None if value.override is None else override(value.override, sender),
    }


def override(value: Override, sender: Sender) -> Json:
    return {
        "createdAt": stamp(value.created_at),
        "endedAt": stamp(value.ended_at),
        "targetType": value.device_kind.value,
        "targetId": device_id(sender.agent_id, value.device),
        "vendorActionId": value.action_id,
    }
