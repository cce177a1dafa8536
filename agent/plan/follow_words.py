"""Why cars and battery do what they do, in a householder's words. Pure.

Every sentence says what happens, what drives it, what it costs and what would change it. Times
are told as durations, so that they hold in any time zone; money is in the currency of the prices.
"""

from datetime import datetime, timedelta

from agent.model.targets import Input, Reason, ReasonCode
from agent.plan.durations import duration
from agent.plan.follow_cars import Wish
from agent.plan.follow_shares import SunShare
from agent.plan.follow_sight import Sight, need_wh
from agent.plan.follow_starts import MOST_A_DAY
from agent.plan.optimise.problem import BatteryTask, CarTask

_SOME_W = 50.0
LEAST_AMOUNT = 0.005
"""Less is told as such, and not as 0.00."""


def car_reason(view: Sight, wish: Wish, given_w: float, sun: SunShare) -> Reason:
    """Why a car charges as it does, or waits."""
    code = wish.code
    if given_w < wish.power_w - _SOME_W:
        code = ReasonCode.PLAN_LIMIT
    does = f"Charging at {_kw(given_w)}" if given_w > 0 else "Waiting"
    turns_at, hourly = _turns_at(view, wish), _per_hour(view, given_w, sun)
    drives, turns = _drives(view, wish, code, given_w, sun), _turns(view, wish, code, turns_at)
    return Reason(
        code=code,
        sentence=f"{does}: {drives}{hourly}{turns}.",
        inputs=_figures(view, wish, given_w, sun),
        changes_at=turns_at,
    )


def _drives(view: Sight, wish: Wish, code: ReasonCode, given_w: float, sun: SunShare) -> str:
    car, due = wish.car, _due(view, wish)
    match code:
        case ReasonCode.PLAN_FULL:
            return "the car has reached its limit"
        case ReasonCode.PLAN_MINIMUM:
            return f"{_kwh(car.minimum_wh - car.level_wh)} are missing to its minimum, at any price"
        case ReasonCode.PLAN_READY:
            late = wish.haste is not None and wish.haste.hopeless
            end = "it will be late and as full as can be" if late else "now is the time to start"
            return f"{due}; {end}"
        case ReasonCode.PLAN_LIMIT:
            return f"the wires leave no more than that of the {_kw(wish.power_w)} that it wants"
        case ReasonCode.PLAN_SUN:
            return f"the sun leaves {_kw(max(_spare_w(view), 0.0))} over{_whose(sun)}"
        case ReasonCode.SURPLUS_MINIMUM:
            return "it is not to stop where there is too little sun"
        case ReasonCode.PLAN_KEEPS:
            return _keeps(wish.car, given=given_w > 0)
        case ReasonCode.PLAN_CHARGE:
            return f"{_cheap(view, given_w, sun)}; {due}"
        case ReasonCode.PLAN_MISSING:
            return f"there is no plan to follow; {due}"
        case _:
            return f"{_price(view, view.buy)} now is more than later; {due}"


def _whose(sun: SunShare) -> str:
    """What of the sun this car has, where it is not alone in that."""
    if sun.others_w < _SOME_W:
        return ""
    whom = "another car" if sun.others == 1 else "other cars"
    return f", {_kw(sun.own_w)} of it for this car and {_kw(sun.others_w)} for {whom}"


def _keeps(car: CarTask, *, given: bool) -> str:
    """Why it goes on though it should stop, or rests though it should begin."""
    if given and car.charging_s < car.min_on_s:
        return "it has just begun, and stopping so soon wears car and charger"
    if given:
        return "to stop now and begin again would not pay"
    if car.paused_s is not None and car.paused_s < car.min_off_s:
        return "it has just stopped, and beginning so soon wears car and charger"
    times = "once" if car.starts == 1 else f"{car.starts} times"
    if car.starts >= MOST_A_DAY:
        return f"it has begun {times} today, and begins again only if it must, to be full in time"
    return f"it has begun {times} today, and the next time has to be worth it"


def _due(view: Sight, wish: Wish) -> str:
    if wish.haste is None:
        return "no time is set by which it has to be full"
    deadline = wish.haste.deadline
    missing = _kwh(need_wh(wish.car, deadline) * wish.car.efficiency)
    return f"{missing} are missing, due in {_duration(deadline.at - view.moment.at)}"


def _turns(view: Sight, wish: Wish, code: ReasonCode, turns_at: datetime | None) -> str:
    """What would change it."""
    match code:
        case ReasonCode.PLAN_FULL:
            return "; a higher limit would change that"
        case ReasonCode.PLAN_LIMIT:
            return "; less use in the house gives it more"
        case ReasonCode.PLAN_SUN:
            return "; clouds or more use in the house end it"
        case ReasonCode.SURPLUS_MINIMUM:
            return "; more sun gives it more"
        case ReasonCode.PLAN_MINIMUM:
            return "; from there on the price decides"
        case ReasonCode.PLAN_MISSING if wish.haste is not None:
            latest = max(wish.haste.slack, timedelta(0))
            return f"; it starts in {_duration(latest)} at the latest, or with the sun"
        case ReasonCode.PLAN_READY:
            return "; a later time or a lower limit would change that"
    if turns_at is None:
        return "; other prices, sun or times change that"
    return f"; by plan that changes in {_duration(turns_at - view.moment.at)}"


def _per_hour(view: Sight, given_w: float, sun: SunShare) -> str:
    """What it costs."""
    cost = _cost(view, given_w, sun)
    if cost is None:
        return ""
    if abs(cost) < LEAST_AMOUNT:
        return "; that costs nothing"
    return f"; that {'is' if cost > 0 else 'earns'} {_money(view, abs(cost))} an hour"


def _cheap(view: Sight, given_w: float, sun: SunShare) -> str:
    """What a kWh costs now; where a part of it is sun, that is what makes it cheap."""
    cost = _cost(view, given_w, sun)
    if cost is None or sun.own_w < _SOME_W:
        return f"{_price(view, view.buy)} now is cheap enough"
    mixed = _price(view, cost / given_w * 1000)
    return f"{_kw(sun.own_w)} of it is sun, and {mixed} is cheap enough"


def _cost(view: Sight, given_w: float, sun: SunShare) -> float | None:
    """Per hour: what is bought at the price, what comes from the sun as it would be paid."""
    if given_w <= 0 or view.buy is None:
        return None
    return ((given_w - sun.own_w) * view.buy + sun.own_w * (view.sell or 0.0)) / 1000


def _turns_at(view: Sight, wish: Wish) -> datetime | None:
    """When the plan next starts or stops this car."""
    if view.guide is None or view.step is None:
        return None
    series = view.guide.solution.car_w.get(wish.car.device)
    if series is None:
        return None
    runs = series[view.step] > 0
    for t in range(view.step + 1, len(series)):
        if (series[t] > 0) != runs:
            return view.guide.problem.steps[t].start
    return None


def _figures(view: Sight, wish: Wish, given_w: float, sun: SunShare) -> dict[str, Input]:
    worth, hurry = view.worth(wish.car), wish.haste
    return {
        "power_w": round(given_w),
        "wanted_w": round(wish.power_w),
        "import_per_kwh": view.buy,
        "export_per_kwh": view.sell,
        "worth_per_kwh": None if worth is None else round(worth, 4),
        "spare_sun_w": round(_spare_w(view)),
        "own_sun_w": round(sun.own_w),
        "level_wh": round(wish.car.level_wh),
        "limit_wh": round(wish.car.limit_wh),
        "deadline": None if hurry is None else hurry.deadline.at.isoformat(),
        "slack_s": None if hurry is None else round(hurry.slack.total_seconds()),
    }


def battery_reason(
    view: Sight, battery: BatteryTask, code: ReasonCode, power_w: float, wanted_w: float
) -> Reason:
    """Why the battery stores, gives or holds."""
    worth = view.battery_worth if view.moment.by_prices else None
    later = "" if worth is None else f" what is stored saves {_price(view, worth)} later"
    match code:
        case ReasonCode.BATTERY_BUY:
            why = f"{_price(view, view.buy)} now{', and' + later if later else ''}"
        case ReasonCode.BATTERY_SELL:
            saves = "" if worth is None else f"the {_price(view, worth)} that "
            why = f"{_price(view, view.sell)} is paid now, more than {saves}it saves later"
        case ReasonCode.BATTERY_STORE:
            why = "the sun gives more than the house needs"
        case ReasonCode.BATTERY_COVER if worth is None:
            why = "the house needs it"
        case ReasonCode.BATTERY_COVER:
            why = f"the house would otherwise take it from the grid at {_price(view, view.buy)}"
        case ReasonCode.BATTERY_HELP:
            why = "a car that has to be ready needs more than the wires bring"
        case _ if battery.level_wh <= battery.least_wh:
            why = "it is at its reserve"
        case _ if worth is None:
            why = "the house needs nothing of it"
        case _:
            why = f"grid and sun are the better deal now{';' + later if later else ''}"
    does = f"{'Charging' if power_w > 0 else 'Giving'} {_kw(abs(power_w))}"
    does = does if abs(power_w) > _SOME_W else "Holding"
    locked = power_w <= 0 and _locked(view, battery)
    lock = "; it is not emptied into a car" if locked else ""
    limited = "; the wires leave no more" if abs(power_w) < abs(wanted_w) - _SOME_W else ""
    return Reason(
        code=code,
        sentence=f"{does}: {why}{limited}{lock}; {_turn(worth)} would change that.",
        inputs={
            "power_w": round(power_w),
            "import_per_kwh": view.buy,
            "export_per_kwh": view.sell,
            "worth_per_kwh": None if worth is None else round(worth, 4),
            "level_wh": round(battery.level_wh),
            "reserve_wh": round(battery.least_wh),
        },
    )


def _locked(view: Sight, battery: BatteryTask) -> bool:
    """Whether a car draws what the battery, left to itself, would give."""
    moment = view.moment
    return moment.cars_w + moment.others_w > _SOME_W and not battery.feeds_cars


def _turn(worth: float | None) -> str:
    return "sun or use of the house" if worth is None else "other prices, sun or use of the house"


def _spare_w(view: Sight) -> float:
    return view.moment.sun_w - view.moment.load_w


def _price(view: Sight, per_kwh: float | None) -> str:
    return "an unknown price" if per_kwh is None else f"{_money(view, per_kwh)} a kWh"


def _money(view: Sight, amount: float) -> str:
    currency = view.moment.currency
    shown = f"{amount:z.2f}"
    if 0 < amount < LEAST_AMOUNT:
        shown = "under 0.01"
    return shown if currency is None else f"{shown} {currency}"


def _kw(power_w: float) -> str:
    return f"{power_w / 1000:.1f} kW"


def _kwh(energy_wh: float) -> str:
    energy_wh = max(energy_wh, 0.0)
    return f"{energy_wh / 1000:.1f} kWh" if energy_wh >= 1000 else f"{energy_wh:.0f} Wh"  # noqa: PLR2004


def _duration(left: timedelta) -> str:
    return duration(max(left.total_seconds(), 0.0))
