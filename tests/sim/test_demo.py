"""The whole house: real processes, real protocols, real time."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.sim.ports import free_port

HEARTH = [sys.executable, "-m", "agent"]


@pytest.mark.timed
def test_the_demo_comes_up_acts_and_ends_well() -> None:
    done = subprocess.run(
        [*HEARTH, "demo", "--json", "--for", "50s"],
        check=False,
        capture_output=True,
        text=True,
        timeout=95,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["devicesUp"] == result["devicesTotal"] == 8
    assert result["carsReady"] == {"inTime": 1, "late": 0}
    assert result["actions"]["confirmed"] >= 1
    assert result["actions"]["failed"] == 0
    assert result["entities"] > 50
    assert result["overFuseSeconds"] == 0
    assert result["anomalies"] == 0
    cloud = result["cloud"]
    assert cloud["awaySeconds"] > 5
    assert cloud["sent"] == cloud["acked"] > 20
    assert (cloud["missing"], cloud["duplicated"]) == (0, 0)


@pytest.mark.timed
def test_hours_in_seconds_keep_the_energy_balance(tmp_path: Path) -> None:
    trace = tmp_path / "trace.csv"
    rows = [
        f"2024-06-01T{h:02}:{m:02}:00Z,{400 + 60 * h},{max(0, 900 * h)}"
        for h in range(24)
        for m in (0, 30)
    ]
    trace.write_text("start_utc,load_w,pv_w\n" + "\n".join(rows) + "\n")
    done = subprocess.run(
        [*HEARTH, "demo", "--json", "--for", "60s", "--speed", "150", "--trace", str(trace)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    result = json.loads(done.stdout)
    assert done.returncode == 0, (result, done.stderr)
    assert result["simulatedSeconds"] > 6000
    assert result["energyBalanceErrorPercent"] < 1.0


def test_ctrl_c_ends_the_demo_with_its_summary(tmp_path: Path) -> None:
    """A terminal sends the signal to all processes in the foreground."""
    demo = subprocess.Popen(
        [*HEARTH, "demo", "--json", "--keep", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    config, end_s = str(tmp_path / "hearth.yaml"), time.monotonic() + 30
    look = [*HEARTH, "status", "--json", "-c", config]
    while (
        '"batteryCharge": '
        not in subprocess.run(look, check=False, capture_output=True, text=True, timeout=30).stdout
    ):
        assert time.monotonic() < end_s, demo.poll()
        time.sleep(0.2)
    os.killpg(demo.pid, signal.SIGINT)
    said, log = demo.communicate(timeout=40)
    assert "Traceback" not in log
    assert json.loads(said)["devicesTotal"] == 8


CONFIG = """\
house: {{timezone: Europe/Brussels, fuse_a: 25, grid_meter: grid}}
store: {{path: {folder}/hearth.db}}
mqtt: {{host: 127.0.0.1, port: 9}}
ocpp: {{listen: 127.0.0.1, port: {port}}}
chargers:
  garage: {{identity: CP001}}
devices:
  grid: {{driver: eastron_sdm630, host: 127.0.0.1, port: 9}}
  roof: {{driver: sungrow_sh, host: 127.0.0.1, port: 10}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "hearth.yaml"
    path.write_text(CONFIG.format(folder=tmp_path, port=free_port()))
    return path


def started(config: Path, *, notify: Path | None = None) -> subprocess.Popen[str]:
    env = dict(os.environ)
    if notify is not None:
        env["NOTIFY_SOCKET"] = str(notify)
    return subprocess.Popen(
        [*HEARTH, "run", "-c", str(config)], stderr=subprocess.PIPE, text=True, env=env
    )


def test_with_nothing_reachable_it_is_ready_and_says_once_what_it_waits_for(
    config: Path, tmp_path: Path
) -> None:
    """Ready in under 2 s is a figure of the benchmarks; here it only must come."""
    door = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(door))
        systemd.settimeout(20)
        daemon = started(config, notify=door)
        assert systemd.recv(100) == b"READY=1"
        assert systemd.recv(100) == b"WATCHDOG=1"
        time.sleep(4)
        daemon.send_signal(signal.SIGTERM)
        _, log = daemon.communicate(timeout=15)
    assert daemon.returncode == 0
    for device in ("grid is down", "roof is down", "Home Assistant bridge is down"):
        assert log.count(device) == 1, log
    assert log.count("waiting for it to connect") == 1
    assert "Traceback" not in log


def test_status_backup_and_an_honest_no(config: Path, tmp_path: Path) -> None:
    def hearth(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*HEARTH, *words, "-c", str(config)],
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )

    nobody = hearth("status")
    assert (nobody.returncode, "does Hearth run?" in nobody.stderr) == (3, True)
    daemon = started(config)
    try:
        end_s = time.monotonic() + 15
        while (answer := hearth("status", "--json")).returncode and time.monotonic() < end_s:
            time.sleep(0.1)
        doc = json.loads(answer.stdout)
        assert [d["id"] for d in doc["devices"]][:1] == ["grid"]
        assert not any(d["isReachable"] for d in doc["devices"])
        assert doc["totals"]["grid"] is None
        assert "not seen" in hearth("status").stdout
        copy = tmp_path / "copy.db"
        assert hearth("backup", str(copy)).returncode == 0
        assert copy.stat().st_size > 0
        again = hearth("backup", str(copy))
        assert (again.returncode, "exists" in again.stderr) == (1, True)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=15)
    assert hearth("backup", str(tmp_path / "cold.db")).returncode == 0


def test_a_wrong_config_ends_with_its_faults_and_78(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("house:\n  timezone: Europe/Brussels\n  fuse_a: 250\n")
    done = subprocess.run(
        [*HEARTH, "run", "-c", str(bad)], check=False, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 78
    assert f"{bad}:3: house.fuse_a is 250" in done.stderr
