"""A small fleet, its cloud and a real Mosquitto: everything that happened is accounted for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sim.cloud_process import Json, cloud
from tests.sim.mosquitto import mosquitto

pytestmark = pytest.mark.mosquitto


def fleet(port: int, *options: str) -> Json:
    command = [sys.executable, "-m", "simulators.fleet", "--broker", f"127.0.0.1:{port}"]
    command += ["--agents", "40", "--every", "0.2", "--for", "0.6", "--backlog-wait", "0.2"]
    command += options
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found: Json = json.loads(done.stdout.splitlines()[-1])["fleet"]
    return found


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_fleet_that_loses_its_broker_loses_no_event(tmp_path: Path, protocol: str) -> None:
    with mosquitto(tmp_path) as broker, cloud(broker.port, tmp_path) as there:
        found = fleet(broker.port, "--protocol", protocol)
        last = there.end()
    assert (last["clean"], len(last["agents"])) == (True, 40)
    assert found["events"] == last["sent"] == last["stored"] == last["acked"] > 40
    assert found["unacked"] == 0
    assert found["wave_s"] < 30


def test_acks_that_get_lost_cost_time_but_no_event(tmp_path: Path) -> None:
    with (
        mosquitto(tmp_path) as broker,
        cloud(broker.port, tmp_path, "--ack-lost", "0.5") as there,
    ):
        found = fleet(broker.port, "--waves", "2", "--heartbeat", "0.2")
        last = there.end()
    assert last["clean"]
    assert last["redelivered"] > 0
    assert found["events"] == last["stored"] == last["acked"]


def test_two_clouds_share_the_events_of_a_fleet(tmp_path: Path) -> None:
    with (
        mosquitto(tmp_path) as broker,
        cloud(broker.port, tmp_path, "--share", "cloud", "--client-id", "one") as one,
        cloud(broker.port, tmp_path, "--share", "cloud", "--client-id", "two") as two,
    ):
        found = fleet(broker.port)
        assert one.end()["clean"]
        last = two.end()
    assert found["events"] == last["stored"] == last["acked"]


def test_a_fleet_that_finds_no_broker_says_how_far_it_came() -> None:
    command = [sys.executable, "-m", "simulators.fleet", "--broker", "127.0.0.1:1"]
    command += ["--agents", "3", "--patience", "0.5"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    found = json.loads(done.stdout)
    assert (done.returncode, found["fleet"]) == (1, None)
    assert found["error"].startswith("not all connected in 0.5 s: 0 of 3 connected")
