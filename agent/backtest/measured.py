"""What the past as it was would have cost under another tariff."""

from agent.backtest.lived import Lived
from agent.backtest.totals import Prices
from agent.backtest.world import World, on_grid


def measured_cost(found: Lived, world: World, usual: Prices) -> tuple[float, float] | None:
    """What the meter's own measurements would have cost, and the hours that it missed; None
    without a meter or a price.

    Args:
        usual: what is billed where a price is not known.
    """
    if found.measured is None or usual.import_per_kwh is None:
        return None
    step_s, steps = world.scenario.step_s, world.scenario.steps
    grid = range(world.begins_s, world.begins_s + steps * step_s, step_s)
    cost = missed_s = 0.0
    for step, power_w in enumerate(on_grid(found.measured, grid, 0.0)):
        if power_w is None:
            missed_s += step_s
            continue
        prices = world.import_prices if power_w > 0 else world.export_prices
        per_kwh = world.at(prices, step)
        if per_kwh is None:
            per_kwh = usual.import_per_kwh if power_w > 0 else usual.export_per_kwh or 0.0
        cost += power_w / 1000 * step_s / 3600 * per_kwh
    return cost, missed_s / 3600
