"""The figures of a run, computed from the rows of its trace and from nothing else that it did."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import inf

from agent.backtest.limits import over
from agent.backtest.scenario import Mains, Scenario
from agent.backtest.trace import Row

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a kWh costs and earns on the mean of the known prices; None where none is known."""

    import_per_kwh: float | None
    export_per_kwh: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Of some rows.

    Args:
        cost: in currency; None where no price at all is known.
        sun_used_kwh: of the sun, what was used or stored as it shone.
    """

    cost: float | None
    import_kwh: float
    export_kwh: float
    load_kwh: float
    sun_kwh: float
    sun_used_kwh: float
    curtailed_kwh: float
    charged_kwh: float

    @property
    def self_consumption(self) -> float | None:
        """The share of the sun that was used; None without sun."""
        harvested_kwh = self.sun_kwh - self.curtailed_kwh
        return self.sun_used_kwh / harvested_kwh if harvested_kwh > 0 else None


def mean_prices(rows: Sequence[Row]) -> Prices:
    """The means of the known prices; steps are of equal length."""
    bought = [row.import_per_kwh for row in rows if row.import_per_kwh is not None]
    sold = [row.export_per_kwh for row in rows if row.export_per_kwh is not None]
    return Prices(
        import_per_kwh=sum(bought) / len(bought) if bought else None,
        export_per_kwh=sum(sold) / len(sold) if sold else None,
    )


def totals(rows: Iterable[Row], step_s: int, usual: Prices) -> Totals:
    """Sum rows up.

    Args:
        usual: what a step is billed at whose price is not known.
    """
    hours, cost = step_s / HOUR_S, 0.0
    bought = sold = load = sun = used = curtailed = charged = 0.0
    for row in rows:
        per_kwh = row.import_per_kwh if row.grid_kw > 0 else row.export_per_kwh
        if per_kwh is None:
            per_kwh = usual.import_per_kwh if row.grid_kw > 0 else usual.export_per_kwh
        cost += row.grid_kw * (per_kwh or 0.0)
        bought += max(0.0, row.grid_kw)
        sold -= min(0.0, row.grid_kw)
        cars_kw = sum(car.power_kw for car in row.cars)
        drawn_kw = row.load_kw + cars_kw + max(0.0, row.battery_kw or 0.0)
        load += row.load_kw
        sun += row.sun_kw
        used += min(row.sun_kw - row.curtailed_kw, drawn_kw)
        curtailed += row.curtailed_kw
        charged += cars_kw
    return Totals(
        cost=None if usual.import_per_kwh is None else cost * hours,
        import_kwh=bought * hours,
        export_kwh=sold * hours,
        load_kwh=load * hours,
        sun_kwh=sun * hours,
        sun_used_kwh=used * hours,
        curtailed_kwh=curtailed * hours,
        charged_kwh=charged * hours,
    )


def by_day(scenario: Scenario, rows: Sequence[Row]) -> dict[date, list[Row]]:
    """Rows by the local day in which they begin."""
    days = dict[date, list[Row]]()
    for row in rows:
        day = datetime.fromtimestamp(row.start_s, UTC).astimezone(scenario.zone).date()
        days.setdefault(day, []).append(row)
    return days


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    """How long limits were passed.

    Args:
        fuse_s: over the fuse of a phase. operator_s: over the import or the export limit at the
            meter. Only while a car or the battery draws; export over a limit always counts.
    """

    fuse_s: int
    operator_s: int


def seconds_over(
    scenario: Scenario, rows: Sequence[Row], import_limits_w: Sequence[float]
) -> Seconds:
    """
    Args:
        import_limits_w: at the meter, of each row.
    """
    fuse_s = operator_s = 0
    limit_w = scenario.mains.export_limit_w
    export_limit_w = inf if limit_w is None else limit_w
    for row, import_limit_w in zip(rows, import_limits_w, strict=True):
        draws = any(car.power_kw > 0 for car in row.cars) or (row.battery_kw or 0.0) > 0
        first_w = first_phase_w(scenario, scenario.mains, row)
        found = over(scenario.mains, row.grid_kw * 1000, first_w, import_limit_w, export_limit_w)
        counts = draws or row.grid_kw < 0
        fuse_s += scenario.step_s * (found.fuse_w > 0 and counts)
        operator_s += scenario.step_s * ((found.import_w > 0 and draws) or found.export_w > 0)
    return Seconds(fuse_s=fuse_s, operator_s=operator_s)


def first_phase_w(scenario: Scenario, mains: Mains, row: Row) -> float:
    """What cars of fewer phases than the mains draw, all from phase 1."""
    return sum(
        car.power_kw * 1000
        for vehicle, car in zip(scenario.vehicles, row.cars, strict=True)
        if vehicle.phases < mains.phases
    )
