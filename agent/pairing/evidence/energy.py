"""The car's level against what the charger delivered."""

from bisect import bisect_right
from math import exp, hypot, log, pi, sqrt

from agent.model.pairs import PairingCar
from agent.pairing.evidence.items import Item
from agent.pairing.runs import Run, Runs
from agent.pairing.tracks import Session

INTO_BATTERY = 0.9
ROUNDING_PERCENT = 0.7
WRONG, WIDE = 0.05, 0.35
JUMP_PERCENT = 6.0
LEAST_PERCENT = 2.0
MOST, MOST_AFTER, LEAST = 4.0, 1.2, -4.5
BASELINE_S = 3600.0
STANDS_STILL, ELSEWHERE_PERCENT = 0.6, 60.0


def level(
    levels: Runs,
    counter: Runs,
    session: Session,
    who: PairingCar,
    learned: tuple[float, float],
    *,
    coincidence: bool,
) -> Item | None:
    """The level rose as the energy says, stood still, or rose as of another charger.

    Args:
        learned: mean and spread of the rise by what capacity and energy give.
    """
    told = rise(levels, counter, session, who)
    if told is None:
        return None
    delivered_wh, rose, expected = told
    expected *= learned[0]
    if expected < LEAST_PERCENT and rose < expected + JUMP_PERCENT:
        return None
    points = log(_here(rose, expected, learned[1])) - log(_elsewhere(rose))
    points = max(LEAST, min(MOST_AFTER if coincidence else MOST, points))
    return Item("energy", points, "level", (delivered_wh, rose, expected))


def rise(
    levels: Runs, counter: Runs, session: Session, who: PairingCar
) -> tuple[float, float, float] | None:
    """Energy since the plug (Wh), the rise of the level, and the rise that would fit (percent)."""
    if not who.capacity_wh or not levels or not counter:
        return None
    began_s = session.plug_s if session.after_s is not None else session.seen_s
    base = bisect_right(levels, began_s, key=_since_s)
    if base and levels[base - 1].until_s > began_s - BASELINE_S:
        low_percent, low_s = levels[base - 1].value, began_s
    elif base < len(levels):
        low_percent, low_s = levels[base].value, levels[base].since_s
    else:
        return None
    high = levels[-1]
    if high.until_s <= low_s:
        return None
    delivered_wh = _counter(counter, high.until_s) - _counter(counter, low_s)
    expected = 100 * INTO_BATTERY * delivered_wh / who.capacity_wh
    return delivered_wh, high.value - low_percent, expected


def _since_s(run: Run) -> float:
    return run.since_s


def _here(rose: float, expected: float, spread: float) -> float:
    """Mostly as expected; a wrong capacity or heating make it another slope now and then."""
    fits = _bell(rose - expected, hypot(ROUNDING_PERCENT, spread * expected))
    near = _bell(rose - expected, hypot(ROUNDING_PERCENT, WIDE * expected))
    return (1 - WRONG) * fits + WRONG * near + 1e-4


def _elsewhere(rose: float) -> float:
    still = STANDS_STILL * _bell(rose, ROUNDING_PERCENT)
    return still + (1 - STANDS_STILL) * (1 / ELSEWHERE_PERCENT)


def _bell(distance: float, sigma: float) -> float:
    return exp(-0.5 * (distance / sigma) ** 2) / (sigma * sqrt(2 * pi))


def _counter(samples: Runs, at_s: float) -> float:
    """What the counter showed at an instant, straight between its samples."""
    index = bisect_right(samples, at_s, key=_since_s)
    before = samples[max(0, index - 1)]
    if index == len(samples):
        return before.value
    run = samples[index]
    span_s = run.since_s - before.until_s
    share = (at_s - before.until_s) / span_s if span_s > 0 else 0.0
    return before.value + (run.value - before.value) * max(0.0, min(1.0, share))
