"""The controllers that are compared."""

from collections.abc import Callable, Mapping
from random import Random

from agent.backtest.control import Controller
from agent.backtest.decided import Decided
from agent.backtest.immediate import Immediate
from agent.backtest.world import World
from agent.plan.optimise.problem import Problem, Solution
from benchmarks.planning.cheapest import Cheapest

Made = Callable[[World], Controller]


def _window(world: World) -> Controller:
    return Cheapest(world, window=True)


def _slots(world: World) -> Controller:
    return Cheapest(world, window=False)


def _fallback(world: World) -> Controller:
    from agent.backtest.planned import planned

    return Decided(planned(world, "off"))


def _full(world: World) -> Controller:
    from agent.backtest.planned import planned

    return Decided(planned(world, "on"))


def _killed(world: World) -> Controller:
    """Half of the solver's processes die before they answer, by lot."""
    from agent.backtest.planned import REPLAN_S, Planned, planner
    from agent.plan.follow import follow
    from agent.plan.optimise.filled import fill

    lots, solved = Random("killed"), planner("on")

    def plan(problem: Problem) -> Solution:
        return fill(problem) if lots.random() < 0.5 else solved(problem)

    return Decided(Planned(world, plan, follow, REPLAN_S))


WAYS: Mapping[str, Made] = {
    "immediate": lambda _: Immediate(),
    "window": _window,
    "slots": _slots,
    "fallback": _fallback,
    "full": _full,
    "killed": _killed,
}
BLIND = ("immediate", "window", "slots")
"""They know prices alone, so that a forecast of load and sun changes nothing."""
WORDS = {
    "immediate": "full power on arrival",
    "window": "cheapest window",
    "slots": "cheapest slots",
    "fallback": "without the solver",
    "full": "with the solver",
    "killed": "solver killed at random",
}
