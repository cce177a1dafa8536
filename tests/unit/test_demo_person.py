"""What the demo's person presses."""

from typing import Any

import pytest

from agent.cli.demo.person import sensible

Doc = dict[str, Any]


def house(charger: str, power: str, car: Doc | None) -> Doc:
    devices = [
        {
            "id": charger,
            "kind": "charger",
            "isReachable": True,
            "target": None,
            "state": {"powerDeliveryState": power},
        }
    ]
    if car is not None:
        devices.append({"id": "city_car", "kind": "vehicle", "isReachable": True, "state": car})
    return {"devices": devices}


def keys(doc: Doc, planned: set[str] | None = None) -> set[tuple[str, str]]:
    pressed = sensible(doc, planned or set(), batteries=True)
    return {(key, payload) for _, key, payload in pressed}


@pytest.mark.parametrize(
    ("car", "starts"),
    [
        ({"batteryLevel": 60, "chargeLimit": 80}, True),
        ({"batteryLevel": 77, "chargeLimit": 80}, False),
        ({"batteryLevel": 80, "chargeLimit": 80}, False),
        ({"batteryLevel": None, "chargeLimit": 80}, True),
        ({"batteryLevel": None, "powerDeliveryState": "PLUGGED_IN:COMPLETE"}, False),
        (None, True),
    ],
)
def test_nobody_starts_a_car_that_would_take_nothing(car: Doc | None, *, starts: bool) -> None:
    doc = house("carport", "PLUGGED_IN:STOPPED", car)
    assert keys(doc) == ({("charging", "ON")} if starts else set())


def test_a_guest_is_started_whatever_the_cars_of_the_house_have() -> None:
    full = {"batteryLevel": 80, "chargeLimit": 80}
    assert keys(house("drive", "PLUGGED_IN:STOPPED", full)) == {("charging", "ON")}


def test_where_a_plan_starts_and_stops_nobody_else_does() -> None:
    stopped = house("carport", "PLUGGED_IN:STOPPED", None)
    charging = house("carport", "PLUGGED_IN:CHARGING", None)
    assert keys(stopped, {"carport"}) == set()
    assert ("charging", "OFF") in keys(charging)
    assert ("charging", "OFF") not in keys(charging, {"carport"})
