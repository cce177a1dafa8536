"""Every document that can be made is one that the published schemas allow."""

import json
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agent.bridges.documents import HouseHerald, Sender, States
from agent.bridges.documents.action import action
from agent.bridges.documents.answers import failed, refused, result
from agent.bridges.documents.faults import Unreadable
from agent.bridges.documents.location import location
from agent.bridges.documents.read_desired import reported
from agent.bridges.documents.schedule import override, schedule
from agent.model.actions import Action, ActionKind, ActionState, Failure, FailureType
from agent.model.documents import Document, DocumentKind
from agent.model.driver import Transaction
from agent.model.events import Event
from agent.model.intents import Answer
from agent.model.picture import Picture
from agent.model.readings import DeviceKind
from tests.documents import AT, DEVICES, HOME, NIGHT, NOW, OVERRIDE, SCHEMAS, faults, pictures
from tests.examples import examples
from tests.pictures import full_picture

SENDER = Sender(agent_id="4711", user_id="anna", house="home")


def stored(event: Event) -> dict[str, Any]:
    """The envelope as the store completes it."""
    made: dict[str, Any] = orjson.loads(event.body)
    return made | {"seq": 1, "bootId": "b", "createdAt": "2026-06-01T12:00:00.123Z"}


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.schema.json")), ids=lambda p: p.stem)
def test_a_published_schema_is_one(path: Any) -> None:
    schema = json.loads(path.read_text())
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == path.name


@given(picture=pictures(), scopes=st.sampled_from([SENDER.scopes, frozenset[str]()]))
@examples(30, suppress_health_check=[HealthCheck.too_slow])
def test_all_documents_and_events_of_any_house_fit_their_schema(
    picture: Picture, scopes: frozenset[str]
) -> None:
    sender = replace(SENDER, scopes=scopes)
    for (kind, _), body in States(sender).changed(picture).items():
        assert faults(kind, orjson.loads(body)) == []
    for event in HouseHerald(sender).look(picture).events:
        assert faults("event", stored(event)) == [], event.name


def an_action(kind: ActionKind, state: ActionState, failure: FailureType | None) -> Action:
    values: dict[ActionKind, float | str] = {
        ActionKind.SET_MAX_CURRENT: 10.0,
        ActionKind.SET_CHARGE_RATE_LIMIT: 7400.0,
        ActionKind.SET_OPERATION_MODE: "IDLE",
    }
    return Action(
        id="4be0643f-1d98-573b-97cd-ca98a65347dd",
        device=DEVICES[0].id,
        device_kind=DeviceKind.CHARGER,
        kind=kind,
        value=values.get(kind),
        state=state,
        created_at=AT,
        updated_at=AT,
        failure=None if failure is None else Failure(type=failure, detail="garage is away"),
        device_commanded=DEVICES[0].id,
        created_mono_s=1.0,
        boot_id="b",
        window_s=300.0,
    )


@pytest.mark.parametrize("kind", ActionKind)
@pytest.mark.parametrize("state", ActionState)
@pytest.mark.parametrize("failure", [None, FailureType.CONFLICT])
def test_every_action_fits(
    kind: ActionKind, state: ActionState, failure: FailureType | None
) -> None:
    made = an_action(kind, state, failure)
    assert faults("action", action(made, SENDER)) == []
    (event,) = HouseHerald(SENDER).actions([made], NOW).events
    assert faults("event", stored(event)) == []


def test_facts_and_edits_fit() -> None:
    teller = HouseHerald(SENDER)
    begun = Transaction(id=3, charger=DEVICES[0].id, id_tag="x", started_at=AT, meter_start_wh=None)
    ended = replace(begun, stopped_at=AT, meter_stop_wh=5.0, stop_reason="Remote")
    told = [*teller.transaction(begun, NOW).events, *teller.transaction(ended, NOW).events]
    for kind, value in ((DocumentKind.SCHEDULE, NIGHT), (DocumentKind.LOCATION, HOME)):
        for body in (value, None):
            document = Document(kind=kind, id=value.id, value=body)
            told += teller.edited(document, NOW).events
    assert len(told) == 6
    assert [faults("event", stored(event)) for event in told] == [[]] * 6


def test_schedules_locations_and_overrides_fit() -> None:
    assert faults("schedule", schedule(NIGHT, SENDER)) == []
    assert faults("location", location(HOME, SENDER)) == []
    assert faults("override", override(OVERRIDE, SENDER)) == []


def test_answers_and_reports_fit() -> None:
    made = an_action(ActionKind.START, ActionState.CANCELLED, FailureType.UNNECESSARY)
    fault = Unreadable("/body/kind", "is none of the known words", "give START")
    for each in (
        result("r", Answer(action=made), SENDER),
        result("r", Answer(override=OVERRIDE), SENDER),
        result("r", Answer(problem="garage is steered by Night", status=422), SENDER),
        result("r", Answer(), SENDER),
        refused("r", fault),
        failed("r", 410, "the command expired before it arrived"),
    ):
        assert faults("command-result", each) == []
    both = result("r", Answer(action=made, problem="it charges already", status=400), SENDER)
    assert both["body"]["state"] == "CANCELLED"
    assert both["body"]["type"] == "urn:hearth:problem:bad-request"
    rejected = Document(kind=DocumentKind.SCHEDULE, id="x", seen_rev=2, problem="no such car")
    assert faults("reported", reported(rejected)) == []
    assert reported(replace(rejected, problem=None)) == {"rev": 2, "status": "applied"}


def test_a_closed_schema_finds_what_is_wrong() -> None:
    (body,) = [
        orjson.loads(body)
        for (kind, _), body in States(SENDER).changed(full_picture()).items()
        if kind == "charger"
    ]
    assert faults("charger", body) == []
    assert faults("charger", body | {"surprise": 1})
    assert faults("charger", {name: body[name] for name in body if name != "problem"})
    state = body["chargeState"]
    assert faults("charger", body | {"chargeState": state | {"powerDeliveryState": "FLYING"}})
    assert faults("charger", body | {"chargeState": state | {"chargeRate": "7"}})
