"""Plans on virtual time: on time, inside every limit, cheaper, the same again, no look-ahead."""

from dataclasses import replace
from functools import cache
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from agent.backtest.comparing import compared
from agent.backtest.expecting import Expecting
from agent.backtest.physics import House
from agent.backtest.planned import planned
from agent.backtest.reading import read_scenario
from agent.backtest.report import Report
from agent.backtest.running import run
from agent.backtest.scenario import Foresight, Mode
from agent.backtest.world import World, world
from agent.plan.moment import Setpoints
from tests.unit.backtest_house import TEXT, TRIPS, write_files

HOUR_S = 3600
HOME = "vehicle,leaves,returns,used_kwh\ncar,2024-04-01T08:00:00Z,2024-04-01T16:00:00Z,20\n"
PRICES = [0.30 - 0.01 * (n % 24) + 0.05 * (n % 3) for n in range(96)]


@cache
def made(text: str = TEXT, trips: str = HOME) -> World:
    with TemporaryDirectory() as folder:
        return world(read_scenario(write_files(Path(folder), text, trips, prices=PRICES)))


@cache
def found(solver: str, text: str = TEXT, trips: str = HOME) -> Report:
    seen = made(text, trips)
    return compared(seen, planned(seen, solver, HOUR_S))


def other(mode: str) -> str:
    return TEXT.replace("mode: smart", f"mode: {mode}")


@pytest.mark.parametrize("solver", ["on", "off"])
def test_plans_are_on_time_and_inside_every_limit_and_save(solver: str) -> None:
    each = found(solver)
    assert [car.late for car in each.cars] == [()]
    assert len(each.cars[0].departures) == 2
    assert (each.seconds.fuse_s, each.seconds.operator_s) == (0, 0)
    assert each.baseline is not None
    assert each.baseline.comparable_cost is not None
    assert each.comparable_cost is not None
    assert each.comparable_cost < each.baseline.comparable_cost - 0.5
    assert len(each.run.plan_ms) > 20


@pytest.mark.parametrize("solver", ["on", "off"])
def test_the_same_scenario_gives_the_same_rows(solver: str) -> None:
    again = run(made(), planned(made(), solver, HOUR_S))
    assert again.rows == found(solver).run.rows


def deeds(seen: World, steps: int) -> list[Setpoints]:
    """What a house with plans is told in its first steps."""
    house, controller = House(seen), planned(seen, "off", 2 * 3600)
    told = []
    for step in range(steps):
        sight = house.look(step)
        told.append(controller.steer(sight))
        house.obey(sight, told[-1])
    return told


@pytest.mark.parametrize("foresight", [Foresight.PERSISTENCE, Foresight.NONE])
def test_nothing_that_is_not_known_yet_changes_anything(foresight: Foresight) -> None:
    """Another future of load, sun, unpublished prices, trips and limits: the same deeds today."""
    truth = made()
    truth = replace(truth, scenario=replace(truth.scenario, foresight=foresight))
    noon = 12 * 12
    scenario = replace(truth.scenario, events=())
    behind, days_end = truth.before + noon, truth.before + 24 * 12
    changed = replace(
        truth,
        scenario=scenario,
        load_w=[*truth.load_w[:behind], *(9000.0 for _ in truth.load_w[behind:])],
        sun_w=[*truth.sun_w[:behind], *(0.0 for _ in truth.sun_w[behind:])],
        import_prices=[
            *truth.import_prices[:days_end],
            *(9.0 for _ in truth.import_prices[days_end:]),
        ],
        plugged=tuple([*each[:noon], *([True] * (len(each) - noon))] for each in truth.plugged),
        used_wh=({},),
        import_limit_w=[inf] * len(truth.import_limit_w),
    )
    one, two = (deeds(each, noon + 24) for each in (truth, changed))
    assert one[:noon] == two[:noon]
    assert one[noon:] != two[noon:]


def test_the_next_day_is_known_from_one_o_clock_on() -> None:
    expecting = Expecting(made())
    assert expecting.known_until(0) == 288
    assert expecting.known_until(13 * 12 - 1) == 288
    assert expecting.known_until(13 * 12) == 576


def test_a_price_that_is_not_published_is_the_mean_of_the_same_hours_that_are() -> None:
    truth = made()
    today = truth.at(truth.import_prices, 3 * 12)
    each = Expecting(truth).stretches(0, [0, 12, 27 * 12, 28 * 12])
    assert each[0].known
    assert not each[2].known
    assert each[2].import_per_kwh == pytest.approx(today)


def test_the_future_is_seen_where_the_scenario_allows_it() -> None:
    truth = made()
    clear = replace(truth, scenario=replace(truth.scenario, foresight=Foresight.ACTUAL))
    edges = [0, 12, 10 * 12, 11 * 12]
    assert Expecting(clear).stretches(0, edges)[2].sun_w == 4000
    unknown_w = Expecting(truth).stretches(0, edges)[2].sun_w  # there is no yesterday
    assert 500 < unknown_w < 3000
    assert Expecting(truth).stretches(288, [288, 298, 408, 420])[2].sun_w == 4000


def test_a_silent_meter_is_no_dark_day() -> None:
    """On its second day the house was not measured until eight in the evening."""
    truth = made()
    first, behind = truth.before + 288, truth.before + 288 + 20 * 12
    silent = replace(
        truth,
        load_w=[*truth.load_w[:first], *([None] * 240), *truth.load_w[behind:]],
        sun_w=[*truth.sun_w[:first], *([0.0] * 240), *truth.sun_w[behind:]],
    )
    edges = [576, 588, 576 + 10 * 12, 576 + 11 * 12]
    assert Expecting(silent).stretches(576, edges)[2].sun_w == 4000


def test_of_a_house_without_a_roof_no_sun_is_expected() -> None:
    text = "\n".join(line for line in TEXT.splitlines() if not line.startswith("solar"))
    for foresight in Foresight:
        truth = made(text)
        dark = replace(truth, scenario=replace(truth.scenario, foresight=foresight))
        assert Expecting(dark).stretches(0, [0, 12, 10 * 12, 11 * 12])[2].sun_w == 0


def test_without_yesterday_a_house_uses_what_houses_use() -> None:
    truth = made(TEXT)
    blind = replace(truth, scenario=replace(truth.scenario, foresight=Foresight.NONE))
    edges = [0, 12, 30 * 12, 31 * 12]
    assert Expecting(truth).stretches(0, edges)[2] == Expecting(blind).stretches(0, edges)[2]


def test_a_fast_car_charges_at_once() -> None:
    rows = found("off", other("fast")).run.rows
    assert rows[0].cars[0].power_kw == 11
    assert rows[16 * 12].cars[0].power_kw > 4


def test_a_car_of_sun_alone_takes_nothing_from_the_grid() -> None:
    text = other("surplus").replace(
        "maxKw: 11, minKw: 4.14, phases: 3", "maxKw: 3.7, minKw: 1.4, phases: 1"
    )
    text = "\n".join(line for line in text.splitlines() if not line.startswith("battery"))
    rows = found("off", text, TRIPS.splitlines()[0] + "\n").run.rows
    charging = [row for row in rows if row.cars[0].power_kw > 0]
    assert charging
    assert all(row.grid_kw <= 1e-6 for row in charging)


def test_a_car_of_least_power_and_sun_never_rests_while_it_is_plugged_in() -> None:
    text = other("min-surplus").replace("events: [", "events: []\n#")
    each = found("off", text)
    assert each.scenario.vehicles[0].mode is Mode.MIN_SURPLUS
    plugged = [row.cars[0] for row in each.run.rows if row.cars[0].plugged]
    assert all(car.power_kw >= 4.14 or car.percent == 80 for car in plugged)


def test_least_power_yields_to_a_limit() -> None:
    each = found("off", other("min-surplus"))
    assert (each.seconds.fuse_s, each.seconds.operator_s) == (0, 0)
