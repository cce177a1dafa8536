"""A car that drives away and comes home, a place that the cloud edits and deletes: over MQTT, with
a real daemon and the cloud that watches."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from agent.bridges.documents import device_id
from agent.model.readings import DeviceId
from tests.sim.living_house import AGENT, HOME, Living, living, until

pytestmark = pytest.mark.mosquitto

MORNING = datetime(2026, 6, 15, 8, tzinfo=UTC)
METRES_A_DEGREE = 111_195.0
OFFICE, PLAN = "7b1a1e52-50a5-4c39-9f4e-d1a0b7f0c0aa", "7b1a1e52-50a5-4c39-9f4e-d1a0b7f0c0bb"
OFFICE_KM = 20.0
ZOE = device_id(AGENT, DeviceId("zoe"))


class Car:
    """What TeslaMate tells of a car on the road."""

    def __init__(self, port: int) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="teslamate")
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def tell(self, **words: str) -> None:
        for word, value in {**words, "healthy": "true"}.items():
            topic, retain = f"teslamate/cars/1/{word}", word != "healthy"
            self._client.publish(topic, value, qos=1, retain=retain).wait_for_publish(5)

    def drives_to(self, metres_north: float) -> None:
        north = HOME[0] + metres_north / METRES_A_DEGREE
        self.tell(
            state="driving",
            plugged_in="false",
            charging_state="Disconnected",
            location=json.dumps({"latitude": round(north, 6), "longitude": HOME[1]}),
        )

    def is_known(self, house: Living) -> None:
        """Drive about until Hearth listens: what a broker retained has no time of its own."""

        def known() -> bool:
            self.drives_to(1000)
            return house.device("zoe").get("isPluggedIn") is False

        until("the car is known", known)

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[Living, Car]]:
    with living(tmp_path, MORNING, 10.0) as house:
        house.cloud()
        house.start()
        car = Car(house.broker.port)
        try:
            yield house, car
        finally:
            car.leave()


def stays(true: Callable[[], object], real_s: float = 0.4) -> None:
    end_s = time.monotonic() + real_s
    while time.monotonic() < end_s:
        assert true()
        time.sleep(0.05)


def desired(house: Living, kind: str, name: str, rev: int, body: dict[str, Any] | None) -> None:
    document: dict[str, Any] = {"agent": AGENT, "kind": kind, "id": name, "rev": rev}
    document |= {"body": body} if body is not None else {"deleted": True}
    house.tell_cloud(desired=document)
    topic = f"reported/{kind}/{name}"

    def answered() -> bool:
        found = house.tell_cloud(documents={"agent": AGENT, "under": topic})["documents"]
        report: dict[str, Any] = next(iter(found.values()), {})
        assert report.get("status") != "rejected", report
        return report.get("rev") == rev

    until(f"{kind} {rev} is applied", answered)


def documents(house: Living) -> dict[str, Any]:
    """The states that the cloud has."""
    asked = {"agent": AGENT, "under": "state/"}
    found: dict[str, Any] = house.tell_cloud(documents=asked)["documents"]
    return found


def plan(**more: Any) -> dict[str, Any]:
    return {
        "name": "At work", "targetType": "vehicle", "targetId": ZOE, "isEnabled": True,
        "locationId": OFFICE, "defaultShouldCharge": False,
        "rules": [{"hourMinute": {"from": "09:00", "to": "17:00"}, "shouldCharge": True}],
    } | more  # fmt: skip


def office(timezone: str) -> dict[str, Any]:
    north = HOME[0] + OFFICE_KM * 1000 / METRES_A_DEGREE
    return {
        "name": "Office", "timezoneName": timezone, "latitude": north, "longitude": HOME[1]
    }  # fmt: skip


def test_a_car_is_at_a_place_from_200_m_on_and_until_it_is_270_m_away(
    scene: tuple[Living, Car],
) -> None:
    house, car = scene

    def where() -> str | None:
        place: str | None = house.device("zoe").get("locationId")
        return place

    car.is_known(house)
    car.drives_to(230)
    stays(lambda: where() is None)
    car.drives_to(150)
    until("it is home", lambda: where() == "living")
    car.drives_to(250)
    stays(lambda: where() == "living")
    car.drives_to(300)
    until("it is gone", lambda: where() is None)
    car.drives_to(0)
    until("it is home again", lambda: where() == "living")


def test_a_place_of_the_cloud_rules_the_schedules_that_name_it(scene: tuple[Living, Car]) -> None:
    house, car = scene
    desired(house, "location", OFFICE, 1, office("UTC"))
    desired(house, "schedule", PLAN, 1, plan())
    car.is_known(house)
    until("the cloud knows the car", lambda: ZOE in json.dumps(documents(house)))
    until("it is away", lambda: house.schedule(PLAN)["state"] == "INACTIVE:AWAY")
    car.drives_to(OFFICE_KM * 1000)
    # Nobody can tell this car anything at the office; but it is there, and the hours count.
    until("it is there", lambda: house.schedule(PLAN)["state"] == "INACTIVE:INCAPABLE")
    assert house.schedule(PLAN)["upcomingTransitions"][0]["at"] == "2026-06-15T09:00:00+00:00"
    assert str(HOME[0]) not in json.dumps(documents(house))  # the installer shares no position
    desired(house, "location", OFFICE, 2, office("Europe/Oslo"))
    until("the hours move", lambda: house.schedule(PLAN)["shouldCharge"] is True)
    assert house.schedule(PLAN)["upcomingTransitions"][0]["at"] == "2026-06-15T15:00:00+00:00"
    desired(house, "location", OFFICE, 3, None)
    until("it is switched off", lambda: house.schedule(PLAN)["isEnabled"] is False)
    until("the place is no more", lambda: house.device("zoe")["locationId"] is None)
    until("the cloud is told", lambda: house.events("user:schedule:updated-locally"))
    told = house.events("user:schedule:updated-locally")[-1]
    assert (told["scheduleId"], told["body"]["isEnabled"]) == (PLAN, False)


def test_where_house_and_car_are_leaves_the_house_if_the_installer_says_so(
    tmp_path: Path,
) -> None:
    with living(tmp_path, MORNING, 10.0) as house:
        house.cloud()
        house.start(share_location=True)
        car = Car(house.broker.port)
        try:
            car.is_known(house)
            until("the cloud knows where", lambda: position_known(house))
        finally:
            car.leave()


def position_known(house: Living) -> bool:
    """Whether the cloud knows that the car is a kilometre from home."""
    there = documents(house).get(f"state/vehicle/{ZOE}", {}).get("location", {}).get("latitude")
    return bool(there == pytest.approx(HOME[0] + 1000 / METRES_A_DEGREE, abs=1e-5))
