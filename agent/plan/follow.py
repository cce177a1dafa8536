"""What cars, battery and sun should do at this moment: the plan's intent, the sun and the load as
they are, and every limit. Pure; the same moment and plan give the same answer.

1. Cars below their minimum, and those that must start now to be ready, come first; from the
   clock, never from the plan, so that a plan that is missing or wrong costs money and no more.
2. Others follow the plan; sun that nobody foresaw goes to the car that the plan values most.
3. The battery compares prices with what stored energy is worth to the plan.
4. Last the wires: fuse by phase, circuits, limits at the meter.

Without a plan cars wait for their latest start and for the sun, and the battery covers the house.
"""

from agent.model.targets import ReasonCode
from agent.plan.follow_battery import battery_wish
from agent.plan.follow_cars import wishes
from agent.plan.follow_clamp import fit_battery, fit_cars
from agent.plan.follow_shares import sun_shares
from agent.plan.follow_sight import sight, soon_w
from agent.plan.follow_words import battery_reason, car_reason
from agent.plan.moment import Guide, Moment, Setpoints

BATTERY = "battery"
"""The key of the battery in Setpoints.why."""


def follow(moment: Moment, guide: Guide | None) -> Setpoints:
    """Set-points that keep every limit of the moment, each with its reason."""
    view = sight(moment, guide)
    found = wishes(view)
    wanted = [found[car.device] for car in moment.cars]
    battery = moment.battery
    wish_w = 0.0
    if battery is not None:
        wish_w, _ = battery_wish(
            view, battery, sum(wish.drawn_w for wish in wanted) + moment.others_w
        )
    fitted = fit_cars(view, wanted, wish_w)
    code = ReasonCode.BATTERY_HELP
    drawn_w = sum(min(fitted.car_w[wish.car.device], soon_w(wish.car)) for wish in wanted)
    if battery is not None and not fitted.gives_w:
        wish_w, code = battery_wish(view, battery, drawn_w + moment.others_w)
    elif battery is not None:
        wish_w = -min(fitted.gives_w, max(moment.load_w - moment.sun_w + drawn_w, 0.0))
    flow_w, curtail_w = fit_battery(view, wanted, fitted.car_w, wish_w)
    suns = sun_shares(view, wanted, fitted.car_w)
    why = {
        str(car): car_reason(view, found[car], power_w, suns[car])
        for car, power_w in fitted.car_w.items()
    }
    if battery is not None:
        why[BATTERY] = battery_reason(view, battery, code, flow_w, wish_w)
    return Setpoints(
        car_w=fitted.car_w,
        battery_w=None if battery is None else flow_w,
        curtail_w=curtail_w,
        why=why,
    )
