"""The best plan by linear programming, with HiGHS. Meant for a process of its own.

One programme without binaries: its shadow prices are what the real-time layer follows, and it is
solved in milliseconds. What the wires and cars cannot do continuously is rounded afterwards.
"""

from collections.abc import Sequence

from agent.model.readings import DeviceId
from agent.plan.optimise import worth
from agent.plan.optimise.directions import decide
from agent.plan.optimise.evening import evened
from agent.plan.optimise.filled import Board, board, to_deadlines
from agent.plan.optimise.formulate import Layout, formulate
from agent.plan.optimise.mains import shares
from agent.plan.optimise.problem import CarTask, Method, Problem, Solution
from agent.plan.optimise.settling import settle
from agent.plan.optimise.simplex import Simplex

_NOTHING_W = 1.0


def solve(problem: Problem, time_limit_s: float = 3.0) -> Solution | None:
    """The plan; None if the solver found none in time. Same problem, same plan.

    Raises:
        ImportError: highspy is not installed (there is none for 32-bit ARM).
    """
    model, layout = formulate(problem)
    simplex = Simplex(model, time_limit_s)
    found = decide(simplex, layout.either) if layout.either else simplex.solve()
    if found is None:
        return None
    values, duals = found.values, found.duals
    wishes_w = {
        car.device: [values[column] * 1000 for column in layout.car[car.device]]
        for car in problem.cars
    }
    flows_w = [
        (values[into] - values[out]) * 1000
        for into, out in zip(layout.charge, layout.discharge, strict=True)
    ]
    return settle(
        problem,
        Method.PROGRAMME,
        _rounded(problem, wishes_w, flows_w),
        flows_w,
        tuple(-duals[row] for row in layout.battery_rows),
        _car_worth(problem, layout, duals),
    )


def _car_worth(
    problem: Problem, layout: Layout, duals: Sequence[float]
) -> dict[DeviceId, tuple[float, ...]]:
    """Per stored kWh; 0 once the car is gone."""
    count = len(problem.steps)
    found = {}
    for car in problem.cars:
        rows = layout.car_rows[car.device]
        gone = (0.0,) * (count - len(rows))
        found[car.device] = tuple(-duals[row] for row in rows) + gone
    return found


def _rounded(
    problem: Problem, wishes_w: dict[DeviceId, list[float]], flows_w: Sequence[float]
) -> dict[DeviceId, list[float]]:
    """Powers between 0 and the minimum become one of the two, and what a car lost by that is
    placed on the cheapest steps with room."""
    wishes_w, flows_w = evened(problem, wishes_w, flows_w)
    places = board(problem, careful=False)
    for t, flow_w in enumerate(flows_w):
        places.rooms[t].take_even(max(flow_w, 0.0))
        places.spare_w[t] -= flow_w
    for car in problem.cars:
        _spread(places, car, wishes_w[car.device])
    for car in problem.cars:
        to_deadlines(places, car)
    return places.car_w


def _spread(places: Board, car: CarTask, wishes_w: Sequence[float]) -> None:
    """Half of the minimum and more is rounded up, less down; the difference is carried on."""
    owed_wh = 0.0
    share = shares(car, places.problem.phases)
    for t, wish_w in enumerate(wishes_w):
        h = worth.hours(places.problem.steps[t])
        if wish_w < _NOTHING_W:
            continue
        room_w = min(car.max_w, places.rooms[t].most_w(share, car.circuit))
        power_w = wish_w + owed_wh / h
        if power_w < car.min_w:
            power_w = car.min_w if power_w >= car.min_w / 2 else 0.0
        power_w = min(power_w, room_w) if room_w >= car.min_w else 0.0
        owed_wh += (wish_w - power_w) * h
        if power_w > 0:
            places.put(car, t, power_w)
