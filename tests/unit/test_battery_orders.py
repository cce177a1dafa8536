"""What batteries are told: locks, the reserve, wear of registers, and being given back."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from agent.control.people import read
from agent.ledger import Ledger, create, step
from agent.model.actions import ActionState
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.intents import BatteryModeChoice
from agent.model.readings import BatteryMode, DeviceId, DeviceKind
from agent.model.snapshot import EMPTY
from agent.model.targets import BatteryTarget, Owner, Reason, ReasonCode
from agent.model.wishes import BatteryOrder, BatteryWish, Wishes
from agent.plan import Memory, decide
from agent.plan.abilities import offered, shortcomings
from agent.plan.follow import BATTERY, follow
from agent.plan.memory import BatteryMemory, ChargerMemory
from agent.plan.moment import Guide, Moment
from agent.plan.optimise.filled import fill
from agent.plan.optimise.problem import Problem, Solution
from agent.plan.optimise.programme import solve
from agent.plan.settings import BatteryPlan, BatterySettings
from agent.plan.steering import Holding, battery_orders, battery_task, with_cars
from tests.unit.house import (
    GARAGE,
    NOON,
    SETTINGS,
    STORE,
    battery,
    charger,
    charging,
    grid,
    info,
    snapshot,
    wishes,
)
from tests.unit.planning_problems import NOW, battery_of, car_of, steps_of

ALL_MODES = ("SELF_RELIANCE", "IDLE", "IMPORT_FOCUS", "EXPORT_FOCUS")
DEVICE = info(STORE, DeviceKind.BATTERY, battery_modes=ALL_MODES, max_power_w=5000.0)
WHY = Reason(code=ReasonCode.BATTERY_HOLD, sentence="Holding.")


def a_moment(load_w: float = 500.0, sun_w: float = 0.0, level_wh: float = 5000.0) -> Moment:
    return Moment(
        at=NOW,
        load_w=load_w,
        sun_w=sun_w,
        load_high_w=load_w,
        import_per_kwh=0.3,
        export_per_kwh=0.05,
        battery=battery_of(level_wh, from_grid=False, least_wh=1000.0),
        fuse_a=24.0,
    )


def told(
    moment: Moment, before: Holding | None = None, now: Now = NOON
) -> tuple[BatteryOrder, Holding]:
    found, held = battery_orders(
        follow(moment, None), moment, [DEVICE], before or Holding(), WHY, now
    )
    return found[STORE], held


def test_a_car_that_no_plan_steers_is_not_fed_by_the_battery_either() -> None:
    fast = snapshot(charging(16.0))
    moment = with_cars(a_moment(), fast, {}, NOON)
    order, _ = told(moment)
    assert (order.mode, order.power_w) == (BatteryMode.EXPORT_FOCUS, 500.0)
    order, _ = told(with_cars(a_moment(), snapshot(charger()), {}, NOON))
    assert order.mode is BatteryMode.SELF_RELIANCE


def test_a_planned_car_that_draws_against_its_plan_is_not_fed_either() -> None:
    moment = replace(a_moment(), cars=(car_of(),))
    drawing = with_cars(moment, snapshot(charging(16.0)), {moment.cars[0].device: GARAGE}, NOON)
    assert (drawing.cars_w, drawing.others_w) == (16 * 690.0, 0.0)
    assert told(drawing)[0].mode is BatteryMode.EXPORT_FOCUS


def test_sun_that_a_car_takes_by_itself_is_not_stored_from_the_grid() -> None:
    moment = with_cars(a_moment(sun_w=5000.0), snapshot(charging(6.0)), {}, NOON)
    assert told(moment)[0].mode is BatteryMode.SELF_RELIANCE


def test_the_reserve_is_kept_though_the_device_would_give_more() -> None:
    order, _ = told(a_moment(level_wh=1000.0))
    assert order.mode is BatteryMode.IDLE
    order, _ = told(a_moment(level_wh=1000.0, sun_w=3000.0))
    assert order.mode is BatteryMode.SELF_RELIANCE


def test_a_power_is_changed_seldom_and_a_leap_soon() -> None:
    def with_load(load_w: float) -> Moment:
        return replace(a_moment(load_w), others_w=11_000.0)

    _, held = told(with_load(500.0))
    for seconds, load_w, power_w in ((120, 900.0, 500.0), (310, 900.0, 900.0), (380, 3000.0, 3000)):
        order, held = told(with_load(load_w), held, NOON.later(seconds))
        assert order.power_w == power_w, seconds


def store_of(decided: Mapping[DeviceId, object]) -> BatteryTarget | None:
    found = decided.get(STORE)
    assert found is None or isinstance(found, BatteryTarget)
    return found


@pytest.mark.parametrize("capacity_wh", [None, 0.0])
def test_a_battery_of_which_nobody_knows_what_it_holds_is_not_planned(
    capacity_wh: float | None,
) -> None:
    rules = BatterySettings(plan=BatteryPlan.PRICES)
    unknown = snapshot(battery(soc_percent=50.0, capacity_wh=capacity_wh))
    assert battery_task(unknown, [DEVICE], rules) is None
    known = battery_task(unknown, [replace(DEVICE, capacity_wh=8000.0)], rules)
    assert known is not None
    assert known.level_wh == 4000


def test_a_battery_that_nobody_wants_anything_of_any_more_is_given_back() -> None:
    order = BatteryOrder(mode=BatteryMode.IMPORT_FOCUS, owner=Owner.SMART_CHARGING, reason=WHY)
    memory = Memory()
    modes: list[BatteryMode | None] = []
    for orders, mode in (
        ({STORE: order}, BatteryMode.SELF_RELIANCE),
        ({}, BatteryMode.IMPORT_FOCUS),
        ({}, BatteryMode.IMPORT_FOCUS),
        ({}, BatteryMode.SELF_RELIANCE),
    ):
        seen = snapshot(grid(0.0), battery(operation_mode=mode))
        memory = Memory.from_json(memory.to_json(), same_boot=True)
        done = decide(seen, wishes(), SETTINGS, memory, NOON, battery_orders=orders)
        memory, target = done.memory, store_of(done.targets)
        modes.append(None if target is None else target.mode)
    given_back = BatteryMode.SELF_RELIANCE
    assert modes == [BatteryMode.IMPORT_FOCUS, given_back, given_back, None]


def bought(memory: Memory, load_w: float, battery_w: float, now: Now) -> tuple[float, Memory]:
    """What a battery that a person lets charge with 5 kW is allowed beside a load."""
    wish = BatteryWish(mode=BatteryMode.IMPORT_FOCUS, power_w=5000.0)
    wanted = Wishes(chargers={}, batteries={STORE: wish})
    seen = snapshot(grid(load_w, now), battery(now, power_w=battery_w))
    done = decide(seen, wanted, SETTINGS, memory, now)
    target = store_of(done.targets)
    assert target is not None
    return target.power_w or 0.0, done.memory


def test_a_battery_that_has_just_begun_is_not_stopped_by_what_the_meter_shows_of_it() -> None:
    """The meter shows its 5 kW, its own figure is still the old one; and the other way round."""
    allowed_w, memory = bought(Memory(), 11_000.0, 0.0, NOON)
    assert allowed_w == 5000.0
    for seconds, grid_w, battery_w in ((2, 16_000.0, 0.0), (4, 11_000.0, 5000.0)):
        allowed_w, memory = bought(memory, grid_w, battery_w, NOON.later(seconds))
        assert allowed_w == 5000.0, seconds


def test_what_a_battery_may_take_is_lowered_with_some_to_spare_and_raised_later() -> None:
    mind = BatteryMemory(allowed_w=5000.0)
    memory = Memory(batteries={STORE: mind})
    allowed: list[float] = []
    for seconds, load_w in ((0, 13_000.0), (60, 13_200.0), (300, 11_000.0), (1000, 11_000.0)):
        took_w = allowed[-1] if allowed else 5000.0
        grid_w = load_w + took_w
        allowed_w, memory = bought(memory, grid_w, took_w, NOON.later(seconds))
        allowed.append(allowed_w)
    assert allowed == [3000.0, 3000.0, 3000.0, 5000.0]


def test_without_prices_a_battery_holds_nothing_for_later() -> None:
    """Prices that are made up are no reason to leave the house to the grid."""
    problem = Problem(steps=steps_of([0.3] * 24), battery=battery_of(from_grid=False), fuse_a=24.0)
    solution = fill(problem)
    worth = replace(solution, battery_worth=(0.32,) * 24, battery_w=(0.0,) * 24)
    guide = Guide(problem=problem, solution=worth, revision="1")
    priced = replace(a_moment(), import_per_kwh=None)
    assert follow(priced, guide).battery_w == 0
    alone = follow(replace(priced, by_prices=False), guide)
    assert alone.battery_w == -500
    assert alone.why[BATTERY].sentence == (
        "Giving 0.5 kW: the house needs it; sun or use of the house would change that."
    )


def lacks(device: DeviceInfo, rules: BatterySettings) -> list[str]:
    return list(shortcomings(replace(SETTINGS, devices=(device,), battery=rules)))


def test_what_a_battery_cannot_do_of_what_is_planned_is_said() -> None:
    rules = BatterySettings(plan=BatteryPlan.PRICES, to_grid=True)
    weak = info(STORE, DeviceKind.BATTERY, battery_modes=("SELF_RELIANCE", "EXPORT_FOCUS"))
    assert lacks(weak, rules) == [
        (
            "roof_battery cannot be told to hold: it may be emptied into a car and below"
            " battery.reserve_percent; set its own reserve in its app"
        ),
        "roof_battery cannot be charged from the grid; plans do without that",
    ]
    assert lacks(DEVICE, rules) == []
    unsteered = info(STORE, DeviceKind.BATTERY)
    assert "cannot be steered" in lacks(unsteered, rules)[0]
    assert lacks(unsteered, BatterySettings()) == []


def test_a_person_gives_a_battery_back_to_the_plan() -> None:
    rules = BatterySettings(plan=BatteryPlan.HOLD)
    (own,) = offered([DEVICE], rules)
    assert own.battery_modes[-1] == "TIME_OF_USE"
    assert offered([DEVICE], BatterySettings()) == (DEVICE,)
    by_hand = wishes().with_battery(STORE, BatteryWish(mode=BatteryMode.IDLE))
    asked = BatteryModeChoice(device=STORE, mode=BatteryMode.TIME_OF_USE)
    meaning = read(asked, own, by_hand, "1", planned=True)
    assert meaning.wishes.batteries[STORE] == BatteryWish()
    assert meaning.request is not None
    made = create(Ledger(), meaning.request, EMPTY, NOON, "boot")
    now = NOON.later(5)
    seen = snapshot(battery(now, operation_mode=BatteryMode.IDLE))
    for owner, state in (
        (Owner.MANUAL, ActionState.PENDING),
        (Owner.SMART_CHARGING, ActionState.CONFIRMED),
    ):
        target = BatteryTarget(device=STORE, mode=BatteryMode.IDLE, owner=owner, reason=WHY)
        done = step(made.ledger, {STORE: target}, {STORE: DeviceKind.BATTERY}, seen, now)
        action = done.ledger.pending.get(STORE) or done.ledger.last[STORE]
        assert action.state is state


def test_a_battery_does_not_step_back_because_a_car_has_yet_to_say_what_it_draws() -> None:
    """The meter shows car and battery, the charger's own figure is still the old one."""
    plan = replace(SETTINGS, margin_a=0.0)
    mind = ChargerMemory(limit_a=16.0).limited(16.0, NOON.mono_s)
    memory = Memory(batteries={STORE: BatteryMemory(allowed_w=4000.0)}, chargers={GARAGE: mind})
    now = NOON.later(3)
    seen = snapshot(
        grid(16 * 690.0 + 4000.0 + 500.0, now), charging(0.0), battery(now, power_w=4000.0)
    )
    wish = BatteryWish(mode=BatteryMode.IMPORT_FOCUS, power_w=4000.0)
    target = store_of(decide(seen, wishes().with_battery(STORE, wish), plan, memory, now).targets)
    assert target is not None
    assert target.power_w == 4000.0


@pytest.mark.parametrize("way", [fill, solve])
def test_at_one_price_all_day_a_battery_gives_what_it_has_and_buys_nothing(
    way: Callable[[Problem], Solution | None],
) -> None:
    steps = steps_of([0.3] * 48, export_per_kwh=0.08)
    worn = battery_of(8000.0, from_grid=True, wear_per_kwh=0.02)
    done = way(Problem(steps=steps, battery=worn, fuse_a=24.0))
    assert done is not None
    assert max(done.battery_w) <= 0
    assert sum(done.battery_w) == pytest.approx(-7000.0 * 0.95, rel=0.01)


def test_what_waits_for_no_dearer_hour_is_given_now() -> None:
    problem = Problem(steps=steps_of([0.3] * 24), battery=battery_of(), fuse_a=24.0)
    waits = replace(fill(problem), battery_worth=(0.285,) * 24, battery_w=(0.0,) * 24)
    guide = Guide(problem=problem, solution=waits, revision="1")
    moment = replace(a_moment(), battery=battery_of())
    assert follow(moment, guide).battery_w == -500
    dearer = replace(problem, steps=steps_of([0.3] * 20 + [0.31] * 4))
    assert follow(moment, replace(guide, problem=dearer)).battery_w == 0


@pytest.mark.parametrize("make", [fill, solve])
@pytest.mark.parametrize(("wear_per_kwh", "pays"), [(0.0, True), (0.1, True), (0.2, False)])
def test_the_wear_of_a_kilowatt_hour_through_a_battery_is_paid_once(
    make: Callable[[Problem], Solution],
    wear_per_kwh: float,
    pays: bool,  # noqa: FBT001
) -> None:
    """Bought at 0.10, it saves 0.9 kWh at 0.30: 0.17 are left before wear."""
    rules = BatterySettings(plan=BatteryPlan.PRICES, wear_per_kwh=wear_per_kwh)
    empty = snapshot(battery(soc_percent=10.0, capacity_wh=10_000.0, max_charge_w=3000.0))
    task = battery_task(empty, [DEVICE], rules)
    steps = steps_of([0.10] * 4 + [0.30] * 8, load_w=800)
    solution = make(Problem(steps=steps, battery=task, fuse_a=25))
    bought_wh = sum(power_w for power_w in solution.battery_w[:4] if power_w > 0)
    assert (bought_wh > 1000) is pays
