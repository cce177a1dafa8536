"""The planning benchmark: scenarios that can be run, a bound that is one, figures that add up."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from agent.backtest.immediate import Immediate
from agent.backtest.readiness import CarFigures
from agent.backtest.reading import read_scenario
from agent.backtest.report import Report, report
from agent.backtest.running import run
from agent.backtest.world import World, world
from benchmarks.planning.bound import bound
from benchmarks.planning.cheapest import Cheapest
from benchmarks.planning.judging import Result, judge
from benchmarks.planning.scenarios import draw
from benchmarks.planning.table import grouped, table
from tests.unit.backtest_house import TEXT, Told, write_files

SEEDS = (2, 3, 8)


@cache
def drawn(seed: int) -> tuple[World, Report]:
    with TemporaryDirectory() as folder:
        found = world(read_scenario(draw(seed, Path(folder), None).path))
    return found, report(run(found, Immediate()), found)


def test_a_seed_draws_the_same_files_again(tmp_path: Path) -> None:
    texts = []
    for name in ("a", "b"):
        path = draw(5, tmp_path / name, None).path
        texts.append([each.read_text() for each in sorted(path.parent.iterdir())])
    assert texts[0] == texts[1]
    assert len(texts[0]) == 4


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("window", [True, False])
def test_no_controller_is_below_the_bound(seed: int, window: bool) -> None:  # noqa: FBT001
    truth, at_once = drawn(seed)
    least = bound(truth, at_once)
    found = report(run(truth, Cheapest(truth, window=window)), truth, at_once)
    assert at_once.comparable_cost is not None
    assert found.comparable_cost is not None
    assert least <= at_once.comparable_cost + 1e-3
    assert least <= found.comparable_cost + 1e-3


def test_a_bound_is_what_can_be_reckoned_by_head(tmp_path: Path) -> None:
    """No sun, no battery: 20 kWh of a car in the cheapest hours before its deadline, the house
    at any price. Prices rise from 0.20 by a cent an hour, 11 kW are used as soon as they can."""
    lines = [
        line for line in TEXT.splitlines() if not line.startswith(("solar", "battery", "events"))
    ]
    text = "\n".join(lines).replace("to: 2024-04-03", "to: 2024-04-02")
    path = write_files(tmp_path, text, "vehicle,leaves,returns,used_kwh\n", loads=[0.0] * 96)
    truth = world(read_scenario(path))
    at_once = report(run(truth, Immediate()), truth)
    ready_kwh = (18 - 0.3) / 0.9
    assert bound(truth, at_once) == pytest.approx(11 * 0.2 + (ready_kwh - 11) * 0.21, abs=1e-3)


def test_a_deadline_that_charging_at_once_met_is_missed(tmp_path: Path) -> None:
    path = write_files(tmp_path)
    truth = world(read_scenario(path))
    at_once = report(run(truth, Immediate()), truth)
    found = report(run(truth, Told()), truth, at_once)
    result = judge(found, "immediate", 1.0, seed=1, judged=True, weeks=1.0)
    assert (result.missed, result.late, result.departures) == (1, 1, 1)
    limited = path.read_text().replace("2024-04-01T17", "2024-04-01T03")
    path.write_text(limited)
    truth = world(read_scenario(path))
    at_once = report(run(truth, Immediate()), truth)
    found = report(run(truth, Told()), truth, at_once)
    assert judge(found, "immediate", 1.0, seed=1, judged=True, weeks=1.0).missed == 0


def test_what_one_car_lacks_more_and_another_less_in_a_night_is_set_off(tmp_path: Path) -> None:
    car = next(line for line in TEXT.splitlines() if "{id: car," in line)
    text = TEXT.replace(car, f"{car}\n{car.replace('id: car,', 'id: other,')}")
    truth = world(read_scenario(write_files(tmp_path, text)))
    at_once = report(run(truth, Immediate()), truth)
    found = report(run(truth, Told()), truth, at_once)

    def cost(*short_kwh: float, usually: tuple[float, float]) -> float:
        usual = replace(at_once, cars=_short(at_once, usually))
        told = replace(found, cars=_short(found, short_kwh), baseline=usual)
        return judge(told, "full", 1.0, seed=1, judged=True, weeks=1.0).cost

    even = cost(0.0, 0.0, usually=(0.0, 0.0))
    assert cost(6.0, 0.0, usually=(0.0, 9.0)) == even
    assert cost(9.0, 0.0, usually=(0.0, 3.0)) == pytest.approx(cost(6.0, 0.0, usually=(0.0, 0.0)))
    assert cost(6.0, 0.0, usually=(0.0, 0.0)) > even


def _short(of: Report, short_kwh: tuple[float, ...]) -> tuple[CarFigures, ...]:
    first = of.cars[0].departures[0]
    late = (replace(first, short_kwh=kwh) for kwh in short_kwh)
    return tuple(replace(car, departures=(each,)) for car, each in zip(of.cars, late, strict=True))


RESULT = Result(
    seed=1, judged=True, weeks=1.0, controller="slots", forecast="persistence", baseline=10.0,
    cost=8.0, bound=5.0, departures=7, late=1, missed=0, over_s=0, starts=7, most_starts=2,
    car_days=7, plan_ms=(1.0, 3.0),
)  # fmt: skip


def test_shares_are_summed_before_they_are_divided() -> None:
    small = replace(RESULT, seed=2, baseline=1.0, cost=1.5, bound=0.0)
    figures = grouped([RESULT, small, replace(RESULT, judged=False, cost=-90.0)])
    assert figures[0]["share"] == pytest.approx((2 - 0.5) / (5 + 1))
    assert figures[0]["worst"] == pytest.approx(0.4)  # a euro a week is not worth a judgement
    assert figures[0]["median"] == pytest.approx((0.4 - 0.5) / 2)
    assert "| cheapest slots | - | 0.25 | -0.05 | 0.40 | 0 of 21 | 0 | 1.0 (2) |" in table(figures)
