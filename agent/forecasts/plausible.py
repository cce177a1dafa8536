"""Whether a forecast can be of this plant at all, before anybody plans with it.

A wrong unit, a wrong place and stamps in a wrong zone all look like numbers. What is refused here
would be one of those; a forecast that is merely bad is corrected from the meter.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent.forecasts.outlook import Outlook
from agent.forecasts.quarters import PER_DAY, PER_HOUR, Quarters, quarter_of, start_of
from agent.forecasts.solar import Place, sine_of_elevation

_OVER_RATED = 1.5
_OVER_SEEN = 4.0
_UNDER_SEEN = 1 / 200
_SEEN_DAYS = 7
_WORTH_SEEING_W = 500.0
_NIGHT_SHARE = 0.02
_BELOW_HORIZON = -0.05  # sine; 3 degrees, for services that round their stamps to the half hour
_WHOLE_DAY = 20 * PER_HOUR
_FROM_NOON_H = 4.0
_FROM_USUAL_H = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """What is known of the own plant.

    Args:
        rated_w: modules or inverters, the smaller; None = nobody said.
        place: None = nobody said.
        produced: history of the last weeks.
    """

    rated_w: float | None
    place: Place | None
    produced: Quarters


def implausible(outlook: Outlook, plant: Plant, now: datetime) -> str | None:
    """Why it cannot be of this plant, with the remedy; None when it can."""
    here = quarter_of(now)
    coming = {q: power_w for q, power_w in outlook.quarters.items() if q >= here}
    said = outlook.source
    if not coming:
        return f"{said} tells nothing of the time to come; check the time zone of its stamps"
    strange = next((v for v in coming.values() if not math.isfinite(v) or v < 0), None)
    if strange is not None:
        return f"{said} expects {strange:g} W, which is no power; check what is mapped"
    return _size(said, coming, plant) or _hours(said, outlook.quarters, plant)


def _size(said: str, coming: Quarters, plant: Plant) -> str | None:
    most_w, seen_w = max(coming.values()), max(plant.produced.values(), default=0.0)
    long_enough = len(plant.produced) >= _SEEN_DAYS * PER_DAY and seen_w > _WORTH_SEEING_W
    if plant.rated_w is not None and most_w > _OVER_RATED * plant.rated_w:
        return (
            f"{said} expects up to {_kw(most_w)} of a plant of {_kw(plant.rated_w)}; "
            "check its unit and peak_w"
        )
    if plant.rated_w is None and long_enough and most_w > _OVER_SEEN * seen_w:
        return (
            f"{said} expects up to {_kw(most_w)} of a plant that lately gave {_kw(seen_w)} at "
            "most; check its unit and which plant it describes"
        )
    whole_days = len(coming) >= _WHOLE_DAY
    if long_enough and whole_days and most_w < _UNDER_SEEN * seen_w:
        return (
            f"{said} expects {most_w:.3g} W at most of a plant that lately gave {_kw(seen_w)}; "
            "check its unit: kW or W"
        )
    return None


def _hours(said: str, quarters: Quarters, plant: Plant) -> str | None:
    """Sun at night, or a day whose middle is not that of the house."""
    whole = math.fsum(quarters.values())
    if whole <= 0:
        return None
    dark = _night(plant)
    at_night = {q: power_w for q, power_w in quarters.items() if dark is not None and dark(q)}
    if math.fsum(at_night.values()) > _NIGHT_SHARE * whole:
        worst = start_of(max(at_night, key=lambda q: at_night[q]))
        return (
            f"{said} expects sun at night ({worst:%H:%M} UTC); check the time zone of its stamps "
            "and house.latitude_deg and house.longitude_deg"
        )
    return _middle(said, quarters, plant)


def _night(plant: Plant) -> Callable[[int], bool] | None:
    place = plant.place
    if place is not None:
        return lambda quarter: sine_of_elevation(start_of(quarter), place) < _BELOW_HORIZON
    if len(plant.produced) < _SEEN_DAYS * PER_DAY:
        return None
    lit = {q % PER_DAY for q, power_w in plant.produced.items() if power_w > 0}
    wide = {(time + off) % PER_DAY for time in lit for off in range(-PER_HOUR, PER_HOUR + 1)}
    return lambda quarter: quarter % PER_DAY not in wide


def _middle(said: str, quarters: Quarters, plant: Plant) -> str | None:
    theirs = _middle_h(quarters)
    if theirs is None:
        return None
    if plant.place is not None:
        noon_h = (12 - plant.place.longitude_deg / 15) % 24
        if abs(_apart_h(theirs, noon_h)) > _FROM_NOON_H:
            return (
                f"the middle of the day that {said} expects is at {_clock(theirs)} UTC, and the "
                f"sun of this house stands highest at {_clock(noon_h)}; check longitude_deg, the "
                "azimuth of the planes and the time zone of its stamps"
            )
        return None
    ours = _middle_h(plant.produced) if len(plant.produced) >= _SEEN_DAYS * PER_DAY else None
    if ours is not None and abs(_apart_h(theirs, ours)) > _FROM_USUAL_H:
        return (
            f"the middle of the day that {said} expects is at {_clock(theirs)} UTC, and that of "
            f"this plant was at {_clock(ours)} lately; check its place and the time zone of its "
            "stamps"
        )
    return None


def _middle_h(quarters: Quarters) -> float | None:
    """The hour of day (UTC) around which the energy lies; None for less than a day of it.

    It is the direction of the sum on a circle of 24 h, so that midnight UTC is an hour like others.
    """
    if len(quarters) < _WHOLE_DAY:
        return None
    turn = 2 * math.pi / PER_DAY
    east = math.fsum(w * math.sin((q % PER_DAY + 0.5) * turn) for q, w in quarters.items())
    north = math.fsum(w * math.cos((q % PER_DAY + 0.5) * turn) for q, w in quarters.items())
    if math.hypot(east, north) == 0:
        return None
    return math.atan2(east, north) / (2 * math.pi) * 24 % 24


def _apart_h(one: float, other: float) -> float:
    return (one - other + 12) % 24 - 12


def _clock(hour: float) -> str:
    minutes = round(hour * 60) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _kw(power_w: float) -> str:
    return f"{power_w / 1000:.1f} kW"
