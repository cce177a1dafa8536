"""Smart charging in Home Assistant: what is shown of it, and what may be asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.bridges.home_assistant.commands import Order, intent_of
from agent.bridges.home_assistant.entity import BadCommand, Entity, View
from agent.bridges.home_assistant.smart_plan import STATE_WORDS
from agent.bridges.home_assistant.states import state_json
from agent.bridges.home_assistant.tables import household, rows_of
from agent.model.intents import SetSmartPolicy
from agent.model.picture import Picture
from agent.model.readings import DeviceKind
from agent.model.smart import SmartPolicy, SmartState, Windows
from tests import pictures
from tests.pictures import AT, CAR, CHARGER, GARAGE, ZOE

FULL = pictures.full_picture()
ALWAYS = ["smart_charging", "ready_by", "minimum_level"]
PLANNED = [
    "ready_once", "smart_state", "smart_start", "smart_finish", "smart_cost", "smart_saving",
    "smart_windows", "smart_min_on", "smart_min_off",
]  # fmt: skip


def rows(house: Picture = FULL, info: Any = CAR) -> dict[str, Entity]:
    found = rows_of(info, household(house))
    keys = {*ALWAYS, *PLANNED, "smart_hours"}
    return {row.key: row for row in found if row.key in keys}


def shown(key: str, house: Picture = FULL) -> object:
    return rows(house)[key].value(View(info=CAR, picture=house))


def asked(key: str, payload: str, house: Picture = FULL) -> Any:
    return intent_of(Order(CAR, rows(house)[key], house), payload.encode())


def with_policy(**more: Any) -> Picture:
    return replace(FULL, policies={ZOE: replace(pictures.POLICY, **more)})


def test_a_car_has_its_switch_and_with_it_on_all_of_its_plan() -> None:
    assert list(rows()) == [*ALWAYS, *PLANNED]
    assert list(rows(with_policy(enabled=False))) == ALWAYS
    assert rows(replace(FULL, smart={})) == {}


def test_each_value_of_a_running_plan_is_shown() -> None:
    assert [shown(key) for key in (*ALWAYS, *PLANNED)] == [
        "ON", "07:00", 20.0, "2026-06-02 08:00", "stopped", "2026-06-02T00:00:00+00:00",
        "2026-06-02T03:00:00+00:00", 2.5, 2.5, "several", 30.0, 30.0,
    ]  # fmt: skip


def test_how_a_plan_may_charge_is_switched_off_at_first() -> None:
    hidden = [key for key, row in rows().items() if not row.enabled]
    assert hidden == ["smart_windows", "smart_min_on", "smart_min_off"]


def test_the_attributes_hold_what_is_considered_and_the_whole_plan() -> None:
    details = rows()["smart_state"].attributes
    assert details is not None
    made = details(View(info=CAR, picture=FULL))
    assert isinstance(made, dict)
    assert made["missing"] is None
    assert made["plan"]["windows"] == [["2026-06-02T00:00:00+00:00", "2026-06-02T03:00:00+00:00"]]
    assert (made["plan"]["cost"], made["plan"]["cost_at_once"]) == (2.5, 5.0)
    assert state_json(tuple(rows().values()), View(info=CAR, picture=FULL))


def test_a_plan_that_has_ended_expects_nothing_and_keeps_its_saving() -> None:
    plan = pictures.SMART.plan
    assert plan is not None
    ended = replace(plan, ended_at=AT, final_state=SmartState.FINISHED)
    house = replace(FULL, smart={ZOE: replace(pictures.SMART, plan=ended)})
    values = [shown(key, house) for key in ("smart_start", "smart_finish", "smart_cost")]
    assert values == [None, None, None]
    assert shown("smart_saving", house) == 2.5


def test_every_state_has_a_word_of_its_own_that_home_assistant_does_not_use() -> None:
    assert len(set(STATE_WORDS.values())) == len(SmartState)
    assert not {"unknown", "unavailable"} & set(STATE_WORDS.values())
    assert STATE_WORDS[SmartState.AWAITING_PRICES] == "awaiting_prices"
    assert STATE_WORDS[SmartState.TURNED_OFF] == "ended_disabled"


@pytest.mark.parametrize(
    ("key", "payload", "said"),
    [
        ("smart_charging", "OFF", {"enabled": False}),
        ("ready_by", "07:00", {"deadlines": (420,) * 7}),
        ("ready_by", "7:00 on weekdays, 09:00 on Sunday", {"deadlines": (*(420,) * 5, None, 540)}),
        ("minimum_level", "30", {"minimum_percent": 30.0}),
        ("smart_windows", "one", {"windows": Windows.SINGLE}),
        ("smart_min_on", "45", {"min_on_s": 2700.0}),
        ("smart_min_off", "0", {"min_off_s": 0.0}),
        ("ready_once", "none", {"once_no_more": True}),
        ("ready_once", "2026-06-03 10:00", {"ready_at": datetime(2026, 6, 3, 10, tzinfo=UTC)}),
        ("ready_once", "10:00", {"ready_at": datetime(2026, 6, 2, 10, tzinfo=UTC)}),
        ("ready_once", "23:30", {"ready_at": datetime(2026, 6, 1, 23, 30, tzinfo=UTC)}),
    ],
)
def test_what_people_set_is_an_edit_of_the_policy(
    key: str, payload: str, said: dict[str, Any]
) -> None:
    utc = replace(FULL.locations["home"], timezone="UTC")
    house = replace(FULL, locations={"home": utc})
    assert asked(key, payload, house) == SetSmartPolicy(device=ZOE, **said)


def test_a_one_off_is_in_the_time_of_the_place() -> None:
    oslo = replace(FULL.locations["home"], timezone="Europe/Oslo")
    house = replace(FULL, locations={"home": oslo})
    intent = asked("ready_once", "2026-06-03T10:00", house)
    assert intent.ready_at == datetime(2026, 6, 3, 8, tzinfo=UTC)
    assert shown("ready_once", house) == "2026-06-02 10:00"


@pytest.mark.parametrize(
    ("key", "payload", "remedy"),
    [
        ("ready_by", "soon", "write a time such as 07:00"),
        ("ready_by", "24:00", "write 00:00"),
        ("minimum_level", "101", "from 0 to 100"),
        ("minimum_level", "much", "from 0 to 100"),
        ("ready_once", "2026-05-03 10:00", "a time to come"),
        ("ready_once", "tomorrow", "a time to come"),
        ("smart_charging", "maybe", "ON or OFF"),
        ("smart_windows", "two", "send one of several, one"),
        ("smart_min_on", "1441", "from 0 to 1440"),
        ("smart_min_off", "-1", "from 0 to 1440"),
    ],
)
def test_what_makes_no_sense_is_told_with_the_remedy(key: str, payload: str, remedy: str) -> None:
    with pytest.raises(BadCommand, match=remedy):
        asked(key, payload)


def test_a_one_off_that_is_past_is_shown_no_more() -> None:
    assert shown("ready_once", with_policy(ready_at=AT - timedelta(hours=1))) == "none"


def test_a_charger_for_unknown_cars_has_hours_instead_of_a_minimum() -> None:
    guest = SmartPolicy(
        target=GARAGE, target_kind=DeviceKind.CHARGER, enabled=True, deadlines=(360,) * 7,
        duration_s=9000.0,
    )  # fmt: skip
    status = replace(pictures.SMART, device=GARAGE, device_kind=DeviceKind.CHARGER)
    house = replace(FULL, policies={GARAGE: guest}, smart={GARAGE: status})
    found = rows(house, CHARGER)
    assert {"smart_charging", "smart_hours"} <= set(found)
    assert not {"minimum_level", "ready_once"} & set(found)
    view = View(info=CHARGER, picture=house)
    assert found["smart_hours"].value(view) == 2.5
    command = found["smart_hours"].command
    assert command is not None
    assert command(view, "3") == SetSmartPolicy(device=GARAGE, duration_s=10_800.0)


def test_amounts_have_their_currency_once_a_plan_knows_it() -> None:
    assert (rows()["smart_cost"].device_class, rows()["smart_cost"].unit) == ("monetary", "EUR")
    bare = replace(FULL, smart={ZOE: replace(pictures.SMART, plan=None)})
    assert (rows(bare)["smart_cost"].device_class, rows(bare)["smart_cost"].unit) == (None, None)
