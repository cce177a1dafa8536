"""The cloud asks for plans of smart charging: the running one, the latest, and one of the past."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.bridges.documents import device_id
from agent.store import Change
from tests.documents import faults
from tests.sim.cloud_house import AGENT, GARAGE, ZOE, home, judge
from tests.sim.mosquitto import mosquitto
from tests.sim.test_export_plans import OLD, OVER

pytestmark = pytest.mark.mosquitto

CAR: dict[str, Any] = {"targetType": "vehicle", "targetId": device_id(AGENT, ZOE)}
BOX: dict[str, Any] = {"targetType": "charger", "targetId": device_id(AGENT, GARAGE)}


async def test_a_plan_is_given_by_its_id_or_as_the_latest_of_its_car(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        async with judge(tmp_path, broker.port) as cloud, home(tmp_path, broker.port) as here:
            await cloud.meets(here)
            none = await cloud.send("plan.get", CAR)
            assert none is not None
            assert (none["status"], none["body"]["status"]) == (404, 404)
            await here.store.save(Change(plans=(OVER, OLD, replace(OLD, id="mine", device=GARAGE))))
            latest = await cloud.send("plan.get", CAR | {"planId": "latest"})
            assert latest is not None
            assert (latest["status"], latest["body"]["id"]) == (200, "over")
            assert latest["body"]["failureCondition"] == "FINISHED_LATE"
            assert latest["body"]["estimatedSavings"] == 2
            old = await cloud.send("plan.get", CAR | {"planId": "old"})
            assert old is not None
            assert old["body"]["id"] == "old"
            other = await cloud.send("plan.get", CAR | {"planId": "mine"})
            assert other is not None
            assert other["status"] == 404
            box = await cloud.send("plan.get", BOX)
            assert box is not None
            assert (box["body"]["chargerId"], box["body"]["vehicleId"]) == (BOX["targetId"], None)
            named = {**latest, "body": latest["body"] | {"id": CAR["targetId"]}}
            assert faults("command-result", named) == []
