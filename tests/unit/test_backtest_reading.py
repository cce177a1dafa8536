"""A scenario is read to the letter, or every fault is told with its line and remedy."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.backtest.faults import BadScenario
from agent.backtest.reading import read_scenario
from agent.backtest.scenario import Foresight, Mode
from agent.backtest.tables import instant, read_series
from agent.backtest.world import on_grid, world
from tests.unit.backtest_house import PRICES, TEXT, TRIPS, hours, write_files


def faults_of(path: Path) -> list[str]:
    with pytest.raises(BadScenario) as caught:
        read_scenario(path)
    return str(caught.value).replace(f"{path.parent}/", "").splitlines()


def test_every_setting_of_a_scenario_arrives(tmp_path: Path) -> None:
    found = read_scenario(write_files(tmp_path))
    assert found.begins == datetime(2024, 4, 1, tzinfo=UTC)
    assert found.steps == 576
    assert found.known_minute == 780
    assert found.foresight is Foresight.PERSISTENCE
    assert found.import_prices is not None
    assert found.import_prices.values[1] == pytest.approx(0.21)
    assert found.fixed_export == 0.04
    assert found.mains.phase_w == 5750
    assert found.events[0].import_limit_w == 4200
    assert found.battery is not None
    assert (found.battery.least_wh, found.battery.start_wh) == (1000, 5000)
    car = found.vehicles[0]
    assert (car.mode, car.limit_wh, car.minimum_wh, car.deadline_minute) == (
        Mode.SMART, 48_000, 12_000, 420,
    )  # fmt: skip
    assert [trip.used_wh for trip in car.trips] == [20_000, 60_000]


def test_from_and_to_are_local_midnights_through_dst(tmp_path: Path) -> None:
    text = TEXT.replace("timezone: UTC", "timezone: Europe/Paris")
    text = text.replace("from: 2024-04-01", "from: 2024-03-31")
    found = read_scenario(write_files(tmp_path, text))
    assert found.begins == datetime(2024, 3, 30, 23, tzinfo=UTC)
    assert found.steps == (23 + 24 + 24) * 12


def test_all_faults_of_a_scenario_are_told_at_once(tmp_path: Path) -> None:
    text = TEXT.replace("amps: 25", "ampere: 25").replace("maxChargeKw: 5", "maxChargeKw: lots")
    text = text.replace("mode: smart", "mode: clever").replace("timezone: UTC", "timezone: Mars")
    found = faults_of(write_files(tmp_path, text))
    assert [line.split(": ", 1)[0] for line in found] == [
        "a.yaml:4", "a.yaml:11", "a.yaml:11", "a.yaml:13", "a.yaml:15",
    ]  # fmt: skip
    assert "there is no such time zone; write one like Europe/Paris" in found[0]
    assert "mains.ampere is 25: no such setting; did you mean amps?" in "\n".join(found)
    assert "battery.maxChargeKw is lots: that is no number" in found[3]
    assert "write one of: smart, surplus, min-surplus, fast" in found[4]


(_PRICES,) = (line for line in TEXT.splitlines() if line.startswith("prices:"))


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ('deadline: "07:00", ', "", "mode smart needs one"),
        ('deadline: "07:00"', 'deadline: "7 am"', 'write it like "07:00"'),
        ("minimumPercent: 20", "minimumPercent: 90", "above the limit of 80"),
        ("minKw: 4.14", "minKw: 12", "above maxKw, 11"),
        ("to: 2024-04-03", "to: 2024-04-01", "it is not after from"),
        ("to: 2024-04-03", "to: 2204-04-03", "days after from; at most 1100 days go into one"),
        ("to: 2024-04-01T19", "to: 2024-04-01T16", "swap the two"),
        ("importLimitKw: 4.2", "limit: 4.2", "there are: from, to, importLimitKw"),
        ("exportFixed: 0.04", "exportFixed: 0.04, exportColumn: x", "delete one of the two"),
        ("exportFixed: 0.04", "fixed: 0.2", "fixed stands beside it"),
        ("factor: 1.0", "factor: 100", "factor: 0.01 for cents"),
        ("battery: {capacityKwh: 10", "battery: {capacityKwh: 0", "or battery: null for a house"),
        ("car, capacityKwh: 60", "car, capacityKwh: 0", "vehicles.0.capacityKwh is 0: that cannot"),
        ("amps: 25", "amps: 0", "mains.amps is 0: that cannot be; write a number above 0"),
        ("add: 0.1", "add: 13", "no kWh costs that many EUR; was it ct? write 0.13"),
        ("exportFixed: 0.04", "exportFixed: 4", "was it ct? write 0.04"),
        (_PRICES, "prices: {fixed: 25}", "prices.fixed is 25: no kWh costs that many EUR; was it"),
        (_PRICES, "prices: {fixed: dear}", "prices.fixed is dear: that is no number"),
        ("file: house.csv, column: pv_w", "file: no.csv, column: pv_w", "No such file"),
        ("column: pv_w", "column: sun", "the first line names: start_utc, load_w, pv_w"),
        ("phases: 3, amps", "phases: 2, amps", "write one of: 1, 3"),
    ],
)
def test_a_fault_names_the_thing_and_the_remedy(
    tmp_path: Path, wrong: str, right: str, told: str
) -> None:
    assert wrong in TEXT
    found = faults_of(write_files(tmp_path, TEXT.replace(wrong, right, 1)))
    assert any(told in line for line in found), found
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("trip", "told"),
    [
        ("van,2024-04-01T08:00:00Z,2024-04-01T16:00:00Z,1", "the scenario has: car"),
        ("car,2024-04-01T18:00:00Z,2024-04-01T16:00:00Z,1", "it returns before it leaves"),
        ("car,yesterday,2024-04-01T16:00:00Z,1", "write it like"),
        ("car,2024-04-01T12:00:00Z,2024-04-01T18:00:00Z,1", "the trip of line 2"),
        ("car,2024-04-05T12:00:00Z,2024-04-05T18:00:00Z,-1", "used_kwh is missing or below 0"),
    ],
)
def test_a_trip_that_cannot_be_is_told_with_its_line(tmp_path: Path, trip: str, told: str) -> None:
    found = faults_of(write_files(tmp_path, trips=f"{TRIPS}{trip}\n"))
    assert len(found) == 1
    assert found[0].startswith("trips.csv:4: ")
    assert told in found[0]


def test_what_does_nothing_may_stand_beside_a_fixed_price(tmp_path: Path) -> None:
    fixed = "prices: {fixed: 0.25, file: null, add: 0.0, factor: 1, exportFixed: 0.04}"
    found = read_scenario(write_files(tmp_path, TEXT.replace(_PRICES, fixed)))
    assert (found.fixed_import, found.fixed_export) == (0.25, 0.04)


def test_an_hour_that_stands_twice_is_told(tmp_path: Path) -> None:
    path = write_files(tmp_path)
    with (tmp_path / "prices.csv").open("a") as file:
        file.write("2024-04-01T03:00:00Z,0.2\n")
    found = faults_of(path)
    assert found[0].startswith("prices.csv:98: the row: line 5 is of the same instant; delete one")


def test_a_table_of_a_spreadsheet_with_semicolons_and_commas_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(
        b"\xef\xbb\xbfstart_utc;eur\r\n2024-04-01T00:00Z;0,125\r\n2024-04-01T01:00Z;\r\n"
    )
    assert read_series(path, ["eur"])["eur"].values == (0.125, None)
    trips = TRIPS.replace(",", ";").replace(";20\n", ";20,5\n")
    found = read_scenario(write_files(tmp_path, trips=trips))
    assert [trip.used_wh for trip in found.vehicles[0].trips] == [20_500, 60_000]


def test_a_comma_between_thousands_is_no_decimal_one(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('start_utc,w\n2024-04-01T00:00Z,"1,234"\n')
    with pytest.raises(BadScenario, match="w is 1,234, which is no number; write a number with a"):
        read_series(path, ["w"])


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "scenario: [1\n", "a: &x 1\nb: *x\n"])
def test_what_is_no_scenario_is_told_and_never_a_crash(tmp_path: Path, text: str) -> None:
    found = faults_of(write_files(tmp_path, text))
    assert all(line.startswith("a.yaml:") and "; " in line for line in found)


def test_a_value_holds_for_the_most_frequent_distance(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "start_utc,w\n2024-04-01T00:00Z,1\n2024-04-01T01:00:00Z,\n2024-04-01T04:00+02:00,3\n"
        "2024-04-01T05:00:00,5\n"
    )
    series = read_series(path, ["w"])["w"]
    begins = int(datetime(2024, 4, 1, tzinfo=UTC).timestamp())
    assert series.step_s == 3600
    assert on_grid(series, range(begins, begins + 7 * 3600, 3600), 0.0) == [
        1, None, 3, None, None, 5, None,
    ]  # fmt: skip


def test_an_instant_is_utc_unless_it_carries_an_offset() -> None:
    assert instant("2024-04-01T12:00:00") == instant("2024-04-01T14:00:00+02:00")


def test_a_step_is_a_minute_where_a_limit_begins_between_five(tmp_path: Path) -> None:
    assert read_scenario(write_files(tmp_path)).step_s == 300
    odd = read_scenario(write_files(tmp_path, TEXT.replace("T17:00:00Z", "T17:02:00Z")))
    assert odd.step_s == 60
    limited = world(odd).import_limit_w
    assert limited[17 * 60 + 1] > 4200 == limited[17 * 60 + 2]


def test_rows_before_the_beginning_are_history(tmp_path: Path) -> None:
    path = write_files(tmp_path)
    (tmp_path / "prices.csv").write_text(
        hours({"eur_per_kwh": [0.5, *PRICES]}, datetime(2024, 3, 31, 23, tzinfo=UTC))
    )
    seen = world(read_scenario(path))
    assert seen.at(seen.import_prices, -1) == pytest.approx(0.6)
    assert seen.at(seen.import_prices, 0) == pytest.approx(0.2)
    assert seen.at(seen.import_prices, -13) is None


def test_the_scenario_of_the_documentation_is_one(tmp_path: Path) -> None:
    text = (
        Path("docs/backtest.md").read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    )
    found = read_scenario(write_files(tmp_path, text))
    assert found.vehicles[0].minimum_wh == 12_000
    assert found.battery is not None
    assert found.battery.discharge_efficiency == 0.95


def test_null_is_the_same_as_nothing(tmp_path: Path) -> None:
    lines = [
        line for line in TEXT.splitlines() if not line.startswith(("  -", "vehicles", "trips"))
    ]
    text = "\n".join([*lines, "vehicles: null", "trips: null"])
    text = text.replace(next(line for line in lines if line.startswith("events")), "events: null")
    text = text.replace(next(line for line in lines if line.startswith("battery")), "battery: null")
    text = text.replace(next(line for line in lines if line.startswith("solar")), "solar: null")
    found = read_scenario(write_files(tmp_path, text))
    assert (found.vehicles, found.events, found.battery, found.sun) == ((), (), None, None)
