"""A car and its charger as one state, and who is told what is asked of the car."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent.model.pairs import Pair, PairingCar, PairingMode, PairStage
from agent.model.readings import ChargerReading, DeviceId, PowerDelivery, VehicleReading
from agent.model.snapshot import Seen, seen
from agent.pairing import merged, route

AT = datetime(2026, 6, 1, tzinfo=UTC)
CAR, BOX = DeviceId("car"), DeviceId("box")
NOW_S = 1000.0
P = PowerDelivery


def car(state: PowerDelivery | None, at_s: float = 900.0, **said: object) -> Seen[VehicleReading]:
    reading = VehicleReading(device=CAR, at=AT, mono_s=at_s, power_delivery=state)
    return seen(replace(reading, **said))  # type: ignore[arg-type]


def box(state: PowerDelivery | None, at_s: float = 900.0, **said: object) -> Seen[ChargerReading]:
    reading = ChargerReading(device=BOX, at=AT, mono_s=at_s, power_delivery=state)
    return seen(replace(reading, **said))  # type: ignore[arg-type]


def both(
    vehicle: Seen[VehicleReading], charger: Seen[ChargerReading], source: str = "charger"
) -> VehicleReading:
    settings = PairingCar(id=CAR, charge_rate_source=source)  # type: ignore[arg-type]
    return merged(vehicle, charger, settings, NOW_S)


@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        ((P.CHARGING, 990), (P.STOPPED, 980), P.CHARGING),
        ((P.CHARGING, 900), (P.STOPPED, 980), P.STOPPED),
        ((P.CHARGING, 990), (P.UNPLUGGED, 100), P.UNPLUGGED),
        ((P.COMPLETE, 100), (P.STOPPED, 990), P.COMPLETE),
        ((P.COMPLETE, 100), (P.CHARGING, 990), P.CHARGING),
        ((P.FAULT, 100), (P.CHARGING, 990), P.FAULT),
        ((P.CHARGING, 990), (P.FAULT, 100), P.FAULT),
        ((P.UNKNOWN, 990), (P.CHARGING, 100), P.CHARGING),
        ((None, 990), (P.CHARGING, 100), P.CHARGING),
        ((P.STOPPED, 100), (None, 990), P.STOPPED),
    ],
)
def test_the_state_of_a_car_on_a_charger(
    theirs: tuple[PowerDelivery | None, float],
    ours: tuple[PowerDelivery | None, float],
    expected: PowerDelivery,
) -> None:
    state = both(car(*theirs), box(*ours))
    assert state.power_delivery is expected
    assert state.plugged_in is (expected is not P.UNPLUGGED)
    assert state.charging is (expected is P.CHARGING)
    assert state.device == CAR


def test_the_instant_is_that_of_the_device_that_was_believed() -> None:
    assert both(car(P.STOPPED, 900), box(P.CHARGING, 950)).mono_s == 950
    assert both(car(P.STOPPED, 960), box(P.CHARGING, 950)).mono_s == 960


@pytest.mark.parametrize(
    ("source", "power_w"), [("charger", 7000.0), ("vehicle", 6500.0), ("estimate", 6500.0)]
)
def test_the_power_comes_from_whom_the_installer_chose(source: str, power_w: float) -> None:
    vehicle, charger = car(P.CHARGING, power_w=6500.0), box(P.CHARGING, power_w=7000.0)
    assert both(vehicle, charger, source).power_w == power_w
    assert both(vehicle, box(P.STOPPED, 950, power_w=0.0), source).power_w is None


def test_a_fault_is_told_in_the_words_of_the_device_that_has_it() -> None:
    charger = box(P.FAULT, problem="ground failure")
    assert both(car(P.CHARGING, 950), charger).problem == "ground failure"


def test_what_is_asked_of_a_car_goes_to_its_charger_only_while_the_pair_is_active() -> None:
    pair = Pair(id="1", vehicle=CAR, charger=BOX)
    active = replace(pair, stage=PairStage.ACTIVATED)
    assert route(CAR, (pair,), PairingMode.FULL) is None
    assert route(CAR, (active,), PairingMode.FULL) == BOX
    assert route(DeviceId("other"), (active,), PairingMode.FULL) is None
    assert route(CAR, (active,), PairingMode.OBSERVE_ONLY) is None
