"""What a terminal shows of plans: the chart, one line a car, and less where it is low."""

import copy
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console, Group
from rich.text import Text

from agent.cli.screen_fit import Fitting, Part
from agent.cli.screen_plans import plans

BRUSSELS = ZoneInfo("Europe/Brussels")
PLAN = {
    "id": "1",
    "deadline": "2026-06-17T05:00:00Z",
    "estimatedFinishAt": "2026-06-17T02:00:00Z",
    "endedAt": None,
    "finalState": None,
    "failureCondition": None,
    "currency": "EUR",
    "cost": 2.5,
    "costAtOnce": 4.0,
    "windows": [
        {"from": "2026-06-16T09:00:00Z", "to": "2026-06-16T10:00:00Z"},
        {"from": "2026-06-16T23:00:00Z", "to": "2026-06-17T02:00:00Z"},
    ],
}
DONE = PLAN | {
    "deadline": "2026-06-16T09:50:00Z",
    "endedAt": "2026-06-16T09:40:30Z",
    "finalState": "PLAN:ENDED:FINISHED",
    "cost": 0.002,
}


def step(start: str, end: str, car_kw: float) -> dict[str, Any]:
    return {"start": start, "end": end, "sunKw": 2.0, "carsKw": {"zoe": car_kw}}


def house(state: str, plan: dict[str, Any] | None, problem: str | None = None) -> dict[str, Any]:
    return {
        "at": "2026-06-16T09:41:00Z",
        "names": {"zoe": "Zoe"},
        "prices": [
            {"start": "2026-06-16T09:00:00Z", "end": "2026-06-16T22:00:00Z", "import": 0.4},
            {"start": "2026-06-16T22:00:00Z", "end": "2026-06-17T22:00:00Z", "import": 0.1},
        ],
        "statuses": {"zoe": {"state": state, "problem": problem, "plan": plan}},
        "plan": {
            "steps": [
                step("2026-06-16T09:41:00Z", "2026-06-16T22:00:00Z", 0.0),
                step("2026-06-16T22:00:00Z", "2026-06-17T09:41:00Z", 4.0),
            ],
            "cars": {
                "zoe": {
                    "levelAtDeadlineKwh": 40.0,
                    "limitKwh": 40.0,
                    "chargeKwh": 12.0,
                    "cost": 2.5,
                    "costAtOnce": 4.0,
                }
            },
        },
    }


def shown(doc: dict[str, Any]) -> list[str]:
    console = Console(width=110, force_terminal=False)
    with console.capture() as said:
        console.print(Group(*plans(doc, BRUSSELS)))
    return [line.rstrip() for line in said.get().splitlines()]


def test_the_chart_has_prices_sun_and_when_each_car_charges() -> None:
    lines = shown(house("PLAN:EXECUTING:STARTED", PLAN))
    clock, price, sun, car, said = lines
    assert clock.startswith("next 24 hours")
    assert price.endswith("0.10-0.40 EUR")
    assert sun.endswith("2.0 kW")
    assert car.startswith("Zoe")
    bars = car[14:62]
    assert bars[:24].strip() == ""
    assert set(bars[26:]) == {"█"}
    assert said.startswith(
        "Zoe           charges, again Wed 01:00-04:00; full by Wed 07:00, 12.0 kWh"
    )
    assert all(len(line) <= 76 for line in lines[:4])


def test_the_cost_stands_beside_that_of_charging_at_once() -> None:
    assert "12.0 kWh for 2.50 EUR, 4.00 at once" in " ".join(
        shown(house("PLAN:EXECUTING:STOPPED", PLAN))
    )


def test_what_is_short_at_the_deadline_is_said() -> None:
    doc = house("PLAN:EXECUTING:STARTED", PLAN)
    doc["plan"]["cars"]["zoe"]["levelAtDeadlineKwh"] = 36.5
    assert "3.5 kWh short at Wed 07:00" in " ".join(shown(doc))


def test_a_car_that_was_full_in_time_is_said_to_be() -> None:
    line = shown(house("PLAN:ENDED:FINISHED", DONE))[-1]
    assert line == ("Zoe           FINISHED: full at 11:40:30, in time for 11:50, under 0.01 EUR")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"deadline": "2026-06-16T09:30:00Z"}, "FINISHED late: full at 11:40:30, wanted by 11:30"),
        ({"endedAt": "2026-06-15T20:00:00Z"}, "FINISHED: full at Mon 22:00, in time for 11:50"),
        ({"cost": None}, "in time for 11:50"),
    ],
)
def test_late_is_late_and_an_unknown_cost_is_not_said(change: dict[str, Any], words: str) -> None:
    line = shown(house("FULLY_CHARGED", DONE | change))[-1]
    assert words in line
    assert change.get("cost", 1) is not None or line.endswith("11:50")


def test_a_car_that_has_gone_was_full() -> None:
    line = shown(house("CONSIDERING", DONE, "Zoe is not plugged in"))[-1]
    assert line.startswith("Zoe           not plugged in; FINISHED: full at 11:40:30")


def test_why_there_is_no_plan_is_said_without_the_name_twice() -> None:
    doc = house("CONSIDERING", None, "Zoe is not plugged in")
    assert shown(doc | {"plan": None})[-1] == "Zoe           is not plugged in"


def test_without_prices_and_plans_nothing_is_drawn() -> None:
    doc = house("DISABLED", None) | {"prices": [], "plan": None}
    assert shown(doc) == []


def test_the_document_is_only_read() -> None:
    doc = house("PLAN:EXECUTING:STARTED", PLAN)
    before = copy.deepcopy(doc)
    shown(doc)
    assert doc == before


def fitted(height: int | None) -> str:
    parts = [
        Part(full=Text("top\ntop")),
        Part(full=Text("much\nmuch\nmuch"), short=Text("less"), weight=1),
        Part(full=Text("little\nlittle"), weight=2),
    ]
    console = Console(width=20)
    with console.capture() as said:
        console.print(Fitting(parts, height))
    return " ".join(said.get().split())


@pytest.mark.parametrize(
    ("height", "words"),
    [
        (None, "top top much much much little little"),
        (7, "top top much much much little little"),
        (6, "top top less little little"),
        (4, "top top little little"),
        (3, "top top"),
        (1, "top top"),
    ],
)
def test_what_weighs_least_is_shortened_and_then_left_out(height: int | None, words: str) -> None:
    assert fitted(height) == words
