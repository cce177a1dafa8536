"""Orders of the grid operator and jumps of the load, with a real daemon: how fast a charging
car comes down, what is written down, and what a restart and a lost input change."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.sim.limits_house import BREAKER_A, FUSE_A, Limited, limited, no_planner
from tests.sim.living_house import AGENT, until
from tests.sim.modbus_helpers import image_server, port_of

pytestmark = [pytest.mark.mosquitto, pytest.mark.timed]

EVENING = datetime(2026, 6, 15, 18, tzinfo=UTC)
SPEED = 4.0
WITHIN_S = 15.0
"""In seconds of the house, of which a car may take 5 to follow, and generously: a busy machine."""

DIM_W = 4300.0
"""4.2 kW as the car takes it, which knows only amperes and tenths of them."""


def tell(figure: str) -> None:
    """Shown by pytest -s."""
    sys.stdout.write(f"{figure}\n")


def say(house: Limited, topic: str, word: str) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="box")
    client.connect("127.0.0.1", house.broker.port)
    client.loop_start()
    client.publish(topic, word, qos=1, retain=True).wait_for_publish(5)
    client.disconnect()
    client.loop_stop()


def exported(house: Limited) -> list[dict[str, Any]]:
    config = str(house.folder / "hearth.yaml")
    done = subprocess.run(
        [sys.executable, "-m", "agent", "export", "grid-orders", "--json", "-c", config],
        check=True,
        capture_output=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def words(house: Limited) -> list[str]:
    return [row["word"] for row in exported(house)]


def test_a_contact_dims_the_car_a_restart_keeps_it_and_a_lost_contact_limits(
    tmp_path: Path,
) -> None:
    with image_server() as contact:
        more = (
            "grid_operator:\n  rule: each\n  inputs:\n    relay: {source: modbus, host: 127.0.0.1,"
            f" port: {port_of(contact)}, address: 3, poll_s: 0.5, lost_after_s: 5}}\n"
        )
        with limited(tmp_path, EVENING, SPEED, more) as house:
            contact.data_bank.set_discrete_inputs(3, [True])
            took_s = house.seconds_until_cars_take(DIM_W)
            tell(f"contact: at the limit after {took_s:.1f} s")
            assert took_s < WITHIN_S
            until("it is kept", lambda: house.orders()[0]["state"] == "HELD")
            (order,) = house.orders()
            assert (order["source"], order["scope"], order["importLimit"]) == ("relay", "EACH", 4.2)
            house.kill()
            house.start()
            until("the order is there again", house.orders)
            assert house.orders()[0]["id"] == order["id"]
            assert house.cars_w() <= DIM_W
            contact.data_bank.set_discrete_inputs(3, [False])
            house.charges()
            assert words(house)[:3] == ["began", "held", "resumed"]
            until("the end is on disk", lambda: words(house)[-1] == "ended")
            assert all(row["whole"] for row in exported(house))
            contact.stop()
            took_s = house.seconds_until_cars_take(DIM_W)
            tell(f"contact lost: at the limit after {took_s:.1f} s, of which 5 s are waited")
            assert took_s < WITHIN_S + 20.0  # time-outs of sockets are real seconds


def heard(house: Limited) -> list[str]:
    """What the cloud was told of orders."""
    found = house.tell_cloud(events={"agent": AGENT, "fromSeq": 1, "limit": 500})["events"]
    names = [str(event["event"]) for event in found]
    start = "user:grid-order:"
    return [name.removeprefix(start) for name in names if name.startswith(start)]


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Limited]:
    more = (
        "grid_operator:\n  inputs:\n    box: {source: mqtt, topic: fnn/limit, value: power_w}\n"
        "tariff: {currency: EUR, prices: {all: {per_kwh: 0.30}}}\n"
    )
    with limited(tmp_path, EVENING, SPEED, more) as house:
        yield house


def test_a_topic_and_the_cloud_dim_the_car_and_the_cloud_hears_of_it(plain: Limited) -> None:
    say(plain, "fnn/limit", "4200")
    took_s = plain.seconds_until_cars_take(DIM_W)
    tell(f"topic: at the limit after {took_s:.1f} s")
    assert took_s < WITHIN_S
    until("it is kept", lambda: plain.orders()[0]["state"] == "HELD")
    say(plain, "fnn/limit", "off")
    plain.charges()
    result = plain.command("grid.limit", scope="METER", importLimitKw=6)
    assert result["status"] == 200
    took_s = plain.seconds_until_cars_take(5500.0)
    tell(f"cloud: at the limit after {took_s:.1f} s")
    assert took_s < WITHIN_S
    until("it is kept", lambda: plain.orders()[0]["state"] == "HELD")
    assert plain.command("grid.limit", importLimitKw=None)["status"] == 200
    plain.charges()
    begins = plain.now() + timedelta(seconds=12)
    profile = {
        "chargingProfileId": 7, "stackLevel": 0, "chargingProfileKind": "Absolute",
        "chargingProfilePurpose": "ChargePointMaxProfile",
        "chargingSchedule": {
            "startSchedule": f"{begins:%Y-%m-%dT%H:%M:%SZ}", "duration": 30,
            "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}],
        },
    }  # fmt: skip
    assert plain.command("grid.profile", chargingProfile=profile)["status"] == 200
    assert [order["state"] for order in plain.orders()] == ["ANNOUNCED"]
    until("it begins", lambda: plain.orders()[0]["state"] != "ANNOUNCED")
    late_s = (plain.now() - begins).total_seconds()
    took_s = plain.seconds_until_cars_take(DIM_W)
    tell(f"profile: begins {late_s:.1f} s late, at the limit after {took_s:.1f} s more")
    assert late_s < 4.0
    assert took_s < WITHIN_S
    until("it is over", lambda: not plain.orders())
    told = ["began", "held", "ended"] * 2 + ["announced", "began", "held", "ended"]
    until("the cloud has heard of each end", lambda: heard(plain).count("ended") == 3)
    assert heard(plain) == told


@pytest.mark.parametrize("planner", ["alive", "dead"])
def test_a_load_that_jumps_is_answered_in_time_whatever_the_planner_does(
    plain: Limited, planner: str
) -> None:
    def jumps() -> None:
        for name, where, limit_a, watts in (
            ("extra_w", "now_a", FUSE_A, 3500.0),
            ("circuit_extra_w", "circuit_a", BREAKER_A, 2300.0),
        ):
            plain.charges()
            over_a = max(plain.truth(**{name: [watts, 0, 0]})[where])
            took_s = plain.seconds_until_within(where, limit_a)
            tell(f"{where}, planner {planner}: {over_a:.1f} A, back inside after {took_s:.1f} s")
            assert over_a > limit_a
            assert took_s < WITHIN_S
            plain.truth(**{name: [0, 0, 0]})

    if planner == "alive":
        jumps()
    else:
        with no_planner(plain):
            jumps()
