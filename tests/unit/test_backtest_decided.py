"""In a backtest as in the house: what is asked for is a wish, and decide() has the last word."""

from collections.abc import Sequence

import pytest

from agent.backtest.control import Sight
from agent.backtest.decided import Decided
from agent.backtest.planned import planned
from agent.backtest.running import run
from agent.model.readings import DeviceId
from agent.plan.moment import Setpoints
from tests.unit.backtest_house import TEXT
from tests.unit.test_backtest_planned import HOUR_S, made

CAR = DeviceId("car")
TIGHT = TEXT.replace("amps: 25", "amps: 8")


class Greedy:
    """Asks for full power at all times, for car and battery."""

    plan_ms: Sequence[float] = ()

    def steer(self, sight: Sight) -> Setpoints:
        cars = {car.vehicle.id: car.vehicle.max_w for car in sight.cars}
        battery_w = None if sight.battery is None else sight.battery.max_charge_w
        return Setpoints(car_w=cars, battery_w=battery_w)


@pytest.mark.long
@pytest.mark.parametrize("solver", ["on", "off"])
def test_a_plan_that_keeps_every_limit_is_carried_out_as_it_is(solver: str) -> None:
    plain = run(made(), planned(made(), solver, HOUR_S))
    decided = run(made(), Decided(planned(made(), solver, HOUR_S)))
    assert [row.cars for row in decided.rows] == [row.cars for row in plain.rows]
    assert [row.grid_kw for row in decided.rows] == [row.grid_kw for row in plain.rows]


def test_who_asks_for_more_than_the_wires_bear_does_not_get_it() -> None:
    assert "amps: 8" in TIGHT
    scenario = made(TIGHT)
    free, held = run(scenario, Greedy()), run(scenario, Decided(Greedy()))
    most_kw = 3 * 8 * 0.230
    drawing = [row for row in held.rows if any(car.power_kw for car in row.cars)]
    assert max(row.grid_kw for row in free.rows) > most_kw + 1
    assert drawing
    assert max(row.grid_kw for row in drawing) <= most_kw + 0.001


def test_the_reason_is_that_of_the_limit() -> None:
    held = run(made(TIGHT), Decided(Greedy()))
    assert any("the main fuse of 8 A leaves no more room" in row.reason for row in held.rows)
