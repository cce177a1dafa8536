"""What `hearth plan` shows: a chart for people, a document for programs, a picture."""

import json
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from agent.bridges import plan as bridge
from agent.cli.plan import first_column, lines, rows, show
from agent.cli.plan_svg import drawn
from agent.control.showing import shown
from agent.model.picture import Picture
from agent.model.readings import BatteryMode, DeviceKind
from agent.model.smart import SmartPolicy
from agent.model.wishes import BatteryWish
from agent.plan.held import held
from agent.plan.settings import BatteryPlan, BatterySettings, PlanSettings
from tests.unit.engine_house import CAR, House
from tests.unit.house import STORE, charger, info
from tests.unit.test_plans import EVENING, answer, plugged, smart_house


def picture(house: House) -> Picture:
    state = house.state
    return Picture(
        now=house.now,
        devices=state.settings.devices,
        policies=state.policies,
        smart=state.plans.statuses,
        outline=state.plans.outline,
        started_at=EVENING.at,
    )


@pytest.fixture
def planned() -> House:
    house = smart_house()
    answer(house)
    house.later(30, plugged(60.0), charger())
    return house


def test_the_keys_that_programs_read(planned: House) -> None:
    doc = bridge.document(picture(planned))
    assert set(doc) == {
        "version", "at", "names", "prices", "shortcomings", "held", "statuses", "problem",
        "plan",
    }  # fmt: skip
    assert set(doc["statuses"][CAR]) == {"state", "problem", "plan"}
    assert set(doc["statuses"][CAR]["plan"]) == {
        "id", "deadline", "estimatedFinishAt", "endedAt", "finalState", "failureCondition",
        "currency", "cost", "costAtOnce", "windows",
    }  # fmt: skip
    assert set(doc["plan"]) == {"madeAt", "method", "currency", "cost", "cars", "steps"}
    assert set(doc["plan"]["cars"][CAR]) == {
        "deadline", "levelKwh", "levelAtDeadlineKwh", "limitKwh", "chargeKwh", "cost", "costAtOnce",
    }  # fmt: skip
    assert set(doc["plan"]["steps"][0]) == {
        "start", "end", "importPrice", "exportPrice", "pricesKnown", "loadKw", "sunKw", "gridKw",
        "carsKw", "batteryKw", "batteryPercent",
    }  # fmt: skip


def test_the_plan_charges_in_the_cheap_hours_and_says_what_that_saves(planned: House) -> None:
    plan = bridge.document(picture(planned))["plan"]
    busy = [step for step in plan["steps"] if step["carsKw"][CAR] > 0]
    assert {step["importPrice"] for step in busy} == {0.1}
    car = plan["cars"][CAR]
    assert car["levelAtDeadlineKwh"] == pytest.approx(48.0, abs=0.1)
    assert car["cost"] < car["costAtOnce"] / 3
    for step in plan["steps"]:
        assert step["gridKw"] == pytest.approx(
            step["loadKw"] - step["sunKw"] + step["carsKw"][CAR], abs=0.002
        )


def test_people_see_it_as_a_chart_with_the_cost_against_charging_at_once(planned: House) -> None:
    text = list(lines(bridge.document(picture(planned)), UTC))
    assert text[0] == "The plan of 18:00, made without a solver. A column is half an hour."
    (price,) = [line for line in text if line.lstrip().startswith("price ")]
    assert price.startswith("price per kWh ")
    assert price.endswith("0.10 to 0.40 EUR")
    assert max(len(line) for line in text[1:-1]) <= 80
    (mine,) = [line for line in text if line.lstrip().startswith("car ")]
    bars = mine[14 : 14 + 48]
    assert bars[:13].strip() == ""
    assert "█" in bars[14:22]
    assert text[-1] == (
        "car: full by Thu 07:00; 13.3 kWh to charge, 1.33 EUR, 5.33 EUR if charged at once."
    )


def test_columns_are_the_half_hours_of_the_clock_so_that_a_price_keeps_its_edges(
    planned: House,
) -> None:
    doc = bridge.document(picture(planned))
    first = doc["plan"]["steps"][0]
    first["start"] = first["start"].replace(":00:00", ":20:00")
    assert f"{first_column(doc, UTC):%H:%M:%S}" == "18:00:00"
    ((_, prices, _), *_) = rows(doc)
    assert {each for each in prices if each is not None} == {0.1, 0.4}


def test_an_amount_too_small_for_a_cent_is_not_told_as_nothing(planned: House) -> None:
    doc = bridge.document(picture(planned))
    doc["plan"]["cars"][CAR] |= {"cost": 0.004, "costAtOnce": 0.0}
    said = list(lines(doc, UTC))[-1]
    assert said.endswith("13.3 kWh to charge, under 0.01 EUR, 0.00 EUR if charged at once.")


def test_the_picture_is_a_drawing_with_every_line_named(planned: House) -> None:
    svg = drawn(bridge.document(picture(planned)), UTC)
    words = " ".join(each.text or "" for each in ET.fromstring(svg).iter())  # noqa: S314 our own
    for word in ("price, EUR/kWh", "sun, kW", "car, kW", "grid, kW", "The plan of"):
        assert word in words


def test_a_picture_goes_where_it_was_asked_for_beside_the_document_for_programs(
    planned: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    doc, file = bridge.document(picture(planned)), tmp_path / "plan.svg"
    assert show(doc, UTC, as_json=True, svg=file) == 0
    assert json.loads(capsys.readouterr().out)["version"] == 1
    assert file.read_text().startswith("<svg")


def test_a_picture_that_cannot_be_written_is_told_with_the_remedy(
    planned: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "nowhere" / "plan.svg"
    assert show(bridge.document(picture(planned)), UTC, as_json=False, svg=file) == 1
    told = capsys.readouterr().err
    assert f"{file} cannot be written (No such file or directory); name another file" in told


def test_without_a_plan_it_says_why() -> None:
    off = House(policies={CAR: SmartPolicy(target=CAR)})
    doc = bridge.document(picture(off))
    assert doc["plan"] is None
    assert "no car is charged by plan" in doc["problem"]


SAYS = "roof_battery does not tell how much it holds, so plans leave it out; set it"


def test_a_battery_that_is_left_out_is_told_beside_the_plan(planned: House) -> None:
    lacking = replace(picture(planned), shortcomings={STORE: (SAYS,)})
    assert f"{SAYS}." in list(lines(bridge.document(lacking), UTC))


def test_a_battery_that_is_left_out_is_why_there_is_no_plan() -> None:
    off = House(policies={CAR: SmartPolicy(target=CAR)})
    lacking = replace(picture(off), shortcomings={STORE: (SAYS,)})
    assert bridge.document(lacking)["problem"] == SAYS


def test_a_mode_that_a_person_holds_is_told_beside_the_plan_with_how_to_end_it(
    planned: House,
) -> None:
    settings = PlanSettings(
        devices=(replace(info(STORE, DeviceKind.BATTERY), name="Cellar"),),
        battery=BatterySettings(plan=BatteryPlan.PRICES),
    )
    wish = BatteryWish(mode=BatteryMode.IMPORT_FOCUS, power_w=2500.0)
    doc = bridge.document(replace(picture(planned), held=dict(held({STORE: wish}, settings))))
    says = (
        "Cellar charges at 2.5 kW because somebody chose that: plans leave it alone until the mode"
        " time_of_use is chosen"
    )
    assert doc["held"] == {STORE: says}
    assert f"{says}." in list(lines(doc, UTC))
    texts = [each.text for each in ET.fromstring(drawn(doc, UTC)).iter()]  # noqa: S314 our own
    assert f"{says}." in texts


def test_the_house_shows_what_a_person_holds() -> None:
    house = smart_house()
    state = house.state
    state.settings = replace(
        state.settings,
        devices=(*state.settings.devices, info(STORE, DeviceKind.BATTERY)),
        battery=BatterySettings(plan=BatteryPlan.HOLD),
    )
    state.wishes = state.wishes.with_battery(STORE, BatteryWish(mode=BatteryMode.IDLE))
    told = shown(state, house.now, house.snapshot, {}, EVENING.at).held
    assert "neither charges nor discharges because somebody chose that" in told[STORE]


def test_a_battery_that_no_plan_steers_anyway_is_not_told_to_be_held() -> None:
    devices = (info(STORE, DeviceKind.BATTERY),)
    idle = {STORE: BatteryWish(mode=BatteryMode.IDLE)}
    assert not dict(held(idle, PlanSettings(devices=devices)))
    planned = PlanSettings(devices=devices, battery=BatterySettings(plan=BatteryPlan.HOLD))
    assert not dict(held({STORE: BatteryWish()}, planned))
    assert set(held(idle, planned))


def test_a_plan_is_told_anew_only_when_it_changes(planned: House) -> None:
    plans = planned.state.plans
    assert plans.outline is plans.outline
    guide = plans.guide
    assert guide is not None
    before = plans.outline
    plans.guide = replace(guide, revision="another")
    assert plans.outline is not before
