"""What smart charging looks at, gathered from all that the tick knows; and what cars do until they
have a plan. No I/O."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from agent.model.actions import Action
from agent.model.clock import Now
from agent.model.prices import Prices
from agent.model.readings import DeviceId, DeviceKind
from agent.model.snapshot import Snapshot
from agent.model.targets import Owner, Reason, ReasonCode
from agent.model.wishes import Order
from agent.plan.moment import Moment
from agent.plan.optimise.problem import CarTask
from agent.plan.settings import PlanSettings
from agent.plan.smart import Advice, SmartView
from agent.plan.steering import with_cars, with_forced, with_sun

if TYPE_CHECKING:
    from agent.control.state import State


def smart_view(
    state: "State",
    snapshot: Snapshot,
    prices: Prices | None,
    requested: Mapping[DeviceId, Action],
    held_back: frozenset[DeviceId],
    now: Now,
) -> SmartView:
    """Args:
    requested, held_back: see SmartView.
    """
    routine, wishes = state.routine, state.wishes.chargers
    home, currency = routine.home, routine.papers.currency
    # Where there is a tariff but nobody has reckoned with it yet, prices are only late.
    late = None if currency is None else Prices(currency=currency)
    known = late if prices is None else prices
    devices = state.settings.devices
    vehicles = [d for d in devices if d.kind is DeviceKind.VEHICLE]
    startable = frozenset(d.id for d in vehicles if d.startable)
    scheduled = {}
    for device in state.policies:
        by = routine.controlled(device, now)
        if by is not None:
            scheduled[device] = by
    return SmartView(
        snapshot=snapshot,
        home=home,
        devices=devices,
        locations=routine.papers.locations,
        where=routine.places.where,
        charger_of=routine.charger_of,
        overrides=routine.covering,
        requested=requested,
        pending=state.ledger.pending,
        startable=startable,
        steerable=startable | (frozenset(d.id for d in vehicles) if wishes else frozenset()),
        held_back=held_back,
        by_hand=frozenset(d for d, wish in wishes.items() if wish.manual),
        scheduled=MappingProxyType(scheduled),
        prices={} if known is None else {home: known},
        cars={car.id: car for car in routine.pairing.settings.cars},
        sessions=state.tally.sessions,
    )


def until_planned(
    tasks: Iterable[CarTask],
    given: Mapping[DeviceId, Advice],
    charger_of: Mapping[DeviceId, DeviceId],
) -> dict[DeviceId, Order]:
    """Cars that have just come wait for their plan, so that none starts to be stopped."""
    reason = Reason(code=ReasonCode.PLAN_MISSING, sentence="Waiting: its plan is being made.")
    return {
        charger_of.get(task.device, task.device): Order(
            charging=False,
            owner=Owner.SMART_CHARGING,
            reason=reason,
            by=f"smart charging of {task.device}",
        )
        for task in tasks
        if task.device not in given and not task.charging
    }


def as_it_is(
    moment: Moment, state: "State", settings: PlanSettings, view: SmartView, now: Now
) -> Moment:
    """The house now, with all that it does besides what plans want."""
    moment = with_cars(moment, view.snapshot, view.charger_of, now)
    moment = with_forced(moment, view.snapshot, state.wishes.batteries, settings)
    return with_sun(moment, state.memory.sun, settings, state.wishes.grid_orders)
