"""What a car does each time it hangs here, and what it cannot do.

Unlike plug, start and level these do not follow from the car charging anywhere: they are read
off the charger alone.
"""

from math import floor, log

from agent.model.pairs import PairingCar
from agent.pairing.evidence.items import Item
from agent.pairing.reporting import (
    HOURS,
    NO_TOKEN,
    Reporting,
    hour_points,
    level_points,
    no_token,
)
from agent.pairing.runs import Runs
from agent.pairing.tracks import Session

LEAST_W, STEADY_S = 700.0, 60.0
TOO_STRONG, OVER, OVER_W = -4.0, 1.12, 500.0
"""A car draws no more than it can; the config may be wrong, and counters name it plus losses."""

LEVEL_MOST, LEVEL_LEAST = 0.7, -2.5
HOUR_MOST, HOUR_LEAST = 0.7, -2.0
NO_TOKEN_LEAST, TOKEN_WITHIN_S = -2.5, 0.0
"""Rates of guests' hours, cards and powers are judgement, so that these stay small."""

HOUR_S = 3600.0


def first_power_w(powers: Runs, session: Session) -> float | None:
    """With what the charger began, once that has held for a minute."""
    for run in powers:
        if run.until_s > session.plug_s and run.value >= LEAST_W:
            return run.value if run.until_s - run.since_s >= STEADY_S else None
    return None


def too_strong(powers: Runs, session: Session, who: PairingCar) -> Item | None:
    """More power than the car can take."""
    if who.max_power_w is None or session.after_s is None:
        return None
    most_w = who.max_power_w * OVER + OVER_W
    for run in powers:
        lasted_s = run.until_s - max(run.since_s, session.plug_s)
        if run.value > most_w and lasted_s >= STEADY_S:
            return Item("charge-rate", TOO_STRONG, "too-strong", (run.value, who.max_power_w))
    return None


def usual_power(
    powers: Runs, session: Session, car: Reporting, strangers: Reporting
) -> Item | None:
    """Whether it began with a power that the car begins with."""
    power_w = first_power_w(powers, session)
    if power_w is None or not car.levels:
        return None
    points = max(LEVEL_LEAST, min(LEVEL_MOST, level_points(car, strangers, power_w)))
    return Item("habit", points, "usual-power", (power_w,))


def usual_hour(
    session: Session, car: Reporting, strangers: Reporting, plug_hour: int
) -> Item | None:
    """Whether it is plugged in at an hour at which the car usually is."""
    if session.after_s is None or not car.hours:
        return None
    points = max(HOUR_LEAST, min(HOUR_MOST, hour_points(car, strangers, plug_hour)))
    return Item("habit", points, "usual-hour", (session.plug_s,))


def missing_token(session: Session, who: PairingCar, car: Reporting, now_s: float) -> Item | None:
    """Nothing was read, though the car's card is usually shown."""
    known = bool(who.id_tokens) and session.token is None and session.after_s is not None
    if not known or now_s < session.plug_s + TOKEN_WITHIN_S:
        return None
    points = max(NO_TOKEN_LEAST, min(0.0, log(no_token(car) / NO_TOKEN)))
    return Item("token", points, "no-token", ())


def hour_of(plug_s: float, now_s: float, now_hour: float) -> int:
    """The hour of the day (UTC) of an instant in the past."""
    return floor(now_hour - (now_s - plug_s) / HOUR_S) % HOURS
