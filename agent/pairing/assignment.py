"""Who hangs where, over all chargers and cars at once: one car has one cable.

Every assignment of cars to chargers (each car once, strangers any number) weighs the product of
its parts; a marginal is the share of the weight in which a car hangs on a charger. Summed over
sets of cars that are taken, so that the work grows with 2 to the number of cars.
"""

from collections.abc import Sequence
from math import exp

MOST_CARS = 10
"""More cars than that can hardly be candidates at one moment; the least likely are left out."""


def marginals(weights: Sequence[Sequence[float]]) -> list[list[float]]:
    """
    Args:
        weights: per charger the logarithm of each car's weight, and last that of a stranger.

    Returns:
        Per charger the probability of each car, and last of a stranger; each row sums to 1.
    """
    cars = len(weights[0]) - 1 if weights else 0
    chosen = _candidates(weights, cars)
    factors = [_factors(row, chosen) for row in weights]
    ahead: list[dict[int, float]] = [{0: 1.0}]
    for row in factors:
        ahead.append(_advance(ahead[-1], row))
    behind = dict.fromkeys(ahead[-1], 1.0)
    result = []
    for step in range(len(factors) - 1, -1, -1):
        row, shares = factors[step], [0.0] * (cars + 1)
        before: dict[int, float] = {}
        for mask, weight in ahead[step].items():
            rest = 0.0
            for bit, car, factor in row:
                if mask & bit:
                    continue
                share = factor * behind[mask | bit]
                shares[car] += weight * share
                rest += share
            before[mask] = rest
        behind = before
        total = sum(shares)
        result.append([share / total for share in shares])
    return result[::-1]


def _candidates(weights: Sequence[Sequence[float]], cars: int) -> list[int]:
    if cars <= MOST_CARS:
        return list(range(cars))
    best = sorted(range(cars), key=lambda car: -max(row[car] for row in weights))
    return sorted(best[:MOST_CARS])


def _factors(row: Sequence[float], chosen: list[int]) -> list[tuple[int, int, float]]:
    """(bit of the car, its index, weight); a stranger has no bit. Scaled to the largest."""
    stranger = len(row) - 1
    top = max(row[stranger], *(row[car] for car in chosen)) if chosen else row[stranger]
    named = [(1 << bit, car, exp(row[car] - top)) for bit, car in enumerate(chosen)]
    return [*named, (0, stranger, exp(row[stranger] - top))]


def _advance(masks: dict[int, float], row: Sequence[tuple[int, int, float]]) -> dict[int, float]:
    after: dict[int, float] = {}
    for mask, weight in masks.items():
        for bit, _, factor in row:
            if not mask & bit:
                after[mask | bit] = after.get(mask | bit, 0.0) + weight * factor
    return after
