"""A charging profile of OCPP 1.6 (§7.8) or 2.0.1 (§2.7) for a whole house, as limits in time.

Of 1.6 it is a ChargePointMaxProfile, of 2.0.1 ChargingStationExternalConstraints or
ChargingStationMaxProfile. Stack levels are not read: each profile limits, and the tightest counts.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from agent.bridges.documents.fields import Fields
from agent.model.limits import GridPeriod
from agent.model.units import NOMINAL_VOLTAGE_V

PURPOSES: Final = (
    "ChargePointMaxProfile",
    "ChargingStationExternalConstraints",
    "ChargingStationMaxProfile",
)
KINDS: Final = ("Absolute", "Relative")
MOST_PERIODS: Final = 200
PHASES: Final = 3
LARGEST_W: Final = 1e6
LONGEST_S: Final = 366 * 86400


def profile_id(fields: Fields) -> int:
    """Its number: chargingProfileId of 1.6, id of 2.0.1.

    Raises:
        Unreadable
    """
    name = "id" if fields.has("id") and not fields.has("chargingProfileId") else "chargingProfileId"
    return fields.integer(name, 0)


def read_profile(profile: Fields, now: datetime) -> tuple[GridPeriod, ...]:
    """Its periods, ascending, cut to the time in which the profile is valid.

    Args:
        now: where a schedule without a start begins.

    Raises:
        Unreadable
    """
    _one_of(profile, "chargingProfilePurpose", PURPOSES, "a limit of the whole house")
    _one_of(profile, "chargingProfileKind", KINDS, "the periods of the coming days, each once")
    valid_from, valid_to = profile.find_instant("validFrom"), profile.find_instant("validTo")
    schedule = _schedule(profile)
    begins_at = schedule.find_instant("startSchedule") or now
    lasts_s = schedule.find_figure("duration", 1, LONGEST_S)
    ends_at = None if lasts_s is None else begins_at + timedelta(seconds=lasts_s)
    if valid_to is not None:
        ends_at = valid_to if ends_at is None else min(ends_at, valid_to)
    found = []
    for start_s, stop_s, limit_w in _periods(schedule):
        since = begins_at + timedelta(seconds=start_s)
        until = ends_at
        if stop_s is not None:
            stop = begins_at + timedelta(seconds=stop_s)
            until = stop if ends_at is None else min(stop, ends_at)
        since = since if valid_from is None else max(since, valid_from)
        if until is None or since < until:
            found.append(GridPeriod(import_w=limit_w, begins_at=since, ends_at=until))
    if not found:
        raise profile.fault("chargingSchedule", "is never in force", "let it lie in its validity")
    return tuple(found)


def _one_of(profile: Fields, name: str, known: tuple[str, ...], what: str) -> None:
    word = profile.text(name)
    if word not in known:
        raise profile.fault(name, f"is {word}", f"give {' or '.join(known)}: {what}")


def _schedule(profile: Fields) -> Fields:
    """One object in 1.6, a list of one in 2.0.1."""
    value = profile.values.get("chargingSchedule")
    if not isinstance(value, list):
        return profile.part("chargingSchedule")
    parts = list(profile.find_parts("chargingSchedule", most=1))
    if not parts:
        raise profile.fault("chargingSchedule", "is empty", "give one schedule")
    return parts[0]


def _periods(schedule: Fields) -> Iterator[tuple[float, float | None, float]]:
    """Beginning and end in seconds after the start of the schedule, and the limit in watts."""
    unit = schedule.text("chargingRateUnit")
    if unit not in ("W", "A"):
        raise schedule.fault("chargingRateUnit", f"is {unit}", "give W, or A per phase")
    parts = list(schedule.find_parts("chargingSchedulePeriod", MOST_PERIODS))
    starts_s = [part.figure("startPeriod", 0, LONGEST_S) for part in parts]
    if not starts_s or starts_s[0] != 0:
        remedy = "let the first startPeriod be 0"
        raise schedule.fault("chargingSchedulePeriod", "does not begin", remedy)
    if any(later <= earlier for earlier, later in pairwise(starts_s)):
        remedy = "give ascending values of startPeriod"
        raise schedule.fault("chargingSchedulePeriod", "is out of order", remedy)
    stops_s = (*starts_s[1:], None)
    for part, start_s, stop_s in zip(parts, starts_s, stops_s, strict=True):
        limit = part.figure("limit", 0, LARGEST_W)
        if unit == "A":
            phases = part.find_figure("numberPhases", 1, PHASES) or PHASES
            limit *= phases * NOMINAL_VOLTAGE_V
        yield start_s, stop_s, limit
