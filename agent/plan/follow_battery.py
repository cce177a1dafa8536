"""What the battery should do now: prices against what stored energy is worth to the plan. Pure.

Planned powers are not carried out as such: sun and load never come as planned, worths hold.
"""

from agent.model.targets import ReasonCode
from agent.plan.follow_sight import LASTS_H, SOME_W, TIE_PER_KWH, Sight
from agent.plan.optimise.problem import BatteryTask

Deed = tuple[float, ReasonCode]


def battery_wish(view: Sight, battery: BatteryTask, cars_w: float) -> Deed:
    """Power (+ = charging) and why, before any limit of the wires."""
    rest_w = view.moment.load_w - view.moment.sun_w + cars_w
    house_w = rest_w if battery.feeds_cars else min(rest_w, view.moment.load_w - view.moment.sun_w)
    out_w, in_w = most_out_w(battery), most_in_w(battery)
    worth = view.battery_worth if view.moment.by_prices else None
    if worth is None:
        return _alone(house_w, rest_w, out_w, in_w)
    buys, sells = worth * battery.charge_efficiency, worth / battery.discharge_efficiency
    buys, sells = buys - battery.wear_per_kwh, sells + battery.wear_per_kwh
    if battery.from_grid and view.buy is not None and in_w > 0:
        if view.buy < buys - TIE_PER_KWH:
            return _capped(view, in_w, rest_w), ReasonCode.BATTERY_BUY
        if view.buys and view.buy <= buys + TIE_PER_KWH:
            wanted_w = max(min(view.battery_w, in_w), -rest_w)
            return _capped(view, wanted_w, rest_w), ReasonCode.BATTERY_BUY
    alone = battery.feeds_cars or cars_w <= 0
    if battery.to_grid and alone and view.sell is not None and out_w > 0:
        if view.sell > sells + TIE_PER_KWH:
            return -out_w, ReasonCode.BATTERY_SELL
        if view.sells and view.sell >= sells - TIE_PER_KWH:
            return max(view.battery_w, -out_w), ReasonCode.BATTERY_SELL
    if rest_w < 0:
        keeps = view.sell is None or view.sell <= buys + TIE_PER_KWH
        return (min(-rest_w, in_w), ReasonCode.BATTERY_STORE) if keeps else _idle()
    return _cover(view, house_w, out_w, sells)


def _cover(view: Sight, house_w: float, out_w: float, sells: float) -> Deed:
    """Whether the house lives on the battery now or on the grid."""
    if house_w <= 0:
        return _idle()
    gives = view.buy is None or view.buy > sells + TIE_PER_KWH
    if view.buy is not None and abs(view.buy - sells) <= TIE_PER_KWH:
        gives = view.battery_w < -SOME_W or _flat(view)
    return (-min(house_w, out_w), ReasonCode.BATTERY_COVER) if gives else _idle()


def _flat(view: Sight) -> bool:
    """Whether no later hour of the plan is dearer: what is stored then waits for nothing."""
    if view.guide is None or view.step is None or view.buy is None:
        return False
    later = view.guide.problem.steps[view.step :]
    return all(step.import_per_kwh <= view.buy + TIE_PER_KWH for step in later)


def _alone(house_w: float, rest_w: float, out_w: float, in_w: float) -> Deed:
    """Without a plan: what the sun leaves over is stored, what the house needs is given."""
    if rest_w < 0:
        return min(-rest_w, in_w), ReasonCode.BATTERY_STORE
    return (-min(house_w, out_w), ReasonCode.BATTERY_COVER) if house_w > 0 else _idle()


def _idle() -> Deed:
    return 0.0, ReasonCode.BATTERY_HOLD


def _capped(view: Sight, power_w: float, rest_w: float) -> float:
    """No more from the grid than the plan's highest power, where that has a price."""
    if view.most_import_w is None:
        return power_w
    return max(min(power_w, view.most_import_w - rest_w), min(power_w, max(-rest_w, 0.0)))


def most_out_w(battery: BatteryTask) -> float:
    stored_wh = max(battery.level_wh - battery.least_wh, 0.0)
    return min(battery.max_discharge_w, stored_wh * battery.discharge_efficiency / LASTS_H)


def most_in_w(battery: BatteryTask) -> float:
    free_wh = max(battery.most_wh - battery.level_wh, 0.0)
    return min(battery.max_charge_w, free_wh / battery.charge_efficiency / LASTS_H)
