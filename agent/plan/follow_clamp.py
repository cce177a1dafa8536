"""Wishes fitted into the wires, last of all: whatever was planned, no limit is passed. Pure.

First battery charging is cut, then cars in this order: those that are in no hurry, those that
will be late in any case, those with most time; down to their minimum and then to nothing. For a
car that is in a hurry the battery helps, where it may. Sun that may not leave is turned down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.model.readings import DeviceId
from agent.plan.follow_battery import most_in_w, most_out_w
from agent.plan.follow_cars import Wish, in_turn
from agent.plan.follow_sight import Sight, soon_w
from agent.plan.optimise.mains import Room, fuse_w, is_even, most_export_w, shares
from agent.plan.optimise.settling import may_give_w, unwanted_w

SOME_W = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """
    Args:
        car_w: what each car may draw. gives_w: what the battery has to give for that, where it
            is to help a car that is in a hurry; else 0.
    """

    car_w: Mapping[DeviceId, float]
    gives_w: float


def fit_cars(view: Sight, wanted: Sequence[Wish], battery_wish_w: float) -> Fitted:
    """Powers of the cars that keep every limit, with what the battery wants to give anyway."""
    gives_w, battery = max(-battery_wish_w, 0.0), view.moment.battery
    given = _cars(view, wanted, gives_w)
    lacking_w = _lacking_w(view, wanted, given)
    if lacking_w > SOME_W and battery is not None and battery.feeds_cars:
        more_w = min(gives_w + lacking_w, most_out_w(battery))
        if more_w > gives_w + SOME_W:
            return Fitted(car_w=_cars(view, wanted, more_w), gives_w=more_w)
    return Fitted(car_w=given, gives_w=0.0)


def fit_battery(
    view: Sight, wanted: Sequence[Wish], given: Mapping[DeviceId, float], wish_w: float
) -> tuple[float, float]:
    """Power of the battery beside the cars, and the sun that is turned down.

    Drawing is reckoned with what the cars may take, feeding in with what they will: one that is
    nearly full takes less than it may.
    """
    drawn = {w.car.device: min(given[w.car.device], soon_w(w.car)) for w in wanted}
    if wish_w > 0:
        flow_w = _charge_w(view, given, wanted, wish_w)
    else:
        flow_w = -_discharge_w(view, drawn, wanted, -wish_w)
    battery = view.moment.battery
    if battery is not None and flow_w >= 0:  # what may not leave is stored before it is lost
        lost_w = _too_much_w(view, drawn, wanted, flow_w)
        flow_w += max(0.0, min(lost_w, most_in_w(battery) - flow_w))
    return flow_w, _curtail_w(view, given, drawn, wanted, flow_w)


def _room(view: Sight, helps_w: float = 0.0) -> Room:
    moment = view.moment
    base_w = moment.load_w + moment.others_w - moment.sun_w
    return Room(moment, base_w, moment.import_limit_w, _out_w(view), helps_w)


def _out_w(view: Sight) -> float:
    moment = view.moment
    base_w = moment.load_w + moment.others_w - moment.sun_w
    return most_export_w(moment, base_w, moment.export_limit_w, curtailable=moment.curtailable)


def _cars(view: Sight, wanted: Sequence[Wish], gives_w: float) -> dict[DeviceId, float]:
    """Who must not be cut is served first, one group of equal hurry after the other. Sharing
    evenly would make two cars late where one after the other is in time."""
    moment = view.moment
    battery = moment.battery
    base_w = moment.load_w - moment.sun_w
    feeds = battery is not None and battery.feeds_cars
    room = _room(view, gives_w if feeds else min(gives_w, max(base_w, 0.0)))
    given = {wish.car.device: 0.0 for wish in wanted}
    soft_w = (
        None
        if view.most_import_w is None
        else max(view.most_import_w - base_w - moment.others_w, 0.0)
    )
    for group in range(3):
        members = [wish for wish in wanted if _group(wish) == group and wish.power_w > 0]
        if group == _CALM and soft_w is not None:
            room.meter_w = max(min(room.meter_w, soft_w - sum(given.values())), 0.0)
        turns = in_turn(members)
        if group == _CALM:
            turns.sort(key=lambda wish: not wish.car.charging)  # nobody takes turns for nothing
            for wish in turns:
                if wish.car.charging or wish.car.least_w > 0:  # nor stops for another's more
                    _give(view, room, wish, given, wish.car.min_w)
        for wish in turns:
            _give(view, room, wish, given, wish.power_w if wish.share_w is None else wish.share_w)
        for wish in turns:
            _give(view, room, wish, given, wish.power_w)
    return given


_CALM = 2


def _group(wish: Wish) -> int:
    if not wish.first:
        return _CALM
    return 1 if wish.haste is not None and wish.haste.hopeless else 0


def _give(
    view: Sight, room: Room, wish: Wish, given: dict[DeviceId, float], wanted_w: float
) -> None:
    """As much as there is room for, with what it has; less than the car's minimum is nothing."""
    share, has_w = shares(wish.car, view.moment.phases), given[wish.car.device]
    power_w = min(wanted_w, wish.power_w, has_w + room.most_w(share, wish.car.circuit))
    if power_w >= min(wish.car.min_w, wish.power_w) - SOME_W / 1000 and power_w > has_w:
        room.take(share, power_w - has_w, wish.car.circuit)
        given[wish.car.device] = power_w


def _lacking_w(view: Sight, wanted: Sequence[Wish], given: Mapping[DeviceId, float]) -> float:
    """How much the battery would have to give so that cars in a hurry get what they want; what
    it gives comes evenly on all phases."""
    lacking_w = 0.0
    for wish in wanted:
        if wish.first:
            share = shares(wish.car, view.moment.phases)
            missing_w = wish.power_w - given[wish.car.device]
            lacking_w += missing_w * max(share) * view.moment.phases
    return lacking_w


def _charge_w(
    view: Sight, given: Mapping[DeviceId, float], wanted: Sequence[Wish], wish_w: float
) -> float:
    moment, battery = view.moment, view.moment.battery
    if battery is None:
        return 0.0
    room = _room(view)
    _take(view, room, given, wanted)
    limit_w = room.even_w()
    if not battery.from_grid:
        limit_w = min(limit_w, max(moment.sun_w - moment.load_w - moment.others_w, 0.0))
    return min(wish_w, limit_w)


def _discharge_w(
    view: Sight, drawn: Mapping[DeviceId, float], wanted: Sequence[Wish], wish_w: float
) -> float:
    moment, battery = view.moment, view.moment.battery
    if battery is None:
        return 0.0
    base_w = moment.load_w - moment.sun_w
    cars_w = sum(drawn.values()) + moment.others_w
    gives_w = min(wish_w, may_give_w(battery, base_w, cars_w))
    return max(gives_w - _too_much_w(view, drawn, wanted, -gives_w), 0.0)


def _take(view: Sight, room: Room, given: Mapping[DeviceId, float], wanted: Sequence[Wish]) -> None:
    for wish in wanted:
        share = shares(wish.car, view.moment.phases)
        room.take(share, given[wish.car.device], wish.car.circuit)


def _too_much_w(
    view: Sight, given: Mapping[DeviceId, float], wanted: Sequence[Wish], flow_w: float
) -> float:
    """What would leave the house beyond its limits, at the meter or on a phase."""
    moment = view.moment
    net_w = moment.load_w + moment.others_w - moment.sun_w + sum(given.values()) + flow_w
    uneven_w = [0.0] * moment.phases
    for wish in wanted:
        share = shares(wish.car, moment.phases)
        for k, part in enumerate(share):
            uneven_w[k] += 0.0 if is_even(share) else part * given[wish.car.device]
    even_w = net_w - sum(uneven_w) + min(uneven_w) * moment.phases
    fuses_w = fuse_w(moment) * moment.phases
    if moment.export_limit_w is None and not moment.curtailable:
        fuses_w = max(fuses_w, moment.sun_w - moment.load_w)
    return max(-net_w - _out_w(view), -even_w - fuses_w, 0.0)


def _curtail_w(
    view: Sight,
    given: Mapping[DeviceId, float],
    drawn: Mapping[DeviceId, float],
    wanted: Sequence[Wish],
    flow_w: float,
) -> float:
    moment = view.moment
    net_w = moment.load_w + moment.others_w - moment.sun_w + sum(drawn.values()) + flow_w
    less_w = _too_much_w(view, drawn, wanted, flow_w)
    if moment.curtailable:
        room = _room(view)
        _take(view, room, given, wanted)
        free_w = max(room.even_w() - max(flow_w, 0.0), 0.0)
        most_w = min(moment.sun_w, free_w)
        less_w = max(less_w, unwanted_w(net_w, most_w, view.buy, view.sell))
    return min(less_w, max(moment.sun_w, 0.0))
