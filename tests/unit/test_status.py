"""The keys of the status document are a promise; see docs/status.md."""

from dataclasses import replace

from agent.bridges.status import document
from agent.ledger import Ledger
from agent.model.actions import ActionKind
from agent.model.driver import DeviceInfo
from agent.model.intents import ChargerMode
from agent.model.picture import Picture
from agent.model.readings import (
    DeviceId,
    DeviceKind,
    LinkReading,
    MeterReading,
    PowerDelivery,
    VehicleReading,
)
from agent.plan import Memory, decide
from tests.unit.house import (
    DEVICES,
    GARAGE,
    GRID,
    NOON,
    SETTINGS,
    battery,
    charging,
    grid,
    roof,
    snapshot,
    wishes,
)
from tests.unit.test_ledger import action, ask


def picture() -> Picture:
    house = snapshot(
        charging(10.0),
        grid(-1200.0),
        roof(9000.0),
        battery(soc_percent=55.5),
        LinkReading(
            device="ocpp",  # type: ignore[arg-type]
            at=NOON.at,
            mono_s=NOON.mono_s,
            pending_approval=("CP777",),
            anomalies=2,
        ),
    )
    decision = decide(house, wishes(), SETTINGS, Memory(), NOON)
    return Picture(
        now=NOON,
        devices=DEVICES,
        snapshot=house,
        targets=decision.targets,
        actions=(action(ask(Ledger(), ActionKind.SET_MAX_CURRENT, value=10.0)),),
        modes={GARAGE: ChargerMode.FAST},
        limits_a={GARAGE: 16.0},
        counters_wh={(GARAGE, "energy_wh"): 1234.5},
        journal=decision.journal,
        started_at=NOON.at,
    )


def test_the_keys_of_the_document_are_frozen() -> None:
    doc = document(picture())
    assert list(doc) == [
        "version", "at", "startedAt", "clockTrusted", "totals", "devices", "actions",
        "journal", "schedules", "overrides", "smartCharging", "pairs", "forecasts", "prices",
        "gridOrders", "links",
        "pendingApproval", "anomalies", "store",
    ]  # fmt: skip
    assert list(doc["totals"]) == [
        "grid", "production", "battery", "chargers", "load", "batteryLevel", "gridImport",
        "gridExport", "productionEnergy", "batteryCharge", "batteryDischarge",
        "chargersEnergy", "loadEnergy",
    ]  # fmt: skip
    for device in doc["devices"]:
        assert list(device) == [
            "id", "kind", "name", "driver", "isReachable", "lastSeen", "problem", "state",
            "target", "lastFailure", "shortcomings",
        ]  # fmt: skip
    assert list(doc["actions"][0]) == [
        "id", "targetId", "targetType", "kind", "target", "state", "createdAt", "updatedAt",
        "completedAt", "failureReason", "deviceId", "attempts", "requestedBy",
    ]  # fmt: skip
    assert list(doc["devices"][0]["target"]["reason"]) == [
        "code", "sentence", "inputs", "changesAt",
    ]  # fmt: skip


def test_figures_are_in_kilowatts_and_unknown_is_null() -> None:
    doc = document(picture())
    garage, meter, _, store = doc["devices"]
    assert garage["state"]["chargeRate"] == 6.9
    assert garage["state"]["energy"] == 1.234
    assert meter["state"] == {"power": -1.2, "import": None, "export": None}
    assert store["state"]["chargeRate"] is None
    assert doc["totals"]["load"] is None  # the battery does not say its power
    assert doc["pendingApproval"] == ["CP777"]
    assert doc["anomalies"] == 2


def test_the_news_that_a_device_is_gone_is_no_sign_of_life() -> None:
    house = picture()
    gone = grid(0.0, NOON.later(90))
    lost = MeterReading(device=GRID, at=gone.at, mono_s=gone.mono_s, reachable=False)
    never = replace(house, now=NOON.later(90), snapshot=snapshot(lost))
    assert document(never)["devices"][1]["lastSeen"] is None
    once = replace(never, snapshot=snapshot(grid(0.0), lost))
    assert document(once)["devices"][1]["lastSeen"] == "2026-06-10T12:00:00+00:00"


def test_a_car_is_shown_with_the_age_of_its_charge() -> None:
    car = DeviceInfo(id=DeviceId("zoe"), kind=DeviceKind.VEHICLE, name="Zoe", driver="ovms")
    said = VehicleReading(
        device=car.id,
        at=NOON.at,
        mono_s=NOON.mono_s,
        power_delivery=PowerDelivery.UNPLUGGED,
        soc_percent=63.46,
        power_w=0.0,
    )
    house = replace(picture(), devices=(car,), snapshot=snapshot(said), now=NOON.later(3600))
    state = document(house)["devices"][0]["state"]
    assert (state["powerDeliveryState"], state["isPluggedIn"]) == ("UNPLUGGED", False)
    assert (state["batteryLevel"], state["chargeRate"]) == (63.5, None)
    assert state["batteryLevelAt"] == "2026-06-10T12:00:00+00:00"
    later = document(replace(house, now=NOON.later(8 * 86_400)))["devices"][0]["state"]
    assert (later["powerDeliveryState"], later["isCharging"]) == ("UNKNOWN", None)


def test_a_device_that_was_never_seen_is_not_reachable() -> None:
    blank = replace(picture(), snapshot={})
    assert [d["isReachable"] for d in document(blank)["devices"]] == [False] * 4
    assert document(blank)["devices"][0]["state"] == {}
