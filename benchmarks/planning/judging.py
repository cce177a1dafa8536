"""What a controller made of a scenario, in the figures of the benchmark."""

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

from agent.backtest.report import Report
from agent.backtest.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """
    Args:
        baseline, cost, bound: comparable costs, in EUR; `cost` with what cars lack.
        missed: deadlines that charging at once met and this did not, of plug-ins in which no
            operator's limit began. late: all.
        most_starts: of a car on a day; starts: in all. car_days: to divide by.
    """

    seed: int
    judged: bool
    weeks: float
    controller: str
    forecast: str
    baseline: float
    cost: float
    bound: float
    departures: int
    late: int
    missed: int
    over_s: int
    starts: int
    most_starts: int
    car_days: int
    plan_ms: tuple[float, ...]

    @property
    def possible(self) -> float:
        return self.baseline - self.bound

    @property
    def saved(self) -> float:
        return self.baseline - self.cost

    @property
    def share(self) -> float:
        """Of what could be saved; 0 where nothing can."""
        return self.saved / self.possible if self.possible > 0.01 else 0.0

    def document(self) -> dict[str, Any]:
        return asdict(self)


def judge(
    found: Report, controller: str, least: float, *, seed: int, judged: bool, weeks: float
) -> Result:
    """
    Args:
        found: with its baseline. least: the bound.
    """
    scenario, at_once = found.scenario, found.baseline
    assert at_once is not None
    assert found.comparable_cost is not None
    assert at_once.comparable_cost is not None
    starts = _starts(found)
    return Result(
        seed=seed,
        judged=judged,
        weeks=weeks,
        controller=controller,
        forecast=str(scenario.foresight),
        baseline=at_once.comparable_cost,
        cost=found.comparable_cost + _lacking(found, at_once),
        bound=least,
        departures=sum(len(car.departures) for car in found.cars),
        late=sum(len(car.late) for car in found.cars),
        missed=_missed(found, at_once),
        over_s=found.seconds.fuse_s + found.seconds.operator_s,
        starts=sum(starts.values()),
        most_starts=max(starts.values(), default=0),
        car_days=len(scenario.vehicles) * round(weeks * 7),
        plan_ms=found.run.plan_ms,
    )


def _missed(found: Report, at_once: Report) -> int:
    return sum(
        late.deadline not in {each.deadline for each in other.late}
        and not _surprised(found.scenario, late.plugged_in, late.deadline)
        for car, other in zip(found.cars, at_once.cars, strict=True)
        for late in car.late
    )


def _lacking(found: Report, at_once: Report) -> float:
    """What cars lack at their deadlines beyond what they lack when charged at once is no saving: it
    is paid for at the mean import price. Where the wires do not do for all cars of a night, what
    one lacks more and another less is set off."""
    zone, lacking_kwh = found.scenario.zone, defaultdict[date, float](float)
    for vehicle, car, other in zip(found.scenario.vehicles, found.cars, at_once.cars, strict=True):
        for sign, cars in ((1, car), (-1, other)):
            for late in cars.late:
                night = late.deadline.astimezone(zone).date()
                lacking_kwh[night] += sign * late.short_kwh / vehicle.efficiency
    price_per_kwh = found.prices.import_per_kwh or 0.0
    return sum(max(0.0, kwh) for kwh in lacking_kwh.values()) * price_per_kwh


def _surprised(scenario: Scenario, begins: datetime, ends: datetime) -> bool:
    """Whether the grid operator limited the house meanwhile."""
    return any(event.begins < ends and begins < event.ends for event in scenario.events)


def _starts(found: Report) -> Counter[tuple[int, object]]:
    """How often each car began to charge on each local day."""
    counts, zone = Counter[tuple[int, object]](), found.scenario.zone
    rows = found.run.rows
    for n in range(len(found.cars)):
        for before, row in pairwise(rows):
            if row.cars[n].power_kw > 0 >= before.cars[n].power_kw:
                at = datetime.fromtimestamp(row.start_s, UTC)
                counts[n, at.astimezone(zone).date()] += 1
    return counts
