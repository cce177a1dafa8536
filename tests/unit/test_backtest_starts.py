"""A backtest begins and stops charges as the policy of a living house has it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from agent.backtest.comparing import compared
from agent.backtest.decided import Decided
from agent.backtest.physics import House
from agent.backtest.planned import Planned, planned, planner
from agent.backtest.reading import read_scenario
from agent.backtest.report import Report
from agent.backtest.world import World, world
from agent.plan.follow import follow
from agent.plan.optimise.filled import fill
from agent.plan.optimise.problem import Problem, Solution
from tests.unit.backtest_house import BEGINS, TRIPS, Told, hours, write_files

DAYS, STEP_MIN = 2, 5
TEXT = """\
scenario: 1
from: 2024-04-01
to: 2024-04-03
timezone: UTC
currency: EUR
prices: {file: prices.csv, importColumn: eur_per_kwh, add: 0.18, factor: 1.0, exportFixed: 0.04}
load:  {file: house.csv, column: load_w}
solar: {file: jumpy.csv, column: pv_w}
forecast: persistence
mains: {phases: 3, amps: 25}
vehicles:
  - {id: blue, capacityKwh: 64, startPercent: 65, maxKw: 3.7, minKw: 1.38, phases: 1, \
efficiency: 0.9, limitPercent: 90, minimumPercent: 10, deadline: "07:00", mode: smart}
  - {id: red, capacityKwh: 40, startPercent: 50, maxKw: 7.4, minKw: 1.38, phases: 1, \
efficiency: 0.9, limitPercent: 100, minimumPercent: 20, deadline: "08:00", mode: MODE}
trips: trips.csv
"""
HOME = """\
vehicle,leaves,returns,used_kwh
blue,2024-04-02T07:05:00Z,2024-04-02T09:00:00Z,20
red,2024-04-01T08:05:00Z,2024-04-01T10:30:00Z,12
red,2024-04-02T08:05:00Z,2024-04-02T10:30:00Z,12
"""


def clouds(seed: int) -> str:
    """A sun that comes and goes every few minutes on days before, and on those that count."""
    random, sky, lines = Random(seed), 1.0, ["start_utc,pv_w"]
    first = BEGINS - timedelta(days=7)
    for n in range((DAYS + 8) * 24 * 60 // STEP_MIN):
        at = first + timedelta(minutes=STEP_MIN * n)
        sky = random.choice((1.0, 0.9, 0.4, 0.2)) if random.random() < 0.4 else sky
        height = max(0.0, 1 - abs(at.hour + at.minute / 60 - 13) / 6)
        lines.append(f"{at:%Y-%m-%dT%H:%M:%SZ},{7000 * sky * height:.0f}")
    return "\n".join([*lines, ""])


@cache
def jumpy(seed: int, mode: str = "smart") -> World:
    random = Random(seed)
    prices = [0.1 + 0.02 * random.random() + 0.05 * (n % 24 in (7, 8, 18, 19)) for n in range(96)]
    with TemporaryDirectory() as name:
        path = write_files(Path(name), TEXT.replace("MODE", mode), HOME, prices=prices)
        (path.parent / "jumpy.csv").write_text(clouds(seed))
        return world(read_scenario(path))


def at_random(problem: Problem, lots: Random = Random("killed")) -> Solution:  # noqa: B008
    """Every other plan is made without the solver, by lot."""
    return fill(problem) if lots.random() < 0.5 else planner("on")(problem)


def lived(seen: World, solver: str) -> Report:
    steers = planned(seen, solver) if solver != "killed" else Planned(seen, at_random, follow, 1800)
    return compared(seen, Decided(steers))


def starts(found: Report) -> list[int]:
    """How often each car began on each day."""
    counts = []
    for n in range(len(found.cars)):
        for _, rows in groupby(found.run.rows, key=lambda row: row.start_s // 86_400):
            powers = [row.cars[n].power_kw for row in rows]
            counts.append(sum(b > 0 >= a for a, b in pairwise(powers)))
    return counts


def spans_s(found: Report, n: int, *, charging: bool) -> list[int]:
    """How long a car charged each time, or paused between two charges of one plug-in."""
    step_s = found.scenario.step_s
    runs = [
        (key, len(list(rows)) * step_s)
        for key, rows in groupby(
            found.run.rows, key=lambda row: (row.cars[n].plugged, row.cars[n].power_kw > 0)
        )
    ]
    inner = runs[1:-1]
    return [
        lasts_s
        for k, (key, lasts_s) in enumerate(inner, 1)
        if key == (True, charging) and runs[k - 1][0] == runs[k + 1][0] == (True, not charging)
    ]


@pytest.mark.long
@pytest.mark.parametrize(
    ("solver", "mode"), [("on", "smart"), ("off", "smart"), ("killed", "smart"), ("off", "surplus")]
)
def test_no_car_begins_more_often_on_a_day_however_the_sun_jumps(solver: str, mode: str) -> None:
    found = lived(jumpy(1, mode), solver)
    assert 0 < max(starts(found)) <= 3
    assert [car.late for car in found.cars] == [(), ()]
    assert (found.seconds.fuse_s, found.seconds.operator_s) == (0, 0)


@pytest.mark.long
def test_charges_and_pauses_last_as_long_as_the_policy_says() -> None:
    found = lived(jumpy(3), "off")
    pauses = [s for n in range(2) for s in spans_s(found, n, charging=False)]
    assert pauses
    assert min(pauses) >= 1800


def test_a_scenario_may_say_how_long_they_last() -> None:
    with TemporaryDirectory() as name:
        text = TEXT.replace("mode: MODE", "mode: smart, minOnMinutes: 10, minOffMinutes: 0")
        path = write_files(Path(name), text, HOME)
        (path.parent / "jumpy.csv").write_text(hours({"pv_w": [0.0] * 48}))
        blue, red = read_scenario(path).vehicles
    assert (blue.min_on_s, blue.min_off_s) == (1800, 1800)
    assert (red.min_on_s, red.min_off_s) == (600, 0)


def test_starts_are_counted_by_the_local_day_and_pauses_by_the_plug_in() -> None:
    with TemporaryDirectory() as name:
        seen = world(read_scenario(write_files(Path(name), trips=TRIPS)))
    house, car = House(seen), seen.scenario.vehicles[0].id
    looked = []
    for step in range(24 * 12 + 2):
        sight = house.look(step)
        looked.append((sight.day_left_s, [(c.starts, c.paused_s) for c in sight.cars]))
        drawing = step in (2, 3, 5, 287, 288)
        house.obey(sight, replace(Told(car_w={car: 5000.0 if drawing else 0.0}).steer(sight)))
    assert looked[2] == (86_400 - 600, [(0, None)])
    assert looked[3][1] == [(1, 0.0)]
    assert looked[5][1] == [(1, 300.0)]
    assert looked[6][1] == [(2, 0.0)]
    back = next(n for n, (_, cars) in enumerate(looked[100:], 100) if cars)
    assert looked[back][1] == [(2, None)]
    assert looked[288] == (86_400, [(0, 0.0)])
    assert datetime.fromtimestamp(seen.begins_s, UTC) == BEGINS
