"""Desired documents of the cloud: read exactly, or noted with their problem."""

from typing import Any

import orjson
import pytest

from agent.bridges.documents import (
    Unreadable,
    device_id,
    location_id,
    read_desired,
    schedule,
    schedule_id,
)
from agent.model.documents import DocumentKind
from agent.model.readings import DeviceId
from agent.model.schedules import Location, Schedule
from tests.documents import DEVICES, NIGHT, PICTURE, SENDER, faults

GARAGE, ZOE = DeviceId("garage"), DeviceId("zoe")
NEW_ID = "11111111-2222-4333-8444-555555555555"


def id_of(device: DeviceId) -> str:
    return device_id(SENDER.agent_id, device)


def desired(body: dict[str, Any] | None, rev: Any = 3, **more: Any) -> bytes:
    return orjson.dumps({"rev": rev, "body": body, **more})


def test_a_schedule_comes_back_as_it_was_told() -> None:
    body = schedule(NIGHT, SENDER)
    made = read_desired("schedule", schedule_id("4711", "night"), desired(body), SENDER, PICTURE)
    assert (made.rev, made.id, made.problem) == (3, "night", None)
    assert made.value == NIGHT


def test_a_new_schedule_may_leave_out_what_has_a_default() -> None:
    body = {"targetType": "vehicle", "targetId": id_of(ZOE), "locationId": NEW_ID}
    assert faults("desired", orjson.loads(desired(body))) == []
    made = read_desired("schedule", NEW_ID, desired(body), SENDER, PICTURE)
    assert isinstance(made.value, Schedule)
    assert made.value == Schedule(
        id=NEW_ID, target=ZOE, target_kind=DEVICES[2].kind, location=NEW_ID
    )


CHARGER_BODY = {"targetType": "charger", "targetId": id_of(GARAGE)}
NEVER = {"fromTimestamp": "2026-06-02T00:00:00Z", "toTimestamp": "2026-06-01T00:00:00Z"}


def rule(**filters: object) -> dict[str, Any]:
    return CHARGER_BODY | {"rules": [{"shouldCharge": True, **filters}]}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (CHARGER_BODY | {"targetType": "hvac"}, "/body/targetType is hvac; give"),
        (CHARGER_BODY | {"targetId": NEW_ID}, "/body/targetId is no charger of this house"),
        (CHARGER_BODY | {"rules": [{}]}, "/body/rules/0/shouldCharge is missing"),
        (rule(weekdays=[]), "/body/rules/0/weekdays is empty"),
        (rule(weekdays=[7]), "/body/rules/0/weekdays"),
        (rule(hourMinute={"from": "24:00", "to": "06:00"}), "/hourMinute/from"),
        (rule(hourMinute={"from": "22:00", "to": "25:00"}), "/hourMinute/to"),
        (rule(fromTimestamp="yesterday"), "/fromTimestamp is no instant"),
        (rule(**NEVER), "/toTimestamp is not after"),
        (rule(hours={"from": "22:00", "to": "06:00"}), "/body/rules/0/hours is not known here"),
        (CHARGER_BODY | {"isEnabled": "yes"}, "/body/isEnabled is neither true nor false"),
        (None, "/body is missing"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_noted_with_its_problem(body: Any, says: str) -> None:
    made = read_desired("schedule", NEW_ID, desired(body), SENDER, PICTURE)
    assert (made.rev, made.value) == (3, None)
    assert says in (made.problem or "")


def test_a_rule_until_midnight_ends_at_24() -> None:
    clock = {"from": "22:00", "to": "24:00"}
    made = read_desired("schedule", NEW_ID, desired(rule(hourMinute=clock)), SENDER, PICTURE)
    assert isinstance(made.value, Schedule)
    assert (made.value.rules[0].from_minute, made.value.rules[0].to_minute) == (1320, 1440)


def test_a_deletion_needs_no_body() -> None:
    made = read_desired("schedule", NEW_ID, desired(None, deleted=True), SENDER, PICTURE)
    assert (made.value, made.problem, made.rev) == (None, None, 3)


def test_a_location_is_read_with_its_zone_and_chargers() -> None:
    body = {
        "name": "Cabin",
        "latitude": 60.5,
        "longitude": 8.2,
        "timezoneName": "Europe/Oslo",
        "chargerIds": [id_of(GARAGE)],
    }
    made = read_desired("location", NEW_ID, desired(body), SENDER, PICTURE)
    assert made.value == Location(
        id=NEW_ID,
        name="Cabin",
        latitude_deg=60.5,
        longitude_deg=8.2,
        timezone="Europe/Oslo",
        chargers=(GARAGE,),
    )
    own = read_desired("location", location_id("4711", "home"), desired(body), SENDER, PICTURE)
    assert (own.kind, own.id) == (DocumentKind.LOCATION, "home")


@pytest.mark.parametrize(
    "wrong",
    [
        {"timezoneName": "Mars/Olympus"},
        {"timezoneName": "../../etc/passwd"},
        {"timezoneName": "Europe"},
        {"timezoneName": "\0"},
        {"latitude": 91},
        {"longitude": None},
        {"chargerIds": ["garage"]},
        {"chargerIds": [id_of(ZOE)]},
        {"name": ""},
    ],
)
def test_a_location_that_makes_no_sense_is_noted_with_its_problem(wrong: dict[str, Any]) -> None:
    body = {"name": "Cabin", "latitude": 60.5, "longitude": 8.2} | wrong
    made = read_desired("location", NEW_ID, desired(body), SENDER, PICTURE)
    assert made.value is None
    assert next(iter(wrong)) in (made.problem or "")


@pytest.mark.parametrize("rev", [None, 0, -1, 1.5, "1", True, 2**60])
def test_without_a_revision_there_is_nothing_to_report_on(rev: Any) -> None:
    with pytest.raises(Unreadable, match="rev"):
        read_desired("schedule", NEW_ID, desired(None, rev), SENDER, PICTURE)
