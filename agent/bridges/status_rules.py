"""The parts of the status document that tell of schedules, overrides and pairs."""

from typing import Any

from agent.bridges.belief import NOTHING_SAID, reason, sentence, settles
from agent.bridges.wire import instant, number
from agent.model.pairs import PairingMode
from agent.model.picture import Picture
from agent.model.schedules import Schedule


def schedules(picture: Picture) -> list[dict[str, Any]]:
    """All that are known, by id, with how they stand."""
    return [_schedule(picture.schedules[name], picture) for name in sorted(picture.schedules)]


def _schedule(schedule: Schedule, picture: Picture) -> dict[str, Any]:
    status = picture.statuses.get(schedule.id)
    ahead = () if status is None else status.transitions
    return {
        "id": schedule.id,
        "name": schedule.name or schedule.id,
        "targetId": schedule.target,
        "targetType": schedule.target_kind.value,
        "locationId": schedule.location,
        "timezone": _timezone(schedule, picture),
        "isEnabled": schedule.enabled,
        "state": None if status is None else status.state.value,
        "shouldCharge": None if status is None else status.should_charge,
        "upcomingTransitions": [
            {"at": instant(turn.at), "shouldCharge": turn.should_charge} for turn in ahead
        ],
        "problem": None if status is None else status.problem,
    }


def _timezone(schedule: Schedule, picture: Picture) -> str | None:
    """Whose clocks its hours are of; None while it is at no place that we know."""
    place = schedule.location or picture.where.get(schedule.target)
    known = None if place is None else picture.locations.get(place)
    return None if known is None else known.timezone


def overrides(picture: Picture) -> list[dict[str, Any]]:
    """Those that run, each once, with all devices that it covers."""
    running = {each.id: each for each in picture.overrides.values()}
    return [
        {
            "id": name,
            "targetId": each.device,
            "targetType": each.device_kind.value,
            "createdAt": instant(each.created_at),
            "covers": sorted(d for d, one in picture.overrides.items() if one.id == name),
        }
        for name, each in sorted(running.items())
    ]


def pairs(picture: Picture) -> list[dict[str, Any]]:
    """What is held of the car on each charger with a cable in it."""
    if picture.pairing.mode is PairingMode.OFF:
        return []
    return [
        {
            "chargerId": charger,
            "vehicleId": belief.vehicle,
            "confidence": number(belief.confidence, 3),
            "runnerUpId": belief.runner_up,
            "lockedBy": belief.locked_by.value,
            "since": instant(belief.since),
            "pinnedVehicleId": picture.said.get(charger, NOTHING_SAID).pinned,
            "ruledOutIds": list(picture.said.get(charger, NOTHING_SAID).ruled_out),
            "says": sentence(belief, picture),
            "settles": settles(belief),
            "evidence": [each.says for each in belief.evidence],
            "reasons": [reason(each) for each in belief.evidence],
        }
        for charger, belief in sorted(picture.beliefs.items())
    ]
