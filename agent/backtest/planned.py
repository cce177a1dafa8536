"""The house steered by plans: asked anew when something turns, followed at every step."""

from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import takewhile
from math import inf
from time import perf_counter

from agent.backtest.away import away
from agent.backtest.control import Plugged, Sight
from agent.backtest.expecting import Expecting
from agent.backtest.scenario import Mode, Vehicle
from agent.backtest.world import World, deadlines
from agent.plan.follow import follow
from agent.plan.guide import adopt
from agent.plan.moment import Guide, Moment, Setpoints
from agent.plan.optimise.checking import better
from agent.plan.optimise.filled import fill
from agent.plan.optimise.problem import (
    BatteryTask,
    CarTask,
    Deadline,
    Problem,
    Solution,
    Step,
)

HORIZON_S, GRID_S = 48 * 3600, 1800
HORIZON = timedelta(seconds=HORIZON_S)
FINE_S, COARSE_S = 24 * 3600, 3600
"""Half hours for a day, hours for the next: that one is planned again before it comes."""

REPLAN_S = 1800
REPLAN_BLIND_S = 3600
"""Without the solver a plan is simpler, and little is gained by asking for it often."""

Planner = Callable[[Problem], Solution]
Solver = Callable[[Problem], Solution | None]
Follower = Callable[[Moment, Guide | None], Setpoints]


class Planned:
    """
    Args:
        plan: makes the plan. follow: what to do of it now.
        replan_s: the longest time that a plan is followed.
    """

    def __init__(self, world: World, plan: Planner, follow: Follower, replan_s: int) -> None:
        self._world, self._plan, self._follow = world, plan, follow
        self._expecting = Expecting(world)
        self._replan_s, self._asked = replan_s, -inf
        self._key: tuple[object, ...] = ()
        self._guide: Guide | None = None
        self._load_high_w = 0.0
        self.plan_ms = list[float]()
        self._promises = {car.id: _promises(car, world) for car in world.scenario.vehicles}

    def steer(self, sight: Sight) -> Setpoints:
        key = self._turns(sight)
        tasks = tuple(self._task(car, sight) for car in sight.cars)
        battery = _battery(sight)
        old = (sight.step - self._asked) * sight.step_s >= self._replan_s
        if old or key != self._key:
            self._load_high_w = self._expecting.load_high_w(sight.step)
            begun = perf_counter()
            problem = self._problem(sight, (*tasks, *away(sight, self._world.scenario)), battery)
            solution = self._plan(problem)
            self._guide = adopt(
                self._guide,
                Guide(problem=problem, solution=solution, revision=str(sight.step)),
                self._moment(sight, tasks, battery),
            )
            self.plan_ms.append((perf_counter() - begun) * 1000)
            self._asked, self._key = sight.step, key
        return self._follow(self._moment(sight, tasks, battery), self._guide)

    def _turns(self, sight: Sight) -> tuple[object, ...]:
        """What asks for a new plan when it changes."""
        cars = tuple((car.vehicle.id, car.since) for car in sight.cars)
        return cars, sight.import_limit_w, self._expecting.known_until(sight.step)

    def _moment(
        self, sight: Sight, tasks: tuple[CarTask, ...], battery: BatteryTask | None
    ) -> Moment:
        return Moment(
            at=sight.at,
            load_w=sight.load_w,
            sun_w=sight.sun_w,
            load_high_w=max(sight.load_w, self._load_high_w),
            import_per_kwh=sight.import_per_kwh,
            export_per_kwh=sight.export_per_kwh,
            import_limit_w=_finite(sight.import_limit_w),
            export_limit_w=_finite(sight.export_limit_w),
            cars=tasks,
            battery=battery,
            phases=sight.mains.phases,
            fuse_a=sight.mains.fuse_a,
            curtailable=True,
        )

    def _problem(
        self, sight: Sight, tasks: tuple[CarTask, ...], battery: BatteryTask | None
    ) -> Problem:
        edges = self._edges(sight, tasks)
        expected = self._expecting.stretches(sight.step, edges)
        steps = tuple(
            Step(
                start=sight.at + timedelta(seconds=(first - sight.step) * sight.step_s),
                duration_s=float((behind - first) * sight.step_s),
                import_per_kwh=each.import_per_kwh,
                export_per_kwh=each.export_per_kwh,
                load_w=each.load_w,
                sun_w=each.sun_w,
                load_high_w=each.load_high_w,
                sun_low_w=each.sun_low_w,
                import_limit_w=self._import_limit_w(sight, first),
                export_limit_w=_finite(sight.export_limit_w),
                known=each.known,
                load_low_w=each.load_low_w,
            )
            for first, behind, each in zip(edges, edges[1:], expected, strict=False)
        )
        return Problem(
            steps=steps,
            cars=tasks,
            battery=battery,
            phases=sight.mains.phases,
            fuse_a=sight.mains.fuse_a,
            curtailable=True,
        )

    def _edges(self, sight: Sight, tasks: tuple[CarTask, ...]) -> list[int]:
        """Where something changes: each half hour, deadlines, the end of a limit in force."""
        behind = sight.step + HORIZON_S // sight.step_s
        fine = sight.step + FINE_S // sight.step_s
        edges = {sight.step, behind}
        edges.update(self._grid(sight.step + 1, fine, GRID_S))
        edges.update(self._grid(fine, behind, COARSE_S))
        for at in (each.at for task in tasks for each in task.deadlines):
            edges.add(self._world.step_of(at))
        for event in self._world.scenario.events:
            if event.begins <= sight.at < event.ends:
                edges.add(self._world.step_of(event.ends))
        return sorted(edge for edge in edges if sight.step <= edge <= behind)

    def _grid(self, first: int, behind: int, every_s: int) -> range:
        """Steps from `first` on that begin at full half hours, or full hours."""
        step_s = self._world.scenario.step_s
        at_s = self._world.begins_s + first * step_s
        return range(first + -at_s % every_s // step_s, behind, every_s // step_s)

    def _import_limit_w(self, sight: Sight, step: int) -> float | None:
        """The limit of a later step, as far as it has been told."""
        limit_w = inf if (usual := sight.mains.import_limit_w) is None else usual
        begun = [e for e in self._world.scenario.events if e.begins <= sight.at < e.ends]
        at = self._world.instant(step) if begun else sight.at
        return _finite(min([limit_w, *(e.import_limit_w for e in begun if at < e.ends)]))

    def _task(self, car: Plugged, sight: Sight) -> CarTask:
        own = car.vehicle
        minimum_wh = own.limit_wh if own.mode is Mode.FAST else own.minimum_wh
        return CarTask(
            device=own.id,
            level_wh=car.level_wh,
            limit_wh=own.limit_wh,
            minimum_wh=minimum_wh,
            min_w=own.min_w,
            max_w=own.max_w,
            phases=min(own.phases, sight.mains.phases),
            efficiency=own.efficiency,
            deadlines=self._promised(own, sight.at),
            sun_only=own.mode in (Mode.SURPLUS, Mode.MIN_SURPLUS),
            least_w=own.min_w if own.mode is Mode.MIN_SURPLUS else 0.0,
            charging=car.charging_s > 0,
            charging_s=car.charging_s,
            paused_s=car.paused_s,
            min_on_s=own.min_on_s,
            min_off_s=own.min_off_s,
            starts=car.starts,
            day_left_s=sight.day_left_s,
        )

    def _promised(self, own: Vehicle, now: datetime) -> tuple[Deadline, ...]:
        """The promises of a car that fall due after an instant, as far as plans look."""
        every = self._promises[own.id]
        first = bisect_right(every, now, key=_due_at)
        behind = bisect_right(every, now + HORIZON, lo=first, key=_due_at)
        return every[first:behind]


def _promises(car: Vehicle, world: World) -> tuple[Deadline, ...]:
    """What falls due from the first step on until behind the last one."""
    if car.mode not in (Mode.SMART, Mode.FAST):
        return ()
    ends = world.instant(world.scenario.steps) + HORIZON
    due = deadlines(car, world.scenario, world.instant(0))
    return tuple(
        Deadline(at=at, level_wh=car.limit_wh) for at in takewhile(lambda at: at <= ends, due)
    )


def _due_at(each: Deadline) -> datetime:
    return each.at


def _battery(sight: Sight) -> BatteryTask | None:
    own = sight.battery
    if own is None or sight.battery_wh is None:
        return None
    return BatteryTask(
        level_wh=sight.battery_wh,
        least_wh=min(own.least_wh, sight.battery_wh),
        most_wh=own.capacity_wh,
        max_charge_w=own.max_charge_w,
        max_discharge_w=own.max_discharge_w,
        charge_efficiency=own.charge_efficiency,
        discharge_efficiency=own.discharge_efficiency,
        from_grid=True,
        to_grid=True,
        feeds_cars=True,
    )


def _finite(limit_w: float) -> float | None:
    return limit_w if limit_w < inf else None


def planned(world: World, solver: str, replan_s: int | None = None) -> Planned:
    """The house under plans.

    Args:
        solver: on = the programme is solved here; child = in a process of its own for each plan,
            as in the living house; off = plans are made without a solver.

    Raises:
        ImportError: there is no solver on this machine.
    """
    usual_s = REPLAN_BLIND_S if solver == "off" else REPLAN_S
    return Planned(world, planner(solver), follow, replan_s or usual_s)


def planner(solver: str) -> Planner:
    """Who makes the plans; see `planned`."""
    if solver == "off":
        return fill
    solve = _in_child() if solver == "child" else _here()

    def best(problem: Problem) -> Solution:
        """The better feasible one, as in the living house."""
        return better(problem, solve(problem), fill(problem))

    return best


def _here() -> Solver:
    import highspy  # noqa: F401 -- told before the first plan rather than in it

    from agent.plan.optimise.programme import solve

    return solve


def _in_child() -> Solver:
    import asyncio

    from agent.control.planning import Child

    child = Child()
    return lambda problem: asyncio.run(child.ask(problem))
