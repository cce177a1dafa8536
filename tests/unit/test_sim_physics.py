"""The simulated house obeys the law of energy, whatever its weather, battery, cars and orders."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.battery import Battery, BatteryOrder
from simulators.car import Car, Guest
from simulators.car_words import car_from
from simulators.house import make_devices
from simulators.house import parser as house_parser
from simulators.physics import House
from simulators.sun import Weather, sun_height
from simulators.trace import Trace
from tests.examples import examples

NOON_S = 1717243200.0  # 2024-06-01 12:00 UTC
HOUR_S = 3600.0


def flat(load_w: float = 500.0, pv_w: float = 0.0) -> Trace:
    return Trace([NOON_S, NOON_S + 86_400 * 30], [load_w, load_w], [pv_w, pv_w])


def house(
    *, load_w: float = 500.0, pv_w: float = 0.0, battery_wh: float = 0.0, car: Car | None = None
) -> House:
    return House(
        surroundings=flat(load_w, pv_w),
        now_s=NOON_S,
        cars=[car] if car else [],
        battery=Battery(capacity_wh=battery_wh),
    )


orders = st.builds(
    BatteryOrder,
    setpoint_w=st.none() | st.floats(-8000, 8000),
    setpoint_until_s=st.floats(NOON_S, NOON_S + 7200),
    grid_target_w=st.floats(-3000, 3000),
    max_charge_w=st.none() | st.floats(0, 6000),
    max_discharge_w=st.none() | st.floats(0, 6000),
    limits_until_s=st.floats(NOON_S, NOON_S + 7200),
)
acts = st.lists(
    st.tuples(
        st.floats(0.001, 1200.0),
        st.one_of(
            orders,
            st.sampled_from([0.0, 6.0, 10.0, 16.0]),
            st.booleans(),
        ),
    ),
    max_size=12,
)


@examples(30)
@given(
    seed=st.integers(0, 10_000),
    acts=acts,
    step_s=st.sampled_from([1.0, 3.0, 10.0]),
    soc=st.floats(0, 100),
    trips=st.booleans(),
    phases=st.sampled_from([1, 2, 3]),
)
def test_no_energy_is_lost_or_made_whatever_is_ordered(
    seed: int,
    acts: list[tuple[float, BatteryOrder | float | bool]],
    step_s: float,
    soc: float,
    trips: bool,  # noqa: FBT001 -- hypothesis passes by keyword
    phases: int,
) -> None:
    car = Car(seed=seed, trips=trips, phases=phases, soc_percent=soc)
    home = House(
        surroundings=Weather(seed=seed),
        now_s=NOON_S,
        cars=[car],
        battery=Battery(soc_percent=soc),
        seed=seed,
        step_s=step_s,
    )
    for seconds, act in acts:
        before = (home.imported_wh, home.exported_wh, home.produced_wh, car.taken_wh)
        home.advance_to(home.now_s + seconds)
        after = (home.imported_wh, home.exported_wh, home.produced_wh, car.taken_wh)
        assert all(new >= old for new, old in zip(after, before, strict=True))
        if isinstance(act, BatteryOrder):
            home.battery.order = act
        elif isinstance(act, bool):
            car.plugged = act
        else:
            car.offer((act, act, act), home.now_s)
        home.settle()
        assert home.grid_w == pytest.approx(
            home.load_w + home.battery.power_w - home.pv_w, abs=1e-9
        )
        assert sum(home.grid_phases_w) == pytest.approx(home.grid_w, abs=1e-6)
        assert 0 <= home.battery.soc_percent <= 100
    through_wh = home.imported_wh + home.produced_wh + home.battery.discharge_wh
    assert abs(home.balance_error_wh) <= 1e-6 * max(1.0, through_wh)


@examples(25)
@given(st.lists(st.floats(0.01, 900.0), min_size=1, max_size=40))
def test_how_often_somebody_looks_changes_no_energy_of_a_trace(looks: list[float]) -> None:
    trace = Trace(
        [NOON_S, NOON_S + 700, NOON_S + 1500], [300.0, 2400.0, 900.0], [0.0, 1000.0, 4000.0]
    )
    often, once = (House(surroundings=trace, now_s=NOON_S, step_s=10.0) for _ in range(2))
    often.battery.capacity_wh = once.battery.capacity_wh = 0.0
    for seconds in looks:
        often.advance_to(often.now_s + seconds)
    once.advance_to(often.now_s)
    assert often.base_load_wh == pytest.approx(once.base_load_wh, rel=1e-9)
    assert often.produced_wh == pytest.approx(once.produced_wh, rel=1e-9)
    assert often.imported_wh == pytest.approx(once.imported_wh, rel=1e-9)


def test_the_same_seed_gives_the_same_house() -> None:
    def day(seed: int) -> tuple[float, float, float]:
        home = House(surroundings=Weather(seed=seed), now_s=NOON_S, seed=seed, step_s=10.0)
        home.advance_to(NOON_S + 6 * HOUR_S)
        return home.imported_wh, home.exported_wh, home.grid_phases_w[0]

    assert day(3) == day(3)
    assert day(3) != day(4)


def test_by_itself_the_battery_keeps_the_grid_at_nothing() -> None:
    home = house(load_w=500, pv_w=2500, battery_wh=10_000)
    home.advance_to(NOON_S + 60)
    assert home.battery.power_w == pytest.approx(2000, abs=1)
    assert home.grid_w == pytest.approx(0, abs=1)


def test_a_held_battery_charges_but_does_not_discharge() -> None:
    home = house(load_w=800, battery_wh=10_000)
    home.battery.order = BatteryOrder(max_discharge_w=0.0)
    home.advance_to(NOON_S + 60)
    assert home.battery.power_w == 0
    assert home.grid_w == pytest.approx(800)


def test_a_forced_charge_ends_at_its_very_second() -> None:
    home = house(load_w=0, battery_wh=10_000)
    home.battery.order = BatteryOrder(setpoint_w=3000.0, setpoint_until_s=NOON_S + 600.5)
    home.advance_to(NOON_S + 600.4)
    assert home.battery.power_w == pytest.approx(3000, abs=1)
    home.advance_to(NOON_S + 601)
    assert home.battery.order.setpoint_w is None
    assert home.battery.charge_wh == pytest.approx(3000 * 600.5 / 3600, rel=0.005)


def test_losses_show_when_a_battery_goes_full_circle() -> None:
    home = house(load_w=0, battery_wh=5_000)
    home.battery.soc_percent = 20.0
    home.battery.order = BatteryOrder(setpoint_w=2000.0)
    home.advance_to(NOON_S + HOUR_S)
    home.battery.order = BatteryOrder(setpoint_w=-2000.0, min_soc_percent=20.0)
    home.advance_to(NOON_S + 3 * HOUR_S)
    assert home.battery.soc_percent == pytest.approx(20.0, abs=0.1)
    gain = home.battery.discharge_wh / home.battery.charge_wh
    assert gain == pytest.approx(0.96**2, abs=0.005)


def test_a_car_follows_an_offer_after_two_to_five_seconds() -> None:
    car = Car(max_current_a=20.0)
    home = house(car=car)
    car.offer((10.0, 10.0, 10.0), home.now_s)
    home.advance_to(NOON_S + 1.9)
    assert car.power_w == 0
    home.advance_to(NOON_S + 5.1)
    assert car.current_a == (10.0, 10.0, 10.0)
    assert car.power_w == pytest.approx(10 * sum(home.voltages_v))


def test_an_open_contactor_stops_a_car_at_once() -> None:
    car = Car()
    home = house(car=car)
    car.offer((16.0, 16.0, 16.0), home.now_s)
    home.advance_to(NOON_S + 10)
    car.offer((0.0, 0.0, 0.0), home.now_s)
    home.settle()
    assert car.power_w == 0


def test_less_than_six_amps_is_no_offer() -> None:
    car = Car()
    home = house(car=car)
    car.offer((5.9, 5.9, 5.9), home.now_s)
    home.advance_to(NOON_S + 20)
    assert car.power_w == 0


def test_a_single_phase_car_loads_one_phase() -> None:
    car = Car(phases=1)
    home = house(car=car)
    car.offer((16.0, 16.0, 16.0), home.now_s)
    home.advance_to(NOON_S + 10)
    assert car.current_a == (16.0, 0.0, 0.0)


def test_a_car_slows_down_above_eighty_percent_and_stops_at_its_limit() -> None:
    car = Car(soc_percent=90.0, limit_percent=95.0, capacity_wh=20_000)
    home = house(car=car)
    car.offer((16.0, 16.0, 16.0), home.now_s)
    home.advance_to(NOON_S + 10)
    assert max(car.current_a) == pytest.approx(16 * 0.6, abs=0.05)
    home.advance_to(NOON_S + 3 * HOUR_S)
    assert car.power_w == 0
    assert car.soc_percent == pytest.approx(95.0, abs=0.1)


def test_a_car_that_drives_comes_home_emptier_at_the_hour_of_its_seed() -> None:
    car = Car(trips=True, seed=5)
    day = next(day for day in range(19_900, 19_920) if math.isfinite(car.trip(day)[0]))
    leaves_s, returns_s = car.trip(day)
    home = House(surroundings=flat(), now_s=leaves_s - 60, cars=[car], step_s=10.0)
    home.advance_to(leaves_s + 1)
    assert not car.plugged
    home.advance_to(returns_s - 1)
    assert not car.plugged
    home.advance_to(returns_s + 1)
    assert car.plugged
    assert car.soc_percent < 45.0


def test_a_simulation_that_begins_during_a_trip_finds_the_car_at_home() -> None:
    car = Car(trips=True, seed=5)
    day = next(day for day in range(19_900, 19_920) if math.isfinite(car.trip(day)[0]))
    leaves_s, returns_s = car.trip(day)
    home = House(surroundings=flat(), now_s=leaves_s + 600, cars=[car], step_s=10.0)
    home.advance_to(returns_s + 10)
    assert car.plugged
    assert car.soc_percent == 45.0


def test_a_guest_takes_the_bay_while_its_car_is_out_and_leaves_it_empty() -> None:
    guest = Guest(from_s=60, for_s=120, soc_percent=50.0, capacity_wh=10_000.0, phases=1)
    car = Car(soc_percent=30.0, arrives_s=300, guest=guest)
    seen = []
    for second in range(0, 420, 10):
        car.decide(1000.0 + second, (230.0, 230.0, 230.0))
        offered_a = 16.0 if car.plugged else 0.0
        car.offer((offered_a, offered_a, offered_a), 1000.0 + second)
        car.integrate(10.0)
        seen.append((car.plugged, car.guest_here, car.own_plugged))
        assert car.own_soc_percent == 30.0 or not car.guest_here
    assert seen[5] == (False, False, False)
    assert seen[7] == (True, True, False)
    assert seen[18] == seen[29] == (False, False, False)
    assert seen[31] == (True, False, True)
    assert guest.soc_percent > 50.0
    assert 30.0 < car.soc_percent < 31.0


def test_a_guest_who_finds_the_bay_taken_drives_on() -> None:
    car = Car(guest=Guest(from_s=0, for_s=3600))
    car.decide(1000.0, (230.0, 230.0, 230.0))
    assert (car.plugged, car.guest_here) == (True, False)


def test_a_car_that_returns_while_a_guest_is_there_waits_and_the_cable_is_seen_free() -> None:
    car = Car(arrives_s=100, guest=Guest(from_s=10, for_s=190))
    states = []
    for second in range(0, 260, 10):
        car.decide(1000.0 + second, (230.0, 230.0, 230.0))
        states.append((car.plugged, car.guest_here))
    assert states[15] == (True, True)
    assert states[20] == (False, False)
    assert states[21] == (True, False)


def test_a_car_that_drives_once_leaves_the_bay_free_and_comes_back_with_less() -> None:
    car = car_from("CP1,soc=80,leaves_s=60,returns_s=120,returns_soc=42", 1, trips=False)
    states = []
    for second in range(0, 150, 10):
        car.decide(1000.0 + second, (230.0, 230.0, 230.0))
        states.append((car.plugged, car.own_soc_percent))
    assert states[5] == (True, 80.0)
    assert states[6] == states[11] == (False, 80.0)
    assert states[12] == states[14] == (True, 42.0)


def test_a_drive_of_which_nobody_says_when_it_ends_is_refused() -> None:
    with pytest.raises(ValueError, match="a drive needs returns_s too"):
        car_from("CP1,leaves_s=60", 1, trips=False)


def test_seconds_above_the_fuse_are_counted() -> None:
    car = Car(max_current_a=32.0)
    home = house(load_w=300, car=car)
    home.fuse_a = 25.0
    car.offer((32.0, 32.0, 32.0), home.now_s)
    home.advance_to(NOON_S + 65)
    assert 60 <= home.over_fuse_s <= 63.1
    assert max(home.max_current_a) > 32


def test_a_curtailed_roof_yields_its_limit_until_that_ends() -> None:
    home = house(pv_w=4000)
    home.pv_limit_w, home.pv_limit_until_s = 1000.0, NOON_S + 30
    home.advance_to(NOON_S + 20)
    assert home.pv_w == 1000
    home.advance_to(NOON_S + 31)
    assert home.pv_w == 4000


def test_the_sun_stands_highest_at_noon_and_sleeps_at_night() -> None:
    noon = sun_height(NOON_S, 51.0, 0.0)
    assert noon == pytest.approx(math.sin(math.radians(90 - 51 + 22.1)), abs=0.01)
    assert sun_height(NOON_S - 6 * HOUR_S, 51.0, 0.0) < noon
    assert sun_height(NOON_S - 12 * HOUR_S, 51.0, 0.0) < 0
    assert Weather().pv_w(NOON_S - 12 * HOUR_S) == 0


def test_an_inverter_in_a_fast_house_is_not_deaf_for_longer_than_anybody_could_wait() -> None:
    def delay_s(*more: str) -> float:
        args = house_parser().parse_args(["--inverter", "huawei_sun2000", *more])
        return make_devices(args, house())["inverter"][0].connect_delay_s

    assert delay_s() == 1.0
    assert delay_s("--clock", "2024-06-01T00:00:00Z/0/4") == 0.25
    assert delay_s("--clock", "2024-06-01T00:00:00Z/0/1000") == 0.0
