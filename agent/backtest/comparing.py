"""A scenario under a controller, beside the same house that charges at once."""

from agent.backtest.control import Controller
from agent.backtest.immediate import Immediate
from agent.backtest.report import Report, report
from agent.backtest.running import run
from agent.backtest.world import World


def compared(world: World, controller: Controller) -> Report:
    """The report of a controller, with that of charging at once as its baseline."""
    at_once = report(run(world, Immediate()), world)
    return report(run(world, controller), world, at_once)
