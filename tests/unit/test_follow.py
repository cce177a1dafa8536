"""The real-time layer: ready in time, inside every limit, with a reason; plan or no plan."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.readings import DeviceId
from agent.model.targets import ReasonCode
from agent.plan.follow import BATTERY, follow
from agent.plan.moment import Guide, Moment, Setpoints
from agent.plan.optimise.checking import assess
from agent.plan.optimise.filled import fill
from agent.plan.optimise.mains import fuse_w, shares
from agent.plan.optimise.problem import Problem, Solution, Step
from agent.plan.optimise.programme import solve
from tests.examples import examples
from tests.unit.planning_problems import CAR, NOW, a_problem, battery_of, car_of, steps_of


def moment_of(load_w: float = 500.0, sun_w: float = 0.0, **other: object) -> Moment:
    moment = Moment(
        at=NOW,
        load_w=load_w,
        sun_w=sun_w,
        load_high_w=1500.0,
        import_per_kwh=0.30,
        export_per_kwh=0.04,
        fuse_a=25.0,
    )
    return replace(moment, **other)  # type: ignore[arg-type]


def guide_of(problem: Problem) -> Guide:
    solution = solve(problem)
    assert solution is not None
    return Guide(problem=problem, solution=solution, revision="1")


def on_plan(problem: Problem, **other: object) -> Setpoints:
    """What is done in the first minute of a plan, at the prices of the plan."""
    first = problem.steps[0]
    moment = moment_of(
        first.load_w,
        first.sun_w,
        cars=problem.cars,
        battery=problem.battery,
        import_per_kwh=first.import_per_kwh,
        export_per_kwh=first.export_per_kwh,
    )
    return follow(replace(moment, **other), guide_of(problem))  # type: ignore[arg-type]


def test_a_car_waits_for_the_cheap_hours_of_the_plan() -> None:
    problem = Problem(steps=steps_of([0.4, 0.4, 0.1, 0.1]), cars=(car_of(hours_left=4),), fuse_a=25)
    done = on_plan(problem)
    assert done.car_w[CAR] == 0
    why = done.why[CAR]
    assert why.code is ReasonCode.PLAN_WAIT
    assert why.changes_at == NOW + timedelta(hours=2)
    assert why.sentence == (
        "Waiting: 0.40 a kWh now is more than later; 10.0 kWh are missing, due in 4 h 00 min;"
        " by plan that changes in 2 h 00 min."
    )


def test_a_car_charges_in_the_cheap_hours_of_the_plan() -> None:
    problem = Problem(steps=steps_of([0.1, 0.1, 0.4, 0.4]), cars=(car_of(hours_left=4),), fuse_a=25)
    done = on_plan(problem)
    assert done.car_w[CAR] == 11_000
    why = done.why[CAR]
    assert why.code is ReasonCode.PLAN_CHARGE
    assert why.sentence.startswith("Charging at 11.0 kW: 0.10 a kWh now is cheap enough;")
    assert "that is 1.10 an hour" in why.sentence
    assert why.inputs["import_per_kwh"] == 0.1


def test_below_its_minimum_a_car_charges_with_or_without_a_plan() -> None:
    car = car_of(need_wh=50_000, minimum_wh=15_000.0)
    done = follow(moment_of(cars=(car,)), None)
    assert done.car_w[CAR] == 11_000
    assert done.why[CAR].code is ReasonCode.PLAN_MINIMUM
    assert "5.0 kWh are missing to its minimum" in done.why[CAR].sentence


@pytest.mark.parametrize(("hours_left", "power_w"), [(1.9, 0.0), (1.3, 11_000.0)])
def test_without_a_plan_a_car_starts_when_it_must(hours_left: float, power_w: float) -> None:
    """10 kWh into the battery take 1 h 01 min at 11 kW; 20 minutes are kept in reserve."""
    done = follow(moment_of(cars=(car_of(hours_left=hours_left),)), None)
    assert done.car_w[CAR] == power_w
    code = ReasonCode.PLAN_READY if power_w else ReasonCode.PLAN_MISSING
    assert done.why[CAR].code is code


def test_two_cars_on_one_phase_start_sooner_than_each_would_alone() -> None:
    one, two = (
        car_of(hours_left=4, device=DeviceId(name), phases=1, min_w=1380.0, max_w=7360.0)
        for name in ("one", "two")
    )
    both = follow(moment_of(cars=(one, two)), None)
    assert both.car_w[one.device] > 0
    assert sum(both.car_w.values()) <= 25 * 230 - 500 / 3 + 1
    assert follow(moment_of(cars=(one,)), None).car_w[one.device] == 0


def test_a_limit_of_the_operator_that_will_end_makes_nobody_hurry() -> None:
    steps = steps_of([0.3] * 12)
    limited = tuple(replace(s, import_limit_w=4200.0) for s in steps[:2])
    problem = Problem(steps=limited + steps[2:], cars=(car_of(hours_left=10),), fuse_a=25)
    done = on_plan(problem, import_limit_w=4200.0)
    assert done.why[CAR].code is not ReasonCode.PLAN_READY


def test_sun_that_nobody_foresaw_goes_into_the_car() -> None:
    problem = Problem(steps=steps_of([0.4, 0.4, 0.1, 0.1]), cars=(car_of(hours_left=4),), fuse_a=25)
    done = on_plan(problem, sun_w=7000.0)
    assert done.car_w[CAR] == 6500
    assert done.why[CAR].code is ReasonCode.PLAN_SUN


def test_two_cars_on_the_sun_are_told_whose_share_is_whose_and_pay_for_it_once() -> None:
    one, two = (
        car_of(hours_left=None, sun_only=True, device=DeviceId(name), min_w=1380.0, max_w=4000.0)
        for name in ("one", "two")
    )
    done = follow(moment_of(sun_w=7000.0, cars=(one, two)), None)
    assert (done.car_w[one.device], done.car_w[two.device]) == (4000.0, 2500.0)
    assert done.why["one"].sentence.startswith(
        "Charging at 4.0 kW: the sun leaves 6.5 kW over, 4.0 kW of it for this car and 2.5 kW for"
        " another car; that is 0.16 an hour"
    )
    assert done.why["two"].sentence.startswith(
        "Charging at 2.5 kW: the sun leaves 6.5 kW over, 2.5 kW of it for this car and 4.0 kW for"
        " another car; that is 0.10 an hour"
    )
    shares_w = [done.why[name].inputs["own_sun_w"] for name in ("one", "two")]
    assert shares_w == [4000, 2500]


def test_what_is_bought_beside_sun_that_another_car_has_is_not_told_to_be_sun() -> None:
    hungry = car_of(need_wh=50_000, minimum_wh=15_000.0, device=DeviceId("hungry"))
    cheap = car_of(hours_left=8, device=DeviceId("cheap"))
    steps = steps_of([0.1, 0.1, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4])
    problem = Problem(steps=steps, cars=(hungry, cheap), fuse_a=63)
    done = on_plan(problem, sun_w=6000.0, fuse_a=63.0)
    assert done.why["hungry"].inputs["own_sun_w"] == 5500
    assert done.why["cheap"].code is ReasonCode.PLAN_CHARGE
    assert "is sun" not in done.why["cheap"].sentence
    assert "that is 0.56 an hour" in done.why["cheap"].sentence


def test_sun_that_flickers_around_what_is_planned_is_one_reason_and_not_two() -> None:
    steps = steps_of([0.4, 0.4, 0.4, 0.4], sun_w=(6000.0, 6000.0))
    problem = Problem(steps=steps, cars=(car_of(hours_left=8),), fuse_a=25)
    for share in (0.90, 0.98, 1.0, 1.02, 1.10):
        done = on_plan(problem, sun_w=6000.0 * share)
        assert done.why[CAR].code is ReasonCode.PLAN_SUN
        assert "the sun leaves" in done.why[CAR].sentence
    assert on_plan(problem, sun_w=3000.0).why[CAR].code is ReasonCode.PLAN_CHARGE


def test_sun_that_sells_for_more_than_it_saves_is_sold() -> None:
    problem = Problem(steps=steps_of([0.4, 0.4, 0.1, 0.1]), cars=(car_of(hours_left=4),), fuse_a=25)
    assert on_plan(problem, sun_w=7000.0, export_per_kwh=0.2).car_w[CAR] == 0


def test_sun_that_does_not_come_is_not_bought_dear() -> None:
    steps = steps_of([0.4, 0.4, 0.1, 0.1], sun_w=(6000.0, 6000.0))
    problem = Problem(steps=steps, cars=(car_of(hours_left=4),), fuse_a=25)
    assert on_plan(problem).car_w[CAR] > 4000
    assert on_plan(problem, sun_w=0.0).car_w[CAR] == 0


@pytest.mark.parametrize(("age_s", "power_w"), [(60.0, 4140.0), (1800.0, 0.0)])
def test_a_young_charge_is_not_stopped_for_a_price(age_s: float, power_w: float) -> None:
    car = car_of(hours_left=4, charging=True, charging_s=age_s, min_on_s=1800.0)
    problem = Problem(steps=steps_of([0.4, 0.4, 0.1, 0.1]), cars=(car,), fuse_a=25)
    assert on_plan(problem).car_w[CAR] == power_w


def test_a_car_of_sun_alone_never_draws_from_the_grid_for_long() -> None:
    car = car_of(hours_left=None, sun_only=True)
    assert follow(moment_of(cars=(car,), sun_w=6000.0), None).car_w[CAR] == 5500
    assert follow(moment_of(cars=(car,), sun_w=2000.0), None).car_w[CAR] == 0


def test_without_a_plan_the_battery_covers_the_house_and_stores_the_sun() -> None:
    battery = battery_of()
    assert follow(moment_of(battery=battery), None).battery_w == -500
    assert follow(moment_of(battery=battery, sun_w=2000.0), None).battery_w == 1500


def test_the_battery_does_not_feed_a_car_that_it_must_not_feed() -> None:
    car = car_of(need_wh=30_000, hours_left=2)
    done = follow(moment_of(cars=(car,), battery=battery_of()), None)
    assert done.car_w[CAR] == 11_000
    assert done.battery_w == -500


def test_the_battery_helps_a_car_that_must_be_ready() -> None:
    car = car_of(need_wh=30_000, hours_left=2)
    moment = moment_of(cars=(car,), battery=battery_of(feeds_cars=True), import_limit_w=4200.0)
    done = follow(moment, None)
    assert done.car_w[CAR] == pytest.approx(4200 - 500 + 5000)
    assert done.battery_w == pytest.approx(-5000)
    assert done.why[BATTERY].code in {ReasonCode.BATTERY_HELP, ReasonCode.BATTERY_COVER}


def test_the_battery_buys_cheap_energy_for_a_dear_evening() -> None:
    steps = steps_of([0.1] * 4 + [0.6] * 8, load_w=1000)
    done = on_plan(Problem(steps=steps, battery=battery_of(1000.0), fuse_a=25))
    assert done.battery_w is not None
    assert done.battery_w > 1000
    assert done.why[BATTERY].code is ReasonCode.BATTERY_BUY
    assert done.why[BATTERY].sentence.startswith("Charging")


def test_the_battery_holds_for_the_evening() -> None:
    steps = steps_of([0.1] * 4 + [0.6] * 10, load_w=1000)
    battery = battery_of(10_000.0, from_grid=False)
    done = on_plan(Problem(steps=steps, battery=battery, fuse_a=25))
    assert done.battery_w == 0
    assert done.why[BATTERY].code is ReasonCode.BATTERY_HOLD


def test_a_wire_that_is_full_is_said() -> None:
    car = car_of(need_wh=50_000, minimum_wh=15_000.0)
    done = follow(moment_of(load_w=9000.0, cars=(car,)), None)
    assert done.car_w[CAR] == pytest.approx(25 * 690 - 9000)
    assert done.why[CAR].code is ReasonCode.PLAN_LIMIT


def test_who_is_in_no_hurry_is_cut_first() -> None:
    calm = car_of(need_wh=12_000, hours_left=10, device=DeviceId("calm"))
    late = car_of(need_wh=18_000, hours_left=2, device=DeviceId("late"))
    problem = Problem(steps=steps_of([0.1] * 2 + [0.4] * 10), cars=(calm, late), fuse_a=25)
    done = on_plan(problem)
    assert done.car_w[late.device] == 11_000
    assert done.car_w[calm.device] == pytest.approx(25 * 690 - 500 - 11_000)


def test_who_can_still_be_in_time_goes_before_who_cannot() -> None:
    hopeless = car_of(
        need_wh=50_000, hours_left=1, device=DeviceId("hopeless"), phases=1, min_w=1380, max_w=7360
    )
    close = replace(
        hopeless, device=DeviceId("close"), level_wh=56_000.0, deadlines=hopeless.deadlines
    )
    done = follow(moment_of(cars=(hopeless, close)), None)
    assert done.car_w[close.device] > done.car_w[hopeless.device]


def test_where_the_wires_do_not_do_for_all_a_car_on_one_phase_stops_none_on_three() -> None:
    """At full power the lone one, due sooner, would leave no least power on its phase."""
    steps = tuple(replace(s, import_limit_w=9000.0) for s in steps_of([0.3] * 8, load_w=200.0))
    even = car_of(need_wh=42_000, hours_left=8, device=DeviceId("even"), max_w=7400.0)
    lone = car_of(
        need_wh=23_500, hours_left=6, device=DeviceId("lone"), phases=1, min_w=1380.0, max_w=7400.0
    )
    problem = Problem(steps=steps, cars=(even, lone), fuse_a=20)
    done = on_plan(problem, import_limit_w=9000.0, fuse_a=20.0)
    assert done.car_w[even.device] >= 4140
    assert done.car_w[lone.device] >= 1380
    assert sum(done.car_w.values()) > 7000


def test_sun_beyond_what_may_leave_is_turned_down() -> None:
    moment = moment_of(sun_w=9000.0, export_limit_w=3000.0, curtailable=True)
    assert follow(moment, None).curtail_w == pytest.approx(5500)


def test_sun_that_costs_is_turned_down() -> None:
    moment = moment_of(sun_w=3000.0, export_per_kwh=-0.05, curtailable=True)
    assert follow(moment, None).curtail_w == pytest.approx(2500)


@pytest.mark.parametrize(("buy", "curtail_w"), [(-0.001, 0.0), (-0.5, 3000.0)])
def test_sun_that_sells_is_turned_down_only_if_drawing_pays_more(
    buy: float, curtail_w: float
) -> None:
    moment = moment_of(sun_w=3000.0, import_per_kwh=buy, export_per_kwh=0.08, curtailable=True)
    assert follow(moment, None).curtail_w == pytest.approx(curtail_w)


def test_a_charge_that_the_battery_gives_does_not_wait_for_a_price() -> None:
    """Tomorrow's sun fills the battery again, and grid energy is dear all night."""
    steps = steps_of([0.3] * 24, sun_w=(0.0,) * 12 + (9000.0,) * 8, export_per_kwh=0.0)
    car = car_of(need_wh=4000.0)
    problem = Problem(
        steps=steps,
        cars=(car,),
        battery=battery_of(20_000.0, most_wh=20_000.0, feeds_cars=True),
        fuse_a=25,
    )
    planned_w = guide_of(problem).solution.car_w[CAR][0]
    assert planned_w > 0
    done = on_plan(problem)
    assert done.car_w[CAR] == pytest.approx(min(planned_w, 4500.0), abs=1)
    assert done.battery_w == pytest.approx(-done.car_w[CAR] - 500, abs=1)


@st.composite
def a_moment(draw: st.DrawFn, problem: Problem) -> Moment:
    """Some time in the plan's horizon (or before or after), with a house of its own."""
    step: Step = draw(st.sampled_from(problem.steps))
    return Moment(
        at=step.start + timedelta(seconds=draw(st.integers(-600, 7200))),
        load_w=draw(st.floats(0, 20_000)),
        sun_w=draw(st.just(0.0) | st.floats(0, 20_000)),
        load_high_w=draw(st.floats(0, 20_000)),
        import_per_kwh=draw(st.none() | st.floats(-0.2, 0.9)),
        export_per_kwh=draw(st.none() | st.floats(-0.2, 0.9)),
        import_limit_w=draw(st.none() | st.sampled_from([0.0, 4200.0])),
        export_limit_w=draw(st.none() | st.sampled_from([0.0, 3000.0])),
        cars=problem.cars,
        battery=problem.battery,
        phases=problem.phases,
        fuse_a=problem.fuse_a,
        circuits_a=problem.circuits_a,
        unbalanced_a=problem.unbalanced_a,
        curtailable=problem.curtailable,
    )


def as_plan(moment: Moment, done: Setpoints) -> tuple[Problem, Solution]:
    """The set-points of a moment as a plan of one step, for the judge of plans."""
    step = Step(
        start=moment.at,
        duration_s=1.0,
        import_per_kwh=0.0,
        export_per_kwh=0.0,
        load_w=moment.load_w,
        sun_w=moment.sun_w,
        load_high_w=moment.load_w,
        sun_low_w=moment.sun_w,
        import_limit_w=moment.import_limit_w,
        export_limit_w=moment.export_limit_w,
    )
    problem = Problem(
        steps=(step,),
        cars=tuple(
            replace(car, sun_only=False, arrives=None) for car in moment.cars
        ),  # all are there
        battery=moment.battery,
        phases=moment.phases,
        fuse_a=moment.fuse_a,
        circuits_a=moment.circuits_a,
        unbalanced_a=moment.unbalanced_a,
        curtailable=moment.curtailable,
    )
    solution = replace(
        fill(problem),
        car_w={device: (power_w,) for device, power_w in done.car_w.items()},
        battery_w=() if done.battery_w is None else (done.battery_w,),
        curtail_w=(done.curtail_w,),
    )
    return problem, solution


@examples(100)
@given(st.data())
def test_no_limit_is_ever_passed_whatever_the_plan_says(data: st.DataObject) -> None:
    problem = data.draw(a_problem(most_steps=6))
    moment = data.draw(a_moment(problem))
    planned = data.draw(st.booleans())
    guide = Guide(problem=problem, solution=fill(problem), revision="1") if planned else None
    done = follow(moment, guide)
    assert set(done.car_w) == {car.device for car in moment.cars}
    assert (done.battery_w is None) == (moment.battery is None)
    assert all(why.sentence.endswith(".") for why in done.why.values())
    assert assess(*as_plan(moment, done)).faults == ()
    assert follow(moment, guide) == done


def test_shares_of_the_wires_are_those_of_the_car() -> None:
    car = car_of(phases=2, first_phase=3)
    assert shares(car, 3) == (0.5, 0.0, 0.5)
    assert fuse_w(moment_of()) == 5750


def test_a_car_takes_more_than_planned_only_where_the_others_have_theirs() -> None:
    lone = car_of(device=DeviceId("lone"), hours_left=9, phases=1, min_w=1380.0, max_w=3680.0)
    wide = car_of(device=DeviceId("wide"), hours_left=10)
    problem = Problem(steps=steps_of([0.1] * 12, load_w=0.0), cars=(lone, wide), fuse_a=16)
    planned_w = {lone.device: (1380.0,) * 12, wide.device: (4500.0,) * 12}
    worth = {lone.device: (0.5,) * 12, wide.device: (0.5,) * 12}
    solution = replace(fill(problem), car_w=planned_w, car_worth=worth)
    moment = moment_of(0.0, cars=(lone, wide), fuse_a=16.0, import_per_kwh=0.1, load_high_w=0.0)
    done = follow(moment, Guide(problem=problem, solution=solution, revision="1"))
    assert done.car_w[wide.device] == pytest.approx(4500)
    assert done.car_w[lone.device] == pytest.approx(16 * 230 - 1500)


def test_a_car_that_charges_is_not_stopped_for_more_than_the_least_power_of_another() -> None:
    young = {"charging": True, "charging_s": 7200.0, "phases": 1, "min_w": 1380.0, "max_w": 7360.0}
    one = car_of(device=DeviceId("one"), hours_left=9, **young)
    two = car_of(device=DeviceId("two"), hours_left=10, **young)
    problem = Problem(steps=steps_of([0.1] * 12, load_w=0.0), cars=(one, two), fuse_a=20)
    planned_w = {one.device: (4600.0,) * 12, two.device: (1380.0,) * 12}
    worth = {one.device: (0.5,) * 12, two.device: (0.5,) * 12}
    solution = replace(fill(problem), car_w=planned_w, car_worth=worth)
    moment = moment_of(0.0, cars=(one, two), fuse_a=20.0, import_per_kwh=0.1, load_high_w=0.0)
    done = follow(moment, Guide(problem=problem, solution=solution, revision="1"))
    assert done.car_w[one.device] == pytest.approx(20 * 230 - 1380)
    assert done.car_w[two.device] == pytest.approx(1380)


def test_a_car_of_least_power_and_sun_has_it_at_any_price_and_says_so() -> None:
    never = car_of(device=DeviceId("never"), sun_only=True, least_w=4140.0)
    never = replace(never, deadlines=())
    cheap = car_of(need_wh=12_000, hours_left=10, device=DeviceId("cheap"))
    problem = Problem(steps=steps_of([0.1] * 2 + [0.4] * 10), cars=(never, cheap), fuse_a=25)
    done = on_plan(problem, import_limit_w=9500.0)
    assert done.car_w[never.device] == 4140
    assert 4140 <= done.car_w[cheap.device] <= 9500 - 500 - 4140
    assert done.why[never.device].sentence == (
        "Charging at 4.1 kW: it is not to stop where there is too little sun; that is 0.41 an hour;"
        " more sun gives it more."
    )
    sunny = follow(moment_of(sun_w=8000.0, cars=(never,)), None)
    assert sunny.car_w[never.device] == pytest.approx(7500)


def test_a_car_that_cannot_be_in_time_hurries_no_other_one() -> None:
    hopeless = car_of(
        need_wh=50_000, hours_left=1, device=DeviceId("hopeless"), phases=1, min_w=1380, max_w=7360
    )
    calm = replace(
        hopeless,
        device=DeviceId("calm"),
        level_wh=56_000.0,
        deadlines=car_of(hours_left=10).deadlines,
    )
    done = follow(moment_of(cars=(hopeless, calm)), None)
    assert done.car_w[hopeless.device] > 5000
    assert done.car_w[calm.device] == 0


def test_a_charge_that_is_mostly_sun_is_cheap_for_what_the_two_cost_together() -> None:
    problem = Problem(steps=steps_of([0.2, 0.2, 0.4, 0.4]), cars=(car_of(hours_left=4),), fuse_a=25)
    why = on_plan(problem, sun_w=6000.0).why[CAR]
    assert why.code is ReasonCode.PLAN_CHARGE
    assert why.sentence.startswith(
        "Charging at 11.0 kW: 5.5 kW of it is sun, and 0.12 a kWh is cheap enough; 10.0 kWh"
    )
    assert "that is 1.32 an hour" in why.sentence
