"""Runs a scenario on virtual time."""

from dataclasses import dataclass

from agent.backtest.control import Controller
from agent.backtest.physics import House
from agent.backtest.scenario import Scenario
from agent.backtest.trace import Row
from agent.backtest.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a controller made of a scenario.

    Args:
        plan_ms: how long each plan took, on this machine.
    """

    scenario: Scenario
    rows: tuple[Row, ...]
    plan_ms: tuple[float, ...]


def run(world: World, controller: Controller) -> Run:
    """Let a controller steer the house of a world from its first step to its last."""
    house, scenario = House(world), world.scenario
    rows = []
    for step in range(scenario.steps):
        sight = house.look(step)
        rows.append(house.obey(sight, controller.steer(sight)))
    return Run(scenario=scenario, rows=tuple(rows), plan_ms=tuple(controller.plan_ms))
