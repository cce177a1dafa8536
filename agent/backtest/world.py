"""What happens in a scenario whatever anybody does: prices, load, sun, plugs, limits, by step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import inf

from agent.backtest.scenario import Scenario, Series, Vehicle
from agent.plan.calendar import first_instant

HISTORY_DAYS, AHEAD_DAYS = 28, 3
"""How much before `from` planning may look back at, and after `to` ahead."""

DAY_S = 86_400


@dataclass(frozen=True, kw_only=True)
class World:
    """
    Args:
        begins_s: Unix seconds of step 0.
        before: how many steps of history precede step 0 in each list; see `at`.
        import_prices, export_prices, load_w, sun_w: None = not known.
        plugged: per vehicle and step 0..n-1.
        used_wh: per vehicle, what comes off its level at the beginning of a step.
        import_limit_w, export_limit_w: hard limits at the meter of each step 0..n-1.
    """

    scenario: Scenario
    begins_s: int
    before: int
    import_prices: list[float | None]
    export_prices: list[float | None]
    load_w: list[float | None]
    sun_w: list[float | None]
    plugged: tuple[list[bool], ...]
    used_wh: tuple[dict[int, list[float]], ...]
    import_limit_w: list[float]
    export_limit_w: float

    @property
    def last(self) -> int:
        """The step behind the last one of which anything may be known."""
        return len(self.load_w) - self.before

    def at(self, values: Sequence[float | None], step: int) -> float | None:
        """A value of a step, counted from `from`; None outside of what is held."""
        n = step + self.before
        return values[n] if 0 <= n < len(values) else None

    def instant(self, step: int) -> datetime:
        return datetime.fromtimestamp(self.begins_s + step * self.scenario.step_s, UTC)

    def step_of(self, at: datetime) -> int:
        """The first step that does not begin before an instant."""
        return -int(-(at.timestamp() - self.begins_s) // self.scenario.step_s)


def world(scenario: Scenario) -> World:
    """Everything of a scenario on its steps."""
    step_s, n = scenario.step_s, scenario.steps
    begins_s = int(scenario.begins.timestamp())
    before = HISTORY_DAYS * DAY_S // step_s
    grid = range(begins_s - before * step_s, begins_s + n * step_s + AHEAD_DAYS * DAY_S, step_s)
    plugs = [_plugs(car, begins_s, step_s, n) for car in scenario.vehicles]
    mains = scenario.mains
    return World(
        scenario=scenario,
        begins_s=begins_s,
        before=before,
        import_prices=on_grid(scenario.import_prices, grid, scenario.fixed_import),
        export_prices=on_grid(scenario.export_prices, grid, scenario.fixed_export),
        load_w=on_grid(scenario.load, grid, 0.0),
        sun_w=on_grid(scenario.sun, grid, 0.0),
        plugged=tuple(plugged for plugged, _ in plugs),
        used_wh=tuple(used for _, used in plugs),
        import_limit_w=_limits(scenario, begins_s),
        export_limit_w=inf if mains.export_limit_w is None else mains.export_limit_w,
    )


def on_grid(series: Series | None, grid: range, fixed: float) -> list[float | None]:
    """The means of a series over equal steps, of what is known in each; None where nothing is.

    Args:
        fixed: what holds where there is no series.
    """
    if series is None:
        return [fixed] * len(grid)
    sums, known_s = [0.0] * len(grid), [0] * len(grid)
    ends = [*series.starts_s[1:], series.starts_s[-1] + series.step_s]
    for start, following, value in zip(series.starts_s, ends, series.values, strict=True):
        end = min(start + series.step_s, following)
        if value is None or end <= grid.start or start >= grid.stop:
            continue
        first = max(0, (start - grid.start) // grid.step)
        behind = min(len(grid), -((grid.start - end) // grid.step))
        for n in range(first, behind):
            at = grid.start + n * grid.step
            share_s = min(end, at + grid.step) - max(start, at)
            sums[n] += value * share_s
            known_s[n] += share_s
    return [each / s if s else None for each, s in zip(sums, known_s, strict=True)]


def deadlines(car: Vehicle, scenario: Scenario, after: datetime) -> Iterator[datetime]:
    """The deadlines of a car strictly after an instant, by the clock on the wall."""
    if car.deadline_minute is None:
        return
    day: date = after.astimezone(scenario.zone).date() - timedelta(days=1)
    while True:
        local = datetime.combine(day, time()) + timedelta(minutes=car.deadline_minute)
        at = first_instant(local, scenario.zone.key)
        if at > after:
            yield at
        day += timedelta(days=1)


def _plugs(
    car: Vehicle, begins_s: int, step_s: int, n: int
) -> tuple[list[bool], dict[int, list[float]]]:
    """A car is plugged in for the whole steps between its trips; what a trip took comes off as
    the first of them begins."""
    plugged, used = [True] * n, dict[int, list[float]]()
    for trip in car.trips:
        leaves_s, returns_s = trip.leaves.timestamp(), trip.returns.timestamp()
        if returns_s <= begins_s or leaves_s >= begins_s + n * step_s:
            continue
        first = max(0, int((leaves_s - begins_s) // step_s))
        behind = -int(-(returns_s - begins_s) // step_s)
        for k in range(first, min(n, behind)):
            plugged[k] = False
        used.setdefault(behind, []).append(trip.used_wh)
    moved = dict[int, list[float]]()
    for k, each in sorted(used.items()):
        here = next((m for m in range(k, n) if plugged[m]), None)
        if here is not None:
            moved.setdefault(here, []).extend(each)
    return plugged, moved


def _limits(scenario: Scenario, begins_s: int) -> list[float]:
    usual = scenario.mains.import_limit_w
    limits = [inf if usual is None else usual] * scenario.steps
    for event in scenario.events:
        first = int(event.begins.timestamp() - begins_s) // scenario.step_s
        behind = -(-int(event.ends.timestamp() - begins_s) // scenario.step_s)
        for k in range(max(0, first), min(len(limits), behind)):
            limits[k] = min(limits[k], event.import_limit_w)
    return limits
