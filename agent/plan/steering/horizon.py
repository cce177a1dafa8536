"""The hours ahead of the living house, with every limit that is in force."""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from agent.model.limits import GridOrder
from agent.model.prices import Prices
from agent.plan.moment import Moment
from agent.plan.optimise.mains import ENDLESS_W
from agent.plan.optimise.problem import Step
from agent.plan.outlook import House, Limit, outlook
from agent.plan.settings import PlanSettings
from agent.plan.steering.forced import loaded
from agent.plan.steering.now import Outside, export_limit_w, import_limit_w

NO_PRICES = Prices(currency="")


def horizon(
    moment: Moment,
    outside: Outside,
    orders: Sequence[GridOrder],
    settings: PlanSettings,
    timezone: str,
) -> tuple[Step, ...]:
    """From now on, without a hole. A limit of the devices leaves the house free, so it is another
    one at the meter in every step."""
    peak = (outside.prices or NO_PRICES).peak
    apart = () if peak is None else peak.stretches
    limits = [Limit(start=each.begins_at or each.began_at, end=each.ends_at) for each in orders]
    steps = outlook(
        moment.at,
        outside.prices or NO_PRICES,
        outside.forecasts,
        ZoneInfo(timezone),
        House(load_w=moment.load_w, sun_w=moment.sun_w, stores=moment.battery is not None),
        deadlines=[deadline.at for car in moment.cars for deadline in car.deadlines],
        limits=[*limits, *(Limit(start=each.start, end=each.end) for each in apart)],
    )
    ahead = tuple(
        replace(
            step,
            import_limit_w=import_limit_w(
                settings, orders, max(0.0, step.load_w - step.sun_w), step.start
            ),
            export_limit_w=export_limit_w(settings, orders, step.start),
            peak_free_w=None if peak is None else min(peak.free_at(step.start), ENDLESS_W),
        )
        for step in steps
    )
    return loaded(ahead, moment)
