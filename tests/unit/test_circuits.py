"""Circuits below the mains, limits on power, unbalanced load: nobody takes more than a line has."""

from dataclasses import replace
from datetime import timedelta
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.intents import ChargerMode
from agent.model.limits import Circuit, GridOrder, Scope
from agent.model.picture import Totals
from agent.model.prices import PeakRate, PeakStretch, Prices
from agent.model.readings import (
    BatteryMode,
    DeviceId,
    DeviceKind,
    MeterReading,
    PowerDelivery,
    Reading,
)
from agent.model.targets import BatteryTarget, ChargerTarget, Owner, Reason, ReasonCode
from agent.model.wishes import BatteryOrder, BatteryWish, ChargerWish, Wishes
from agent.plan import Memory, PlanSettings, decide
from agent.plan.memory import BatteryMemory, ChargerMemory
from agent.plan.optimise.mains import ENDLESS_W
from agent.plan.optimise.problem import Problem
from agent.plan.optimise.wire import problem_of, problem_text
from agent.plan.settings import ChargerSettings
from agent.plan.steering.horizon import horizon
from agent.plan.steering.now import Outside, moment_of
from tests.examples import examples
from tests.unit.house import (
    CARPORT,
    DEVICES,
    GARAGE,
    GRID,
    NOON,
    SETTINGS,
    STORE,
    battery,
    charger,
    charging,
    grid,
    info,
    snapshot,
)

YARD = DeviceId("yard")
COURT = DeviceId("court_meter")
ALL = (GARAGE, CARPORT, YARD)
WISHES = Wishes(chargers={d: ChargerWish(mode=ChargerMode.FAST) for d in ALL})


def court(fuse_a: float = 20.0, **more: Any) -> Circuit:
    return Circuit(id="court", name="the court", fuse_a=fuse_a, chargers=(CARPORT, YARD), **more)


def house(*circuits: Circuit, **more: Any) -> PlanSettings:
    return replace(
        SETTINGS,
        fuse_a=63.0,
        devices=(*DEVICES, *(info(d, DeviceKind.CHARGER) for d in (CARPORT, YARD))),
        chargers=dict.fromkeys(ALL, ChargerSettings()),
        circuits=circuits,
        **more,
    )


def told(
    plan: PlanSettings,
    *readings: Reading,
    memory: Memory | None = None,
    wishes: Wishes = WISHES,
) -> dict[DeviceId, ChargerTarget]:
    decided = decide(snapshot(*readings), wishes, plan, memory or Memory(), NOON)
    return {d: t for d, t in decided.targets.items() if isinstance(t, ChargerTarget)}


def amps(targets: dict[DeviceId, ChargerTarget]) -> dict[DeviceId, float]:
    return {d: t.max_current_a or 0.0 for d, t in targets.items()}


IDLE = tuple(charger(device=d) for d in ALL)


def test_two_chargers_share_the_fuse_of_their_circuit_and_the_third_does_not_care() -> None:
    targets = told(house(court()), grid(0.0), *IDLE)
    assert amps(targets) == {GARAGE: 16.0, CARPORT: 10.0, YARD: 10.0}
    assert targets[YARD].reason.code is ReasonCode.FUSE_LIMIT
    assert "the fuse of the court of 20 A leaves no more room" in targets[YARD].reason.sentence


def test_what_hangs_on_a_circuit_also_counts_on_what_feeds_it() -> None:
    inner = Circuit(id="inner", name="inner", parent="court", fuse_a=63.0, chargers=(YARD,))
    outer = replace(court(), chargers=(CARPORT,))
    assert amps(told(house(outer, inner), grid(0.0), *IDLE))[YARD] == 10.0


def test_loads_that_nobody_measures_count_at_their_worst() -> None:
    targets = told(house(court(unmetered_a=8.0)), grid(0.0), *IDLE)
    assert amps(targets) == {GARAGE: 16.0, CARPORT: 6.0, YARD: 6.0}


def test_loads_of_a_circuit_that_another_feeds_count_on_that_one_too() -> None:
    inner = Circuit(id="inner", name="i", parent="court", fuse_a=16.0, chargers=(YARD,))
    outer = replace(court(), chargers=(CARPORT,))
    unmeasured = house(outer, replace(inner, unmetered_a=4.0))
    assert amps(told(unmeasured, grid(0.0), *IDLE)) == {GARAGE: 16.0, CARPORT: 8.0, YARD: 8.0}
    measured = house(outer, replace(inner, meter=COURT))
    each: Any = {f"power_l{p}_w": 6 * 230.0 for p in (1, 2, 3)}
    at: Any = {"device": COURT, "at": NOON.at, "mono_s": NOON.mono_s}
    shows = MeterReading(power_w=6 * 690.0, **at, **each)
    assert amps(told(measured, grid(0.0), shows, *IDLE)) == {GARAGE: 16.0, CARPORT: 7.0, YARD: 7.0}


def test_a_circuit_whose_meter_is_silent_counts_with_all_its_fuse_on_what_feeds_it() -> None:
    inner = Circuit(
        id="inner", name="i", parent="court", fuse_a=10.0, meter=COURT, chargers=(YARD,)
    )
    outer = replace(court(fuse_a=25.0), chargers=(CARPORT,))
    given_a = amps(told(house(outer, inner), grid(0.0), *IDLE))
    assert given_a[CARPORT] + given_a[YARD] <= 15.0
    assert given_a[CARPORT] >= 6.0


def test_a_charger_out_of_reach_counts_against_what_the_operator_leaves_the_devices() -> None:
    gone = replace(charging(6.0, device=YARD), reachable=False)
    memory = Memory(chargers={YARD: ChargerMemory(limit_a=6.0)})
    seven = order(Scope.DEVICES, import_w=7560.0)
    targets = told(
        house(),
        grid(6 * 690.0),
        IDLE[0],
        charger(device=CARPORT, state=PowerDelivery.UNPLUGGED),
        gone,
        memory=memory,
        wishes=seven,
    )
    assert amps(targets)[GARAGE] == 0.0  # 3.4 kW are less than 6 A
    twelve = order(Scope.DEVICES, import_w=12_000.0)
    targets = told(
        house(),
        grid(6 * 690.0),
        IDLE[0],
        charger(device=CARPORT, state=PowerDelivery.UNPLUGGED),
        gone,
        memory=memory,
        wishes=twelve,
    )
    assert amps(targets)[GARAGE] == pytest.approx((12_000 - 6 * 690) / 690, abs=0.1)


def test_a_charger_that_never_connected_counts_with_all_it_may_take() -> None:
    targets = told(house(court(fuse_a=25.0)), grid(0.0), *IDLE[:2])
    assert amps(targets) == {GARAGE: 16.0, CARPORT: 9.0}


def test_a_charger_out_of_reach_counts_with_what_it_was_last_allowed_or_falls_back_to() -> None:
    gone = replace(charger(device=YARD), reachable=False)
    for limit_a, left_a in ((12.0, 8.0), (0.0, 14.0)):
        memory = Memory(chargers={YARD: ChargerMemory(limit_a=limit_a)})
        targets = told(house(court()), grid(0.0), *IDLE[:2], gone, memory=memory)
        assert amps(targets)[CARPORT] == left_a


def test_the_meter_of_a_circuit_shows_what_else_it_feeds() -> None:
    at: Any = {"device": COURT, "at": NOON.at, "mono_s": NOON.mono_s}
    shows = MeterReading(power_w=8 * 690.0, **at)
    plan = house(court(meter=COURT))
    assert amps(told(plan, grid(0.0), shows, *IDLE))[YARD] == 0.0  # all of it may be on one phase
    each: Any = {f"power_l{p}_w": 8 * 230.0 for p in (1, 2, 3)}
    spread = MeterReading(power_w=8 * 690.0, **at, **each)
    assert amps(told(plan, grid(0.0), spread, *IDLE)) == {GARAGE: 16.0, CARPORT: 6.0, YARD: 6.0}


def test_a_silent_meter_of_a_circuit_leaves_its_chargers_the_minimum_and_only_them() -> None:
    targets = told(house(court(meter=COURT)), grid(0.0), *IDLE)
    assert amps(targets) == {GARAGE: 16.0, CARPORT: 6.0, YARD: 6.0}
    assert targets[YARD].reason.code is ReasonCode.FUSE_METER_LOST
    assert "the meter that guards the fuse of the court is silent (court_meter)" in (
        targets[YARD].reason.sentence
    )


def test_a_turned_charger_loads_the_phase_on_which_it_hangs() -> None:
    turned = ChargerSettings(phases=1, phase_order=(2, 3, 1))
    plan = replace(SETTINGS, chargers={GARAGE: turned})
    targets = told(plan, grid(0.0, power_l1_w=24 * 230.0), charger())
    assert amps(targets)[GARAGE] == 16.0
    targets = told(plan, grid(0.0, power_l2_w=15 * 230.0), charger())
    assert amps(targets)[GARAGE] == pytest.approx(9.0)


def test_a_car_on_one_phase_keeps_the_phases_even() -> None:
    single = ChargerSettings(phases=1)
    plan = replace(SETTINGS, chargers={GARAGE: single}, unbalanced_a=10.0)
    targets = told(plan, grid(0.0), charger())
    assert amps(targets)[GARAGE] == 10.0
    assert targets[GARAGE].reason.code is ReasonCode.UNBALANCED_LOAD
    three = replace(SETTINGS, unbalanced_a=10.0)
    assert amps(told(three, grid(0.0), charger()))[GARAGE] == 16.0


def test_a_meter_that_tells_no_phases_does_not_hide_that_a_car_loads_only_one() -> None:
    plan = replace(SETTINGS, chargers={GARAGE: ChargerSettings(phases=1)}, unbalanced_a=10.0)
    draws: Any = {"power_w": 2300.0, "current_l1_a": 10.0, "phases": 1}
    at: Any = {"device": GRID, "at": NOON.at, "mono_s": NOON.mono_s}
    memory = Memory(chargers={GARAGE: ChargerMemory(limit_a=10.0)})
    for house_w in (0.0, 5000.0):
        seen = MeterReading(power_w=2300.0 + house_w, **at)
        charges = charger(state=PowerDelivery.CHARGING, **draws)
        assert amps(told(plan, seen, charges, memory=memory))[GARAGE] <= 10.0


def test_the_import_limit_holds_for_all_that_is_taken() -> None:
    targets = told(house(import_limit_w=12_000.0), grid(3000.0), *IDLE)
    assert amps(targets)[GARAGE] == 0.0 or sum(amps(targets).values()) * 690 <= 9000
    assert {t.reason.code for t in targets.values() if t.owner is Owner.SAFETY} == {
        ReasonCode.IMPORT_LIMIT
    }


def order(scope: Scope, import_w: float = 4200.0, **more: Any) -> Wishes:
    given = GridOrder(
        id="1",
        source="relay",
        scope=scope,
        import_w=import_w,
        began_at=NOON.at,
        **more,
    )
    return replace(WISHES, grid_orders=(given,))


def test_a_grid_operators_order_is_obeyed_at_once_and_says_who_gave_it() -> None:
    targets = told(house(), grid(6000.0), *IDLE, wishes=order(Scope.DEVICES))
    assert sorted(amps(targets).values()) == [0.0, 0.0, 6.0]
    assert "the grid operator's limit of 4.2 kW (relay)" in targets[YARD].reason.sentence
    assert targets[YARD].reason.code is ReasonCode.GRID_OPERATOR


def test_at_the_meter_the_house_counts_too() -> None:
    targets = told(house(), grid(3000.0), *IDLE, wishes=order(Scope.METER))
    assert set(amps(targets).values()) == {0.0}


def test_own_sun_is_not_limited_by_the_operator() -> None:
    sunny = (grid(-4200.0), battery(power_w=0.0))
    targets = told(house(), *sunny, *IDLE, wishes=order(Scope.DEVICES))
    assert sum(amps(targets).values()) == pytest.approx(12.0, abs=0.4)


def test_an_order_that_is_over_limits_nothing() -> None:
    over = order(Scope.DEVICES, ends_at=NOON.at - timedelta(seconds=1))
    assert set(amps(told(house(), grid(0.0), *IDLE, wishes=over)).values()) == {16.0}


def test_without_its_meter_an_order_at_the_meter_stops_the_cars() -> None:
    targets = told(house(), *IDLE, wishes=order(Scope.METER))
    assert set(amps(targets).values()) == {0.0}


@examples(12)
@given(
    st.lists(st.floats(0, 20), min_size=2, max_size=6),
    st.integers(1, 8),
    st.integers(1, 4),
    st.sampled_from([None, COURT]),
    st.sampled_from([None, 9000.0]),
)
def test_a_tree_of_circuits_stays_under_every_fuse(
    loads_a: list[float],
    car_lag: int,
    sample_every: int,
    meter: DeviceId | None,
    import_w: float | None,
) -> None:
    """Cars follow with a lag; 15 s after each change of the house, and for good, no fuse and no
    limit is exceeded by what the cars take."""
    plan = house(court(meter=meter), import_limit_w=import_w, margin_a=0.0)
    plan = replace(plan, fuse_a=32.0)
    memory, now = Memory(), NOON
    draws: dict[DeviceId, float] = dict.fromkeys(ALL, 0.0)
    queue: list[dict[DeviceId, float]] = []
    cars: dict[DeviceId, Reading] = {d: charger(now, device=d) for d in draws}
    for load_a in loads_a:
        for second in range(60):
            now = now.later(1)
            total_a, court_a = load_a + sum(draws.values()), draws[CARPORT] + draws[YARD]
            if second > car_lag + 15:
                assert total_a <= max(32.0, load_a) + 0.2
                assert court_a <= 20.2
                if import_w is not None:
                    assert total_a * 690 <= max(import_w, load_a * 690) + 150
            if second % sample_every == 0:
                cars = {
                    d: charging(a, now, d) if a else charger(now, device=d)
                    for d, a in draws.items()
                }
            each: Any = {f"power_l{p}_w": court_a * 230.0 for p in (1, 2, 3)}
            shows = MeterReading(
                device=COURT, at=now.at, mono_s=now.mono_s, power_w=court_a * 690.0, **each
            )
            seen = snapshot(grid(total_a * 690.0, now), shows, *cars.values())
            decision = decide(seen, WISHES, plan, memory, now)
            memory = decision.memory
            queue.append({d: getattr(decision.targets[d], "max_current_a", 0.0) for d in draws})
            if len(queue) > car_lag:
                draws.update(queue.pop(0))


def charge(power_w: float | None = None) -> Wishes:
    wish = BatteryWish(mode=BatteryMode.IMPORT_FOCUS, power_w=power_w)
    return replace(WISHES, batteries={STORE: wish})


def stored(
    plan: PlanSettings, *readings: Reading, wishes: Wishes, memory: Memory | None = None
) -> BatteryTarget:
    decided = decide(snapshot(*readings), wishes, plan, memory or Memory(), NOON)
    found = decided.targets[STORE]
    assert isinstance(found, BatteryTarget)
    return found


def test_a_battery_charges_from_the_grid_with_what_the_cars_leave_of_the_fuse() -> None:
    plan = replace(SETTINGS, margin_a=0.0)
    full = stored(plan, grid(0.0), charging(16.0), wishes=charge())
    assert (full.mode, full.power_w) == (BatteryMode.IMPORT_FOCUS, 17_200.0)
    grid_w = (5 + 16) * 690.0
    tight = stored(plan, grid(grid_w), charging(16.0), wishes=charge(5000.0))
    assert (tight.power_w, tight.owner) == (2700.0, Owner.SAFETY)
    assert "the main fuse of 25 A leaves no more room" in tight.reason.sentence


def test_a_battery_that_charges_steps_back_before_a_car_does() -> None:
    plan = replace(SETTINGS, margin_a=0.0)
    memory = Memory(
        batteries={STORE: BatteryMemory(allowed_w=5000.0)},
        chargers={GARAGE: ChargerMemory(limit_a=16.0)},
    )
    house_ = (grid((16 + 4) * 690.0 + 5000.0), charging(16.0), battery(power_w=5000.0))
    decided = decide(snapshot(*house_), charge(5000.0), plan, memory, NOON)
    car, store = decided.targets[GARAGE], decided.targets[STORE]
    assert isinstance(car, ChargerTarget)
    assert isinstance(store, BatteryTarget)
    assert car.max_current_a == 16.0
    assert store.power_w == 2900.0  # with some to spare, so that it need not fall again


def test_a_car_waits_until_the_battery_has_stepped_back() -> None:
    plan = replace(SETTINGS, margin_a=0.0)
    memory = Memory(batteries={STORE: BatteryMemory(allowed_w=13_800.0)})
    house_ = (grid(2 * 690.0 + 13_800.0), charger(), battery(power_w=13_800.0))
    decided = decide(snapshot(*house_), charge(13_800.0), plan, memory, NOON)
    store, car = decided.targets[STORE], decided.targets[GARAGE]
    assert isinstance(store, BatteryTarget)
    assert store.power_w == 4300.0
    assert isinstance(car, ChargerTarget)
    assert car.max_current_a == 0.0  # 3 A are free, the battery still has the rest


def test_without_its_meter_no_battery_charges_from_the_grid() -> None:
    told_ = stored(SETTINGS, charger(), wishes=charge())
    assert (told_.mode, told_.reason.code) == (BatteryMode.IDLE, ReasonCode.FUSE_METER_LOST)


def test_the_plan_steers_a_battery_that_no_person_has_given_a_mode() -> None:
    reason = Reason(code=ReasonCode.BATTERY_RESERVE, sentence="Waits for the evening.")
    order_ = BatteryOrder(mode=BatteryMode.IDLE, owner=Owner.SMART_CHARGING, reason=reason)
    for wishes, mode in ((WISHES, BatteryMode.IDLE), (charge(1000.0), BatteryMode.IMPORT_FOCUS)):
        seen = snapshot(grid(0.0), charger())
        decided = decide(seen, wishes, SETTINGS, Memory(), NOON, battery_orders={STORE: order_})
        target = decided.targets[STORE]
        assert isinstance(target, BatteryTarget)
        assert target.mode is mode


def test_who_has_priority_gets_what_is_short() -> None:
    first = {**dict.fromkeys(ALL, ChargerSettings()), YARD: ChargerSettings(priority=5)}
    plan = replace(house(court(fuse_a=24.0)), chargers=first)
    assert amps(told(plan, grid(0.0), *IDLE)) == {GARAGE: 16.0, CARPORT: 8.0, YARD: 16.0}
    tight = replace(house(court(fuse_a=10.0)), chargers=first)
    busy = (charging(10.0, device=CARPORT), IDLE[0], IDLE[2])
    memory = Memory(chargers={CARPORT: ChargerMemory(limit_a=10.0)})
    assert amps(told(tight, grid(6900.0), *busy, memory=memory))[CARPORT] == 0.0


def test_the_sun_goes_to_who_has_priority() -> None:
    solar = Wishes(chargers={d: ChargerWish(mode=ChargerMode.SOLAR) for d in (GARAGE, YARD)})
    quick = ChargerSettings(start_delay_s=0.0)
    first = {GARAGE: quick, CARPORT: quick, YARD: replace(quick, priority=5)}
    plan = replace(house(), chargers=first)
    assert amps(told(plan, grid(-6900.0), *IDLE, wishes=solar)) == {GARAGE: 0.0, YARD: 10.0}


@pytest.mark.parametrize(("percent", "amps_left"), [(30.0, 5.0), (70.0, 10.0)])
def test_batteries_get_the_sun_first_until_they_are_full_enough(
    percent: float, amps_left: float
) -> None:
    solar = Wishes(chargers={GARAGE: ChargerWish(mode=ChargerMode.SOLAR)})
    own = ChargerSettings(start_delay_s=0.0, phases=1)
    plan = replace(SETTINGS, chargers={GARAGE: own}, battery_first_percent=50.0)
    store = battery(power_w=0.0, soc_percent=percent, max_charge_w=1150.0)
    targets = told(plan, grid(-2300.0), store, charger(), wishes=solar)
    assert amps(targets)[GARAGE] == (amps_left if amps_left >= 6 else 0.0)


def test_what_a_charger_said_before_it_was_limited_is_no_sun() -> None:
    """The meter sees the car come down within a second, the charger tells of it in ten."""
    plan = replace(house(), chargers={GARAGE: ChargerSettings()})
    memory, now, drawn_a = Memory(), NOON, 16.0
    said = charging(drawn_a, now)
    for second in range(40):
        now = now.later(1)
        if second % 10 == 9:
            said = charging(drawn_a, now)
        seen = snapshot(said, grid(600.0 + drawn_a * 690, now))
        decided = decide(seen, order(Scope.DEVICES), plan, memory, now)
        memory, target = decided.memory, decided.targets[GARAGE]
        assert isinstance(target, ChargerTarget)
        assert target.max_current_a == 6.0, second
        drawn_a = 6.0 if second >= 3 else 16.0


def test_a_plan_reckons_with_what_every_circuit_above_leaves() -> None:
    inner = Circuit(id="inner", name="i", parent="court", fuse_a=16.0, unmetered_a=4.0)
    outer = replace(court(unmetered_a=5.0, margin_a=1.0), chargers=())
    seen = moment_of(Totals(), (), None, Outside(), (), house(outer, inner), NOON)
    assert seen.circuits_a == {"court": 10.0, "inner": 10.0}


def test_a_plan_has_an_edge_where_an_announced_limit_begins() -> None:
    begins_at = NOON.at + timedelta(hours=3, minutes=7)
    ends_at = begins_at + timedelta(hours=1)
    given = order(Scope.METER, begins_at=begins_at, ends_at=ends_at).grid_orders
    seen = moment_of(Totals(), (), None, Outside(), given, SETTINGS, NOON)
    steps = horizon(seen, Outside(), given, SETTINGS, "UTC")
    limited = [each for each in steps if each.import_limit_w is not None]
    assert limited[0].start == begins_at
    assert limited[-1].start + timedelta(seconds=limited[-1].duration_s) == ends_at


def test_the_hours_ahead_know_when_power_is_free() -> None:
    free = PeakStretch(start=NOON.later(7200).at, end=NOON.later(10_800).at, free_w=inf)
    peak = PeakRate(per_kw=4.0, free_w=2500.0, reached_w=4000.0, stretches=(free,))
    outside = Outside(prices=Prices(currency="EUR", peak=peak))
    seen = moment_of(Totals(), (), None, outside, (), SETTINGS, NOON)
    steps = horizon(seen, outside, (), SETTINGS, "UTC")
    assert {each.peak_free_w for each in steps} == {4000.0, ENDLESS_W}
    apart = [each for each in steps if each.peak_free_w == ENDLESS_W]
    assert (apart[0].start, sum(each.duration_s for each in apart)) == (free.start, 3600.0)
    problem = Problem(steps=steps, fuse_a=25.0, peak_per_kw=4.0)
    assert problem_of(problem_text(problem)) == problem
