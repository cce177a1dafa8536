"""What the cloud sends down becomes Intents and Readings, or one clear fault."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from agent.bridges.documents import (
    PageRequest,
    Sender,
    Unreadable,
    device_id,
    intent_of,
    location_id,
    read_ack,
    read_command,
    read_desired,
    read_vehicle_in,
    schedule,
    schedule_id,
)
from agent.bridges.documents.payload import LARGEST_PAYLOAD, parse
from agent.model.actions import RequestedBy
from agent.model.documents import DocumentKind
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
from agent.model.picture import Picture
from agent.model.readings import DeviceId, PowerDelivery, VehicleReading
from agent.model.schedules import Location, Schedule
from agent.model.snapshot import fold, seen
from tests.documents import AT, CAR_OF_THE_CLOUD, DEVICES, HOME, NIGHT, NOW, faults

SENDER = Sender(agent_id="4711", user_id="anna")
PICTURE = Picture(
    now=NOW,
    devices=DEVICES,
    locations={"home": HOME},
    schedules={"night": NIGHT},
    started_at=AT,
)
GARAGE, ZOE, CELLAR, GRID = (DeviceId(name) for name in ("garage", "zoe", "cellar", "grid"))
NEW_ID = "11111111-2222-4333-8444-555555555555"


def id_of(device: DeviceId) -> str:
    return device_id(SENDER.agent_id, device)


def command(name: str, body: dict[str, Any], **more: Any) -> bytes:
    envelope = {"requestId": "r1", "command": name, "expiresAt": "2026-06-01T12:01:00Z"}
    return orjson.dumps(envelope | {"body": body} | more)


def wanted(name: str, body: dict[str, Any]) -> Intent | PageRequest:
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


def vehicle_in(**body: Any) -> bytes:
    payload = orjson.dumps(body)
    assert faults("vehicle-in", body) == []
    return payload


def test_a_car_of_the_cloud_is_read_in_our_units() -> None:
    payload = vehicle_in(
        observedAt="2026-06-01T11:58:00Z",
        information={"brand": "Renault"},
        chargeState={
            "batteryLevel": 40,
            "batteryCapacity": 52.5,
            "chargeRate": 7.4,
            "chargeTimeRemaining": 90,
            "powerDeliveryState": "PLUGGED_IN:CHARGING",
            "isPluggedIn": True,
            "isCharging": None,
        },
        location={"latitude": 59.9, "longitude": 10.7},
        odometer={"distance": 1234},
    )
    (made,) = read_vehicle_in(CAR_OF_THE_CLOUD, payload, NOW, None)
    assert made == VehicleReading(
        device=CAR_OF_THE_CLOUD,
        at=AT - timedelta(seconds=120),
        mono_s=NOW.mono_s - 120,
        vendor="Renault",
        soc_percent=40.0,
        capacity_wh=52_500.0,
        power_w=7400.0,
        charge_remaining_s=5400.0,
        power_delivery=PowerDelivery.CHARGING,
        plugged_in=True,
        latitude_deg=59.9,
        longitude_deg=10.7,
        odometer_km=1234.0,
    )


def test_a_plug_in_lies_between_the_two_times_at_which_the_car_was_asked() -> None:
    out = VehicleReading(
        device=CAR_OF_THE_CLOUD,
        at=AT - timedelta(hours=5),
        mono_s=NOW.mono_s - 18_000,
        plugged_in=False,
        soc_percent=50.0,
    )
    payload = vehicle_in(
        observedAt="2026-06-01T11:55:00Z",
        previousObservedAt="2026-06-01T11:48:00Z",
        chargeState={"isPluggedIn": True, "batteryLevel": 49},
    )
    state = seen(out)
    for reading in read_vehicle_in(CAR_OF_THE_CLOUD, payload, NOW, state):
        state = fold(state, reading)
    assert state.value.plugged_in is True
    assert state.otherwise_mono_s["plugged_in"] == NOW.mono_s - 12 * 60
    assert state.otherwise_mono_s["soc_percent"] == NOW.mono_s - 18_000


def test_a_car_seen_in_the_future_is_seen_now() -> None:
    payload = vehicle_in(observedAt="2026-06-01T13:00:00Z", chargeState={"batteryLevel": 5})
    (made,) = read_vehicle_in(CAR_OF_THE_CLOUD, payload, NOW, None)
    assert (made.at, made.mono_s) == (NOW.at, NOW.mono_s)


def test_an_unknown_word_for_the_plug_is_unknown() -> None:
    payload = orjson.dumps(
        {"observedAt": "2026-06-01T11:00:00Z", "chargeState": {"powerDeliveryState": "HOVERING"}}
    )
    (made,) = read_vehicle_in(CAR_OF_THE_CLOUD, payload, NOW, None)
    assert made.power_delivery is PowerDelivery.UNKNOWN


def test_an_ack_tells_what_is_stored() -> None:
    body = {"bootId": "b", "ackSeq": 12, "telemetry": {"meter/x": "2026-06-01T11:00:00Z"}}
    assert faults("ack", body) == []
    made = read_ack(orjson.dumps(body))
    assert (made.boot_id, made.ack_seq) == ("b", 12)
    assert made.telemetry == {"meter/x": AT - timedelta(hours=1)}


def test_gzip_is_understood_and_a_bomb_is_not_unpacked() -> None:
    plain = orjson.dumps({"a": 1})
    assert parse(gzip.compress(plain)).values == {"a": 1}
    for bad in (
        gzip.compress(b"0" * (LARGEST_PAYLOAD + 1)),
        gzip.compress(plain)[:-4],
        b"\x1f\x8bnothing",
        b" " * (LARGEST_PAYLOAD + 1),
    ):
        with pytest.raises(Unreadable):
            parse(bad)
