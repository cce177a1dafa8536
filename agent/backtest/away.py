"""The cars that are away, as far as plans of a backtest reckon with them."""

from collections.abc import Iterator

from agent.backtest.control import Sight
from agent.backtest.scenario import Mode, Scenario
from agent.backtest.world import deadlines
from agent.plan.optimise.problem import CarTask
from agent.plan.returning import expected_at, expected_task


def away(sight: Sight, scenario: Scenario) -> Iterator[CarTask]:
    """One for each; nothing is known of their trips, as in the living house."""
    arrives = expected_at(sight.at, scenario.zone.key)
    here = {car.vehicle.id for car in sight.cars}
    for own in scenario.vehicles:
        if own.id in here or own.mode is not Mode.SMART or arrives is None:
            continue
        due = next(deadlines(own, scenario, arrives), None)
        task = expected_task(
            own.id,
            arrives,
            () if due is None else (due,),
            min_w=own.min_w,
            max_w=own.max_w,
            phases=min(own.phases, sight.mains.phases),
            efficiency=own.efficiency,
        )
        if task is not None:
            yield task
