"""Devices do what their kind can do, whatever they are told; limits are not theirs to keep."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backtest.immediate import Immediate
from agent.backtest.reading import read_scenario
from agent.backtest.running import Run, run
from agent.backtest.totals import seconds_over
from agent.backtest.trace import Row
from agent.backtest.world import World, world
from agent.model.readings import DeviceId
from tests.examples import examples
from tests.unit.backtest_house import BEGINS, TEXT, TRIPS, Told, write_files

CAR = DeviceId("car")


def made(folder: Path, text: str = TEXT, trips: str = TRIPS) -> World:
    return world(read_scenario(write_files(folder, text, trips)))


def at(found: Run, hour: float) -> Row:
    """The step that begins at an hour of the first day."""
    return found.rows[int(hour * 12)]


def test_a_car_takes_nothing_below_its_least_power(tmp_path: Path) -> None:
    told = {CAR: 4139.0}
    assert all(row.cars[0].power_kw == 0 for row in run(made(tmp_path), Told(told)).rows)


def test_a_car_never_takes_more_than_it_can_nor_passes_its_limit(tmp_path: Path) -> None:
    found = run(made(tmp_path), Told({CAR: 50_000.0}))
    assert max(row.cars[0].power_kw for row in found.rows) == 11
    assert max(row.cars[0].percent for row in found.rows) == 80
    # 18 kWh at 9.9 kW: 21 full steps, and what is left in one more.
    assert [at(found, n / 12).cars[0].power_kw for n in (20, 21, 22)] == [11, 9, 0]


def test_the_last_step_of_a_charge_may_be_below_the_least_power(tmp_path: Path) -> None:
    text = TEXT.replace("limitPercent: 80", "limitPercent: 50.5")
    found = run(made(tmp_path, text), Told({CAR: 4140.0}))
    assert at(found, 0).cars[0].power_kw == pytest.approx(4.0)
    assert at(found, 0).cars[0].percent == 50.5


def test_a_car_away_stands_still_and_its_trip_comes_off_as_it_is_plugged_in(tmp_path: Path) -> None:
    found = run(made(tmp_path), Told({CAR: 11_000.0}))
    assert not at(found, 8).cars[0].plugged
    assert not at(found, 16).cars[0].plugged  # it came two minutes after the step began
    assert at(found, 16).cars[0].percent == 80
    home = at(found, 16 + 1 / 12).cars[0]
    assert home.plugged
    assert home.percent == pytest.approx(80 - 100 / 3 + 11 * 0.9 / 12 / 60 * 100)


def test_no_trip_takes_more_than_there_was(tmp_path: Path) -> None:
    found = run(made(tmp_path), Told())
    assert at(found, 24 + 20).cars[0].percent == 0


def test_a_battery_stays_between_its_least_and_full_and_loses_on_both_ways(tmp_path: Path) -> None:
    found = run(made(tmp_path), Told(battery_w=20_000.0))
    assert at(found, 0).battery_kw == 5
    assert at(found, 0).battery_percent == pytest.approx(50 + 5 / 12 * 0.95 * 10)
    assert found.rows[-1].battery_percent == 100
    emptied = run(made(tmp_path), Told(battery_w=-20_000.0))
    assert at(emptied, 0).battery_percent == pytest.approx(50 - 5 / 12 / 0.95 * 10)
    assert emptied.rows[-1].battery_percent == 10
    assert emptied.rows[-1].battery_kw == 0


def test_sun_beyond_the_export_limit_is_curtailed(tmp_path: Path) -> None:
    found = run(made(tmp_path, TEXT.replace("exportLimitKw: null", "exportLimitKw: 1")), Told())
    assert at(found, 10).grid_kw == -1
    assert at(found, 10).curtailed_kw == pytest.approx(4 - 1 - at(found, 10).load_kw)


def test_sun_is_curtailed_by_choice_no_more_than_it_shines(tmp_path: Path) -> None:
    found = run(made(tmp_path), Told(curtail_w=9000.0))
    assert at(found, 10).grid_kw == at(found, 10).load_kw
    assert at(found, 0).curtailed_kw == 0


def test_limits_are_counted_and_not_kept_by_the_physics(tmp_path: Path) -> None:
    seen = made(tmp_path)
    found = run(seen, Told({CAR: 11_000.0}))
    over = seconds_over(found.scenario, found.rows, seen.import_limit_w)
    limited = found.rows[17 * 12 : 19 * 12]
    charging = [row for row in limited if row.cars[0].power_kw > 0 and row.grid_kw > 4.2]
    assert over.operator_s == 300 * len(charging) > 0
    assert over.fuse_s == 0


def test_a_house_alone_over_its_limit_does_not_count(tmp_path: Path) -> None:
    text = TEXT.replace("importLimitKw: null", "importLimitKw: 0.1")
    seen = made(tmp_path, text)
    assert seconds_over(*_counted(seen, Told())).operator_s == 0
    assert seconds_over(*_counted(seen, Told(battery_w=100.0))).operator_s > 0


def _counted(seen: World, told: Told) -> tuple:  # type: ignore[type-arg]
    found = run(seen, told)
    return found.scenario, found.rows, seen.import_limit_w


def test_a_car_of_one_phase_loads_the_first_alone(tmp_path: Path) -> None:
    text = TEXT.replace("maxKw: 11, minKw: 4.14, phases: 3", "maxKw: 7.4, minKw: 1.4, phases: 1")
    seen = made(tmp_path, text)
    assert seconds_over(*_counted(seen, Told({CAR: 5500.0}))).fuse_s == 0
    assert seconds_over(*_counted(seen, Told({CAR: 5700.0}))).fuse_s > 0


def test_charging_at_once_keeps_every_limit_and_feeds_cars_from_the_battery(tmp_path: Path) -> None:
    text = TEXT.replace("amps: 25", "amps: 13")
    seen = made(tmp_path, text)
    found = run(seen, Immediate())
    over = seconds_over(found.scenario, found.rows, seen.import_limit_w)
    assert (over.fuse_s, over.operator_s) == (0, 0)
    assert at(found, 0).battery_kw == -5
    assert at(found, 0).cars[0].power_kw == 11
    # The battery is empty now, and the fuse of 13 A leaves a little less than 9 kW.
    assert at(found, 1.5).cars[0].power_kw == pytest.approx(
        13 * 0.23 * 3 - at(found, 1.5).load_kw, abs=0.01
    )


powers = st.floats(-30_000, 30_000)


@examples(40)
@given(car_w=powers, battery_w=powers, curtail_w=powers)
def test_whatever_is_told_energy_is_neither_made_nor_lost(
    tmp_path_factory: pytest.TempPathFactory, car_w: float, battery_w: float, curtail_w: float
) -> None:
    found = run(made(tmp_path_factory.mktemp("house")), Told({CAR: car_w}, battery_w, curtail_w))
    car_percent, battery_percent, hours = 50.0, 50.0, 1 / 12
    for n, row in enumerate(found.rows):
        car, stored = row.cars[0], row.battery_percent
        assert row.battery_kw is not None
        assert stored is not None
        balance = row.load_kw + car.power_kw + row.battery_kw - (row.sun_kw - row.curtailed_kw)
        assert row.grid_kw == pytest.approx(balance, abs=1e-5)
        assert 0 <= row.curtailed_kw <= row.sun_kw
        eta = 0.95 if row.battery_kw > 0 else 1 / 0.95
        assert stored == pytest.approx(
            battery_percent + row.battery_kw * eta * hours * 10, abs=1e-4
        )
        assert 10 - 1e-6 <= stored <= 100
        if car.plugged and n and found.rows[n - 1].cars[0].plugged:
            gained = car.power_kw * 0.9 * hours / 60 * 100
            assert car.percent == pytest.approx(car_percent + gained, abs=1e-4)
        assert car.power_kw == 0 or 4.14 <= car.power_kw <= 11 or car.percent == 80
        car_percent, battery_percent = car.percent, stored


def test_what_is_seen_of_a_step_is_what_stands_in_its_row(tmp_path: Path) -> None:
    told = Told({CAR: 11_000.0})
    found = run(made(tmp_path), told)
    sight = told.seen[13 * 12]
    assert (sight.at - BEGINS).total_seconds() == 13 * 3600
    row = at(found, 13)
    assert (sight.load_w / 1000, sight.sun_w / 1000) == (row.load_kw, row.sun_kw)
    assert (sight.import_per_kwh, sight.cars) == (row.import_per_kwh, [])
    assert told.seen[1].cars[0].charging_s == 300
