"""Schedules and overrides through a real daemon, also one that is killed at any moment."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.bridges.documents import device_id
from agent.model.readings import DeviceId
from tests.sim.living_house import AGENT, Living, living, until

pytestmark = [pytest.mark.mosquitto, pytest.mark.timed]

AUTUMN = datetime(2026, 10, 24, 22, 50, tzinfo=UTC)  # 00:50 in Brussels, summer time
TWICE = """\
schedules:
  twice:
    charger: garage
    rules: {an_hour_that_comes_twice: {from: "02:00", to: "03:00"}}
"""
MORNING = datetime(2026, 6, 15, 8, tzinfo=UTC)
NIGHT = """\
schedules:
  night:
    charger: garage
    rules: {cheap: {from: "22:00", to: "06:00"}}
"""
GARAGE = {"targetType": "charger", "targetId": device_id(AGENT, DeviceId("garage"))}


def test_the_hour_that_autumn_repeats_is_charged_twice(tmp_path: Path) -> None:
    """02:00 to 03:00 begins in summer time and ends in winter time, two hours later."""
    with living(tmp_path, AUTUMN, 900.0, TWICE) as house:
        house.build("--meter-values-s", "300")
        house.start()
        until("the car is held back", lambda: house.device("garage").get("isPluggedIn"))
        until("it starts", lambda: house.box_said("started"))
        begins, ends = AUTUMN + timedelta(minutes=70), AUTUMN + timedelta(minutes=190)
        until("it pauses", lambda: house.now() > ends + timedelta(minutes=20))
        offers = [
            (datetime.fromisoformat(e["at"]), e["current_a"] > 0) for e in house.box_said("offer")
        ]
        early = [at for at, on in offers if on]
        late = [at for at, on in offers if not on and at > begins]
        # No sooner at the box; when it was decided, within what a busy machine needs.
        assert begins <= early[0], offers
        assert ends <= late[0], offers
        made = {
            kind: min(
                datetime.fromisoformat(a["created_at"])
                for a in house.actions()
                if a["kind"] == kind
            )
            for kind in ("START", "STOP")
        }
        slack = timedelta(minutes=15)  # a second of ours
        assert begins <= made["START"] < begins + slack, made
        assert ends <= made["STOP"] < ends + slack, made
        # The window of an Action is a third of a second here, so one may have to be made again.
        asked = {(a["kind"], a["requested_by"]) for a in house.actions()}
        assert asked == {("START", "schedule"), ("STOP", "schedule")}
        assert house.actions()[-1]["state"] == "CONFIRMED"


def again(house: Living) -> None:
    """Killed without a word, and started."""
    house.kill()
    house.start()
    until("the box is back", lambda: house.device("garage").get("isPluggedIn"))


def test_what_is_agreed_survives_a_kill_at_any_moment(tmp_path: Path) -> None:
    with living(tmp_path, MORNING, 30.0, NIGHT) as house:
        house.build()
        house.cloud()
        house.start()
        until("the box is there", lambda: house.device("garage").get("isPluggedIn"))
        again(house)
        refused = house.start_or_stop("START", "garage", "charger")
        assert refused["status"] == 422, refused
        assert "night" in str(refused)
        made = house.command("override.create", **GARAGE)
        assert made["status"] == 200, made
        again(house)  # with its START on the way
        until("it charges", lambda: house.device("garage").get("isCharging"))
        again(house)
        until("it charges on", lambda: house.device("garage").get("isCharging"))
        (override,) = house.status()["overrides"]
        assert override["targetId"] == "garage"
        assert house.schedule("night")["state"] == "INACTIVE:OVERRIDDEN"
        assert house.box_said("stopped") == []
        ended = house.command("override.end", **GARAGE)
        assert ended["status"] == 200, ended
        again(house)
        until("it is held back", lambda: house.device("garage").get("isCharging") is False)
        until("all is quiet", lambda: "PENDING" not in {a["state"] for a in house.actions()})
        made_by = Counter((a["kind"], a["requested_by"]) for a in house.actions())
        assert made_by == {("START", "override"): 1, ("STOP", "schedule"): 1}
