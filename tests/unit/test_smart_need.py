"""How much a car needs, how fast it gets it, what the planner is asked, and the single window."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.driver import DeviceInfo
from agent.model.intents import ChargerMode
from agent.model.pairs import PairingCar
from agent.model.prices import Prices, Slot
from agent.model.readings import DeviceKind, PowerDelivery
from agent.model.smart import SmartState, Window
from agent.model.snapshot import fold
from agent.model.wishes import ChargerWish, Wishes
from agent.plan.smart import car_task
from agent.plan.smart.estimate import Need, learned, need_of
from agent.plan.smart.memory import Rate
from agent.plan.smart.window import cheapest_window, known_until, mean_price, price_at
from tests.unit.house import GARAGE, NOON, charging, info
from tests.unit.smart_world import CAR, CHARGER, EVENING, SEVEN, ZOE, World, policy, prices

GUEST = policy(
    target=GARAGE, target_kind=DeviceKind.CHARGER, duration_s=3 * 3600.0, deadlines=SEVEN
)


def need(rate: Rate | None = None, box: DeviceInfo = CHARGER, **car: object) -> Need:
    world = World(policy())
    world.plug()
    known = PairingCar(id=CAR, **car)  # type: ignore[arg-type]
    return need_of(CAR, box, ZOE, known, world.snapshot, rate or Rate(), world.now.mono_s)


def test_energy_is_what_the_charger_must_give() -> None:
    assert need().energy_wh == pytest.approx(0.4 * 50_000 / 0.9)


def test_unmeasured_the_least_of_charger_and_car_counts() -> None:
    assert need().power_w == pytest.approx(16 * 3 * 230)
    assert need(max_power_w=7400.0).power_w == 7400
    assert need(phases=1).power_w == pytest.approx(16 * 230)
    assert need(box=info(GARAGE, DeviceKind.CHARGER, max_current_a=10.0)).power_w == 6900
    assert need(box=info(GARAGE, DeviceKind.CHARGER, phases=1)).phases == 1


def test_what_was_measured_before_counts_more() -> None:
    learned = need(Rate(power_w=3500.0))
    assert learned.power_w == 3500
    assert learned.duration_s == pytest.approx(0.4 * 50_000 / 0.9 / 3500 * 3600)


def test_what_the_charger_gave_since_the_car_spoke_is_reckoned_but_never_to_the_end() -> None:
    assert need(Rate(added_wh=5000.0)).level_percent == pytest.approx(49)
    assert need(Rate(added_wh=90_000.0)).level_percent == pytest.approx(79.5)


def test_the_rate_is_learned_only_while_nothing_holds_the_car_back() -> None:
    world = World(policy(), level=20.0)
    world.windows = (Window(start=EVENING, stop=EVENING + timedelta(hours=5)),)
    world.plug()
    world.run(1800)
    assert world.memory.rates[CAR].power_w == pytest.approx(11_040)
    slow = charging(6.0, world.now)
    world.snapshot[GARAGE] = replace(world.snapshot[GARAGE], value=replace(slow, max_current_a=6.0))
    before = world.memory.rates[CAR].power_w
    world.limit_a = 6.0
    world.run(600)
    assert world.memory.rates[CAR].power_w == before


SWITCHING = info(GARAGE, DeviceKind.CHARGER, phase_switching=True)


def on_one(changed_s: float | None = None) -> World:
    """A car that was put on one phase, and maybe told to use all of them again so long ago."""
    world = World(policy())
    world.plug()
    told = {"phases_told": 1, "phases": 1, "accepted_current_a": 16.0, "power_w": 3680.0}
    one = replace(charging(16.0, world.now), **told)  # type: ignore[arg-type]
    world.snapshot[GARAGE] = fold(world.snapshot[GARAGE], one)
    if changed_s is not None:
        world.now = world.now.later(changed_s)
        three = replace(one, mono_s=world.now.mono_s, phases_told=3, at=world.now.at)
        world.snapshot[GARAGE] = fold(world.snapshot[GARAGE], three)
    return world


def need_on(world: World, rate: Rate | None = None) -> Need:
    car = PairingCar(id=CAR)
    return need_of(CAR, SWITCHING, ZOE, car, world.snapshot, rate or Rate(), world.now.mono_s)


def test_a_charger_that_can_do_with_one_phase_needs_power_for_one() -> None:
    assert need(box=SWITCHING).min_w == 1380
    assert need().min_w == 4140


def test_a_car_that_we_put_on_one_phase_can_still_use_three() -> None:
    assert need_on(on_one()).power_w == pytest.approx(11_040)
    assert need_on(on_one(10.0)).phases == 3  # its count may be older than the change
    assert need_on(on_one(60.0)).phases == 1  # it uses one of the three that it is offered


def test_what_a_car_takes_on_one_phase_is_not_the_most_it_can_take() -> None:
    world = on_one()
    after = learned(Rate(), CAR, SWITCHING, world.snapshot, world.now.mono_s)
    later = learned(after, CAR, SWITCHING, world.snapshot, world.now.mono_s + 10)
    assert later.power_w is None


def test_a_task_holds_what_the_planner_must_know() -> None:
    world = World(policy(minimum_percent=50.0))
    world.plug()
    world.run(60)
    task = car_task(policy(minimum_percent=50.0), world.view(), world.memory, world.now)
    assert task is not None
    assert task.level_wh == pytest.approx(world.level * 500, rel=0.01)
    assert (task.limit_wh, task.minimum_wh) == (40_000, 25_000)
    assert (task.min_w, task.max_w, task.phases) == (4140, 11_040, 3)
    at = [each.at for each in task.deadlines]
    assert at == [datetime(2026, 6, day, 5, tzinfo=UTC) for day in (11, 12)]
    assert task.charging
    assert 0 < task.charging_s <= 60


def test_a_car_that_must_be_ready_is_a_car_below_its_minimum_to_the_planner() -> None:
    world = World(policy(deadlines=(21 * 60,) * 7))
    world.plug()
    task = car_task(policy(), world.view(), world.memory, world.now)
    assert task is not None
    assert task.minimum_wh == task.limit_wh


@pytest.mark.parametrize("what", ["unplugged", "off", "full", "scheduled", "level"])
def test_what_cannot_be_planned_has_no_task(what: str) -> None:
    world = World(policy())
    given = policy(enabled=what != "off")
    world.level = 80.0 if what == "full" else 40.0
    world.scheduled = {GARAGE: "a schedule"} if what == "scheduled" else {}
    if what == "level":
        world.snapshot.clear()
        world.tells_level = False
    if what != "unplugged":
        world.plug()
    assert car_task(given, world.view(), world.memory, world.now) is None


def guest() -> World:
    world = World(GUEST)
    world.paired = False
    world.devices = (CHARGER,)
    return world


def test_a_charger_alone_charges_for_so_long_in_each_cycle() -> None:
    world = guest()
    world.level, world.limit = 0.0, 100.0
    world.plug()
    world.run(60)
    assert world.stands(SmartState.STOPPED)
    task = car_task(GUEST, world.view(), world.memory, world.now)
    assert task is not None
    assert task.device == GARAGE
    assert (task.limit_wh - task.level_wh) / 0.9 == pytest.approx(3 * 11_040)
    world.until("06:00")
    assert world.stands(SmartState.FULLY_CHARGED)
    assert world.memory.rates[GARAGE].charged_s == pytest.approx(3 * 3600, abs=120)


def test_after_a_replug_only_the_rest_of_the_cycle_is_charged() -> None:
    world = guest()
    world.limit = 1000.0
    world.plug()
    world.until("03:00")
    world.unplug()
    world.run(120)
    world.plug()
    world.run(30)
    task = car_task(GUEST, world.view(), world.memory, world.now)
    assert task is not None
    assert (task.limit_wh - task.level_wh) / 0.9 == pytest.approx(2 * 11_040, rel=0.02)


def test_a_new_cycle_begins_with_nothing_charged() -> None:
    world = guest()
    world.limit = 1000.0
    world.plug()
    world.until("07:10")
    assert world.memory.rates[GARAGE].charged_s <= 60
    assert world.status.state.executing


def test_moving_the_end_of_a_cycle_forgets_nothing_of_what_was_charged() -> None:
    world = guest()
    world.limit = 1000.0
    world.windows = (Window(start=world.now.at, stop=world.now.at + timedelta(hours=9)),)
    world.plug()
    world.run(7200, 30)
    world.edit(replace(GUEST, deadlines=(6 * 60,) * 7))
    world.until("06:00", 30)
    assert world.meter_wh == pytest.approx(3 * 11_040, rel=0.02)


def test_a_person_may_go_on_charging_after_the_cycles_hours() -> None:
    world = guest()
    world.limit = 1000.0
    world.plug()
    world.until("06:30")
    assert world.orders[GARAGE].charging is False
    view = replace(world.view(), by_hand=frozenset({GARAGE}))
    world.view = lambda: view  # type: ignore[method-assign]
    world.tick()
    assert GARAGE not in world.orders


def test_what_a_known_car_takes_is_not_taken_from_the_hours_of_the_next_guest() -> None:
    world = World(GUEST, policy(), level=20.0)
    world.target = CAR
    world.windows = (Window(start=world.now.at, stop=world.now.at + timedelta(hours=9)),)
    world.plug()
    world.run(7200, 30)
    assert world.stands(SmartState.STARTED)
    world.unplug()
    world.run(90)
    world.paired, world.limit, world.target, world.states = False, 1000.0, GARAGE, []
    world.plug()
    world.run(60)
    task = car_task(GUEST, world.view(), world.memory, world.now)
    assert task is not None
    assert (task.limit_wh - task.level_wh) / 0.9 == pytest.approx(3 * 11_040, rel=0.02)


def test_a_car_that_is_known_has_settings_of_its_own() -> None:
    world = World(GUEST)
    world.plug()
    assert world.stands(SmartState.CONSIDERING)
    assert "its own settings count" in (world.status.problem or "")


def test_a_guest_with_a_timer_of_its_own_is_offered_its_hours_until_that_begins() -> None:
    world = guest()
    world.wishes = Wishes(chargers={GARAGE: ChargerWish(mode=ChargerMode.OFF)})
    world.stubborn, world.limit = True, 1000.0
    world.plug()
    world.until("04:00")
    assert world.orders[GARAGE].charging
    assert world.limit_a > 0
    assert "timer" in (world.status.problem or "")
    world.stubborn, world.state = False, PowerDelivery.CHARGING
    world.until("05:50")
    assert world.stands(SmartState.STARTED)
    assert world.memory.rates[GARAGE].charged_s == pytest.approx(110 * 60, abs=120)
    world.until("07:10")
    assert world.meter_wh == pytest.approx(3 * 11_040, rel=0.02)


def test_a_guest_that_never_takes_anything_is_asked_seldom_and_none_is_to_blame() -> None:
    world = guest()
    world.stubborn = True
    world.plug(PowerDelivery.NO_POWER)
    world.until("06:50", 30)
    assert world.status.state.executing
    world.until("07:00", 10)
    world.run(10)
    assert world.plan.final_state is SmartState.FINISHED
    assert world.plan.failure_condition is None
    assert len(world.wanted) <= 3
    world.run(120)
    assert world.status.state.executing
    assert world.plan.deadline > world.now.at


def test_a_guest_that_says_that_it_is_full_is_believed() -> None:
    world = guest()
    world.stubborn = True
    world.plug(PowerDelivery.COMPLETE)
    world.run(90)
    assert world.states[-1] in (SmartState.FINISHED, SmartState.FULLY_CHARGED)
    assert len(world.wanted) <= 1


def test_a_guest_that_pauses_for_half_an_hour_after_it_has_charged_has_enough() -> None:
    world = guest()
    world.windows = (Window(start=world.now.at, stop=world.now.at + timedelta(hours=8)),)
    world.limit = 1000.0
    world.plug()
    world.run(3600)
    for pause_s in (1500, 1500, 1900):
        world.stubborn, world.state = True, PowerDelivery.NO_POWER
        world.run(pause_s)
        world.stubborn = False
        if pause_s < 1800:
            assert world.stands(SmartState.CHARGE_INTERRUPTED)
            world.state = PowerDelivery.CHARGING
            world.run(600)
            assert world.stands(SmartState.STARTED)
    assert world.stands(SmartState.FULLY_CHARGED)
    assert world.plan.final_state is SmartState.FINISHED


def test_an_unknown_car_that_hesitates_is_not_taken_for_full() -> None:
    world = guest()
    world.windows = (Window(start=world.now.at, stop=world.now.at + timedelta(hours=8)),)
    world.stubborn = True
    world.plug()
    world.run(40)
    world.stubborn, world.state = False, PowerDelivery.CHARGING
    world.run(60)
    assert world.stands(SmartState.STARTED)


def test_an_unknown_car_that_is_full_early_is_left_in_peace_until_the_next_cycle() -> None:
    world = guest()
    world.windows = (Window(start=world.now.at, stop=world.now.at + timedelta(hours=8)),)
    world.plug()
    world.until("06:50", 30)
    assert world.level == 80
    assert world.states[-2:] == [SmartState.FINISHED, SmartState.FULLY_CHARGED]
    assert len(world.wanted) == 1


def test_a_policy_of_a_charger_that_is_taken_away_ends_its_plan() -> None:
    world = guest()
    world.plug()
    world.run(60)
    assert world.stands(SmartState.STOPPED)
    world.policies = {}
    world.run(1)
    assert world.stands(SmartState.TURNED_OFF)
    assert world.plan.ended_at == world.now.at
    assert world.last.plans == (world.plan,)
    world.run(120)
    assert GARAGE not in world.last.statuses


def slots(*each: float | None) -> Prices:
    made = [
        Slot(
            start=NOON.at + timedelta(hours=n),
            end=NOON.at + timedelta(hours=n + 1),
            import_per_kwh=price,
            export_per_kwh=None,
        )
        for n, price in enumerate(each)
    ]
    return Prices(currency="EUR", slots=tuple(made))


def hours(start: float, stop: float) -> Window:
    return Window(start=NOON.at + timedelta(hours=start), stop=NOON.at + timedelta(hours=stop))


def test_the_cheapest_window_may_begin_within_a_slot() -> None:
    found = cheapest_window(slots(5, 4, 1, 2, 9), NOON.at, NOON.at + timedelta(hours=5), 5400)
    assert found == hours(2, 3.5)
    found = cheapest_window(slots(5, 4, 2, 1, 9), NOON.at, NOON.at + timedelta(hours=5), 5400)
    assert found == hours(2.5, 4)


def test_of_equal_windows_the_earliest_is_taken() -> None:
    assert cheapest_window(slots(1, 1, 1), NOON.at, NOON.at + timedelta(hours=3), 3600) == hours(
        0, 1
    )


def test_a_window_that_does_not_fit_begins_now() -> None:
    assert cheapest_window(slots(9, 1), NOON.at, NOON.at + timedelta(hours=1), 7200) == hours(0, 2)


def test_negative_prices_are_sought() -> None:
    assert cheapest_window(slots(0.2, -0.1, 0.2), NOON.at, hours(0, 3).stop, 3600) == hours(1, 2)


def test_an_unknown_price_is_neither_cheap_nor_dear() -> None:
    assert cheapest_window(slots(3, None, 1), NOON.at, hours(0, 3).stop, 3600) == hours(2, 3)
    assert cheapest_window(slots(3, None, 5), NOON.at, hours(0, 3).stop, 3600) == hours(0, 1)


def test_prices_end_where_they_end() -> None:
    assert known_until(slots(1, 2, None), NOON.at) == hours(0, 2).stop
    assert known_until(None, NOON.at) == NOON.at
    assert price_at(slots(1, 2), hours(1.5, 2).start) == 2
    assert price_at(slots(1, 2), hours(2, 3).start) is None
    assert mean_price(slots(1, 2), hours(0.5, 1.5)) == pytest.approx(1.5)
    assert mean_price(slots(1, None), hours(0.5, 1.5)) is None


@given(
    st.lists(st.floats(-1, 2).map(lambda x: round(x, 2)), min_size=1, max_size=30),
    st.integers(1, 40),
    st.integers(1, 30),
)
def test_no_other_window_is_cheaper(each: list[float], quarters: int, until_h: int) -> None:
    known, deadline = slots(*each), NOON.at + timedelta(hours=min(until_h, len(each)))
    lasts = timedelta(minutes=15 * quarters)
    found = cheapest_window(known, NOON.at, deadline, lasts.total_seconds())
    best = mean_price(known, found)
    start = NOON.at
    while start + lasts <= deadline:
        other = mean_price(known, Window(start=start, stop=start + lasts))
        assert best is not None
        assert other is not None
        assert best <= other + 1e-6
        start += timedelta(minutes=15)


def test_the_prices_of_the_world_are_cheap_at_night() -> None:
    found = cheapest_window(prices(), EVENING, EVENING + timedelta(hours=11), 7200)
    assert found.start == EVENING + timedelta(hours=6)
