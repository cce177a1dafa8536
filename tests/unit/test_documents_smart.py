"""What the cloud says and hears of smart charging."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from agent.bridges.documents import HouseHerald, public_id, read_desired
from agent.bridges.documents.ids import device_id
from agent.bridges.documents.smart import policy
from agent.model.documents import Document, DocumentKind, Source
from agent.model.intents import PutDocument
from agent.model.picture import Picture
from agent.model.readings import DeviceId, DeviceKind
from agent.model.smart import SmartPolicy, SmartState, SmartStatus, Windows
from agent.store.documents import decode_document
from tests.documents import AT, NOW, PLAN, POLICY, faults
from tests.unit.document_house import SENDER, ZOE, car, document, picture

GARAGE = DeviceId("garage")
STATUS = SmartStatus(
    device=ZOE,
    device_kind=DeviceKind.VEHICLE,
    state=SmartState.STOPPED,
    changed_at=AT,
    updated_at=AT,
    plan=PLAN,
)


def desired(device: DeviceId, body: Mapping[str, Any], **more: Any) -> PutDocument:
    payload = orjson.dumps({"rev": 3, "body": body})
    resource = device_id(SENDER.agent_id, device)
    return read_desired("smart-charging-policy", resource, payload, SENDER, picture(**more))


def asked(body: Mapping[str, Any], device: DeviceId = ZOE) -> SmartPolicy:
    found = desired(device, body)
    assert found.problem is None
    assert isinstance(found.value, SmartPolicy)
    return found.value


def test_the_policy_of_the_cloud_is_read_with_its_words() -> None:
    found = asked({"isEnabled": True, "deadline": "07:00", "minimumChargeLimit": 20})
    assert found == SmartPolicy(
        target=ZOE, enabled=True, deadlines=(420,) * 7, minimum_percent=20.0
    )


def test_what_is_told_of_a_policy_is_read_again() -> None:
    again = asked(policy(POLICY, SENDER))
    assert again == POLICY
    guest = SmartPolicy(
        target=GARAGE, target_kind=DeviceKind.CHARGER, enabled=True, deadlines=(360,) * 7,
        duration_s=9000.0, windows=Windows.SINGLE, user="bob",
    )  # fmt: skip
    assert asked(policy(guest, SENDER), GARAGE) == guest


def test_the_document_bears_the_name_of_the_device_and_is_reported_under_its_id() -> None:
    found = desired(ZOE, {"isEnabled": False})
    assert (found.kind, found.id, found.rev) == (DocumentKind.SMART_POLICY, "zoe", 3)
    assert public_id(SENDER.agent_id, "smart-charging-policy", "zoe") == device_id(
        SENDER.agent_id, ZOE
    )


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "isEnabled is missing"),
        ({"isEnabled": True, "deadline": "24:00"}, "give HH:MM from 00:00 to 23:59"),
        ({"isEnabled": True, "minimumChargeLimit": 120}, "from 0 to 100"),
        ({"isEnabled": True, "mode": "cheap"}, "multi-window, single-window"),
        (
            {"isEnabled": True, "weekdayDeadlines": [{"weekday": 7, "deadline": "07:00"}]},
            "give 0 (Monday) to 6",
        ),
        ({"isEnabled": True, "readyAt": "tomorrow"}, "is no instant"),
        ({"isEnabled": True, "duration": 25}, "from 0 to 24"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_with_the_remedy(
    body: dict[str, Any], says: str
) -> None:
    assert says in (desired(ZOE, body).problem or "")


def test_a_policy_for_a_meter_or_a_stranger_is_refused() -> None:
    assert "no vehicle or charger" in (desired(DeviceId("grid"), {"isEnabled": True}).problem or "")


def test_a_policy_is_only_turned_on_where_the_cloud_may_control_charging() -> None:
    sender = replace(SENDER, scopes=SENDER.scopes - {"vehicle:control:charging"})
    for on in (True, False):
        payload = orjson.dumps({"rev": 3, "body": {"isEnabled": on, "deadline": "07:00"}})
        resource = device_id(SENDER.agent_id, ZOE)
        found = read_desired("smart-charging-policy", resource, payload, sender, picture())
        granted = "grant vehicle:control:charging" not in (found.problem or "")
        assert granted is not on


def test_the_maker_s_least_minimum_outlives_an_edit_of_the_cloud() -> None:
    before = replace(POLICY, least_minimum_percent=50.0)
    found = desired(ZOE, {"isEnabled": False}, policies={ZOE: before})
    assert isinstance(found.value, SmartPolicy)
    assert found.value.least_minimum_percent == 50


def test_a_vehicle_shows_its_policy_in_short() -> None:
    shown = document(ZOE, picture(car(soc_percent=40.0), policies={ZOE: POLICY}))
    assert shown["smartChargingPolicy"] == {
        "isEnabled": True,
        "deadline": "07:00",
        "minimumChargeLimit": 20,
    }
    off = document(ZOE, picture(car(soc_percent=40.0)))
    assert off["smartChargingPolicy"]["isEnabled"] is False


def told(herald: HouseHerald, house: Picture) -> list[dict[str, Any]]:
    events = [orjson.loads(each.body) for each in herald.look(house).events]
    return [each for each in events if "smart-charging" in each["event"]]


def test_each_change_is_an_event_that_carries_status_plan_and_vehicle() -> None:
    herald = HouseHerald(SENDER)
    house = picture(car(soc_percent=40.0), smart={ZOE: STATUS})
    (first,) = told(herald, house)
    assert first["event"] == "user:vehicle:smart-charging-status-updated"
    status = first["smartChargingStatus"]
    assert status["state"] == "PLAN:EXECUTING:STOPPED"
    assert status["plan"]["startAt"] == "2026-06-01T16:00:00Z"
    assert status["plan"]["estimatedSavings"] == 2.5
    assert first["vehicle"]["id"] == status["vehicleId"]
    later = replace(
        house, now=NOW.later(10), smart={ZOE: replace(STATUS, updated_at=NOW.later(10).at)}
    )
    assert told(herald, later) == []
    moved = replace(STATUS, state=SmartState.STARTING, changed_at=AT + timedelta(seconds=20))
    (second,) = told(herald, replace(later, now=NOW.later(20), smart={ZOE: moved}))
    assert second["updatedFields"] == ["state", "stateChangedAt"]
    assert (second["resourceRev"], faults("event", _stored(second))) == (2, [])


def test_no_state_and_no_change_of_a_plan_goes_untold_however_fast_they_come() -> None:
    herald, house = HouseHerald(SENDER), picture(smart={ZOE: STATUS})
    herald.look(house)
    states, news = [], []
    for second in range(1, 31):
        state = SmartState.STARTED if second % 2 else SmartState.CHARGE_INTERRUPTED
        at = NOW.later(second)
        moved = replace(STATUS, state=state, changed_at=at.at)
        if second > 20:
            moved = replace(moved, plan=replace(PLAN, start_at=at.at))
        found = told(herald, replace(house, now=at, smart={ZOE: moved}))
        states += [each["smartChargingStatus"]["state"] for each in found]
        news += [path for each in found for path in each["updatedFields"]]
    assert states == ["PLAN:EXECUTING:STARTED", "PLAN:EXECUTING:CHARGE_INTERRUPTED"] * 15
    assert news.count("plan.startAt") == 10


def test_the_cost_of_a_plan_alone_is_told_every_five_minutes() -> None:
    herald, house = HouseHerald(SENDER), picture(smart={ZOE: STATUS})
    herald.look(house)
    count = 0
    for minute in range(1, 31):
        dearer = replace(STATUS, plan=replace(PLAN, smart_cost=2.0 + minute / 10))
        later = replace(house, now=NOW.later(60 * minute), smart={ZOE: dearer})
        count += len(told(herald, later))
    assert count == 6


def _stored(event: dict[str, Any]) -> dict[str, Any]:
    return event | {"seq": 1, "bootId": "b", "createdAt": "2026-06-01T12:00:00.123Z"}


def test_what_was_told_before_a_restart_is_not_told_again() -> None:
    herald, house = HouseHerald(SENDER), picture(smart={ZOE: STATUS})
    resources = herald.look(house).resources
    again = HouseHerald(SENDER, resources)
    assert told(again, house) == []


def test_of_an_unknown_car_the_charger_is_named() -> None:
    status = replace(STATUS, device=GARAGE, device_kind=DeviceKind.CHARGER, plan=None)
    (event,) = told(HouseHerald(SENDER), picture(smart={GARAGE: status}))
    assert event["event"] == "user:charger:smart-charging-status-updated"
    assert event["smartChargingStatus"]["vehicleId"] is None


def test_an_edit_in_the_house_is_told_with_the_whole_policy() -> None:
    edited = Document(
        kind=DocumentKind.SMART_POLICY, id="zoe", rev=4, source=Source.LOCAL, value=POLICY
    )
    (event,) = HouseHerald(SENDER).edited(edited, NOW).events
    body = orjson.loads(event.body)
    assert body["event"] == "user:smart-charging-policy:updated-locally"
    assert body["smartChargingPolicyId"] == device_id(SENDER.agent_id, ZOE)
    assert (body["baseRev"], body["body"]["deadline"]) == (4, "07:00")
    assert faults("event", _stored(body)) == []
    assert faults("smart-charging-policy", policy(POLICY, SENDER)) == []


def test_a_policy_on_disk_is_read_as_it_was_written() -> None:
    kept = Document(kind=DocumentKind.SMART_POLICY, id="zoe", rev=4, value=POLICY)
    assert decode_document(orjson.dumps(asdict(kept)).decode()) == kept


def test_a_policy_may_come_before_the_car_that_it_is_for() -> None:
    car_id = "7d1c7f4e-0000-4000-8000-000000000007"
    payload = orjson.dumps({"rev": 3, "body": {"isEnabled": True, "deadline": "07:00"}})
    found = read_desired("smart-charging-policy", car_id, payload, SENDER, picture())
    assert isinstance(found.value, SmartPolicy)
    assert (found.value.target, found.value.target_kind) == (car_id, DeviceKind.VEHICLE)
