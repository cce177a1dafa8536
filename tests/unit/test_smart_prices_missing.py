"""Prices that are missing for a part of the time until the deadline."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from agent.model.prices import Prices, Slot
from agent.model.smart import SmartState, Windows
from agent.model.targets import Reason, ReasonCode
from agent.plan.smart import Advice
from tests.unit.smart_world import EVENING, FULL_W, World, policy, prices

S = SmartState
EVENING_AFTER = (18 * 60,) * 7
MIDNIGHT = (0,) * 7
NOTHING = Prices(currency="EUR")


def at_once(code: ReasonCode = ReasonCode.PLAN_CHARGE) -> Callable[[World], Advice]:
    """A planner that finds now as good as any other time."""
    reason = Reason(code=code, sentence="As the plan has it.")
    return lambda _: Advice(power_w=FULL_W, reason=reason, cost=6.0, non_smart_cost=6.0)


def hour(number: int, per_kwh: float) -> Slot:
    """The hour that begins so many hours after the car came."""
    start = EVENING + timedelta(hours=number)
    end = start + timedelta(hours=1)
    return Slot(start=start, end=end, import_per_kwh=per_kwh, export_per_kwh=0.05)


def home(known: Prices, deadlines: tuple[int | None, ...] = EVENING_AFTER, **more: object) -> World:
    """A car came home at 20:00, and needs two hours of charging."""
    world = World(policy(deadlines=deadlines, **more))
    world.prices, world.planner = {"home": known}, at_once()
    world.plug()
    world.run(180)
    return world


@pytest.mark.parametrize("known", [NOTHING, prices(4)])
def test_prices_that_are_missing_are_waited_for_where_the_rest_leaves_an_hour_to_spare(
    known: Prices,
) -> None:
    world = home(known)
    assert world.stands(S.AWAITING_PRICES)
    assert world.level == 40
    reason = world.orders[next(iter(world.orders))].reason
    assert "prices are still to come" in reason.sentence
    assert world.plan.smart_cost is None


def test_when_they_come_the_plan_is_made_with_them() -> None:
    world = home(NOTHING)
    world.prices = {"home": prices(36)}
    world.run(120)
    assert world.stands(S.STARTED)


def test_when_they_never_come_it_charges_with_an_hour_to_spare_and_is_in_time() -> None:
    world = home(NOTHING)
    begins = world.plan.windows[0].start
    world.until("18:00")
    plan = world.plan
    assert plan.final_state is S.FINISHED
    assert world.states.count(S.STARTED) == 1
    assert plan.start_confirmed_at is not None
    assert plan.ended_at is not None
    assert abs(plan.start_confirmed_at - begins) < timedelta(minutes=2)
    assert plan.ended_at <= plan.deadline - timedelta(minutes=45)


def test_where_the_rest_leaves_no_hour_to_spare_it_is_planned_with_what_is_known() -> None:
    world = home(prices(2), MIDNIGHT)  # two hours of charging, and four hours left
    assert world.stands(S.STARTED)


def test_a_price_that_is_known_to_be_good_is_taken_though_others_are_missing() -> None:
    hours = tuple(hour(n, 0.05 if n == 0 else 0.3) for n in range(4))
    assert home(Prices(currency="EUR", slots=hours)).stands(S.STARTED)


def test_an_hour_that_was_good_for_a_week_is_taken_though_its_price_is_missing() -> None:
    week = tuple(hour(n, 0.1 if n % 24 == 0 else 0.3) for n in range(-7 * 24, 0))
    assert home(Prices(currency="EUR", slots=week)).stands(S.STARTED)


@pytest.mark.parametrize(
    "code", [ReasonCode.PLAN_SUN, ReasonCode.PLAN_READY, ReasonCode.PLAN_KEEPS]
)
def test_own_sun_and_what_cannot_wait_wait_for_no_price(code: ReasonCode) -> None:
    world = World(policy(deadlines=EVENING_AFTER))
    world.prices, world.planner = {"home": NOTHING}, at_once(code)
    world.plug()
    world.run(180)
    assert world.stands(S.STARTED)


def test_below_its_minimum_a_car_waits_for_no_price() -> None:
    world = home(NOTHING, minimum_percent=50.0)
    assert world.stands(S.STARTED)


def test_a_single_window_is_not_begun_before_its_prices_are_known() -> None:
    world = home(NOTHING, windows=Windows.SINGLE)
    assert world.stands(S.AWAITING_PRICES)
    world.prices = {"home": prices(36)}
    world.run(120)
    assert world.stands(S.STOPPED)
    assert world.plan.start_at == EVENING + timedelta(hours=6)
    assert world.plan.smart_cost == pytest.approx(2.22, abs=0.01)
