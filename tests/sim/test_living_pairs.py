"""A car is plugged in at a house with a real daemon, and is steered through its charger."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from paho.mqtt import publish

from agent.bridges.documents import device_id
from agent.model.readings import DeviceId
from tests.sim.living_house import AGENT, Living, living, until

pytestmark = [pytest.mark.mosquitto, pytest.mark.timed]

MORNING = datetime(2026, 6, 15, 8, tzinfo=UTC)
SPEED = 60.0


def plugged_in(house: Living) -> None:
    """The car comes home and is plugged in while everybody listens."""
    house.build()
    house.plug(plugged=False)
    house.cloud()
    house.start()
    house.gateway()
    until("the car drives", lambda: house.device("zoe").get("isPluggedIn") is False)
    until("the box is there", lambda: house.device("garage").get("isPluggedIn") is False)
    house.plug(plugged=True)


def test_a_command_for_a_car_reaches_the_charger_on_which_it_was_found(tmp_path: Path) -> None:
    with living(tmp_path, MORNING, SPEED) as house:
        plugged_in(house)
        came = house.now()
        until("the pair", lambda: house.device("zoe").get("pluggedInChargerId") == "garage")
        assert (house.now() - came).total_seconds() < 15 * 60
        made = house.start_or_stop("START", "zoe", "vehicle")
        assert made["status"] == 200, made
        assert made["body"]["deviceId"] == device_id(AGENT, DeviceId("garage"))
        until("it charges", lambda: house.device("garage").get("isCharging"))
        until("it is told so", lambda: house.device("zoe").get("isCharging"))
        until("confirmed", lambda: house.actions()[-1]["state"] == "CONFIRMED")
        told = house.events("user:vendor-action:updated")
        assert {e["action"]["targetType"] for e in told} == {"vehicle"}
        publish.single("hearth/living/garage/charging/set", "OFF", qos=1, port=house.broker.port)
        until("it is stopped", lambda: house.device("garage").get("isCharging") is False)
        until("both know", lambda: house.device("zoe").get("isCharging") is False)
        assert house.actions()[-1]["device"] == "garage"
        assert [a["state"] for a in house.actions()] == ["CONFIRMED", "CONFIRMED"]


def test_where_pairs_only_inform_a_car_is_shown_on_its_charger_and_not_steered(
    tmp_path: Path,
) -> None:
    with living(tmp_path, MORNING, SPEED, "pairing: {mode: observe-only}\n") as house:
        plugged_in(house)
        until("the pair", lambda: house.device("zoe").get("pluggedInChargerId") == "garage")
        made = house.start_or_stop("START", "zoe", "vehicle")
        assert made["status"] == 400, made
        (action,) = house.actions()
        assert action["failure"]["type"] == "FAILED_PRECONDITION"
        assert "zoe is not known to be plugged into" in action["failure"]["detail"]
        assert house.box_said("started") == []
