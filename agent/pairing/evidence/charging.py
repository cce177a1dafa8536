"""Starts, stops and power: what car and charger do in step, and what they do not."""

from itertools import pairwise
from math import inf, log

from agent.pairing.delays import LATE_S, MINUTE_S, Curve, between
from agent.pairing.evidence.items import DAY_S, Item
from agent.pairing.runs import Flip, Run, Runs, flips, overlap_s
from agent.pairing.tracks import Session

CHANGES_PER_S = 0.8 / DAY_S
TOGETHER = 0.004
"""Cars start at the same cheap hour, and stop when the sun goes, wherever they hang."""

TOGETHER_WITHIN_S = 120.0

BY_TIMER, HALF_HOUR_S, ON_TIME_S = 0.05, 1800.0, 75.0
"""Tariffs and timers begin and end at full and half hours, also for cars elsewhere; judgement."""


REPEAT = 0.55
MOST = 8.0
NOT_FOLLOWED = -1.5
NOT_FOLLOWED_MOST = -4.5
FIRST_START_S = 900.0
FIRST_START = 0.7
HELD_S = 300.0
SETTLED_S = 60.0
"""A sample so shortly before a change may be of after it: clocks differ."""

EPISODE_S, LONG_S = 240.0, 3600.0
CONTRADICTION, SHORT_CONTRADICTION, CONTRADICTION_MOST = -3.6, -1.2, -9.0
AGREEMENT, AGREEMENT_AFTER = 1.8, 0.3
LOSSES = (0.9, 0.95, 1.0)
RATE_SLACK_W, RATE_SLACK = 350.0, 0.1
RATE, RATE_AFTER, RATE_STEP, RATE_STEPS_MOST, RATE_OFF = 0.8, 0.3, 0.9, 2.4, -1.2
RATE_FAR, FAR = -3.0, (0.25, 1.35)
"""Another power counts in full once the car's own way of telling it is known, or where no way of
telling it (one phase of three, net of losses) leads to it; that counts twice once it has lasted
for 20 minutes: a steady 10 kW does not come from a charger that gives 3.6 kW."""

DISTINCT = 0.15
LEAST_W = 700.0


def since(runs: Runs, session: Session) -> Runs:
    """What belongs to the session, with the run before it."""
    from_s = session.plug_s - MINUTE_S
    first = len(runs)
    while first and runs[first - 1].until_s >= from_s:
        first -= 1
    return runs[max(0, first - 1) :]


def transitions(
    car: Runs,
    charger: Runs,
    session: Session,
    late: Curve,
    past_hour_s: float,
    *,
    plug_counted: bool,
) -> list[Item]:
    """Charging began or ended: each change of the charger's beside the car's.

    Args:
        past_hour_s: what a monotonic instant must be lessened by to be seconds past a full hour.
    """
    theirs = [f for f in flips(car) if f.by_s > session.plug_s - MINUTE_S]
    ours = [f for f in flips(charger) if f.by_s >= session.plug_s]
    pairs: list[tuple[float, Flip, Flip]] = []
    for here in ours:
        for there in theirs:
            if here.value == there.value:
                points = _together(here, there, late, past_hour_s)
                if points > 0:
                    pairs.append((points, here, there))
    matched: list[tuple[float, Flip, Flip]] = []
    for points, here, there in sorted(pairs, reverse=True):
        if all(here is not m[1] and there is not m[2] for m in matched):
            first = plug_counted and here.value and here.by_s < session.plug_s + FIRST_START_S
            matched.append((min(points, FIRST_START) if first else points, here, there))
    items = []
    if matched:
        matched.sort(key=lambda m: -m[0])
        total = min(MOST, sum(m[0] * REPEAT**rank for rank, m in enumerate(matched)))
        best = matched[0]
        figures = (best[1].by_s, best[2].after_s, best[2].by_s, len(matched), best[1].value)
        items.append(Item("transition", total, "together", figures))
    lone = _ignored([f for f in ours if all(f is not m[1] for m in matched)], ours, car)
    lone += _lone([f for f in theirs if all(f is not m[2] for m in matched)], charger)
    if lone:
        points = max(NOT_FOLLOWED_MOST, NOT_FOLLOWED * len(lone))
        items.append(Item("transition", points, "alone", (lone[0].by_s, len(lone))))
    return items


def _together(here: Flip, there: Flip, late: Curve, past_hour_s: float) -> float:
    after_s = min(there.after_s, there.by_s - 1.0)
    share = between(late, after_s - here.by_s, there.by_s - here.by_s)
    if share <= 0.0:
        return 0.0
    width_s = there.by_s - after_s
    chance = CHANGES_PER_S * width_s + TOGETHER * min(1.0, width_s / TOGETHER_WITHIN_S)
    if (here.by_s - past_hour_s + ON_TIME_S) % HALF_HOUR_S < 2 * ON_TIME_S:
        chance += BY_TIMER
    return log(share / chance)


def _lone(changes: list[Flip], other: Runs) -> list[Flip]:
    """Changes during which the other device verifiably stayed in the opposite state."""
    return [change for change in changes for run in other if _stayed(change, run)]


def _stayed(change: Flip, run: Run) -> bool:
    changed = run.value == change.value
    return not changed and run.since_s < change.after_s and run.until_s > change.by_s + HELD_S


def _ignored(changes: list[Flip], ours: list[Flip], car: Runs) -> list[Flip]:
    """Changes of the charger of which the car spoke before they were undone, and knew nothing."""
    undone_s = {here.by_s: after.by_s for here, after in pairwise(ours)}
    return [
        change
        for change in changes
        for run in car
        if _stayed(change, run)
        and _told_s(run, change.by_s, undone_s.get(change.by_s, inf)) > HELD_S
    ]


def _told_s(run: Run, from_s: float, to_s: float) -> float:
    """How long, while the charger did one thing, the car's samples told another for certain: up to
    the last of them that lies within, else less what may have gone unseen between two of them."""
    common_s = overlap_s(run, from_s, to_s)
    return common_s if run.until_s < to_s - SETTLED_S else common_s - run.hole_s


def state(car: Runs, charger: Runs, session: Session, *, coincidence: bool) -> list[Item]:
    """Both charge at one time, or only one of them."""
    together_s, points, worst_s = 0.0, 0.0, 0.0
    for theirs in car:
        if theirs.until_s < session.plug_s:
            continue
        for ours in _meanwhile(theirs, charger):
            common_s = overlap_s(theirs, max(ours.since_s, session.plug_s), ours.until_s)
            if common_s < EPISODE_S:
                continue
            if theirs.value == ours.value:
                together_s += common_s if theirs.value else 0.0
                continue
            until_s = inf if ours is charger[-1] else ours.until_s
            told_s = _told_s(theirs, max(ours.since_s, session.plug_s), until_s)
            if told_s < EPISODE_S:
                continue
            worst_s = max(worst_s, told_s)
            full = CONTRADICTION if told_s > LATE_S else SHORT_CONTRADICTION
            full *= 2 if told_s > LONG_S else 1
            points += full / 2 if theirs.value else full
    items = []
    if points:
        points = max(CONTRADICTION_MOST, points)
        items.append(Item("state", points, "contradiction", (worst_s,)))
    if together_s > worst_s:
        agreed = AGREEMENT_AFTER if coincidence else AGREEMENT
        items.append(Item("state", agreed, "agreement", (together_s,)))
    return items


def _meanwhile(theirs: Run, charger: Runs) -> list[Run]:
    """What of the charger's may have an episode in common with a stretch of the car's."""
    from_s, to_s = theirs.since_s + EPISODE_S, theirs.until_s - EPISODE_S
    return [run for run in charger if run.until_s >= from_s and run.since_s <= to_s]


def rate(
    car: Runs, charger: Runs, learned: tuple[float, float] | None, *, coincidence: bool
) -> Item | None:
    """The power of both, level by level; cars tell it before or after their charger's losses.

    Args:
        car, charger: of this session alone.
        learned: mean and spread of the car's power by the charger's.
    """
    levels: list[float] = []
    off = far = 0
    last = (0.0, 0.0)
    for theirs in car:
        nearest = beside(theirs, charger)
        if nearest is None:
            continue
        slack_w = RATE_SLACK_W + RATE_SLACK * nearest.value
        shares = LOSSES if learned is None else (learned[0],)
        if min(abs(theirs.value - share * nearest.value) for share in shares) > slack_w:
            beyond = not FAR[0] < theirs.value / nearest.value < FAR[1]
            lasting = overlap_s(theirs, nearest.since_s, nearest.until_s) - theirs.hole_s > LATE_S
            times = 2 if beyond and lasting else 1
            off += times
            far += times * beyond
            continue
        last = (theirs.value, nearest.value)
        if all(abs(nearest.value - level) > DISTINCT * level for level in levels):
            levels.append(nearest.value)
    if levels and off <= len(levels):
        more = min(RATE_STEPS_MOST, RATE_STEP * (len(levels) - 1))
        points = (RATE_AFTER if coincidence else RATE) + more
        return Item("charge-rate", points, "same-rate", (*last, len(levels)))
    if off > 1:
        points = RATE_FAR if far > 1 or learned is not None else RATE_OFF
        return Item("charge-rate", points, "other-rate", ())
    return None


def beside(theirs: Run, charger: Runs) -> Run | None:
    """What the charger gave meanwhile, the longest stretch of it."""
    if theirs.value < LEAST_W:
        return None
    found, longest_s = None, -MINUTE_S
    for ours in reversed(charger):
        if ours.until_s < theirs.since_s - MINUTE_S:
            break
        common_s = overlap_s(theirs, ours.since_s, ours.until_s)
        if common_s > longest_s:
            found, longest_s = ours, common_s
    return found if found is not None and found.value >= LEAST_W else None
