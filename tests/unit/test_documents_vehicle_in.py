"""Cars of the cloud, acks, and payloads as such."""

import gzip
from datetime import timedelta
from typing import Any

import orjson
import pytest

from agent.bridges.documents import (
    Unreadable,
    read_ack,
    read_vehicle_in,
)
from agent.bridges.documents.payload import LARGEST_PAYLOAD, parse
from agent.model.readings import PowerDelivery, VehicleReading
from agent.model.snapshot import fold, seen
from tests.documents import AT, CAR_OF_THE_CLOUD, NOW, faults


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
