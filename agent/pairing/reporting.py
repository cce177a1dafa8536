"""How a car and its source report, learned from the sessions that were certain.

Counts with a prior that is worth a few sessions; older ones fade, so that a new source is learned
anew within weeks. "" stands for strangers, of whom only hours and levels are known.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import log

FADES_AFTER = 40.0
"""Sessions; older counts are scaled down to that many."""

DELAY_PRIOR = (0.004, 0.10, 0.50, 0.25, 0.10, 0.03, 0.016)
DELAY_PRIOR_WEIGHT = 12.0
"""Shares of plug reports that are up to 20 minutes and up to 1 minute early, within 10 s, within
a minute, 20 minutes, 10 hours, and missing. Hand-set after simulated household-months."""

BAD_PLACE_PRIOR, BAD_PLACE_WEIGHT = 0.02, 6.0
"""Share of sessions at home in which the position is another one. A receiver is bad or it is not,
so that few sessions outweigh the prior."""

STUCK_PRIOR, STUCK_WEIGHT = 0.011, 8.0
"""Ghost flags are rare, but a source that has them has them often."""

LATE_WORD, LATE_WORD_WEIGHT, SILENT_ELSEWHERE = 0.4, 3.0, 0.6
"""Share of plugs that are not told within 20 minutes, until it is learned, and how often a car
that is elsewhere is silent for that long; judgement: cars that are parked sleep."""

NO_TOKEN = 0.9
"""The share of strangers' sessions in which nothing is read, and of the car's until it is known;
judgement: few home chargers ask for a card."""

LENT, LENT_WEIGHT = 0.1, 4.0
"""The share of strangers who are let in with a card of the house; judgement: where a charger asks
for a card, a guest needs one."""

HOURS, HOUR_SPREAD = 24, (0.1, 0.2, 0.4, 0.2, 0.1)
LEVEL_STEP = 1.12
MOST_LEVELS = 12
COMMON_LEVELS = {3700.0: 0.15, 7400.0: 0.3, 11_000.0: 0.35, 22_000.0: 0.05}
OTHER_LEVEL = 0.05
"""What cars draw on home chargers: one phase of 16 or 32 A, three of 16 or 32 A; judgement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """
    Args:
        delays: counted reports of a plug, as in DELAY_PRIOR.
        places: sessions at home with a position, those in which it was wrong first.
        stuck: sessions before which the flag was up already, and the others.
        soon: sessions in which it told of the plug within 20 minutes, and in which later.
        tokens: sessions in which a card or address of the car was read, and those in which none.
        ratio: (weight, sum, sum of squares) of the car's power by the charger's.
        capacity: the same of the rise of its level by what the charger's energy gives.
        levels: (step of the logarithm of the first power, sessions).
        hours: sessions by the hour of the day (UTC) of their plug; empty = none yet.
    """

    delays: tuple[float, ...] = (0.0,) * 7
    places: tuple[float, float] = (0.0, 0.0)
    stuck: tuple[float, float] = (0.0, 0.0)
    soon: tuple[float, float] = (0.0, 0.0)
    tokens: tuple[float, float] = (0.0, 0.0)
    ratio: tuple[float, float, float] = (0.0, 0.0, 0.0)
    capacity: tuple[float, float, float] = (0.0, 0.0, 0.0)
    levels: tuple[tuple[int, float], ...] = ()
    hours: tuple[float, ...] = ()


NOTHING = Reporting()


def delay_shares(delays: tuple[float, ...]) -> tuple[float, ...]:
    """The shares of DELAY_PRIOR as learned from the delays that were counted."""
    total = sum(delays) + DELAY_PRIOR_WEIGHT
    pairs = zip(delays, DELAY_PRIOR, strict=True)
    return tuple((count + DELAY_PRIOR_WEIGHT * prior) / total for count, prior in pairs)


def bad_place(of: Reporting) -> float:
    """The share of sessions at home with a wrong position."""
    bad, told = of.places
    return (bad + BAD_PLACE_PRIOR * BAD_PLACE_WEIGHT) / (told + BAD_PLACE_WEIGHT)


def stuck(of: Reporting) -> float:
    """The share of plugs of which the flag says nothing, since it was up before."""
    up, free = of.stuck
    return (up + STUCK_PRIOR * STUCK_WEIGHT) / (up + free + STUCK_WEIGHT)


def late_word(of: Reporting) -> float:
    """The share of plugs after which it says nothing for 20 minutes."""
    soon, later = of.soon
    return (later + LATE_WORD * LATE_WORD_WEIGHT) / (soon + later + LATE_WORD_WEIGHT)


def no_token(of: Reporting) -> float:
    """The share of sessions without the car's card; nothing is expected until it is known."""
    shown, missing = of.tokens
    return (missing + 2.0 * NO_TOKEN) / (shown + missing + 2.0)


def lent(strangers: Reporting) -> float:
    """The share of strangers' sessions that begin with a card of the house."""
    shown, missing = strangers.tokens
    return (shown + LENT * LENT_WEIGHT) / (shown + missing + LENT_WEIGHT)


def power_ratio(of: Reporting) -> tuple[float, float] | None:
    """Mean and spread of the car's power by the charger's; None until three sessions told."""
    weight, total, squares = of.ratio
    if weight < 3.0:  # noqa: PLR2004
        return None
    mean = total / weight
    return mean, max(0.0, squares / weight - mean * mean) ** 0.5


def rise_ratio(of: Reporting) -> tuple[float, float]:
    """Mean and spread of the level's rise by the expected one; a prior worth one session."""
    weight, total, squares = of.capacity
    mean = (total + 1.0) / (weight + 1.0)
    spread = max(0.0, (squares + 1.0 + RISE_SPREAD**2) / (weight + 1.0) - mean * mean) ** 0.5
    return mean, max(LEAST_SPREAD, min(RISE_SPREAD, spread))


RISE_SPREAD, LEAST_SPREAD = 0.09, 0.04
"""Capacities in config files are off by some percent, losses vary."""


def hour_points(car: Reporting, strangers: Reporting, hour: int) -> float:
    """ln of how much likelier the car comes at that hour than a stranger does."""
    return log(_hour(car.hours, hour, 4.0) / _hour(strangers.hours, hour, 8.0))


@lru_cache(maxsize=256)
def _hour(hours: tuple[float, ...], hour: int, prior: float) -> float:
    """Of 24 equal shares, smoothed over two hours on either side."""
    if not hours:
        return 1.0
    near = sum(
        share * hours[(hour + offset - 2) % HOURS] for offset, share in enumerate(HOUR_SPREAD)
    )
    return (near * HOURS + prior) / (sum(hours) + prior)


def level_step(power_w: float) -> int:
    return round(log(power_w / 1000.0) / log(LEVEL_STEP))


_COMMON = {level_step(power_w): share for power_w, share in COMMON_LEVELS.items()}


def _usual(step: int) -> float:
    return max(_COMMON.get(step + near, OTHER_LEVEL) for near in (-1, 0, 1))


def level_points(car: Reporting, strangers: Reporting, power_w: float) -> float:
    """ln of how much likelier the car begins with that power than a stranger does."""
    step = level_step(power_w)
    return log(_level(car.levels, step) / _level(strangers.levels, step))


@lru_cache(maxsize=256)
def _level(levels: tuple[tuple[int, float], ...], step: int) -> float:
    counts = dict(levels)
    prior = 3.0 + len(counts)
    near = max(counts.get(step + offset, 0.0) for offset in (-1, 0, 1))
    return (near + prior * _usual(step)) / (sum(counts.values()) + prior)


def with_level(
    of: tuple[tuple[int, float], ...], power_w: float, share: float
) -> tuple[tuple[int, float], ...]:
    """One more session; the rarest level goes when there are too many."""
    counts = dict(of)
    step = level_step(power_w)
    counts[step] = counts.get(step, 0.0) + share
    total = sum(counts.values())
    scale = min(1.0, FADES_AFTER / total)
    kept = sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:MOST_LEVELS]
    return tuple(sorted((step, count * scale) for step, count in kept))


def with_hour(of: tuple[float, ...], hour: int, share: float) -> tuple[float, ...]:
    counts = list(of or (0.0,) * HOURS)
    counts[hour] += share
    scale = min(1.0, FADES_AFTER / max(sum(counts), 1e-9))
    return tuple(count * scale for count in counts)


def faded(counts: tuple[float, ...]) -> tuple[float, ...]:
    scale = min(1.0, FADES_AFTER / max(sum(counts), 1e-9))
    return tuple(count * scale for count in counts)
