"""Smart charging through a real daemon: a policy and prices, a car on a charge point of OCPP, and a
cloud that hears of every state; with the planner, and with every planner killed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agent.bridges.documents import device_id
from agent.model.readings import DeviceId
from agent.model.smart import SmartState
from agent.plan.smart import EDGES
from tests.sim.limits_house import no_planner
from tests.sim.living_house import AGENT, Living, living, until

pytestmark = [pytest.mark.mosquitto, pytest.mark.timed]

EVENING = datetime(2026, 6, 15, 20, tzinfo=UTC)  # 22:00 in Brussels
CHEAP_FROM, CHEAP_TO = EVENING + timedelta(minutes=60), EVENING + timedelta(minutes=120)
DEADLINE = EVENING + timedelta(minutes=165)
SPEED = 300.0
PRICES = """\
pairing: {mode: full}
tariff:
  currency: EUR
  prices:
    cheap: {per_kwh: 0.10, from: "23:00", to: "24:00"}
    early: {per_kwh: 0.40, from: "00:00", to: "23:00"}
  export: {per_kwh: 0.03}
"""
ZOE, GARAGE = device_id(AGENT, DeviceId("zoe")), device_id(AGENT, DeviceId("garage"))
POLICY = {"isEnabled": True, "deadline": "00:45", "minimumChargeLimit": 0}
NIGHT = (
    "CONSIDERING", "PLAN:EXECUTING:STOPPED", "PLAN:EXECUTING:STARTING", "PLAN:EXECUTING:STARTED",
    "PLAN:ENDED:FINISHED", "FULLY_CHARGED",
)  # fmt: skip


@contextmanager
def charging_by_plan(folder: Path) -> Iterator[Living]:
    """A car at 80 % that shall have 90 % by 00:45, on a charger that it is pinned to."""
    with living(folder, EVENING, SPEED, PRICES) as house:
        house.car = "CP001,capacity_kwh=58,soc=80,limit=90,max_a=16,phases=3"
        house.build("--meter-values-s", "60")
        house.cloud()
        house.start()
        house.gateway()
        yield house


def smart(house: Living) -> dict[str, Any]:
    found: dict[str, Any] = house.status()["smartCharging"][0]
    return found


def told(house: Living) -> list[dict[str, Any]]:
    events = house.events("user:vehicle:smart-charging-status-updated")
    return [each["smartChargingStatus"] for each in events]


def states(house: Living) -> list[str]:
    """As the cloud heard of them, each once in a row."""
    heard = [each["state"] for each in told(house)]
    return [a for a, b in pairwise([*heard, ""]) if a != b]


def in_order(wanted: Sequence[str], found: Sequence[str]) -> bool:
    """Whether the wanted ones are found in their order, others between them."""
    left = iter(found)
    return all(any(each == one for one in left) for each in wanted)


def plugged_in(house: Living) -> None:
    """The car is at home under a policy of the cloud, and hangs on its charger."""
    pinned = house.command("pair.pin", chargerId=GARAGE, vehicleId=ZOE)
    assert pinned["status"] == 200, pinned
    wanted = {"kind": "smart-charging-policy", "id": ZOE, "rev": 1, "body": POLICY}
    house.tell_cloud(desired={"agent": AGENT, **wanted})
    until("the policy is taken", lambda: smart(house)["isEnabled"])
    until("its plan", lambda: smart(house)["state"].startswith("PLAN:EXECUTING:"))


def ready_in_time(house: Living) -> dict[str, Any]:
    """The last status with a plan, once the car is full."""
    until("the car is full", lambda: states(house)[-1:] == ["FULLY_CHARGED"], within_s=45)
    over: dict[str, Any] = next(
        s for s in reversed(told(house)) if s["state"] == "PLAN:ENDED:FINISHED"
    )
    ended = datetime.fromisoformat(over["plan"]["endedAt"])
    assert ended <= DEADLINE, over
    assert house.device("zoe")["batteryLevel"] >= 89
    return over


def follow_each_other(heard: Sequence[str]) -> bool:
    """Whether every state may follow the one before it."""
    return all(SmartState(b) in EDGES[SmartState(a)] for a, b in pairwise(heard))


def test_a_car_waits_for_the_cheap_hour_is_full_in_time_and_the_cloud_hears_every_state(
    tmp_path: Path,
) -> None:
    with charging_by_plan(tmp_path) as house:
        plugged_in(house)
        until("it waits", lambda: smart(house)["state"] == "PLAN:EXECUTING:STOPPED")
        waits = smart(house)
        assert CHEAP_FROM <= datetime.fromisoformat(waits["nextStartAt"]) < CHEAP_TO
        assert datetime.fromisoformat(waits["readyBy"]) == DEADLINE
        assert waits["plan"]["cost"] < waits["plan"]["costAtOnce"] / 2
        refused = house.start_or_stop("START", "zoe", "vehicle")
        assert refused["status"] == 422, refused
        over = ready_in_time(house)
        started = datetime.fromisoformat(over["plan"]["startConfirmedAt"])
        assert CHEAP_FROM <= started < CHEAP_TO
        heard = states(house)
        assert in_order(NIGHT, heard), heard
        assert follow_each_other(heard), heard
        plans = {each["plan"]["id"] for each in told(house) if each["plan"]}
        assert len(plans) == 1
        assert {a["requested_by"] for a in house.actions()} <= {"smart-charging"}


def test_with_every_planner_killed_the_car_is_full_in_time_all_the_same(tmp_path: Path) -> None:
    with charging_by_plan(tmp_path) as house, no_planner(house):
        plugged_in(house)
        ready_in_time(house)
        heard = states(house)
        assert in_order(("CONSIDERING", "PLAN:EXECUTING:STARTED", *NIGHT[4:]), heard), heard
        assert follow_each_other(heard), heard
        log = house.daemon.log.read_text()
        assert "The planner failed" in log
        assert "Traceback" not in log


def test_a_hearth_that_is_killed_while_the_car_waits_goes_on_with_the_same_plan(
    tmp_path: Path,
) -> None:
    with charging_by_plan(tmp_path) as house:
        plugged_in(house)
        until("it waits", lambda: smart(house)["state"] == "PLAN:EXECUTING:STOPPED")
        before = smart(house)["plan"]["id"]
        house.kill()
        house.start()
        until("it is back", lambda: house.device("garage").get("isPluggedIn"))
        assert smart(house)["plan"]["id"] == before
        over = ready_in_time(house)
        assert over["plan"]["id"] == before
        assert follow_each_other(states(house)), states(house)
