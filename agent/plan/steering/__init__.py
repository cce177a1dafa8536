"""The plan and the living house: what the planner is asked, and what its answer means for devices.

Pure: Snapshot, prices, forecasts and policies in; problems, moments, advice and orders out.
"""

from agent.plan.steering.advice import advice
from agent.plan.steering.battery_orders import Holding, battery_orders
from agent.plan.steering.forced import with_forced
from agent.plan.steering.horizon import horizon
from agent.plan.steering.now import Outside, battery_task, moment_of, with_cars, with_sun
from agent.plan.steering.outline import outline

__all__ = [
    "Holding",
    "Outside",
    "advice",
    "battery_orders",
    "battery_task",
    "horizon",
    "moment_of",
    "outline",
    "with_cars",
    "with_forced",
    "with_sun",
]
