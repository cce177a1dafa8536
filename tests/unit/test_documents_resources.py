"""What each document says of what is known, and that it says null of what is not."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from agent.bridges.documents import States, device_id, device_of
from agent.bridges.documents.ids import public_id
from agent.bridges.documents.uuid7 import uuid7
from agent.model.clock import Now
from agent.model.picture import Totals
from agent.model.readings import (
    BatteryReading,
    InverterReading,
    MeterReading,
    PowerDelivery,
)
from tests.documents import AT, CAR_OF_THE_CLOUD, NOW
from tests.unit.document_house import (
    CELLAR,
    GARAGE,
    GRID,
    ROOF,
    SENDER,
    ZOE,
    ago,
    box,
    car,
    document,
    picture,
)


def test_the_rate_of_a_charger_is_known_only_while_it_charges() -> None:
    busy = document(GARAGE, picture(box(power_w=7204.0, power_delivery=PowerDelivery.CHARGING)))
    idle = document(GARAGE, picture(box(power_w=3.0, power_delivery=PowerDelivery.STOPPED)))
    assert busy["chargeState"]["chargeRate"] == 7.2
    assert idle["chargeState"]["chargeRate"] is None
    assert idle["chargeState"]["isPluggedIn"] is True


def test_a_charger_is_never_complete_and_has_no_coordinates() -> None:
    made = document(GARAGE, picture(box(power_delivery=PowerDelivery.COMPLETE)))
    assert made["chargeState"]["powerDeliveryState"] == "PLUGGED_IN:STOPPED"
    assert set(made["location"]) == {"id", "lastUpdated"}
    assert made["location"]["id"] == public_id("4711", "location", "home")


def test_the_limit_that_people_set_is_a_rate_and_no_limit_is_null() -> None:
    limited = document(GARAGE, picture(limits_a={GARAGE: 10.0}))
    free = document(GARAGE, picture(limits_a={GARAGE: 16.0}))
    assert limited["chargeState"]["chargeRateLimit"] == 6.9
    assert free["chargeState"]["chargeRateLimit"] is None


def test_a_charger_that_cannot_be_steered_says_what_would_help() -> None:
    made = document(GARAGE, picture(box(controllable=False)))
    assert made["capabilities"]["startCharging"] == {
        "isCapable": False,
        "interventionIds": ["ocpp-smartcharging-profile-missing"],
    }


def test_without_its_scope_a_control_is_no_capability_and_no_intervention_helps() -> None:
    bare = replace(SENDER, scopes=frozenset({"charger:read:data"}))
    made = document(GARAGE, picture(box(controllable=False)), bare)
    assert made["capabilities"]["startCharging"] == {"isCapable": False, "interventionIds": []}
    assert made["scopes"] == ["charger:read:data"]


def test_a_plug_state_of_last_week_is_unknown() -> None:
    old = car(8 * 86_400, power_delivery=PowerDelivery.COMPLETE, plugged_in=True, soc_percent=80.0)
    state = document(ZOE, picture(old))["chargeState"]
    assert state["powerDeliveryState"] == "UNKNOWN"
    assert (state["isPluggedIn"], state["isCharging"], state["isFullyCharged"]) == (None,) * 3
    assert state["batteryLevel"] == 80


@pytest.mark.parametrize(
    ("state", "soc_percent", "limit_percent", "full"),
    [
        (PowerDelivery.COMPLETE, 80.0, 80.0, True),
        (PowerDelivery.COMPLETE, None, None, True),
        (PowerDelivery.CHARGING, 100.0, None, False),
        (PowerDelivery.STOPPED, 80.0, 80.0, True),
        (PowerDelivery.STOPPED, 80.0, None, False),
        (PowerDelivery.UNPLUGGED, 100.0, None, True),
        (PowerDelivery.UNPLUGGED, None, 80.0, None),
        (None, 100.0, None, None),
    ],
)
def test_whether_a_car_is_full(
    state: PowerDelivery | None,
    soc_percent: float | None,
    limit_percent: float | None,
    full: bool | None,  # noqa: FBT001
) -> None:
    said = car(power_delivery=state, soc_percent=soc_percent, charge_limit_percent=limit_percent)
    assert document(ZOE, picture(said))["chargeState"]["isFullyCharged"] is full


def test_a_car_that_only_says_whether_it_charges_is_understood_as_far_as_it_goes() -> None:
    charging = document(ZOE, picture(car(charging=True)))["chargeState"]
    assert (charging["isPluggedIn"], charging["powerDeliveryState"]) == (
        True,
        "PLUGGED_IN:CHARGING",
    )
    away = document(ZOE, picture(car(plugged_in=False)))["chargeState"]
    assert (away["isCharging"], away["powerDeliveryState"]) == (False, "UNPLUGGED")
    waiting = document(ZOE, picture(car(plugged_in=True, charging=False)))["chargeState"]
    assert (waiting["isPluggedIn"], waiting["powerDeliveryState"]) == (True, "UNKNOWN")


def test_a_value_tells_when_it_was_last_known_to_be_otherwise() -> None:
    made = document(ZOE, picture(car(600, plugged_in=False), car(60, plugged_in=True)))
    assert made["chargeState"]["observed"]["isPluggedIn"] == {
        "at": "2026-06-01T11:59:00Z",
        "otherwiseAt": "2026-06-01T11:50:00Z",
    }


def test_coordinates_need_the_scope() -> None:
    house = picture(car(latitude_deg=59.91, longitude_deg=10.75))
    shown, hidden = document(ZOE, house), document(ZOE, house, replace(SENDER, scopes=frozenset()))
    assert shown["location"]["latitude"] == 59.91
    assert (hidden["location"]["latitude"], hidden["location"]["longitude"]) == (None, None)
    roof = document(ROOF, picture(), replace(SENDER, scopes=frozenset()))
    assert roof["location"]["latitude"] is None
    assert document(ROOF, picture())["location"]["latitude"] == 59.9


def test_stamps_are_unknown_while_the_clock_is_not_trusted() -> None:
    unsure = Now(at=AT, mono_s=NOW.mono_s, trusted=False)
    made = document(ZOE, picture(car(soc_percent=5.0), now=unsure))
    assert made["lastSeen"] is None
    assert made["chargeState"]["lastUpdated"] is None
    assert made["chargeState"]["batteryLevel"] == 5


def test_an_inverter_that_sleeps_does_not_know_its_rate() -> None:
    awake = InverterReading(device=ROOF, **ago(60), production_w=0.0, reachable=True)
    asleep = replace(awake, **ago(5), reachable=False, production_w=None)
    dark = document(ROOF, picture(awake))["productionState"]
    assert (dark["productionRate"], dark["isProducing"]) == (0.0, False)
    gone = document(ROOF, picture(awake, asleep))
    assert (gone["isReachable"], gone["productionState"]["productionRate"]) == (False, None)
    counted = picture(counters_wh={(ROOF, "production_wh"): 1_234_567.0})
    assert document(ROOF, counted)["productionState"]["totalLifetimeProduction"] == 1234.6


def test_a_battery_that_rests_charges_with_nothing() -> None:
    said = BatteryReading(device=CELLAR, **ago(1), power_w=0.0, soc_percent=55.4)
    made = document(CELLAR, picture(said))
    assert (made["chargeState"]["chargeRate"], made["chargeState"]["batteryLevel"]) == (0.0, 55)
    assert made["chargeState"]["batteryCapacity"] == 10.0
    capable = [n for n, c in made["capabilities"].items() if c["isCapable"]]
    assert capable == ["information", "chargeState", "selfReliance", "idle"]


def test_a_meter_is_positive_while_the_house_draws() -> None:
    said = MeterReading(device=GRID, **ago(1), power_w=-1234.0)
    assert document(GRID, picture(said))["energyState"]["power"] == -1.23


def hem(**totals: float | None) -> dict[str, Any]:
    house = picture(totals=Totals(**totals))
    bodies = States(SENDER).changed(house)
    found = next(body for (kind, _), body in bodies.items() if kind == "hem-system")
    made: dict[str, Any] = orjson.loads(found)
    return made


def test_the_flows_of_the_house_add_up_and_one_that_is_missing_is_unknown() -> None:
    flows = hem(grid_w=-2000.0, production_w=5000.0, battery_w=1000.0)["flows"]
    assert flows["consumption"] == 2.0
    assert (flows["gridImport"], flows["gridExport"]) == (0.0, 2.0)
    assert (flows["batteryCharge"], flows["batteryDischarge"]) == (1.0, 0.0)
    assert hem(grid_w=500.0, production_w=None, battery_w=0.0)["flows"]["consumption"] is None


def test_the_house_has_the_name_and_zone_of_its_location() -> None:
    made = hem()
    assert (made["name"], made["timezone"]) == ("Home", "Europe/Oslo")
    assert len(made["assets"]["chargers"]) == 2


def test_a_device_is_found_by_its_id_and_not_by_its_name() -> None:
    house = picture()
    assert device_of(device_id("4711", GARAGE), house, "4711") == GARAGE
    assert device_of(CAR_OF_THE_CLOUD.upper(), house, "4711") == CAR_OF_THE_CLOUD
    assert device_id("4711", CAR_OF_THE_CLOUD) == CAR_OF_THE_CLOUD
    assert device_of("garage", house, "4711") is None
    assert device_of(device_id("4712", GARAGE), house, "4711") is None


def test_a_uuid_of_version_7_has_its_time_in_front() -> None:
    made = uuid7(0x017F22E279B0, bytes.fromhex("0cc318c4dc0c0c07398f"))
    assert made.startswith("017f22e2-79b0-7")
    assert made[19] in "89ab"
    assert uuid7(5, bytes(10)) < uuid7(6, bytes(10))
    assert uuid7(5, b"\xff" * 10) != uuid7(5, bytes(10))
