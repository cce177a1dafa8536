"""Whatever the broker delivers: one kind of fault, never a crash."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from agent.bridges.documents import (
    Unreadable,
    device_id,
    intent_of,
    read_ack,
    read_command,
    read_desired,
    read_vehicle_in,
)
from agent.model.picture import Picture
from agent.model.readings import DeviceId, VehicleReading
from agent.model.snapshot import seen
from tests.documents import AT, DEVICES, NOW, SENDER, faults
from tests.examples import examples

PICTURE = Picture(now=NOW, devices=DEVICES, started_at=AT)
GARAGE, ZOE = (device_id("4711", DeviceId(name)) for name in ("garage", "zoe"))
NEW_ID = "11111111-2222-4333-8444-555555555555"

WORDS = """rev body deleted targetType targetId kind target maxCurrent chargeRateLimit rules
    shouldCharge weekdays hourMinute from to fromTimestamp toTimestamp name latitude longitude
    timezoneName chargerIds observedAt previousObservedAt chargeState powerDeliveryState
    batteryLevel isPluggedIn location odometer distance information brand bootId ackSeq telemetry
    requestId command expiresAt chargerId vehicleId guest fromSeq toSeq actionId isEnabled"""
COMMANDS = """action.create action.cancel override.create override.end refresh-hint pair.pin
    pair.correct page.get plan.get coffee"""
KEYS = st.sampled_from(WORDS.split()) | st.text(max_size=4)
ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from([NEW_ID, GARAGE, ZOE, "charger", "vehicle", "START", "22:00", "Europe"]),
    st.sampled_from(["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"]),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=12,
)
BODIES = st.dictionaries(KEYS, VALUES, max_size=8)


def read_all(payload: bytes, command: bytes) -> list[Unreadable]:
    """Every reader reads; the faults that they found."""
    known = seen(VehicleReading(device=DEVICES[2].id, at=AT, mono_s=1.0, plugged_in=True))
    found: list[Unreadable] = []
    for read in (
        lambda: read_ack(payload),
        lambda: read_desired("schedule", NEW_ID, payload, SENDER, PICTURE),
        lambda: read_desired("location", NEW_ID, payload, SENDER, PICTURE),
        lambda: read_vehicle_in(DEVICES[2].id, payload, NOW, known),
        lambda: read_command("r1", payload),
        lambda: intent_of(read_command("r1", command), SENDER, PICTURE),
    ):
        try:
            read()
        except Unreadable as fault:
            found.append(fault)
    return found


@given(payload=st.binary(max_size=60))
@examples(100)
def test_bytes_that_are_no_json_are_a_fault_for_every_reader(payload: bytes) -> None:
    for fault in read_all(b"\0" + payload, payload):
        assert faults("problem", fault.document("r1")) == []


@given(body=BODIES, name=st.sampled_from(COMMANDS.split()))
@examples(120)
def test_json_of_any_shape_is_read_or_is_a_fault(body: dict[str, Any], name: str) -> None:
    envelope = {"requestId": "r1", "command": name, "expiresAt": "2026-06-01T11:00:00Z"}
    shell = {"rev": 1, "body": body, "observedAt": "2026-06-01T11:00:00Z", **body}
    for fault in read_all(orjson.dumps(shell), orjson.dumps(envelope | {"body": body})):
        assert faults("problem", fault.document("r1")) == []
