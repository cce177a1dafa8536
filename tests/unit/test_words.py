"""Sentences as a household reads them: singular and plural, small amounts, units, no codes."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from agent.bridges.why import document
from agent.cli.figures import figures
from agent.cli.plan import _car
from agent.cli.reporting import lines as reporting_lines
from agent.cli.screen_costs import _month
from agent.cli.why import lines
from agent.cli.why_then import _does
from agent.cli.words import amount
from agent.model.picture import JournalEntry
from agent.model.readings import BatteryMode, BatteryReading
from agent.model.targets import BatteryTarget, InverterTarget, Owner, Target
from agent.pairing.says import _SENTENCES
from agent.plan.follow import BATTERY, follow
from agent.plan.schedule_words import clock
from tests import pictures
from tests.unit.planning_problems import NOW, battery_of, car_of
from tests.unit.test_follow import moment_of


def _why(target: Target) -> str:
    house = replace(pictures.full_picture(), targets={target.device: target})
    return "\n".join(lines(document(target.device, house), UTC))


@pytest.mark.parametrize(
    ("limit_w", "says"), [(3000.0, "at most 3 kW of sun"), (None, "all that the sun gives")]
)
def test_what_is_wanted_of_a_roof_is_said_in_words(limit_w: float | None, says: str) -> None:
    wanted = InverterTarget(
        device=pictures.ROOF, max_power_w=limit_w, owner=Owner.SAFETY, reason=pictures.reason()
    )
    assert f"Hearth wants: {says}\n" in _why(wanted)


@pytest.mark.parametrize(
    ("mode", "power_w", "says"),
    [
        (BatteryMode.IMPORT_FOCUS, 2500.0, "charging at 2.5 kW"),
        (BatteryMode.SELF_RELIANCE, None, "looking after the house by itself"),
    ],
)
def test_what_is_wanted_of_a_battery_is_said_in_words(
    mode: BatteryMode, power_w: float | None, says: str
) -> None:
    wanted = BatteryTarget(
        device=pictures.ROOF_BATTERY,
        mode=mode,
        power_w=power_w,
        owner=Owner.MANUAL,
        reason=pictures.reason(),
    )
    assert f"Hearth wants: {says}\n" in _why(wanted)


def test_no_power_is_no_figure() -> None:
    battery = pictures.snapshot()[pictures.ROOF_BATTERY].value
    assert isinstance(battery, BatteryReading)
    idle = pictures.snapshot(roof_battery=replace(battery, power_w=-4.0))
    house = replace(pictures.full_picture(), snapshot=idle)
    first = next(iter(lines(document("roof_battery", house), UTC)))
    assert "0.0 kW" not in first


@pytest.mark.parametrize(
    ("export_per_kwh", "says"),
    [
        (0.0, "; that costs nothing;"), (-0.1, "; that earns 0.40 an hour;"),
        (0.0025, "; that is 0.01 an hour;"),
    ],
)  # fmt: skip
def test_what_an_hour_costs_is_never_told_as_nothing_and_a_bit(
    export_per_kwh: float, says: str
) -> None:
    car = car_of(hours_left=None, sun_only=True, max_w=4000.0, min_w=1380.0)
    moment = moment_of(sun_w=7000.0, cars=(car,), export_per_kwh=export_per_kwh)
    assert says in follow(moment, None).why[car.device].sentence


def test_little_energy_is_told_in_watt_hours() -> None:
    car = car_of(need_wh=50_000, minimum_wh=10_040.0)
    told = follow(moment_of(cars=(car,)), None).why[car.device].sentence
    assert "40 Wh are missing to its minimum" in told


def test_what_would_change_the_battery_is_one_thing_or_several_and_reads_well() -> None:
    told = follow(moment_of(battery=battery_of()), None).why[BATTERY].sentence
    assert told.endswith("; sun or use of the house would change that.")


def test_an_instant_of_another_day_has_its_day_also_when_it_is_past() -> None:
    assert clock(NOW, "UTC", NOW + timedelta(hours=1)) == "17:00"
    assert clock(NOW, "UTC", NOW + timedelta(days=2)) == "Fri 17:00"
    assert clock(NOW, "UTC", NOW + timedelta(days=9)) == "2026-05-01 17:00"


def test_amounts_and_figures_have_no_sign_before_nothing() -> None:
    assert amount(-0.001, "EUR") == "0.00 EUR"
    assert figures({"sun_a": -0.0}, str) == "sun 0 A"


def test_one_is_not_told_as_many() -> None:
    found = {
        "delaySeconds": 0, "levelStep": 1.0, "silenceSeconds": None, "onChangeOnly": True,
        "ghostRate": 0.0, "samples": 1,
    }  # fmt: skip
    assert "measured on 1 plug-in" in list(reporting_lines(found))
    assert _SENTENCES["habit"]("Zoe", (1.0, 1.0), str) == "Zoe hung here in the last session"
    assert "of the last 4 sessions" in _SENTENCES["habit"]("Zoe", (3.0, 4.0), str)
    assert _SENTENCES["alone"]("Zoe", (0.0, 1.0), str).endswith("(Zoe; once)")


def test_a_car_that_needs_nothing_is_told_no_price_for_it() -> None:
    car = {
        "deadline": "2026-05-02T05:00:00+00:00", "limitKwh": 48.0, "levelAtDeadlineKwh": 48.0,
        "chargeKwh": 0.0, "cost": 0.0, "costAtOnce": 0.0,
    }  # fmt: skip
    assert _car("Zoe", car, "EUR", UTC) == "Zoe: full by Sat 05:00; nothing to charge."


def test_a_saving_that_is_rounded_off_is_not_told() -> None:
    month = {
        "energyKwh": 3.0, "ownShare": 1.0, "saving": 0.002, "cost": 0.5, "currency": "EUR",
        "unaccountedKwh": 0.0, "sessions": 1,
    }  # fmt: skip
    assert _month(month) == "3.0 kWh, 0.50 EUR, 100 % own"
    assert _month(month | {"saving": -0.2}).endswith("0.20 more than at once from the grid")


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ("IMPORT_FOCUS at 2500 W", "charging at 2500 W"),
        ("SELF_RELIANCE", "looking after the house by itself"),
        ("charge at 13.0 A on one phase", "charge at 13.0 A on one phase"),
    ],
)
def test_what_the_journal_kept_of_a_battery_is_said_in_words(does: str, says: str) -> None:
    entry = JournalEntry(at=NOW, device=pictures.ROOF_BATTERY, reason=pictures.reason(), does=does)
    assert _does(entry) == says
