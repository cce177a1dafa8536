"""Commands of the cloud become Intents, or one clear fault."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from agent.bridges.documents import (
    PageRequest,
    PlanRequest,
    Unreadable,
    device_id,
    intent_of,
    read_command,
)
from agent.model.actions import RequestedBy
from agent.model.intents import (
    BatteryModeChoice,
    CancelAction,
    ChargeCommand,
    CorrectPair,
    CurrentLimit,
    EndOverride,
    Intent,
    PinPair,
    PowerLimit,
    Refresh,
    StartOverride,
)
from agent.model.readings import DeviceId
from tests.documents import DEVICES, PICTURE, SENDER, faults

GARAGE, ZOE, CELLAR, GRID = (DeviceId(name) for name in ("garage", "zoe", "cellar", "grid"))
NEW_ID = "11111111-2222-4333-8444-555555555555"


def id_of(device: DeviceId) -> str:
    return device_id(SENDER.agent_id, device)


def command(name: str, body: dict[str, Any], **more: Any) -> bytes:
    envelope = {"requestId": "r1", "command": name, "expiresAt": "2026-06-01T12:01:00Z"}
    return orjson.dumps(envelope | {"body": body} | more)


def wanted(name: str, body: dict[str, Any]) -> Intent | PageRequest | PlanRequest:
    payload = command(name, body)
    assert faults("command", orjson.loads(payload)) == []
    return intent_of(read_command("r1", payload), SENDER, PICTURE)


def fault_of(name: str, body: dict[str, Any]) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        intent_of(read_command("r1", command(name, body)), SENDER, PICTURE)
    return caught.value


def create(device: DeviceId, kind: str, target: dict[str, Any] | None = None) -> dict[str, Any]:
    info = next(info for info in DEVICES if info.id == device)
    body = {"targetType": info.kind.value, "targetId": id_of(device), "kind": kind}
    return body if target is None else body | {"target": target}


START = create(GARAGE, "START")
PAIR = {"chargerId": id_of(GARAGE), "vehicleId": id_of(ZOE)}
RATE = create(GARAGE, "SET_CHARGE_RATE_LIMIT", {"chargeRateLimit": 7.4})
IDLE = create(CELLAR, "SET_OPERATION_MODE", {"operationMode": "IDLE"})
TO_UNKNOWN = create(CELLAR, "SET_OPERATION_MODE", {"operationMode": "UNKNOWN"})


def limit(max_current_a: object) -> dict[str, Any]:
    return create(GARAGE, "SET_MAX_CURRENT", {"maxCurrent": max_current_a})


def test_a_command_tells_who_asked_and_what_exactly() -> None:
    asked = wanted("action.create", create(GARAGE, "START"))
    assert isinstance(asked, ChargeCommand)
    assert (asked.device, asked.charging) == (GARAGE, True)
    assert (asked.requested_by, asked.request_id) == (RequestedBy.CLOUD, "r1")
    one = read_command("r1", command("page.get", {"fromSeq": 1, "toSeq": 2}))
    same = read_command("r1", command("page.get", {"toSeq": 2, "fromSeq": 1}, later=1))
    other = read_command("r1", command("page.get", {"fromSeq": 1, "toSeq": 3}))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert one.expires_at == datetime(2026, 6, 1, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "intent", "means"),
    [
        (create(ZOE, "STOP"), ChargeCommand, {"charging": False}),
        (limit(10), CurrentLimit, {"max_current_a": 10.0}),
        (RATE, PowerLimit, {"max_power_w": 7400.0}),
        (IDLE, BatteryModeChoice, {"mode": "IDLE"}),
    ],
)
def test_each_kind_of_action_is_an_intent_in_our_units(
    asked: dict[str, Any], intent: type[Intent], means: dict[str, object]
) -> None:
    made = wanted("action.create", asked)
    assert type(made) is intent
    assert {name: getattr(made, name) for name in means} == means


def test_the_other_commands_are_intents_too() -> None:
    zoe = {"targetType": "vehicle", "targetId": id_of(ZOE)}
    pair = {"chargerId": id_of(GARAGE), "vehicleId": id_of(ZOE)}
    free = pair | {"vehicleId": None}
    made = [
        wanted("action.cancel", {"actionId": "a1"}),
        wanted("override.create", zoe),
        wanted("override.end", zoe),
        wanted("refresh-hint", zoe),
        wanted("pair.pin", pair),
        wanted("pair.pin", free),
        wanted("pair.correct", free | {"guest": True}),
        wanted("page.get", {"fromSeq": 5}),
        wanted("plan.get", zoe),
        wanted("plan.get", zoe | {"planId": "latest"}),
        wanted("plan.get", zoe | {"planId": "p1"}),
    ]
    origin = {"requested_by": RequestedBy.CLOUD, "request_id": "r1"}
    assert [replace(m, fingerprint=None) if isinstance(m, Intent) else m for m in made] == [
        CancelAction(action_id="a1", requested_by=RequestedBy.CLOUD, request_id="r1"),
        StartOverride(device=ZOE, requested_by=RequestedBy.CLOUD, request_id="r1"),
        EndOverride(device=ZOE, requested_by=RequestedBy.CLOUD, request_id="r1"),
        Refresh(device=ZOE, requested_by=RequestedBy.CLOUD, request_id="r1"),
        PinPair(charger=GARAGE, vehicle=ZOE, **origin),  # type: ignore[arg-type]
        PinPair(charger=GARAGE, vehicle=None, **origin),  # type: ignore[arg-type]
        CorrectPair(charger=GARAGE, vehicle=None, guest=True, **origin),  # type: ignore[arg-type]
        PageRequest(from_seq=5),
        PlanRequest(device=ZOE),
        PlanRequest(device=ZOE),
        PlanRequest(device=ZOE, plan_id="p1"),
    ]


@pytest.mark.parametrize(
    ("name", "body", "status", "pointer"),
    [
        ("make.coffee", {}, 404, "/command"),
        ("action.create", {}, 400, "/body/targetType"),
        ("action.create", create(GARAGE, "DANCE"), 400, "/body/kind"),
        ("action.create", create(GRID, "START"), 400, "/body/targetType"),
        ("action.create", START | {"targetType": "vehicle"}, 404, "/body/targetId"),
        ("action.create", START | {"targetId": NEW_ID}, 404, "/body/targetId"),
        ("action.create", START | {"targetId": "garage"}, 400, "/body/targetId"),
        ("action.create", create(GARAGE, "SET_MAX_CURRENT"), 400, "/body/target"),
        ("action.create", limit(True), 400, "/body/target/maxCurrent"),
        ("action.create", limit(-1), 400, "/body/target/maxCurrent"),
        ("action.create", TO_UNKNOWN, 400, "/body/target/operationMode"),
        ("pair.pin", {"chargerId": id_of(GARAGE)}, 400, "/body/vehicleId"),
        ("pair.pin", {"chargerId": id_of(ZOE), "vehicleId": None}, 404, "/body/chargerId"),
        ("pair.correct", PAIR | {"guest": True}, 400, "/body/guest"),
        ("page.get", {"fromSeq": 5, "toSeq": 4}, 400, "/body/toSeq"),
        ("page.get", {"fromSeq": 1.5}, 400, "/body/fromSeq"),
        ("plan.get", {"targetType": "meter", "targetId": id_of(GRID)}, 400, "/body/targetType"),
        ("plan.get", {"targetType": "vehicle", "targetId": NEW_ID}, 404, "/body/targetId"),
    ],
)
def test_what_cannot_be_done_is_told_with_its_place(
    name: str, body: dict[str, Any], status: int, pointer: str
) -> None:
    fault = fault_of(name, body)
    assert (fault.status, fault.pointer) == (status, pointer)
    assert faults("problem", fault.document("r1")) == []


def test_control_needs_the_scope_of_the_installer() -> None:
    asked = read_command("r1", command("action.create", create(GARAGE, "START")))
    with pytest.raises(Unreadable, match="grant charger:control:charging") as caught:
        intent_of(asked, replace(SENDER, scopes=frozenset({"charger:read:data"})), PICTURE)
    assert caught.value.status == 403


def test_the_request_id_of_topic_and_payload_must_agree() -> None:
    with pytest.raises(Unreadable, match="topic"):
        read_command("r2", command("page.get", {"fromSeq": 1}))
