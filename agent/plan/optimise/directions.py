"""Whether the house draws or feeds in where export pays more than import costs.

There the cost of what flows bends the wrong way: it is the lower of two lines, and no linear
programme can choose between them. Binaries would, at many times the effort. Here each such step
has one of its two prices for both ways, which is never too cheap and is right if the house then
goes that way. Runs of steps are turned to their other price, the programme is solved again from
where it stands, and where what flows is worth more at the other price, that one is taken. That
finds most of what binaries find. Bounded by a number of trials, not by time, so that the same
problem has the same plan.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from agent.plan.optimise.formulate import Either
from agent.plan.optimise.simplex import Optimum, Simplex

RUNS = (8, 4, 1)
"""Of how many neighbouring steps one trial turns round; two hours of quarters at first."""

MOST_TRIALS = 100
MOST_POLISHES = 3

_WORTH_IT = 1e-3
"""Of the currency: less is no reason to turn."""

_NOTHING_KW = 1e-6


def decide(simplex: Simplex, open_steps: Sequence[Either]) -> Optimum | None:
    """The best that was found; None if nothing was in time. Its cost is the true one."""
    search = _Search(simplex, open_steps)
    search.try_with([not each.sunny for each in open_steps])
    search.try_with([True] * len(open_steps))
    for run in _runs(open_steps):
        search.turn(run)
    return search.polished()


class _Search:
    """The best way so far: which steps draw, and what it truly costs."""

    def __init__(self, simplex: Simplex, open_steps: Sequence[Either]) -> None:
        self._simplex, self._open = simplex, open_steps
        self._draws = [True] * len(open_steps)
        self._priced: list[bool | None] = [None] * len(open_steps)
        self._best: Optimum | None = None

    def try_with(self, draws: Sequence[bool]) -> bool:
        """Solve with these prices; kept if it is better than what there was."""
        self._set(draws)
        cost = self._simplex.least()
        if cost is None:
            return False
        found = self._simplex.optimum(cost)
        true_cost, ways = self._true(found)
        if self._best is not None and true_cost > self._best.cost - _WORTH_IT:
            return False
        self._best = Optimum(cost=true_cost, values=found.values, duals=found.duals)
        self._draws = ways
        return True

    def turn(self, run: range) -> None:
        self.try_with([draw != (n in run) for n, draw in enumerate(self._draws)])

    def polished(self) -> Optimum | None:
        """At the prices of what it does, so that the duals are those of what it does too."""
        for _ in range(MOST_POLISHES):
            self._set(self._draws)
            cost = self._simplex.least()
            if cost is None:
                break
            found = self._simplex.optimum(cost)
            true_cost, ways = self._true(found)
            self._best = Optimum(cost=true_cost, values=found.values, duals=found.duals)
            if ways == self._draws:
                break
            self._draws = ways
        return self._best

    def _true(self, found: Optimum) -> tuple[float, list[bool]]:
        """What it costs with each step at the price of the way it goes, and those ways."""
        cost, ways = found.cost, list[bool]()
        for each, priced in zip(self._open, self._priced, strict=True):
            flow = found.values[each.into] - found.values[each.out]
            draws = bool(priced) if abs(flow) < _NOTHING_KW else flow > 0
            if draws != priced:
                cost -= flow * (each.buy - each.sell) * (1 if priced else -1)
            ways.append(draws)
        return cost, ways

    def _set(self, draws: Sequence[bool]) -> None:
        for n, (each, draw) in enumerate(zip(self._open, draws, strict=True)):
            if draw == self._priced[n]:
                continue
            one = each.buy if draw else each.sell
            self._simplex.price(each.into, one)
            self._simplex.price(each.out, -one)
            self._priced[n] = draw


def _runs(open_steps: Sequence[Either]) -> Iterator[range]:
    """What is turned round, one after the other: neighbours together first, then each alone."""
    count, left = len(open_steps), MOST_TRIALS
    gaps = [n + 1 for n, (a, b) in enumerate(pairwise(open_steps)) if b.t > a.t + 1]
    for length in RUNS:
        for first in range(0, count - length + 1, max(1, length // 2)):
            if any(first < gap < first + length for gap in gaps):
                continue
            if left == 0:
                return
            left -= 1
            yield range(first, first + length)
