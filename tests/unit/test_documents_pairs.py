"""A car on a charger of the house: what the two documents share."""

from dataclasses import replace
from typing import Any

from agent.model.pairs import PairingCar, PairingMode, PairingSettings, PairStage
from agent.model.readings import (
    PowerDelivery,
    Reading,
)
from tests.documents import CAR_OF_THE_CLOUD
from tests.unit.document_house import (
    GARAGE,
    PAIR,
    ZOE,
    box,
    car,
    document,
    picture,
)


def paired(*said: Reading, **settings: Any) -> dict[str, Any]:
    """Documents of the car and the charger that it hangs on."""
    house = picture(*said, pairs=(PAIR,), pairing=PairingSettings(**settings))
    return {"car": document(ZOE, house), "box": document(GARAGE, house)}


def test_an_activated_pair_names_each_other_and_shares_what_is_fresher() -> None:
    made = paired(
        car(300, power_delivery=PowerDelivery.UNPLUGGED, latitude_deg=1.0, longitude_deg=1.0),
        box(5, power_delivery=PowerDelivery.CHARGING, power_w=7000.0),
    )
    state = made["car"]["chargeState"]
    assert state["pluggedInChargerId"] == made["box"]["id"]
    assert made["box"]["chargeState"]["pluggedInVehicleId"] == made["car"]["id"]
    assert (state["isCharging"], state["chargeRate"]) == (True, 7.0)
    assert state["lastUpdated"] == "2026-06-01T11:59:55Z"
    assert made["car"]["location"]["id"] == made["box"]["location"]["id"]


def test_a_full_car_stays_full_and_a_pulled_plug_wins() -> None:
    full = car(300, power_delivery=PowerDelivery.COMPLETE)
    stopped = paired(full, box(5, power_delivery=PowerDelivery.STOPPED))
    assert stopped["car"]["chargeState"]["powerDeliveryState"] == "PLUGGED_IN:COMPLETE"
    charging = car(1, power_delivery=PowerDelivery.CHARGING)
    pulled = paired(charging, box(5, power_delivery=PowerDelivery.UNPLUGGED))
    assert pulled["car"]["chargeState"]["powerDeliveryState"] == "UNPLUGGED"


def test_a_fault_of_the_charger_shows_at_the_car() -> None:
    made = paired(
        car(5, power_delivery=PowerDelivery.STOPPED),
        box(9, power_delivery=PowerDelivery.FAULT, problem="ground fault"),
    )
    assert made["car"]["chargeState"]["powerDeliveryState"] == "PLUGGED_IN:FAULT"
    assert made["car"]["problem"] == "ground fault"


def test_the_installer_chooses_whose_rate_counts() -> None:
    said = (
        car(5, power_delivery=PowerDelivery.CHARGING, power_w=6300.0),
        box(5, power_delivery=PowerDelivery.CHARGING, power_w=7000.0),
    )
    rates = {}
    for source in ("charger", "vehicle", "estimate"):
        cars = (PairingCar(id=ZOE, charge_rate_source=source),)
        rates[source] = paired(*said, cars=cars)["car"]["chargeState"]["chargeRate"]
    assert rates == {"charger": 7.0, "vehicle": 6.3, "estimate": 6.3}


def test_a_pair_that_only_informs_names_and_lends_the_rate_but_unlocks_nothing() -> None:
    made = paired(
        car(5, power_delivery=PowerDelivery.CHARGING),
        box(1, power_delivery=PowerDelivery.CHARGING, power_w=7000.0),
        mode=PairingMode.OBSERVE_ONLY,
    )
    assert made["car"]["chargeState"]["pluggedInChargerId"] == made["box"]["id"]
    assert made["car"]["chargeState"]["chargeRate"] == 7.0
    assert made["car"]["location"]["id"] is None
    assert made["car"]["capabilities"]["startCharging"]["isCapable"] is False
    stopped = paired(
        car(5, power_delivery=PowerDelivery.CHARGING),
        box(1, power_delivery=PowerDelivery.STOPPED),
        mode=PairingMode.OBSERVE_ONLY,
    )
    assert stopped["car"]["chargeState"]["isCharging"] is True


def test_every_combination_unlocks_a_car_before_it_is_plugged_in() -> None:
    established = replace(PAIR, stage=PairStage.ESTABLISHED)
    made = document(ZOE, picture(pairs=(established,)))
    for name in ("startCharging", "stopCharging", "location"):
        assert made["capabilities"][name] == {"isCapable": True, "interventionIds": []}
    assert made["chargeState"]["pluggedInChargerId"] is None
    alone = document(CAR_OF_THE_CLOUD, picture(pairs=(established,)))
    assert alone["capabilities"]["startCharging"]["isCapable"] is False
    off = picture(pairs=(PAIR,), pairing=PairingSettings(mode=PairingMode.OFF))
    assert document(ZOE, off)["chargeState"]["pluggedInChargerId"] is None
