"""Cars that the cloud sends down: of the installer's file, and met at run time."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.bridges.documents import device_id
from agent.bridges.wire import instant
from agent.model.readings import DeviceId, VehicleReading
from tests.sim.cloud_house import (
    AGENT,
    GARAGE,
    SENDER,
    ZOE,
    ZOE_THERE,
    Home,
    JumpClock,
    home,
    judge,
    until,
)
from tests.sim.mosquitto import mosquitto

pytestmark = pytest.mark.mosquitto

STRANGER = DeviceId("c1b7d6c2-93d3-4f5e-8a44-3e1f6a0d9b02")


def tells(
    here: Home, *, plugged: bool, ago_s: float, before_s: float | None = None, name: str = "Car"
) -> dict[str, Any]:
    """What a cloud knows of a car that it asked `ago_s` ago, and `before_s` ago the time before."""
    now = here.clock.now().at
    word = "PLUGGED_IN:STOPPED" if plugged else "UNPLUGGED"
    state = {"isPluggedIn": plugged, "powerDeliveryState": word, "batteryLevel": 41}
    body: dict[str, Any] = {
        "observedAt": instant(now - timedelta(seconds=ago_s)),
        "information": {"displayName": name},
        "chargeState": state,
    }
    if before_s is not None:
        body["previousObservedAt"] = instant(now - timedelta(seconds=before_s))
    return body


def car(here: Home, device: DeviceId) -> VehicleReading | None:
    seen = here.house.now.value.get(device)
    value = None if seen is None else seen.value
    return value if isinstance(value, VehicleReading) else None


async def test_a_car_of_the_file_is_fed_by_the_id_that_the_cloud_has_for_it(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        async with judge(tmp_path, broker.port) as cloud, home(tmp_path, broker.port) as here:
            await cloud.meets(here)
            await cloud.vehicle_in(ZOE_THERE, tells(here, plugged=False, ago_s=900))
            await until(lambda: car(here, ZOE), "the car is known")
            body = tells(here, plugged=True, ago_s=60, before_s=660)
            await cloud.vehicle_in(ZOE_THERE, body)
            await until(lambda: getattr(car(here, ZOE), "plugged_in", None), "it is plugged in")
            seen = here.house.now.value[ZOE]
            said_s, otherwise_s = seen.said_mono_s, seen.otherwise_mono_s
            between_s = said_s["plugged_in"] - otherwise_s["plugged_in"]
            assert between_s == pytest.approx(600, abs=2)
            document = await cloud.shows(
                f"state/vehicle/{device_id(AGENT, ZOE)}", lambda d: d["chargeState"]["isPluggedIn"]
            )
            assert document["chargeState"]["batteryLevel"] == 41
            assert len(here.control.pictures.value.devices) == 3


async def test_a_car_that_nobody_wrote_down_is_met_and_remembered(tmp_path: Path) -> None:
    topic = f"state/vehicle/{STRANGER}"
    with mosquitto(tmp_path) as broker:
        async with judge(tmp_path, broker.port) as cloud:
            async with home(tmp_path, broker.port) as here:
                await cloud.meets(here)
                body = tells(here, plugged=False, ago_s=5, name="Guest")
                await cloud.vehicle_in(STRANGER, body)
                document = await cloud.shows(topic, lambda d: d["information"])
                assert document["information"]["displayName"] == "Guest"
                await cloud.proves(here)
            async with home(tmp_path, broker.port) as here:
                assert STRANGER in {info.id for info in here.control.pictures.value.devices}
                await until(lambda: car(here, DeviceId(STRANGER)), "it is known again")
                assert getattr(car(here, DeviceId(STRANGER)), "soc_percent", None) == 41
                await cloud.meets(here)
                await cloud.vehicle_in(STRANGER, tells(here, plugged=True, ago_s=1))
                await cloud.shows(topic, lambda d: d["chargeState"]["isPluggedIn"])
                await cloud.proves(here)


async def test_what_is_no_car_of_the_cloud_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with mosquitto(tmp_path) as broker:
        async with judge(tmp_path, broker.port) as cloud, home(tmp_path, broker.port) as here:
            await cloud.meets(here)
            before = here.house.now.value[GARAGE].value
            for name in (device_id(AGENT, GARAGE), device_id(AGENT, GARAGE).upper(), "zoe"):
                await cloud.vehicle_in(name, tells(here, plugged=False, ago_s=1))
            await cloud.vehicle_in(STRANGER, {"chargeState": {"isPluggedIn": True}})
            await cloud.vehicle_in(ZOE_THERE, tells(here, plugged=True, ago_s=1))
            await until(lambda: car(here, ZOE), "the last one is heard")
            assert here.house.now.value[GARAGE].value == before
            assert len(here.control.pictures.value.devices) == 3
    assert len([line for line in caplog.messages if "vehicle-in" in line]) == 4


@pytest.mark.parametrize("shared", [True, False])
async def test_samples_say_where_a_car_is_only_where_that_is_shared(
    tmp_path: Path, *, shared: bool
) -> None:
    scopes = {s for s in SENDER.scopes if shared or not s.endswith(":read:location")}
    sender = replace(SENDER, scopes=frozenset(scopes))
    with mosquitto(tmp_path) as broker:
        async with (
            judge(tmp_path, broker.port) as cloud,
            home(tmp_path, broker.port, clock=JumpClock(speed=60), sender=sender) as here,
        ):
            await cloud.meets(here)
            body = tells(here, plugged=True, ago_s=1)
            body["location"] = {"latitude": 59.91, "longitude": 10.75}
            await cloud.vehicle_in(ZOE_THERE, body)
            await until(lambda: getattr(car(here, ZOE), "latitude_deg", None), "it is somewhere")

            def told() -> set[str]:
                key = f"vehicle/{device_id(AGENT, ZOE)}"
                with closing(sqlite3.connect(tmp_path / "cloud.db")) as archive:
                    rows = archive.execute("SELECT name FROM series WHERE resource=?", (key,))
                    return {name for (name,) in rows}

            await until(lambda: "socPercent" in told(), "samples of the car are there")
            assert ({"latitudeDeg", "longitudeDeg"} <= told()) is shared
            assert shared or not {name for name in told() if "itude" in name}
