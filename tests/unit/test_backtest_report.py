"""Everything that is reported follows from the trace that was written, and from it alone."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agent.backtest import trace
from agent.backtest.immediate import Immediate
from agent.backtest.reading import read_scenario
from agent.backtest.report import document, report
from agent.backtest.running import run
from agent.backtest.world import world
from agent.model.readings import DeviceId
from tests.unit.backtest_house import LOADS, PRICES, TEXT, Told, read_trace, write_files

CAR = DeviceId("car")
HOURS = 1 / 12


def told_and_written(
    folder: Path, told: Told | Immediate, **files: Any
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The document, and the trace as anybody reads it."""
    seen = world(read_scenario(write_files(folder, **files)))
    found = run(seen, told)
    trace.write(folder / "t.csv", ["car"], found.rows)
    return document(report(found, seen)), read_trace(folder / "t.csv")


def figures(rows: Sequence[dict[str, str]], column: str) -> list[float]:
    return [float(row[column] or 0) for row in rows]


def test_the_trace_has_a_row_for_every_step_and_the_columns_in_their_order(tmp_path: Path) -> None:
    _, rows = told_and_written(tmp_path, Immediate())
    assert list(rows[0]) == [
        "start_utc", "price", "export_price", "load_kw", "pv_kw", "curtailed_kw", "battery_kw",
        "battery_percent", "grid_kw", "car_kw", "car_percent", "car_plugged", "reason",
    ]  # fmt: skip
    starts = [datetime.fromisoformat(row["start_utc"]) for row in rows]
    assert starts[0] == datetime(2024, 4, 1, tzinfo=UTC)
    assert {(b - a).total_seconds() for a, b in pairwise(starts)} == {300}
    assert len(rows) == 576
    assert all(len(row["grid_kw"].split(".")[1]) >= 5 for row in rows)


@pytest.mark.parametrize("told", [Immediate(), Told({CAR: 7000.0}, -900.0, 500.0)])
def test_cost_and_energy_can_be_computed_anew_from_the_trace(
    tmp_path: Path, told: Told | Immediate
) -> None:
    prices = [None if n in (3, 4, 30) else each for n, each in enumerate(PRICES)]
    doc, rows = told_and_written(tmp_path, told, prices=prices)
    known = [float(row["price"]) for row in rows if row["price"]]
    assert len(known) == 540
    mean = sum(known) / len(known)
    cost = 0.0
    for row in rows:
        grid = float(row["grid_kw"])
        price = float(row["price"] or mean) if grid > 0 else float(row["export_price"])
        cost += grid * price * HOURS
        balance = (
            float(row["load_kw"]) + float(row["car_kw"]) + float(row["battery_kw"])
            - float(row["pv_kw"]) + float(row["curtailed_kw"])
        )  # fmt: skip
        assert abs(grid - balance) < 0.003
    assert doc["cost"] == pytest.approx(cost, abs=1e-4)
    assert doc["meanImportPrice"] == pytest.approx(mean, abs=1e-5)
    bought = sum(max(0.0, each) for each in figures(rows, "grid_kw")) * HOURS
    assert doc["importKwh"] == pytest.approx(bought, abs=1e-4)
    assert doc["chargedKwh"] == pytest.approx(sum(figures(rows, "car_kw")) * HOURS, abs=1e-4)
    lost = (5 - float(rows[-1]["battery_percent"]) / 10) * mean * 0.95
    assert doc["comparableCost"] == pytest.approx(cost + lost, abs=1e-4)
    assert sum(day["cost"] for day in doc["byDay"]) == pytest.approx(cost, abs=1e-3)
    assert doc["unknownSeconds"] == {"load": 0, "sun": 0, "price": 3 * 3600}


def test_a_car_is_late_by_what_is_missing_at_its_first_deadline(tmp_path: Path) -> None:
    # Home at 16:05 with 28 kWh, gone at 06:00: no deadline was waited for. At the start it is
    # there from midnight on, with 30 of 48 kWh and 7 hours.
    doc, _ = told_and_written(tmp_path, Told())
    assert doc["vehicles"] == [
        {
            "id": "car", "departures": 1, "onTime": 0, "late": 1, "shortKwh": 18.0,
            "chargedKwh": 0.0, "plans": 3, "starts": 0,
        }
    ]  # fmt: skip
    doc, rows = told_and_written(tmp_path, Immediate())
    assert (doc["vehicles"][0]["onTime"], doc["vehicles"][0]["late"]) == (1, 0)
    assert float(rows[7 * 12 - 1]["car_percent"]) == 80


def test_half_a_point_below_the_limit_is_ready(tmp_path: Path) -> None:
    near = TEXT.replace("limitPercent: 80", "limitPercent: 50.5")
    doc, _ = told_and_written(tmp_path, Told(), text=near)
    assert doc["vehicles"][0]["late"] == 0
    below = TEXT.replace("limitPercent: 80", "limitPercent: 50.6")
    doc, _ = told_and_written(tmp_path, Told(), text=below)
    assert doc["vehicles"][0]["late"] == 1
    assert doc["vehicles"][0]["shortKwh"] == pytest.approx(0.36)


def test_a_deadline_of_the_wall_clock_is_an_hour_earlier_in_utc_after_the_change(
    tmp_path: Path,
) -> None:
    text = TEXT.replace("timezone: UTC", "timezone: Europe/Paris")
    text = text.replace("from: 2024-04-01", "from: 2024-03-30").replace(
        "to: 2024-04-03", "to: 2024-04-02"
    )
    trips = "vehicle,leaves,returns,used_kwh\ncar,2024-03-30T03:00Z,2024-03-30T20:00Z,1\n"
    scenario = read_scenario(write_files(tmp_path, text, trips))
    seen = world(scenario)
    found = report(run(seen, Told()), seen).cars[0]
    assert [each.deadline for each in found.departures] == [datetime(2024, 3, 31, 5, tzinfo=UTC)]


def test_what_was_not_measured_is_counted_as_nothing_and_told(tmp_path: Path) -> None:
    loads = [None if 10 <= n < 16 else each for n, each in enumerate(LOADS)]
    doc, rows = told_and_written(tmp_path, Told(), loads=loads)
    assert doc["unknownSeconds"]["load"] == 6 * 3600
    assert float(rows[10 * 12]["load_kw"]) == 0


def test_without_a_battery_and_a_price_the_cells_are_empty(tmp_path: Path) -> None:
    text = "\n".join(line for line in TEXT.splitlines() if not line.startswith("battery"))
    doc, rows = told_and_written(tmp_path, Told(), text=text, prices=[None, *PRICES[1:]])
    assert (rows[0]["price"], rows[0]["battery_kw"], rows[0]["battery_percent"]) == ("", "", "")
    assert doc["batteryEndKwh"] is None


def test_the_document_is_json_with_the_keys_that_programs_read(tmp_path: Path) -> None:
    seen = world(read_scenario(write_files(tmp_path)))
    at_once = report(run(seen, Immediate()), seen)
    doc = json.loads(json.dumps(document(report(run(seen, Told()), seen, at_once))))
    assert list(doc) == [
        "hearth", "scenario", "from", "to", "currency", "stepS", "forecast", "cost", "importKwh",
        "exportKwh", "selfConsumption", "loadKwh", "solarKwh", "curtailedKwh", "chargedKwh",
        "comparableCost", "meanImportPrice", "batteryStartKwh", "batteryEndKwh", "baseline",
        "saved", "byDay", "vehicles", "limits", "unknownSeconds", "replans", "planMsMedian",
        "planMsMax",
    ]  # fmt: skip
    assert doc["limits"] == {"overFuseSeconds": 0, "overOperatorLimitSeconds": 0}
    assert doc["baseline"]["cost"] > 0
    assert doc["saved"] == pytest.approx(doc["baseline"]["comparableCost"] - doc["comparableCost"])
