"""What a charger says it applies: the answer to GetCompositeSchedule of 1.6 (§5.7) and 2.x.

Advisory: simulators and chargers send empty lists, absurd durations, -1 for "no limit" and
fractional starts. Only a plausible value for the present is used.
"""

from typing import Any

from agent.model.clock import Now
from agent.model.units import amps_from_watts
from drivers.ocpp import parse

MOST_A = 125.0


def current_limit_a(answer: dict[str, Any], phases: int, now: Now) -> float | None:
    """Per phase, the limit that holds now; None if the charger does not say so credibly."""
    if answer.get("status") != "Accepted":
        return None
    schedule = answer.get("chargingSchedule", answer.get("schedule"))
    periods = schedule.get("chargingSchedulePeriod") if isinstance(schedule, dict) else None
    if not isinstance(schedule, dict) or not isinstance(periods, list):
        return None
    elapsed_s = _elapsed_s(schedule, answer, now)
    limit, used_phases, best_start_s = None, phases, float("-inf")
    for period in periods:
        if not isinstance(period, dict):
            continue
        start_s = parse.number(period.get("startPeriod"))
        if start_s is None or start_s > max(elapsed_s, 0.0) or start_s < best_start_s:
            continue
        limit, best_start_s = parse.number(period.get("limit")), start_s
        said = parse.integer(period.get("numberPhases"))
        used_phases = min(said, phases) if said is not None and said > 0 else phases
    if limit is None or limit < 0:
        return None
    if schedule.get("chargingRateUnit") == "W":
        limit = amps_from_watts(limit, used_phases)
    return round(limit, 1) if limit <= MOST_A else None


def _elapsed_s(schedule: dict[str, Any], answer: dict[str, Any], now: Now) -> float:
    """Seconds since the schedule's start; 0 if that is unknown or makes no sense."""
    named = (schedule.get("startSchedule"), answer.get("scheduleStart"))
    start = parse.timestamp(next(filter(None, named), schedule.get("scheduleStart")))
    if start is None:
        return 0.0
    elapsed_s = (now.at - start[0]).total_seconds()
    duration_s = parse.number(schedule.get("duration")) or 0.0
    return elapsed_s if 0 <= elapsed_s <= duration_s else 0.0
