"""The tick and the plan: asked once, answered beside the tick, followed, and explained."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent.control.state import cloud_car
from agent.model.clock import Now
from agent.model.intents import (
    ChargeCommand,
    ChargerMode,
    GridLimit,
    SetSmartPolicy,
)
from agent.model.limits import Scope
from agent.model.prices import Prices, Slot
from agent.model.readings import DeviceId, PowerDelivery, VehicleReading
from agent.model.smart import FailureCondition, SmartPlan, SmartPolicy, SmartState
from agent.model.targets import ChargerTarget, ReasonCode
from agent.plan.moment import Guide
from agent.plan.optimise.filled import fill
from agent.plan.steering import Outside
from agent.tariffs import Formula, HouseTariff
from tests.unit.engine_house import CAR, NIGHT, House
from tests.unit.house import GARAGE, charger, charging

EVENING = Now(at=datetime(2026, 6, 10, 18, tzinfo=UTC), mono_s=1000.0)
POLICY = SmartPolicy(target=CAR, enabled=True, deadlines=(7 * 60,) * 7)


def night_prices(cheap_from_h: int = 1, cheap_until_h: int = 5) -> Prices:
    """Dear but for some hours of the night."""
    begin = EVENING.at.replace(hour=0)
    slots = []
    for hour in range(48):
        start = begin + timedelta(hours=hour)
        cheap = cheap_from_h <= start.hour < cheap_until_h
        each = Slot(
            start=start,
            end=start + timedelta(hours=1),
            import_per_kwh=0.10 if cheap else 0.40,
            export_per_kwh=0.05,
        )
        slots.append(each)
    return Prices(currency="EUR", slots=tuple(slots))


def plugged(percent: float, state: PowerDelivery = PowerDelivery.STOPPED) -> VehicleReading:
    return VehicleReading(
        device=CAR,
        at=EVENING.at,
        mono_s=0.0,
        power_delivery=state,
        plugged_in=True,
        soc_percent=percent,
        charge_limit_percent=80.0,
    )


def smart_house(policy: SmartPolicy = POLICY, percent: float = 60.0) -> House:
    house = House(NIGHT_OFF, charger_mode=ChargerMode.SMART, now=EVENING, policies={CAR: policy})
    house.outside = Outside(prices=night_prices())
    house.later(1, plugged(percent), charger(state=PowerDelivery.CHARGING))
    house.pair()
    return house


NIGHT_OFF = replace(NIGHT, enabled=False)


def answer(house: House) -> None:
    """What the planner does beside the tick, without a solver."""
    plans = house.state.plans
    question = plans.question
    assert question is not None
    plans.guide = Guide(
        problem=question.problem, solution=fill(question.problem), revision=question.revision
    )
    plans.answered(question)


def until(house: House, hour: int, percent: float) -> None:
    """Let the house live until an hour of the next day; the car does as it is told."""
    end = EVENING.at.replace(day=11, hour=hour)
    while house.now.at < end:
        told = [t for t in house.sent if t.device == GARAGE]
        on = bool(told) and getattr(told[-1], "charging", False)
        state = PowerDelivery.CHARGING if on else PowerDelivery.STOPPED
        box = charging(16.0) if on else charger()
        house.later(300, box, plugged(percent, state))
        if house.state.plans.question is not None:
            answer(house)


def test_a_car_waits_for_the_cheap_hours_and_says_why() -> None:
    house = smart_house()
    answer(house)
    house.later(30, plugged(60.0), charger(state=PowerDelivery.CHARGING))
    house.later(5, plugged(60.0), charger(state=PowerDelivery.STOPPED))
    assert house.told(GARAGE)[-1] is False
    assert house.state.plans.statuses[CAR].state in (SmartState.STOPPING, SmartState.STOPPED)
    plan = house.state.plans.statuses[CAR].plan
    assert plan is not None
    assert plan.start_at is not None
    assert 1 <= plan.start_at.hour < 5
    assert plan.smart_cost is not None
    assert plan.non_smart_cost is not None
    assert plan.smart_cost < plan.non_smart_cost / 3
    until(house, 2, 60.0)
    assert house.told(GARAGE)[-1] is True
    assert house.state.plans.statuses[CAR].state is SmartState.STARTED


def test_a_car_that_has_just_come_does_not_start_to_be_stopped_for_its_plan() -> None:
    house = House(NIGHT_OFF, charger_mode=ChargerMode.SMART, now=EVENING, policies={CAR: POLICY})
    house.outside = Outside(prices=night_prices())
    house.pair()
    house.later(1, plugged(60.0), charger())
    assert True not in house.told(GARAGE)
    house.later(40, plugged(60.0), charger())  # nobody answers
    assert house.told(GARAGE)[-1] is True
    answer(house)
    house.later(5, plugged(60.0), charger())
    assert house.told(GARAGE)[-1] is False


def test_a_question_is_asked_once_and_again_when_a_plan_rests_on_something_else() -> None:
    house = smart_house()
    answer(house)
    house.later(60, plugged(60.0), charger())
    assert house.state.plans.question is None
    house.take(GridLimit(source="relay", scope=Scope.METER, import_w=4200.0))
    house.later(1, charger())
    question = house.state.plans.question
    assert question is not None
    assert question.problem.steps[0].import_limit_w == 4200.0
    answer(house)
    house.later(901, plugged(60.0), charger())
    assert house.state.plans.question is not None


def test_without_any_plan_readiness_is_kept_by_the_clock() -> None:
    house = smart_house(percent=20.0)
    end = EVENING.at.replace(day=11, hour=7)
    charged_wh = 0.0
    while house.now.at < end:
        told = [t for t in house.sent if t.device == GARAGE]
        on = bool(told) and getattr(told[-1], "charging", False)
        charged_wh += 16 * 690 / 12 if on else 0.0
        percent = 20.0 + charged_wh * 0.9 / 600.0
        state = PowerDelivery.CHARGING if on else PowerDelivery.STOPPED
        house.later(300, charging(16.0) if on else charger(), plugged(min(80.0, percent), state))
    assert 20.0 + charged_wh * 0.9 / 600.0 >= 79.5


def test_what_misses_its_deadline_is_charged_on_at_full_power_whatever_that_costs() -> None:
    house = smart_house(percent=60.0)
    answer(house)
    until(house, 9, 60.0)  # two hours after it should have been full, at 40 cents
    status = house.state.plans.statuses[CAR]
    assert status.state is SmartState.STARTED
    assert status.plan is not None
    assert status.plan.deadline == EVENING.at.replace(day=11, hour=7)
    ticked = house.later(10, charging(16.0), plugged(60.0, PowerDelivery.CHARGING))
    target = ticked.targets[GARAGE]
    assert isinstance(target, ChargerTarget)
    assert (target.charging, target.max_current_a) == (True, 16.0)
    assert "should have been full at" in target.reason.sentence
    house.later(10, charger(), plugged(80.0, PowerDelivery.COMPLETE))
    over = house.state.plans.statuses[CAR].plan
    assert over is not None
    assert over.failure_condition is FailureCondition.FINISHED_LATE
    house.later(900, charger(), plugged(70.0, PowerDelivery.STOPPED))
    answer(house)
    house.later(10, charger(), plugged(70.0, PowerDelivery.STOPPED))
    assert house.state.plans.statuses[CAR].state in (SmartState.STOPPED, SmartState.STOPPING)


def test_a_plan_that_was_made_without_any_price_waits_for_prices() -> None:
    house = smart_house()
    house.outside = Outside(prices=Prices(currency="EUR"))
    house.later(1, plugged(60.0), charger())
    answer(house)
    house.later(30, plugged(60.0), charger())
    assert house.state.plans.statuses[CAR].state is SmartState.AWAITING_PRICES
    until(house, 1, 60.0)
    assert house.told(GARAGE)[-1] is False
    house.outside = Outside(prices=night_prices())
    until(house, 2, 60.0)
    assert house.told(GARAGE)[-1] is True


def test_below_the_minimum_nothing_is_waited_for() -> None:
    house = smart_house(replace(POLICY, minimum_percent=30.0), percent=20.0)
    answer(house)
    house.later(30, plugged(20.0), charger(state=PowerDelivery.CHARGING))
    reason = house.engine.tick(house.snapshot, (), house.now, house.outside).targets[GARAGE].reason
    assert house.told(GARAGE)[-1] is True
    assert "30 %" in reason.sentence


def test_a_plan_that_is_under_way_refuses_a_persons_start() -> None:
    house = smart_house()
    answer(house)
    house.later(30, plugged(60.0), charger(state=PowerDelivery.CHARGING))
    house.later(5, plugged(60.0), charger())
    refused = house.take(ChargeCommand(device=CAR, charging=True))
    assert refused.status == 422
    assert refused.problem is not None
    assert "smart charging" in refused.problem


def test_a_persons_policy_is_checked_kept_and_survives_a_restart() -> None:
    house = smart_house()
    bad = house.take(SetSmartPolicy(device=CAR, minimum_percent=90.0))
    assert (bad.status, "above the limit of 80 %" in (bad.problem or "")) == (400, True)
    assert house.take(SetSmartPolicy(device=CAR, minimum_percent=25.0)).status == 200
    again = House(
        charger_mode=ChargerMode.SMART,
        now=house.now,
        policies={CAR: POLICY},
        persisted=house.on_disk(),
    )
    assert again.state.policies[CAR].minimum_percent == 25.0


def test_a_house_without_policies_plans_nothing() -> None:
    house = House(charger_mode=ChargerMode.FAST)
    house.outside = Outside(prices=night_prices())
    house.later(1, charging(16.0))
    assert house.state.plans.question is None
    assert house.state.plans.guide is None


def test_every_vehicle_is_in_a_state_from_the_start_on_though_no_device_has_a_policy() -> None:
    house = House(charger_mode=ChargerMode.FAST)
    before_the_first_tick = house.state.plans.statuses
    assert before_the_first_tick[CAR].state is SmartState.DISABLED
    house.later(1, charging(16.0))
    since = house.state.plans.statuses[CAR].changed_at
    assert house.state.plans.statuses[CAR].state is SmartState.DISABLED
    new_car = DeviceId("new car")
    house.state.meet(cloud_car(new_car, "New car"))
    house.later(1, charging(16.0))
    assert house.state.plans.statuses[new_car].state is SmartState.DISABLED
    house.now = house.now.later(3600)
    again = House(now=house.now, persisted=house.on_disk())
    assert again.state.plans.statuses[CAR].changed_at == since


def test_a_house_without_policies_is_not_looked_at_again_at_each_tick() -> None:
    house = House(charger_mode=ChargerMode.FAST)
    house.later(1, charging(16.0))
    told = house.state.plans.statuses
    house.passes(50, charging(16.0))
    assert house.state.plans.statuses is told
    house.later(20, charging(16.0))
    assert house.state.plans.statuses[CAR].updated_at > told[CAR].updated_at


def test_a_policy_that_is_turned_on_is_looked_at_in_the_next_tick() -> None:
    house = House(NIGHT_OFF, charger_mode=ChargerMode.SMART, now=EVENING)
    house.outside = Outside(prices=night_prices())
    house.later(1, plugged(60.0), charger())
    week = (7 * 60,) * 7
    assert house.take(SetSmartPolicy(device=CAR, enabled=True, deadlines=week)).status == 200
    house.later(1, plugged(60.0), charger())
    assert house.state.plans.statuses[CAR].state is SmartState.CONSIDERING


SPOT = HouseTariff(currency="EUR", timezone="UTC", formula=Formula())


def test_a_policy_is_taken_though_the_prices_of_a_tariff_are_yet_to_be_reckoned() -> None:
    house = House(NIGHT_OFF, charger_mode=ChargerMode.SMART, now=EVENING, tariff=SPOT)
    week = (7 * 60,) * 7
    assert house.take(SetSmartPolicy(device=CAR, enabled=True, deadlines=week)).status == 200


def test_while_the_prices_of_a_tariff_are_on_their_way_nobody_says_that_there_are_none() -> None:
    house = House(
        NIGHT_OFF, charger_mode=ChargerMode.SMART, now=EVENING, policies={CAR: POLICY}, tariff=SPOT
    )
    house.later(1, plugged(60.0), charger())
    house.pair()
    house.later(1, plugged(60.0), charger())
    status = house.state.plans.statuses[CAR]
    assert status.state is not SmartState.UNKNOWN
    assert "no prices" not in (status.problem or "")
    assert status.consideration is not None
    assert status.consideration.has_prices


def test_a_plan_is_written_down_when_it_is_made_confirmed_and_ended_and_not_in_between() -> None:
    house = smart_house()
    answer(house)
    kept = list[SmartPlan]()
    for second in range(30):
        ticked = house.later(10, plugged(60.0), charger(state=PowerDelivery.STOPPED))
        kept += () if ticked.urgent is None else ticked.urgent.plans
        if ticked.urgent is not None and ticked.urgent.plans:
            assert ticked.urgent.memory is not None, second
    (made, confirmed) = kept if len(kept) > 1 else (kept[0], kept[0])
    assert (made.id, confirmed.stop_confirmed_at is not None) == (confirmed.id, True)
    gone = house.later(10, charger(state=PowerDelivery.UNPLUGGED), away())
    assert gone.urgent is not None
    (ended,) = gone.urgent.plans
    assert (ended.id, ended.final_state) == (made.id, SmartState.UNPLUGGED)
    again = House(now=house.now, policies={CAR: POLICY}, persisted=house.on_disk())
    ticked = again.later(1, charger(state=PowerDelivery.UNPLUGGED), away())
    assert ticked.urgent is None or ticked.urgent.plans == ()


def away() -> VehicleReading:
    return replace(plugged(60.0, PowerDelivery.UNPLUGGED), plugged_in=False)


def test_the_clock_must_be_trusted_before_a_plan_is_followed() -> None:
    house = smart_house()
    house.now = replace(house.now, trusted=False)
    house.state.plans.guide = house.state.plans.question = None
    house.later(2000, plugged(60.0), charger())
    assert house.state.plans.question is None


def test_the_reason_of_a_plan_tells_its_figures() -> None:
    house = smart_house()
    answer(house)
    house.later(30, plugged(60.0), charger())
    targets = house.engine.tick(house.snapshot, (), house.now, house.outside).targets
    reason = targets[GARAGE].reason
    assert reason.code is ReasonCode.PLAN_WAIT
    assert reason.sentence.endswith(".")
