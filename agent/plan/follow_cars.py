"""What each car should draw now if the wires were endless: the plan's intent, corrected by what
the sun really does. Pure.
"""

from dataclasses import dataclass, replace
from math import inf

from agent.model.readings import DeviceId
from agent.model.targets import ReasonCode
from agent.plan.follow_battery import most_out_w
from agent.plan.follow_sight import NOTHING_WH, TIE_PER_KWH, Haste, Sight, haste, soon_w
from agent.plan.follow_starts import Chance, goes_on_w, may_begin
from agent.plan.optimise.problem import CarTask

CRITICAL_S = 600.0

START_SHARE = 1.3
"""A charge of sun begins with this much more than the car's minimum, so that it lasts."""

MOSTLY_SUN = 0.85
"""A charge of which so much is sun is one of sun. Plans are made with the sun of now, so that it
flickers around what they ask for: no reason may change at that point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    Args:
        power_w: 0 or min_w..max_w. code: why.
        share_w: of that, what the plan gives it beside the others; None = all. What is more it has
            once they have theirs: at full power a car on one phase may keep one on three phases
            from charging at all.
        haste: None where nothing is promised. first: it goes before cheap and dear.
    """

    car: CarTask
    power_w: float
    code: ReasonCode
    haste: Haste | None
    first: bool = False
    share_w: float | None = None

    @property
    def rank(self) -> tuple[float, bool, float]:
        """The soonest deadline is served first; of equal ones who charges already, so that two
        do not take turns, then who has least time."""
        if self.haste is None:
            return inf, True, inf
        due_s, slack_s = self.haste.deadline.at.timestamp(), self.haste.own_slack.total_seconds()
        return due_s, not self.car.charging, slack_s

    def passes(self, other: "Wish") -> bool:
        """Whether it has no time left while the other, due sooner, can wait until it is done."""
        mine, yours = self.haste, other.haste
        if mine is None or yours is None:
            return False
        critical = mine.own_slack.total_seconds() < CRITICAL_S
        return critical and yours.own_slack >= mine.alone

    @property
    def drawn_w(self) -> float:
        """What the car will take of what it wants before it is full."""
        return min(self.power_w, soon_w(self.car))


def wishes(view: Sight) -> dict[DeviceId, Wish]:
    """One for each car: firm ones first, then what sun is left over, to the car whose plan
    values it most."""
    moment = view.moment
    found = {car.device: _firm(view, car) for car in moment.cars}
    spare_w = moment.sun_w - moment.load_w
    spare_w -= sum(wish.power_w for wish in found.values() if wish.first)
    for car in sorted(moment.cars, key=lambda each: -(view.worth(each) or 0.0)):
        wish = found[car.device]
        if not wish.first and wish.code is not ReasonCode.PLAN_FULL:
            wish = found[car.device] = _priced(view, car, wish, spare_w)
            spare_w -= wish.power_w
    return {device: _at_least(_to_the_end(wish)) for device, wish in found.items()}


def _at_least(wish: Wish) -> Wish:
    """A car that is not to stop for want of sun has its least power in any case."""
    least_w = wish.car.least_w
    if wish.power_w >= least_w or wish.code is ReasonCode.PLAN_FULL:
        return wish
    return replace(wish, power_w=least_w, code=ReasonCode.SURPLUS_MINIMUM, share_w=least_w)


def _to_the_end(wish: Wish) -> Wish:
    """A car that is nearly full needs no more than its minimum, which spares the battery and the
    wires a jump when it stops."""
    most_w = max(wish.car.min_w, soon_w(wish.car))
    return wish if wish.power_w <= most_w else replace(wish, power_w=most_w)


def _firm(view: Sight, car: CarTask) -> Wish:
    """What holds at any price; for the others what the plan says."""
    if car.level_wh >= car.limit_wh - NOTHING_WH:
        return Wish(car=car, power_w=0.0, code=ReasonCode.PLAN_FULL, haste=None)
    hurry = haste(view, car)
    if car.level_wh < min(car.minimum_wh, car.limit_wh) - NOTHING_WH:
        code = ReasonCode.PLAN_MINIMUM
        return Wish(car=car, power_w=car.max_w, code=code, haste=hurry, first=True)
    if hurry is not None and hurry.urgent:
        code, share_w = ReasonCode.PLAN_READY, view.planned_w(car.device)
        return Wish(car=car, power_w=car.max_w, code=code, haste=hurry, first=True, share_w=share_w)
    planned_w = view.planned_w(car.device)
    if planned_w is None:
        return Wish(car=car, power_w=0.0, code=ReasonCode.PLAN_MISSING, haste=hurry)
    code = ReasonCode.PLAN_CHARGE if planned_w > 0 else ReasonCode.PLAN_WAIT
    return Wish(car=car, power_w=planned_w, code=code, haste=hurry)


def _priced(view: Sight, car: CarTask, wish: Wish, spare_w: float) -> Wish:
    """The plan's power where its price came, what the sun gives where that is worth more."""
    planned_w, worth, code = wish.power_w, view.worth(car), wish.code
    sunny_w = _from_sun(view, car, spare_w, worth)
    power_w = planned_w
    if car.sun_only:
        power_w = 0.0
    elif planned_w > 0 and worth is not None and view.buy is not None:
        if view.buy > worth + TIE_PER_KWH:
            power_w = min(planned_w, _cheap_w(view, car, spare_w, worth))
        elif view.buy < worth - TIE_PER_KWH and view.most_import_w is None:
            power_w = car.max_w
        power_w = max(power_w, car.min_w) if power_w > 0 else 0.0
    if sunny_w > power_w:
        power_w, code = sunny_w, ReasonCode.PLAN_SUN
    elif power_w <= 0 < planned_w:
        code = ReasonCode.PLAN_WAIT
    elif 0 < power_w * MOSTLY_SUN <= spare_w:
        code = ReasonCode.PLAN_SUN
    chance = Chance(view=view, car=car, hurry=wish.haste, spare_w=spare_w)
    if power_w <= 0 and car.charging and (stays_w := goes_on_w(chance)) > 0:
        power_w, code = stays_w, ReasonCode.PLAN_KEEPS
    elif power_w > 0 and not car.charging and not may_begin(chance, sun=sunny_w >= power_w):
        power_w, code = 0.0, ReasonCode.PLAN_KEEPS
    share_w = min(max(planned_w, car.min_w), power_w) if planned_w > 0 else None
    return Wish(car=car, power_w=power_w, code=code, haste=wish.haste, share_w=share_w)


def _cheap_w(view: Sight, car: CarTask, spare_w: float, worth: float) -> float:
    """What of a planned charge the sun and the battery give where the grid is too dear; the rest
    up to the car's minimum may be bought if all of it together is worth its price.

    Without it a charge that the plan takes from the battery would wait for a price that never
    comes, from plan to plan, and be bought in haste at last.
    """
    battery, stored = view.moment.battery, view.battery_worth
    sun_w, helps_w, gives = max(spare_w, 0.0), 0.0, 0.0
    if battery is not None and stored is not None and battery.feeds_cars:
        gives = stored / battery.discharge_efficiency + battery.wear_per_kwh
        if gives <= worth + TIE_PER_KWH:
            helps_w = max(most_out_w(battery) - max(-spare_w, 0.0), 0.0)
    if sun_w + helps_w >= car.min_w:
        return sun_w + helps_w
    bought_w = car.min_w - sun_w - helps_w
    paid = sun_w * (view.sell or 0.0) + helps_w * gives + bought_w * (view.buy or 0.0)
    return car.min_w if paid <= car.min_w * (worth + TIE_PER_KWH) else 0.0


def _from_sun(view: Sight, car: CarTask, spare_w: float, worth: float | None) -> float:
    """What of the sun that is left over the car should take.

    Where it is less than the car's minimum the rest is bought; that pays if the mixture of both
    costs less than what the energy is worth to the plan.
    """
    if spare_w <= 0 or not _claims(view, worth):
        return 0.0
    if spare_w >= car.min_w * (1.0 if car.charging else START_SHARE):
        return min(spare_w, car.max_w)
    if car.sun_only or worth is None or view.buy is None:
        return 0.0
    mixed = (spare_w * (view.sell or 0.0) + (car.min_w - spare_w) * view.buy) / car.min_w
    return car.min_w if mixed < worth - TIE_PER_KWH else 0.0


def _claims(view: Sight, worth: float | None) -> bool:
    """Whether sun is worth as much in the car as sold, and as in the battery. A tie means now:
    who waits for the next hour's sun may wait until the evening."""
    if worth is None:
        return True
    battery, stored = view.moment.battery, view.battery_worth
    if view.sell is not None and worth < view.sell - TIE_PER_KWH:
        return False
    if battery is None or stored is None or battery.level_wh >= battery.most_wh - NOTHING_WH:
        return True
    return worth > stored * battery.charge_efficiency - TIE_PER_KWH


def in_turn(members: list[Wish]) -> list[Wish]:
    """In the order in which they are served where not all can be."""
    found = list[Wish]()
    for wish in sorted(members, key=lambda each: each.rank):
        place = len(found)
        while place and wish.passes(found[place - 1]):
            place -= 1
        found.insert(place, wish)
    return found
