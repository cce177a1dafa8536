"""What charging has cost, as documents, Home Assistant and the screen show it: known or null."""

import io
from dataclasses import replace
from typing import Any

import orjson
import pytest
from rich.console import Console

from agent.bridges.documents import HouseHerald, States
from agent.bridges.documents.changes import Worth, differences, worth
from agent.bridges.documents.settling import carry
from agent.bridges.home_assistant.entity import Entity, Household, View
from agent.bridges.home_assistant.states import state_json
from agent.bridges.home_assistant.tables import household, rows_of
from agent.bridges.status import document as status
from agent.cli.screen import kw, screen
from agent.cli.screen_costs import session_text
from agent.model.driver import DeviceInfo
from agent.model.pairs import PairingMode
from agent.model.picture import Picture, Session
from agent.model.readings import DeviceKind
from agent.months import month_of, summed
from tests import pictures
from tests.pictures import AT, CAR, CHARGER, GARAGE, SESSION, ZOE
from tests.unit.document_house import SENDER, box, document, picture

FULL = pictures.full_picture()
JUNE = month_of(AT, "Europe/Oslo")
PART = replace(SESSION, accounted_wh=2_000.0, traced_wh=2_000.0, reference_cost=None)
KEYS = ("session_cost", "session_solar_share", "month_cost", "month_saving")


def with_session(session: Session | None, house: Picture = FULL, **more: Any) -> Picture:
    latest = {} if session is None else {GARAGE: session, ZOE: session}
    months = {} if session is None else summed(JUNE, (session,))
    return replace(house, latest=latest, month=JUNE, months=months, **more)


def test_the_charger_and_its_car_tell_the_session_and_the_month() -> None:
    house = with_session(SESSION, picture(box(), currency="EUR"))
    for device in (GARAGE, ZOE):
        made = document(device, house)
        assert made["session"] | {"chargerId": "", "vehicleId": ""} == {
            "chargerId": "", "vehicleId": "", "from": "2026-06-01T12:00:00Z", "to": None,
            "energyKwh": 4.32, "cost": 0.8, "currency": "EUR", "ownShare": 0.5,
            "referenceCost": 1.25, "saving": 0.45, "unaccountedKwh": 0.0,
        }  # fmt: skip
        assert made["month"] == {
            "name": "2026-06", "sessions": 1, "energyKwh": 4.32, "cost": 0.8, "currency": "EUR",
            "ownShare": 0.5, "referenceCost": 1.25, "saving": 0.45, "unaccountedKwh": 0.0,
        }  # fmt: skip
    assert document(ZOE, house)["session"]["chargerId"] == document(GARAGE, house)["id"]


def test_what_is_known_of_a_part_is_null_and_the_rest_is_named() -> None:
    made = document(GARAGE, with_session(PART, picture(box(), currency="EUR")))
    for part in ("session", "month"):
        told = made[part]
        nulls = {"cost", "currency", "ownShare", "referenceCost", "saving"}
        assert {name for name in nulls if told[name] is None} == nulls
        assert told["unaccountedKwh"] == 2.32


def test_a_month_without_a_session_costs_nothing_where_there_is_a_tariff() -> None:
    nothing = with_session(None, picture(box(), currency="EUR"))
    month = document(GARAGE, nothing)["month"]
    assert (month["sessions"], month["cost"], month["currency"]) == (0, 0.0, "EUR")
    bare = document(GARAGE, replace(nothing, currency=None))
    assert (bare["session"], bare["month"]["cost"], bare["month"]["currency"]) == (None, None, None)


def test_nobody_says_which_month_it_is_while_the_clock_is_not_set() -> None:
    unset = replace(with_session(SESSION, picture(box())), month=None, months={})
    assert document(GARAGE, unset)["month"] is None


def test_a_charge_that_grows_is_a_measurement_and_its_end_is_news() -> None:
    before, more, over = (
        document(GARAGE, with_session(each, picture(box(), currency="EUR")))
        for each in (
            SESSION,
            replace(SESSION, energy_wh=5000.0, cost=0.9, accounted_wh=5000.0, traced_wh=5000.0),
            replace(SESSION, plugged_out_at=AT),
        )
    )
    assert worth("charger", differences(before, more), before, more) is Worth.MEASURED
    assert worth("charger", differences(before, over), before, over) is Worth.DISCRETE


def test_documents_are_made_anew_when_nothing_but_the_cost_changes() -> None:
    states = States(SENDER)
    house = with_session(SESSION, picture(box(), currency="EUR"))
    states.changed(house)
    ended = with_session(replace(SESSION, plugged_out_at=AT), house)
    told = states.changed(ended)
    assert {key[0] for key in told} == {"charger", "vehicle"}
    assert all(orjson.loads(body)["session"]["to"] for body in told.values())


def test_after_a_start_an_unknown_cost_is_not_what_it_was_before() -> None:
    old = document(GARAGE, with_session(SESSION, picture(box(), currency="EUR")))
    new = document(GARAGE, with_session(PART, picture(box(), currency="EUR")))
    assert carry(new, old)["session"]["cost"] is None


def test_the_first_word_of_a_charger_has_no_session() -> None:
    told = HouseHerald(SENDER).look(with_session(SESSION, picture(box())))
    event = next(e for e in told.events if e.name == "user:charger:discovered")
    assert orjson.loads(event.body)["charger"]["session"] is None


def rows(info: DeviceInfo, house: Household) -> dict[str, Entity]:
    return {row.key: row for row in rows_of(info, house) if row.key in KEYS}


def shown(house: Picture) -> dict[str, object]:
    found: dict[str, object] = {}
    for info in (CHARGER, CAR):
        for key, row in rows(info, household(house)).items():
            found[key] = row.value(View(info=info, picture=house))
    return found


def test_home_assistant_shows_the_session_of_a_charger_and_the_month_of_a_car() -> None:
    assert shown(FULL) == dict(zip(KEYS, (0.8, 50, 0.8, 0.45), strict=True))
    assert shown(with_session(PART)) == dict.fromkeys(KEYS)
    nothing = {"session_cost": None, "session_solar_share": None, "month_cost": 0.0}
    assert shown(with_session(None)) == nothing | {"month_saving": 0.0}


def test_an_amount_in_another_currency_than_the_unit_is_not_shown() -> None:
    crowns = shown(replace(FULL, currency="NOK"))
    assert [crowns[key] for key in KEYS] == [None, 50, None, None]


def test_amounts_exist_where_there_is_a_tariff_and_shares_where_there_is_a_meter() -> None:
    house = household(FULL)
    made = [rows(info, house) for info in (CHARGER, CAR)]
    assert [list(each) for each in made] == [list(KEYS[:2]), list(KEYS[2:])]
    bare = rows(CHARGER, replace(house, tariff=None))
    assert [(key, row.enabled) for key, row in bare.items()] == [("session_solar_share", False)]
    without = replace(house, kinds=house.kinds - {DeviceKind.METER})
    assert list(rows(CHARGER, without)) == ["session_cost"]
    assert rows(CAR, replace(house, pairing=PairingMode.OFF)) == {}


def test_a_sum_says_since_when_and_of_how_much_energy() -> None:
    found = rows(CAR, household(with_session(PART)))
    state = orjson.loads(
        state_json(tuple(found.values()), View(info=CAR, picture=with_session(PART)))
    )
    assert state["month_cost_since"] == "2026-05-31T22:00:00+00:00"
    details = state["month_cost_details"]
    assert (details["energy"], details["unaccounted"], details["sessions"]) == (4.32, 2.32, 1)


def printed(house: Picture) -> str:
    console = Console(file=io.StringIO(), width=200, color_system=None)
    with console.capture() as captured:
        console.print(screen(status(house)))
    return captured.get()


def test_the_screen_says_what_the_session_and_the_month_cost() -> None:
    text = printed(FULL)
    assert "4.32 kWh, 0.80 EUR" in text
    line = "Zoe this month: 4.3 kWh, 0.80 EUR, 50 % own, 0.45 less than at once from the grid"
    assert line in text


@pytest.mark.parametrize("session", [PART, replace(PART, currency=None, cost=None)])
def test_the_screen_says_of_how_much_it_does_not_know_the_cost(session: Session) -> None:
    text = printed(with_session(session))
    assert "Zoe this month: 4.3 kWh, nobody knows what" in text
    assert "this month" not in printed(with_session(None))


def test_a_session_that_has_hardly_begun_is_not_told_to_cost_nothing() -> None:
    state = {"session": {"to": None, "cost": 0.0, "currency": "EUR", "energyKwh": 0.04}}
    assert session_text({"sessionEnergy": 0.04, **state}) == "0.04 kWh"
    state["session"]["energyKwh"] = 4.0
    assert session_text({"sessionEnergy": 4.0, **state}) == "4.00 kWh, 0.00 EUR"


def test_what_is_shown_as_no_power_flows_neither_way() -> None:
    doc = status(FULL)
    doc["totals"] |= {"battery": 0.003, "grid": -0.002}
    console = Console(file=io.StringIO(), width=200, color_system=None)
    with console.capture() as captured:
        console.print(screen(doc))
    (battery,) = (line for line in captured.get().splitlines() if "│ battery" in line)
    (grid,) = (line for line in captured.get().splitlines() if "│ grid" in line)
    assert ("charging" in battery, "export" in grid) == (False, False)
    assert (kw(-0.002), kw(0.0)) == ("0.00 kW", "0.00 kW")
