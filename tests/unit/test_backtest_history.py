"""The house's own past under another tariff: what was measured is used, what is missing is said."""

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from agent.__main__ import main
from agent.backtest.contract import read_any_tariff
from agent.backtest.faults import BadScenario
from agent.backtest.lived import Lived, lived
from agent.backtest.measured import measured_cost
from agent.backtest.reading import Tariff, TariffFile, read_tariff_file
from agent.backtest.totals import Prices
from agent.backtest.world import world
from agent.config import load
from agent.store.migrations import LATEST, apply

BEGINS = datetime(2024, 5, 1, tzinfo=UTC)
CONFIG = """\
house: {timezone: UTC, fuse_a: 25}
store: {path: hearth.db}
chargers: {garage: {identity: CP1, password: secret-of-the-garage, max_current_a: 16, phases: 3}}
"""
Power = Callable[[int], float | None]


def fill(db: sqlite3.Connection, device: str, name: str, days: int, value: Power) -> None:
    """Quarters of an hour; whole units."""
    decimals = 1 if name.endswith("percent") else 0
    cursor = db.execute(
        "INSERT INTO series (device, name, decimals) VALUES (?, ?, ?)", (device, name, decimals)
    )
    first = int(BEGINS.timestamp()) // 900
    for n in range(days * 96):
        figure = value(n)
        if figure is not None:
            scaled = round(figure * 10**decimals)
            db.execute(
                "INSERT INTO quarter VALUES (?, ?, ?, ?, ?, ?, 900)",
                (cursor.lastrowid, first + n, scaled, scaled, scaled, scaled),
            )


def charges(n: int) -> float:
    """From six to eight in the evening, 8 kW."""
    return 8000.0 if 72 <= n % 96 < 80 else 0.0


def sun(n: int) -> float:
    return 2000.0 if 36 <= n % 96 < 60 else 0.0


def stored(n: int) -> float:
    return 600.0 if 36 <= n % 96 < 60 else -400.0 if n % 96 >= 60 else 0.0


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Ten and a half days of a house that draws 500 W; its meter was silent for an hour."""
    db = sqlite3.connect(tmp_path / "hearth.db")
    for number in range(1, LATEST + 1):
        apply(db, number)

    def grid(n: int) -> float | None:
        return None if 196 <= n < 200 else 500 + charges(n) + stored(n) - sun(n)

    fill(db, "grid", "power_w", 10, grid)
    fill(db, "roof", "production_w", 10, sun)
    fill(db, "garage", "power_w", 10, charges)
    fill(db, "cellar", "power_w", 10, stored)
    fill(db, "cellar", "soc_percent", 10, lambda n: 60.0 if n % 96 > 48 else 20.0)
    fill(db, "cellar", "capacity_wh", 10, lambda _: 8000.0)
    for day in range(10):
        come = BEGINS + timedelta(days=day, hours=18)
        session = {
            "id": f"s{day}",
            "charger": "garage",
            "plugged_in_at": come.isoformat(),
            "plugged_out_at": (come + timedelta(hours=14)).isoformat(),
        }
        db.execute(
            "INSERT INTO session VALUES (?, 'garage', ?, 0, ?)",
            (f"s{day}", come.timestamp(), orjson.dumps(session).decode()),
        )
    last = int((BEGINS + timedelta(days=10, hours=1)).timestamp())
    db.execute("INSERT INTO raw VALUES (?, 1, 500)", (last,))
    db.commit()
    db.close()
    config = tmp_path / "hearth.yaml"
    config.write_text(CONFIG)
    config.chmod(0o600)
    return config


def found(config: Path) -> Lived:
    return lived(load(config, {}), Tariff(fixed_import=0.3, fixed_export=0.1), "EUR", 780)


def test_the_load_is_what_meter_sun_battery_and_charger_leave(house: Path) -> None:
    each = found(house)
    assert each.scenario.begins == BEGINS
    assert each.scenario.ends == BEGINS + timedelta(days=10)
    seen = world(each.scenario)
    steps = [seen.at(seen.load_w, n) for n in range(seen.scenario.steps)]
    assert {w for w in steps if w is not None} == {500.0}
    assert steps.count(None) == 12  # nobody knows the load of the hour without a meter
    assert seen.at(seen.sun_w, 10 * 12) == 2000


def test_a_battery_is_what_was_seen_of_it(house: Path) -> None:
    own = found(house).scenario.battery
    assert own is not None
    assert (own.capacity_wh, own.least_wh, own.start_wh) == (8000, 1600, 1600)
    assert (own.max_charge_w, own.max_discharge_w) == (600, 400)


def test_whoever_was_plugged_in_needs_what_it_was_given(house: Path) -> None:
    car = found(house).scenario.vehicles[0]
    assert car.id == "garage"
    assert car.max_w == 8000
    assert [trip.used_wh for trip in car.trips] == pytest.approx([16_000 * 0.9] * 10)
    seen = world(found(house).scenario)
    assert not seen.plugged[0][18 * 12 - 1]
    assert seen.plugged[0][18 * 12]
    assert not seen.plugged[0][32 * 12]


def test_what_is_taken_for_granted_is_said(house: Path) -> None:
    remarks = " ".join(found(house).remarks)
    assert "95% each way" in remarks
    assert (
        "On garage whoever was plugged in (10 times) needs what it was given, by 07:00" in remarks
    )


def test_the_measured_past_is_billed_as_the_meter_saw_it(house: Path) -> None:
    each = found(house)
    usual = Prices(import_per_kwh=0.3, export_per_kwh=0.1)
    measured = measured_cost(each, world(each.scenario), usual)
    assert measured is not None
    bought = (9 * 500 + 9 * 100 + 2 * 8000) / 1000  # by night, after the sun, and the car
    sold = 6 * (2000 - 600 - 500) / 1000
    # Of the hour without a meter, 01:00 of the third day, nobody bills 500 Wh.
    assert measured[0] == pytest.approx(10 * (bought * 0.3 - sold * 0.1) - 0.5 * 0.3)
    assert measured[1] == 1


def test_a_battery_of_unknown_size_goes_on_as_it_did(house: Path) -> None:
    db = sqlite3.connect(house.parent / "hearth.db")
    db.execute("UPDATE series SET name = 'voltage_v' WHERE name = 'capacity_wh'")
    db.commit()
    db.close()
    each = found(house)
    assert each.scenario.battery is None
    assert "The capacity of cellar is not known: it goes on as it did." in each.remarks
    seen = world(each.scenario)
    assert seen.at(seen.load_w, 20 * 12) == 100


def test_without_a_database_or_a_meter_the_remedy_is_told(house: Path, tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "hearth.db")
    db.execute("UPDATE series SET name = 'voltage_v' WHERE device = 'grid'")
    db.commit()
    db.close()
    with pytest.raises(BadScenario, match="it takes a grid meter, and every inverter"):
        found(house)
    (tmp_path / "hearth.db").unlink()
    with pytest.raises(BadScenario, match="run it for some days"):
        found(house)


def test_a_house_that_began_today_is_told_when_to_ask_again(house: Path, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "hearth.db") as db:
        db.execute("DELETE FROM quarter WHERE q < ?", (int(BEGINS.timestamp()) // 900 + 959,))
        db.execute("UPDATE quarter SET q = q + 2")
    with pytest.raises(BadScenario) as caught:
        found(house)
    assert "has measured this house since 2024-05-11 00:15 only; what it takes" in str(caught.value)


def test_a_tariff_is_a_csv_or_the_prices_of_a_scenario(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("start_utc,buy,sell\n2024-05-01T00:00Z,0.3,0.1\n")
    read = read_tariff_file(tmp_path / "t.csv").tariff
    assert read.import_prices is not None
    assert read.export_prices is not None
    assert (read.import_prices.values, read.export_prices.values) == ((0.3,), (0.1,))
    (tmp_path / "t.yaml").write_text("currency: CHF\nprices: {fixed: 0.25, exportFixed: 0.1}\n")
    file = read_tariff_file(tmp_path / "t.yaml")
    assert (file.currency, file.tariff.fixed_import, file.known_minute) == ("CHF", 0.25, 780)


TIMES = """\
tariff:
  currency: CHF
  prices:
    night: {per_kwh: 0.20, from: "00:00", to: "06:10"}
    day: {per_kwh: 0.40, from: "06:10", to: "24:00", weekdays: [mon, tue, wed, thu, fri]}
  export: {per_kwh: 0.05}
"""
MARKET = """\
tariff:
  currency: EUR
  sources: {spot: {kind: energy-charts, zone: DE-LU}}
  markup_per_kwh: 0.02
  vat_percent: 19
  export: {kind: spot}
  peak: {per_kw_month: 4}
"""


def tariff_of(folder: Path, text: str, config: Path) -> TariffFile:
    (folder / "t.yaml").write_text(text)
    return read_any_tariff(folder / "t.yaml", load(config, {}))


def prices_of(config: Path, file: TariffFile) -> Callable[[datetime], float | None]:
    """The import price of an instant, as the backtest sees it."""
    there = world(lived(load(config, {}), file.tariff, file.currency, 780).scenario)
    return lambda at: there.at(there.import_prices, there.step_of(at))


def test_a_tariff_may_be_written_as_in_the_config_file(house: Path, tmp_path: Path) -> None:
    file = tariff_of(tmp_path, TIMES, house)
    price = prices_of(house, file)
    wednesday, saturday = BEGINS, BEGINS + timedelta(days=3)
    assert [price(wednesday + timedelta(hours=h)) for h in (0, 6, 7, 23)] == [0.2, 0.2, 0.4, 0.4]
    assert price(wednesday + timedelta(hours=6, minutes=10)) == 0.4
    assert [price(saturday + timedelta(hours=h)) for h in (3, 12)] == [0.2, None]
    assert (file.currency, file.remarks) == ("CHF", ())


def test_market_prices_are_those_that_the_house_kept(house: Path, tmp_path: Path) -> None:
    noon = BEGINS + timedelta(days=1, hours=12)
    first = int(noon.timestamp())
    note = {"points": [[first, first + 900, 0.1], [first + 900, first + 1800, -0.05]]}
    with sqlite3.connect(house.parent / "hearth.db") as db:
        key = f"energy-charts DE-LU EUR /{noon.date()}"
        db.execute("INSERT INTO note VALUES ('prices', ?, ?)", (key, orjson.dumps(note).decode()))
    file = tariff_of(tmp_path, MARKET, house)
    price = prices_of(house, file)
    quarters = [price(noon + timedelta(minutes=15 * n)) for n in range(-1, 3)]
    assert quarters[1:3] == pytest.approx([0.12 * 1.19, -0.03 * 1.19])
    assert (quarters[0], quarters[3]) == (None, None)
    assert file.remarks == ("What the highest power of a month costs is not in these figures.",)


def test_market_prices_that_were_not_kept_are_told(house: Path, tmp_path: Path) -> None:
    told = tariff_of(tmp_path, MARKET, house).remarks[0]
    assert told.startswith("Hearth kept no prices of spot (energy-charts): their hours are not")


def test_a_tariff_that_overlaps_is_told_with_its_line(house: Path, tmp_path: Path) -> None:
    with pytest.raises(BadScenario, match=r"t\.yaml:5: tariff\.prices\.day: .* overlap"):
        tariff_of(tmp_path, TIMES.replace('from: "06:10"', 'from: "05:00"'), house)


@pytest.mark.long
def test_the_command_answers_from_history(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.yaml").write_text("prices: {fixed: 0.25, exportFixed: 0.08}\n")
    arguments = ["backtest", "--from-history", "--tariff", str(tmp_path / "t.yaml")]
    assert main([*arguments, "-c", str(house), "--solver", "off", "--json"]) == 0
    doc = json.loads(capsys.readouterr().out)
    assert doc["vehicles"][0]["late"] == 0
    assert doc["measured"]["unknownHours"] == 1
    assert len(doc["remarks"]) == 2
    assert doc["unknownSeconds"]["load"] == 3600


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--from-history"], "needs --tariff"),
        (["--from-history", "--tariff", "x", "a.yaml"], "takes no scenario"),
        (["--tariff", "x", "a.yaml"], "belongs to --from-history"),
        ([], "name a scenario"),
        (["--trace", "x", "a.yaml", "b.yaml"], "--trace takes one scenario"),
        (["no.yaml"], "no.yaml: the file: it cannot be read"),
    ],
)
def test_a_command_line_that_cannot_be_is_told(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backtest", *arguments]) == 2
    assert told in capsys.readouterr().err
