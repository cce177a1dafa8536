"""The echo of our own commands: a charger was given another current, and whose power follows?

Unlike a step that load balancing or the sun makes, nobody but the car on that charger has a reason
to make it in the same minute and by the same factor, so that it counts in full, once for each
command. Steps that two chargers make together count for cars on both alike, and cancel.
"""

from itertools import pairwise
from math import log
from typing import NamedTuple

from agent.pairing.delays import Curve, between, by
from agent.pairing.evidence.charging import LEAST_W
from agent.pairing.evidence.items import DAY_S, Item
from agent.pairing.runs import Run, Runs
from agent.pairing.tracks import Session

FOLLOWS_S = 120.0
"""A charger shows a new current within that time of its command."""

LEAST_STEP = 0.2
SAME_STEP = 0.15
CHANGES_PER_S, CHANCE = 0.8 / DAY_S, 0.004
"""How often a car changes its power by itself, by such a factor and in that minute; judgement."""

REPEAT, MOST, LEAST = 0.55, 8.0, -4.0
SETTLE_S, LEAST_SHARE = 60.0, 0.03
"""A word of the car that comes so long after the step and knows nothing of it speaks against it, by
the share of words that are later than that."""


def echo(
    car: Runs, charger: Runs, commands_s: tuple[float, ...], session: Session, late: Curve
) -> list[Item]:
    """
    Args:
        car, charger: power of this session.
        commands_s: when the charger was given another current.
    """
    if not commands_s:
        return []
    followed: list[tuple[float, float, Run, Run]] = []
    against, stayed_s = 0.0, 0.0
    for step in _steps(charger, commands_s, session):
        best = max(_followed(car, step, late), default=None, key=lambda found: found[0])
        if best is not None and best[0] > 0:
            followed.append((best[0], step.at_s, *best[1:]))
            continue
        until_s = _stayed_s(car, step)
        if until_s is not None:
            against += log(max(LEAST_SHARE, 1.0 - by(late, until_s - step.at_s)))
            stayed_s = until_s
    items = []
    if followed:
        followed.sort(key=lambda found: -found[0])
        points = min(MOST, sum(found[0] * REPEAT**rank for rank, found in enumerate(followed)))
        _, at_s, before, after = followed[0]
        figures = (at_s, before.value, after.value, before.until_s, after.since_s)
        items.append(Item("echo", points, "echo", figures))
    if against:
        items.append(Item("echo", max(LEAST, against), "no-echo", (stayed_s,)))
    return items


class _Step(NamedTuple):
    """The charger's own power changed by `factor`; it stayed so until `until_s` at least."""

    at_s: float
    factor: float
    until_s: float


def _steps(charger: Runs, commands_s: tuple[float, ...], session: Session) -> list[_Step]:
    """What the charger made of each command."""
    found = dict[float, _Step]()
    for before, after in pairwise(charger):
        if after.since_s < session.plug_s or min(before.value, after.value) < LEAST_W:
            continue
        if not any(c <= after.since_s <= c + FOLLOWS_S for c in commands_s):
            continue
        factor = after.value / before.value
        if abs(log(factor)) >= LEAST_STEP:
            found[after.since_s] = _Step(after.since_s, factor, after.until_s)
    return list(found.values())


def _followed(car: Runs, step: _Step, late: Curve) -> list[tuple[float, Run, Run]]:
    """The car's own steps by the same factor, each with what it says."""
    result = []
    for before, after in pairwise(car):
        if min(before.value, after.value) < LEAST_W:
            continue
        if abs(log(after.value / before.value / step.factor)) > SAME_STEP:
            continue
        after_s = min(before.until_s, after.since_s - 1.0)
        share = between(late, after_s - step.at_s, after.since_s - step.at_s)
        if share > 0:
            chance = CHANGES_PER_S * (after.since_s - after_s) + CHANCE
            result.append((log(share / chance), before, after))
    return result


def _stayed_s(car: Runs, step: _Step) -> float | None:
    """Until when the car said, within the time of the step, that nothing had changed."""
    for run in car:
        if run.since_s < step.at_s and step.at_s + SETTLE_S <= run.until_s <= step.until_s:
            return run.until_s
    return None
