"""A day of a physical car, told by simulated gateways with their bugs, as Hearth understands it."""

from collections.abc import Iterator

import pytest

from simulators.vehicles.carconnectivity import CarConnectivity
from simulators.vehicles.gateway import CarState, Gateway
from simulators.vehicles.ovms import Ovms
from simulators.vehicles.statestream import Statestream
from simulators.vehicles.teslamate import TeslaMate
from tests.unit.vehicle_cars import START, Drive

HOUR_S = 3600.0
LEAVES_S = 8 * HOUR_S + 17
RETURNS_S = 11 * HOUR_S + 13
FLICKER_S = 80.0
RATE_PERCENT_PER_S = 16 / HOUR_S

ENTITIES = {
    "soc_percent": {"entity": "sensor.car_ev_battery_level"},
    "plugged_in": {"entity": "binary_sensor.car_ev_battery_plug"},
    "charging": {"entity": "binary_sensor.car_ev_battery_charge"},
}


def car_at(at_s: float) -> CarState:
    """It charges to 80 %, sleeps, drives, comes home with 55 % and charges again."""
    away = LEAVES_S <= at_s < RETURNS_S
    began_s, began = (0.0, 45.0) if at_s < RETURNS_S else (RETURNS_S, 55.0)
    charged = min(80.0, began + (at_s - began_s) * RATE_PERCENT_PER_S)
    driven = 80.0 - 25.0 * (at_s - LEAVES_S) / (RETURNS_S - LEAVES_S)
    charging = not away and charged < 80.0
    return CarState(
        plugged=not away,
        charging=charging,
        soc_percent=driven if away else charged,
        limit_percent=80.0,
        capacity_wh=60_000.0,
        power_w=11_000.0 if charging else 0.0,
        phases=3 if charging else 0,
        latitude_deg=50.85,
        longitude_deg=4.35,
        odometer_km=20_000.0,
    )


def day(gateway: Gateway, drive: Drive) -> Iterator[tuple[float, CarState]]:
    """Yields after each look of the gateway: seconds since the start, and the truth."""
    while (at_s := drive.now.mono_s - START.mono_s) < 24 * HOUR_S:
        car = car_at(at_s)
        for message in gateway.look(car, drive.now.at.timestamp()):
            drive.hear(f"/{message.topic}", message.payload)
        drive.tell()
        yield at_s, car
        drive.later(gateway.pause_s(car), glances=2)


@pytest.mark.long
@pytest.mark.parametrize(
    ("gateway", "drive", "late_s"),
    [
        (TeslaMate("teslamate", "1"), Drive("teslamate"), 21 * 60),
        (TeslaMate("teslamate", "1", frozenset({"ghost-unplug"})), Drive("teslamate"), 21 * 60),
        (TeslaMate("teslamate", "1", frozenset({"soc-revert"})), Drive("teslamate"), 21 * 60),
        (Ovms("ovms/me/zoe"), Drive("ovms"), 60),
        (CarConnectivity("carconnectivity/0", "VIN1"), Drive("carconnectivity"), 300),
        (
            CarConnectivity("carconnectivity/0", "VIN1", frozenset({"hybrid"})),
            Drive("carconnectivity"),
            300,
        ),
        (Statestream("hass", "car"), Drive("statestream", more={"fields": ENTITIES}), 300),
        (
            Statestream("hass", "car", frozenset({"flaps"})),
            Drive("statestream", more={"fields": ENTITIES}),
            600,
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_plug_is_known_in_time_and_its_interval_holds_the_truth(
    gateway: Gateway, drive: Drive, late_s: float
) -> None:
    changes: list[tuple[float, float, bool]] = []
    for at_s, car in day(gateway, drive):
        told = drive.plugged_in
        moved_s = max(t for t in (0.0, LEAVES_S, RETURNS_S) if t <= at_s)
        if told is not None and at_s - moved_s > late_s + FLICKER_S:
            assert told == car.plugged, f"at {at_s:.0f} s"
        if told is not None and (not changes or changes[-1][2] != told):
            assert drive.seen is not None
            before_s = drive.seen.otherwise_mono_s.get("plugged_in", START.mono_s)
            said_s = drive.seen.said_mono_s["plugged_in"]
            changes.append((before_s - START.mono_s, said_s - START.mono_s, told))
        if at_s - moved_s > HOUR_S and car.plugged:
            assert abs(drive.soc_percent - car.soc_percent) < 2.0, f"at {at_s:.0f} s"
    assert [told for _, _, told in changes] == [True, False, True], "and nothing flickered"
    for (before_s, said_s, _), truth_s in zip(changes[1:], (LEAVES_S, RETURNS_S), strict=True):
        assert before_s <= truth_s <= said_s
