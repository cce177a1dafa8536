"""The instant of the plug: when the charger saw it, and between which samples the car did."""

from math import exp, log

from agent.model.readings import DeviceId
from agent.pairing.delays import LATE_S, MINUTE_S, Curve, between, by
from agent.pairing.evidence.items import DAY_S, Item
from agent.pairing.runs import Flip, Run, Runs, flips
from agent.pairing.tracks import Session

PLUGS_PER_S = 0.5 / DAY_S
"""A private car is plugged in about every second day."""

TOGETHER = 0.003
"""Families arrive together, and guests come while we charge elsewhere: chance is never less."""

TOGETHER_WITHIN_S = 120.0
"""Arrivals by chance are that far apart at least, so that a narrower interval loses nothing."""

MOST = 5.6
"""No coincidence in time alone says more, however narrow its interval: ln(0.85 / TOGETHER)."""

NOT_YET_S = 75.0
GONE, NEVER_TOLD = -6.0, 0.016
"""For a car of which every sixtieth plug is never told; less for one that misses more."""

NEVER = log(0.03)
SINCE_BEFORE = -4.5
STUCK = exp(SINCE_BEFORE)
FORGET_BEFORE_S = 3600.0
PLUGGED_SOMEWHERE = log(0.95 / 0.3)
REPLUGGED = 0.06
"""How often a car whose cable was passed on still says "plugged in" for long; judgement."""

AGAIN = -1.5
GRID = 5
LONGEST_STRETCH_S = 36_000.0


def plug(
    plugged: Runs,
    session: Session,
    car: DeviceId,
    delivered_s: float,
    late: Curve,
    stuck: float = STUCK,
) -> Item | None:
    """
    Args:
        plugged: the car's flag over time.
        delivered_s: how long the charger has delivered in this session.
        late: how late this car tells of a plug.
        stuck: how often it still says so of an earlier one.
    """
    if not plugged:
        return None
    last, plug_s = plugged[-1], session.plug_s
    if session.after_s is None:
        return _start_unknown(last, session, delivered_s)
    rises = [flip for flip in flips(plugged, plug_s - LATE_S) if flip.value]
    found = [_coincidence(flip, session, late) for flip in rises]
    best = max((item for item in found if item), key=lambda i: i.points, default=None)
    if not last.value and last.until_s > plug_s:
        return _unplugged(last, plug_s, delivered_s, late, seen_here=best is not None)
    if best is not None:
        again = any(rise.after_s > plug_s + LATE_S for rise in rises)
        extra = AGAIN if again and best.figures[0] < plug_s else 0.0
        return best._replace(points=best.points + extra)
    return _before(plugged, session, car, late, stuck)


def _coincidence(flip: Flip, session: Session, late: Curve) -> Item | None:
    """The flag went up between two samples; the charger's plug lies there, or near, or not."""
    after_s = min(flip.after_s, flip.by_s - 1.0)
    if after_s > session.plug_s + LONGEST_STRETCH_S:
        return None
    if session.exact or session.after_s is None:
        share = between(late, after_s - session.plug_s, flip.by_s - session.plug_s)
    else:
        width_s = (session.plug_s - session.after_s) / GRID
        instants = [session.after_s + (step + 0.5) * width_s for step in range(GRID)]
        share = sum(between(late, after_s - s, flip.by_s - s) for s in instants) / GRID
    if share <= 0.0:
        return None
    width_s = flip.by_s - after_s
    chance = PLUGS_PER_S * width_s + TOGETHER * min(1.0, width_s / TOGETHER_WITHIN_S)
    points = max(SINCE_BEFORE, min(MOST, log(share / chance)))
    return Item("plug-in", points, "plug", (after_s, flip.by_s, session.plug_s))


def _unplugged(
    last: Run, plug_s: float, delivered_s: float, late: Curve, *, seen_here: bool
) -> Item | None:
    """The car still says, or says again, that nothing is plugged in."""
    after_s = last.until_s - plug_s
    if after_s < NOT_YET_S:
        return None
    if delivered_s > LATE_S or (seen_here and last.since_s > plug_s):
        points = max(GONE, GONE * log(1.0 - late[-1]) / log(NEVER_TOLD))
        return Item("plug-in", points, "unplugged", (last.until_s, plug_s))
    points = log(1.0 - by(late, after_s) + 0.02) if after_s < LATE_S else NEVER
    return Item("plug-in", max(NEVER, points), "unplugged", (last.until_s, plug_s))


def _before(
    plugged: Runs, session: Session, car: DeviceId, late: Curve, stuck: float
) -> Item | None:
    """The flag was up before the plug and still is: it hangs somewhere else, or the same cable
    was taken out and put back."""
    plug_s = session.plug_s
    before = [run for run in plugged if run.value and run.since_s < plug_s - MINUTE_S]
    if not before:
        return None
    last, told_since = before[-1], plugged[-1].until_s > plug_s
    if session.before:
        if not told_since:
            return None
        held = max(dict(session.before).get(car, 0.0), 0.001)
        soon = by(late, plugged[-1].until_s - plug_s)
        not_told = max(0.0, by(late, LATE_S) - soon)  # so far it may only not have told of it
        points = log(0.95 * held / (REPLUGGED + not_told))
        return Item("plug-in", points, "replug", (held, plug_s))
    silent_s = max(0.0, plug_s - last.until_s)
    points = log(stuck) * exp(-silent_s / FORGET_BEFORE_S)
    return Item("plug-in", points, "since-before", (last.since_s, plug_s))


def _start_unknown(last: Run, session: Session, delivered_s: float) -> Item | None:
    """Nobody saw the cable go in: only what the car says now counts, and little."""
    oldest_s = session.seen_s if session.carried else session.seen_s - LATE_S
    if last.until_s < oldest_s:
        return None
    if last.value:
        return Item("state", PLUGGED_SOMEWHERE, "plugged", (last.until_s,))
    points = GONE if delivered_s > LATE_S else NEVER
    return Item("plug-in", points, "unplugged", (last.until_s, session.seen_s))
