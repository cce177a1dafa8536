"""What a policy may be, how people write it, and each way in which it is refused."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.intents import SetSmartPolicy
from agent.model.readings import DeviceId, DeviceKind
from agent.model.schedules import Schedule
from agent.model.smart import NO_DEADLINE, SmartPolicy, Windows
from agent.plan.smart.policies import House, changed, policy_in_the_way, refusal
from agent.plan.smart.spoken import minute_of, read_deadlines, say_deadlines
from tests.unit.house import GARAGE
from tests.unit.schedule_world import night
from tests.unit.smart_world import CAR, CHARGER, EVENING, SEVEN, ZOE, policy

HOUSE = House(devices={CAR: ZOE, GARAGE: CHARGER}, steerable=frozenset({CAR}))
WORK, SUNDAY = 7 * 60, 9 * 60
GUEST = policy(target=GARAGE, target_kind=DeviceKind.CHARGER, duration_s=7200.0)


def refused(given_policy: SmartPolicy, **house: Any) -> tuple[int, str]:
    found = refusal(given_policy, replace(HOUSE, **house), EVENING)
    return (200, "") if found is None else (found.status, found.sentence)


def test_a_whole_policy_is_taken() -> None:
    assert refused(policy(minimum_percent=20.0)) == (200, "")
    assert refused(GUEST) == (200, "")


@pytest.mark.parametrize(
    ("more", "house", "says"),
    [
        ({"deadlines": NO_DEADLINE}, {}, "zoe has no deadline; say by when"),
        ({"user": "bob"}, {"policies": {CAR: policy(user="anna")}}, "another user has turned"),
        ({"minimum_percent": 70.0}, {"limits_percent": {CAR: 60.0}}, "above the limit of 60 %"),
        ({"minimum_percent": 20.0, "least_minimum_percent": 50.0}, {}, "below the 50 %"),
        ({}, {"priced": False}, "there are no prices where zoe charges; add a tariff"),
        ({}, {"granted": False}, "grant vehicle:control:charging first"),
        ({}, {"steerable": frozenset()}, "takes no commands itself"),
        ({"minimum_percent": 101.0}, {}, "give 0 to 100"),
        ({"deadlines": (1440,) * 7}, {}, "give 00:00 to 23:59"),
        ({"deadlines": (420,)}, {}, "give 00:00 to 23:59"),
        ({"min_on_s": -1.0}, {}, "give 0 seconds or more"),
    ],
)
def test_each_fault_is_a_400_with_its_remedy(
    more: dict[str, Any], house: dict[str, Any], says: str
) -> None:
    status, sentence = refused(policy(**more), **house)
    assert status == 400
    assert says in sentence


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"duration_s": None}, "for how long to charge"),
        ({"duration_s": 90_000.0}, "25 h a day cannot be"),
        ({"deadlines": NO_DEADLINE}, "when its cycle of 24 hours ends"),
    ],
)
def test_a_charger_needs_a_duration_and_the_end_of_its_cycle(
    more: dict[str, Any], says: str
) -> None:
    status, sentence = refused(replace(GUEST, **more))
    assert status == 400
    assert says in sentence


def test_a_device_that_is_not_there_is_a_404() -> None:
    status, sentence = refused(policy(target=DeviceId("ghost")))
    assert status == 404
    assert "there is no vehicle ghost; known: zoe, garage" in sentence


def test_a_schedule_and_a_policy_on_the_same_car_are_a_409_whoever_came_second() -> None:
    schedule = night(target=CAR, target_kind=DeviceKind.VEHICLE)
    status, sentence = refused(policy(), schedules={"night": schedule})
    assert (status, "Night" in sentence) == (409, True)
    assert refused(policy(), schedules={"night": replace(schedule, enabled=False)})[0] == 200
    assert "turn it off first" in hindered(schedule, policy())
    assert hindered(schedule, policy(enabled=False)) == ""
    assert hindered(replace(schedule, enabled=False), policy()) == ""


OTHER = DeviceId("street")
STREET = replace(CHARGER, id=OTHER, name="street")
TWO = {CAR: ZOE, GARAGE: CHARGER, OTHER: STREET}


def hindered(schedule: Schedule, asked: SmartPolicy, **house: Any) -> str:
    there = replace(HOUSE, policies={asked.target: asked}, **house)
    return policy_in_the_way(schedule, there) or ""


@pytest.mark.parametrize(
    "more",
    [
        {},  # the only charger of the house: no plan would ever be followed
        {"devices": TWO, "charger_of": {CAR: GARAGE}},
    ],
)
def test_a_schedule_on_the_charger_of_a_car_with_a_policy_is_a_409_too(
    more: dict[str, Any],
) -> None:
    status, sentence = refused(policy(), schedules={"night": night()}, **more)
    assert status == 409
    assert "through which zoe is charged" in sentence
    assert "zoe is charged through garage" in hindered(night(), policy(), **more)


@pytest.mark.parametrize(
    "more",
    [
        {"devices": TWO},
        {"devices": TWO, "charger_of": {CAR: OTHER}},
        {"devices": {CAR: replace(ZOE, startable=True), GARAGE: CHARGER}},
    ],
)
def test_a_schedule_on_a_charger_that_the_car_can_do_without_is_taken(more: dict[str, Any]) -> None:
    assert refused(policy(), schedules={"night": night()}, **more)[0] == 200
    assert hindered(night(), policy(), **more) == ""


def test_schedules_on_all_chargers_leave_a_policy_none() -> None:
    both = {"a": night(id="a"), "b": night(id="b", target=OTHER)}
    assert refused(policy(), schedules=both, devices=TWO)[0] == 409
    more = {"schedules": {"a": both["a"]}, "devices": TWO}
    assert "charged through street" in hindered(both["b"], policy(), **more)


def test_where_both_are_on_already_either_may_be_edited() -> None:
    schedules = {"night": night()}
    assert refused(policy(), schedules=schedules, policies={CAR: policy()})[0] == 200
    assert hindered(night(name="Nights"), policy(), schedules=schedules) == ""


def test_what_is_off_may_be_incomplete() -> None:
    off = policy(enabled=False, deadlines=NO_DEADLINE, minimum_percent=70.0)
    assert refused(off, limits_percent={CAR: 60.0}, priced=False) == (200, "")


def test_the_one_who_turned_it_on_may_change_it() -> None:
    assert refused(policy(user="anna"), policies={CAR: policy(user="anna")})[0] == 200
    assert refused(policy(user="bob"), policies={CAR: policy(user="anna", enabled=False)})[0] == 200


def test_a_one_off_ahead_is_deadline_enough() -> None:
    once = policy(deadlines=NO_DEADLINE, ready_at=EVENING + timedelta(hours=9))
    assert refused(once)[0] == 200
    assert refused(replace(once, ready_at=EVENING - timedelta(hours=1)))[0] == 400


def test_an_edit_changes_what_it_names() -> None:
    before = policy(minimum_percent=20.0, ready_at=EVENING)
    intent = SetSmartPolicy(device=CAR, windows=Windows.SINGLE)
    assert changed(before, intent) == replace(before, windows=Windows.SINGLE)
    assert changed(before, SetSmartPolicy(device=CAR, once_no_more=True)).ready_at is None
    off = changed(before, SetSmartPolicy(device=CAR, enabled=False))
    assert off == replace(before, enabled=False)
    on = changed(off, SetSmartPolicy(device=CAR, enabled=True, user="anna"))
    assert (on.enabled, on.user) == (True, "anna")


@pytest.mark.parametrize(
    ("text", "deadlines"),
    [
        ("07:00", SEVEN),
        ("7:00", SEVEN),
        ("07:00:00", SEVEN),
        ("none", NO_DEADLINE),
        ("07:00 on weekdays, 09:00 on Sunday", (*(WORK,) * 5, None, SUNDAY)),
        ("07:00, 09:00 on sat and sun", (*(WORK,) * 5, SUNDAY, SUNDAY)),
        ("07:00 mon-fri; 09:00 weekends", (*(WORK,) * 5, SUNDAY, SUNDAY)),
        ("09:00 on Sat to Mon, 07:00 every day", (SUNDAY, *(WORK,) * 4, SUNDAY, SUNDAY)),
    ],
)
def test_deadlines_are_read_as_people_write_them(
    text: str, deadlines: tuple[int | None, ...]
) -> None:
    assert read_deadlines(text) == deadlines
    assert read_deadlines(say_deadlines(deadlines)) == deadlines


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("25:00", "no time of day"),
        ("24:00", "write 00:00"),
        ("seven", "write a time such as 07:00"),
        ("07:00 on funday", "funday is no day of the week"),
        ("07:00, 08:00", "two times hold on the same days"),
        ("07:00 on Monday, 08:00 on mon", "Monday has two times"),
        ("07:00 on 3", "3 is not understood"),
        ("on Monday", "no time of day"),
    ],
)
def test_what_is_no_deadline_is_refused_with_the_remedy(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_deadlines(text)


@given(st.lists(st.none() | st.integers(0, 1439), min_size=7, max_size=7).map(tuple))
def test_what_is_said_is_read_again(deadlines: tuple[int | None, ...]) -> None:
    assert read_deadlines(say_deadlines(deadlines)) == deadlines


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (read_deadlines, minute_of):
        try:
            read(text)
        except ValueError as error:
            assert ";" in str(error)  # noqa: PT017 the message is what people see
