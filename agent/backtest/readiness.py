"""Was the car ready when it was to be? Computed from the rows of the trace."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from agent.backtest.scenario import READY_POINTS, Mode, Scenario, Vehicle
from agent.backtest.trace import Row
from agent.backtest.world import deadlines

SAME_POINTS = 1e-5
PROMISED = (Mode.SMART, Mode.FAST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """The first deadline of a plug-in that the car waited for.

    Args:
        short_kwh: what was missing to its limit; 0 = it was on time.
    """

    plugged_in: datetime
    deadline: datetime
    short_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Rows, from the first to the one behind the last, in which a car is plugged in."""

    first: int
    behind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CarFigures:
    """
    Args:
        plans: plug-ins of a smart car that had something to charge: each has a plan of its own.
        starts: how often it began to draw power.
    """

    departures: tuple[Departure, ...]
    charged_kwh: float
    plans: int
    starts: int

    @property
    def late(self) -> tuple[Departure, ...]:
        return tuple(each for each in self.departures if each.short_kwh > 0)


def car_figures(scenario: Scenario, rows: Sequence[Row], n: int) -> CarFigures:
    """The figures of the n-th car."""
    vehicle, found = scenario.vehicles[n], list(stays(rows, n))
    powers = [row.cars[n].power_kw for row in rows]
    starts = sum(b > 0 >= a for a, b in pairwise([0.0, *powers]))
    planned = found if vehicle.mode is Mode.SMART else []
    return CarFigures(
        departures=tuple(_departures(scenario, vehicle, rows, n)),
        charged_kwh=sum(powers) * scenario.step_s / 3600,
        plans=sum(_needs(vehicle, rows, n, stay) for stay in planned),
        starts=starts,
    )


def stays(rows: Sequence[Row], n: int) -> Iterator[Stay]:
    first = None
    for k, row in enumerate(rows):
        if row.cars[n].plugged and first is None:
            first = k
        elif not row.cars[n].plugged and first is not None:
            yield Stay(first=first, behind=k)
            first = None
    if first is not None:
        yield Stay(first=first, behind=len(rows))


def _departures(
    scenario: Scenario, vehicle: Vehicle, rows: Sequence[Row], n: int
) -> Iterator[Departure]:
    if vehicle.mode not in PROMISED or vehicle.deadline_minute is None:
        return
    limit = 100 * vehicle.limit_wh / vehicle.capacity_wh
    for stay in stays(rows, n):
        begins_s = rows[stay.first].start_s
        plugged_in = datetime.fromtimestamp(begins_s, UTC)
        deadline = next(deadlines(vehicle, scenario, plugged_in))
        last = (int(deadline.timestamp()) - begins_s) // scenario.step_s + stay.first - 1
        if last >= stay.behind:
            continue
        missing = limit - rows[last].cars[n].percent
        late = missing > READY_POINTS + SAME_POINTS
        yield Departure(
            plugged_in=plugged_in,
            deadline=deadline,
            short_kwh=missing / 100 * vehicle.capacity_wh / 1000 if late else 0.0,
        )


def _needs(vehicle: Vehicle, rows: Sequence[Row], n: int, stay: Stay) -> bool:
    """Whether it was charged at all while it stayed, or stood below what counts as ready."""
    powers = any(row.cars[n].power_kw > 0 for row in rows[stay.first : stay.behind])
    ready = 100 * vehicle.ready_wh / vehicle.capacity_wh
    return powers or rows[stay.first].cars[n].percent < ready
