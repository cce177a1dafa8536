"""What is reported of a scenario, for people and programs."""

from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from statistics import median
from typing import Any

from agent.backtest.readiness import CarFigures, car_figures
from agent.backtest.running import Run
from agent.backtest.scenario import Scenario
from agent.backtest.totals import (
    Prices,
    Seconds,
    Totals,
    by_day,
    mean_prices,
    seconds_over,
    totals,
)
from agent.backtest.trace import Row
from agent.backtest.world import World

FORMAT = "backtest/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A run beside its baseline.

    Args:
        stored_kwh: what the battery held at the beginning and at the end; None = there is none.
        comparable_cost: the cost with what the battery lost or gained, at the mean import price.
        unknown_s: for how long load, sun and import price were not known.
    """

    run: Run
    prices: Prices
    all: Totals
    days: dict[date, Totals]
    cars: tuple[CarFigures, ...]
    seconds: Seconds
    stored_kwh: tuple[float, float] | None
    comparable_cost: float | None
    unknown_s: dict[str, int]
    baseline: "Report | None" = None

    @property
    def scenario(self) -> Scenario:
        return self.run.scenario


def report(run: Run, world: World, baseline: Report | None = None) -> Report:
    """The figures of a run, from the rows of its trace."""
    scenario, rows = run.scenario, run.rows
    usual = mean_prices(rows)
    whole = totals(rows, scenario.step_s, usual)
    stored = _stored_kwh(scenario, rows)
    return Report(
        run=run,
        prices=usual,
        all=whole,
        days={day: totals(r, scenario.step_s, usual) for day, r in by_day(scenario, rows).items()},
        cars=tuple(car_figures(scenario, rows, n) for n in range(len(scenario.vehicles))),
        seconds=seconds_over(scenario, rows, world.import_limit_w),
        stored_kwh=stored,
        comparable_cost=_comparable(scenario, whole, usual, stored),
        unknown_s={
            name: scenario.step_s * values[world.before : world.before + scenario.steps].count(None)
            for name, values in (
                ("load", world.load_w),
                ("sun", world.sun_w),
                ("price", world.import_prices),
            )
        },
        baseline=baseline,
    )


def _stored_kwh(scenario: Scenario, rows: tuple[Row, ...]) -> tuple[float, float] | None:
    own = scenario.battery
    if own is None or rows[-1].battery_percent is None:
        return None
    return own.start_wh / 1000, rows[-1].battery_percent / 100 * own.capacity_wh / 1000


def _comparable(
    scenario: Scenario, whole: Totals, usual: Prices, stored: tuple[float, float] | None
) -> float | None:
    if whole.cost is None or stored is None or scenario.battery is None:
        return whole.cost
    lost_kwh = (stored[0] - stored[1]) * scenario.battery.discharge_efficiency
    return whole.cost + lost_kwh * (usual.import_per_kwh or 0.0)


def document(found: Report) -> dict[str, Any]:
    """The JSON document of `hearth backtest --json`."""
    scenario = found.scenario
    plans = sorted(found.run.plan_ms)
    return {
        "hearth": FORMAT,
        "scenario": str(scenario.name),
        "from": _local(scenario, scenario.begins),
        "to": _local(scenario, scenario.ends),
        "currency": scenario.currency,
        "stepS": scenario.step_s,
        "forecast": str(scenario.foresight),
        **_figures(found),
        "baseline": None if found.baseline is None else _baseline(found.baseline),
        "saved": saved(found),
        "byDay": [_day(found, day) for day in found.days],
        "vehicles": [
            {
                "id": vehicle.id,
                "departures": len(car.departures),
                "onTime": len(car.departures) - len(car.late),
                "late": len(car.late),
                "shortKwh": round(sum(each.short_kwh for each in car.late), 5),
                "chargedKwh": round(car.charged_kwh, 5),
                "plans": car.plans,
                "starts": car.starts,
            }
            for vehicle, car in zip(scenario.vehicles, found.cars, strict=True)
        ],
        "limits": {
            "overFuseSeconds": found.seconds.fuse_s,
            "overOperatorLimitSeconds": found.seconds.operator_s,
        },
        "unknownSeconds": found.unknown_s,
        "replans": len(plans),
        "planMsMedian": round(median(plans), 3) if plans else None,
        "planMsMax": round(plans[-1], 3) if plans else None,
    }


def saved(found: Report) -> float | None:
    """Against charging at once, with what the batteries hold in the end."""
    if found.baseline is None or found.baseline.comparable_cost is None:
        return None
    if found.comparable_cost is None:
        return None
    return _money(found.baseline.comparable_cost - found.comparable_cost)


def _figures(found: Report) -> dict[str, Any]:
    stored = found.stored_kwh
    return {
        **_totals(found.all),
        "comparableCost": _money(found.comparable_cost),
        "meanImportPrice": _money(found.prices.import_per_kwh),
        "batteryStartKwh": None if stored is None else round(stored[0], 5),
        "batteryEndKwh": None if stored is None else round(stored[1], 5),
    }


def _totals(each: Totals) -> dict[str, Any]:
    share = each.self_consumption
    return {
        "cost": _money(each.cost),
        "importKwh": round(each.import_kwh, 5),
        "exportKwh": round(each.export_kwh, 5),
        "selfConsumption": None if share is None else round(share, 5),
        "loadKwh": round(each.load_kwh, 5),
        "solarKwh": round(each.sun_kwh, 5),
        "curtailedKwh": round(each.curtailed_kwh, 5),
        "chargedKwh": round(each.charged_kwh, 5),
    }


def _baseline(found: Report) -> dict[str, Any]:
    late = sum(len(car.late) for car in found.cars)
    return {
        **_figures(found),
        "late": late,
        "overFuseSeconds": found.seconds.fuse_s,
        "overOperatorLimitSeconds": found.seconds.operator_s,
    }


def _day(found: Report, day: date) -> dict[str, Any]:
    other = None if found.baseline is None else found.baseline.days[day].cost
    return {"date": str(day), **_totals(found.days[day]), "baselineCost": _money(other)}


def _local(scenario: Scenario, at: datetime) -> str:
    return at.astimezone(scenario.zone).isoformat()


def _money(value: float | None) -> float | None:
    return round(value, 5) + 0.0 if value is not None and isfinite(value) else None
