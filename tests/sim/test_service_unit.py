"""systemd/hearth.service: what systemd says of it, and Hearth at work under all it takes away."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cli.ask import NotRunning, ask
from tests.sim.fake_systemd import FakeSystemd, fake_systemd
from tests.sim.mosquitto import mosquitto
from tests.sim.ocpp_peer import Peer, basic
from tests.sim.ports import free_port
from tests.sim.sandbox import COULD_NOT, UNIT, settings

ROOT = Path(__file__).parents[2]
DROP_INS = sorted(UNIT.with_name("hearth.service.d").glob("*.conf"))
EXPOSED_AT_MOST = 15
"""Tenths. Of the services that Debian ships most have 90 or more, redis 12."""

CONFIG = """\
house: {{timezone: UTC, fuse_a: 25}}
ocpp: {{listen: 127.0.0.1, port: {ocpp}}}
chargers: {{garage: {{identity: CP1}}}}
devices: {{grid: {{driver: eastron_sdm630, host: 127.0.0.1, port: 1}}}}
mqtt: {{host: 127.0.0.1, port: {mqtt}}}
"""
FORBIDDEN = """
import ctypes, json, mmap, os, resource, socket
def outcome(what):
    try:
        what()
    except OSError as error:
        return type(error).__name__
    return "possible"
print(json.dumps({
    "a file in its folder": outcome(lambda: open("state/new", "w")),
    "a file elsewhere": outcome(lambda: open("new", "w")),
    "a raw socket": outcome(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
    "writable code": outcome(lambda: mmap.mmap(-1, 4096, prot=7)),
    "a change of root": outcome(lambda: os.chroot("/")),
    "a higher priority": outcome(lambda: os.nice(-5)),
    "a TCP socket": outcome(lambda: socket.socket()),
    "umask": os.umask(0),
    "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
}))
"""

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None,
    reason="systemd-analyze is not installed: apt install systemd",
)


@pytest.fixture(params=["alone", *(each.stem for each in DROP_INS)])
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The unit with one drop-in behind it, and with a program that exists."""
    text = UNIT.read_text().replace("/opt/hearth/current/bin/hearth", "/bin/true")
    text += "".join(each.read_text() for each in DROP_INS if each.stem == request.param)
    file = tmp_path / "hearth.service"
    file.write_text(text)
    return file


def analyze(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["systemd-analyze", *words], check=False, capture_output=True, text=True, timeout=30
    )


def test_systemd_understands_every_line(unit: Path) -> None:
    done = analyze("verify", "--man=no", str(unit))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", ["alone"], indirect=True)
def test_a_line_that_systemd_does_not_understand_would_be_seen(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("[Service]\n", "[Service]\nProtectHom=yes\n"))
    assert "'ProtectHom'" in analyze("verify", "--man=no", str(unit)).stderr


def test_it_is_exposed_as_little_as_promised(unit: Path) -> None:
    threshold = f"--threshold={EXPOSED_AT_MOST}"
    done = analyze("security", "--offline=true", threshold, "--no-pager", str(unit))
    assert done.returncode == 0, done.stdout.splitlines()[-1]


def test_its_figures_fit_those_of_the_daemon() -> None:
    given = {key: values[-1] for key, values in settings().items()}
    assert (given["Type"], given["Restart"], given["NotifyAccess"]) == ("notify", "always", "main")
    assert given["StateDirectoryMode"] == "0700"
    assert (given["MemoryHigh"], given["MemoryMax"]) == ("120M", "180M")
    # Hung, ended, started again and ready within the minute.
    assert seconds(given["WatchdogSec"]) + seconds(given["RestartSec"]) + 2 <= 60
    assert given["RestartPreventExitStatus"] == "78"
    assert given["StartLimitIntervalSec"] == "0"


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


def sandboxed(folder: Path, *command: str) -> list[str]:
    return [sys.executable, "-m", "tests.sim.sandbox", str(folder), *command]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder


def skip_if_it_could_not(returncode: int, told: str) -> None:
    if returncode == COULD_NOT:
        pytest.skip(f"the sandbox of the service cannot be had: {told.strip()}")


def test_the_sandbox_of_these_tests_takes_away_what_it_says(state: Path) -> None:
    script = FORBIDDEN.replace('"new"', f'"{state.parent}/new"').replace("state/new", f"{state}/n")
    done = subprocess.run(
        sandboxed(state, sys.executable, "-c", script),
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    skip_if_it_could_not(done.returncode, done.stderr)
    outcome = json.loads(done.stdout)
    assert outcome.pop("a file in its folder") == "possible"
    assert outcome.pop("a TCP socket") == "possible"
    assert (outcome.pop("umask"), outcome.pop("core")) == (0o077, 0)
    if os.geteuid() != 0:
        del outcome["a file elsewhere"]  # only root can make the rest read-only
    assert "possible" not in outcome.values(), outcome


@pytest.fixture
def house(tmp_path: Path, state: Path) -> Iterator[tuple[FakeSystemd, int]]:
    """Hearth in the sandbox with a broker, and the port of its chargers."""
    port = free_port()
    secrets = tmp_path / "credentials"
    secrets.mkdir()
    (secrets / "hearth_chargers__garage__password").write_text("open-sesame\n")
    (secrets / "hearth_chargers__garage__password").chmod(0o400)
    with mosquitto(tmp_path) as broker:
        config = tmp_path / "hearth.yaml"
        config.write_text(CONFIG.format(ocpp=port, mqtt=broker.port))
        config.chmod(0o440)
        env = {
            "PYTHONPATH": str(ROOT),
            "HOME": "/nonexistent",
            "STATE_DIRECTORY": str(state),
            "RUNTIME_DIRECTORY": str(state),
            "CREDENTIALS_DIRECTORY": str(secrets),
        }
        command = sandboxed(state, sys.executable, "-m", "agent", "run", "-c", str(config))
        with fake_systemd(command, tmp_path, f"@{tmp_path}", 10.0, env) as systemd:
            while not systemd.said("READY=1") and systemd.process.poll() is None:
                time.sleep(0.02)
            skip_if_it_could_not(systemd.process.poll() or 0, systemd.log.read_text())
            yield systemd, port


@pytest.mark.mosquitto
def test_hearth_works_under_all_that_its_service_file_takes_away(
    house: tuple[FakeSystemd, int], state: Path
) -> None:
    """A charger with its password from a credential, a broker, a backup, a clean stop."""
    systemd, port = house
    door = state / "hearth.sock"
    until(lambda: f"CP1 to ws://127.0.0.1:{port}" in systemd.log.read_text(), systemd)
    until(lambda: status(door)["links"]["Home Assistant bridge"] == "up", systemd)

    async def charge() -> None:
        headers = basic("CP1", "open-sesame")
        async with Peer.dial(port, additional_headers=headers) as cp:
            await cp.boot()
            await cp.status("Available")
            await asyncio.to_thread(until, lambda: reachable(door)["garage"], systemd)

    asyncio.run(charge())
    assert ask(door, {"ask": "backup", "to": str(state / "copy.db")}) == {"ok": True}
    modes = {file.name: file.stat().st_mode & 0o777 for file in state.iterdir()}
    assert modes.pop("hearth.sock") == 0o660
    assert set(modes.values()) == {0o600}, modes
    assert systemd.stop() == 0
    log = systemd.log.read_text()
    for trouble in ("Traceback", "not permitted", "Permission denied", "Read-only"):
        assert trouble not in log, log


def status(door: Path) -> dict[str, Any]:
    try:
        return ask(door, {"ask": "status"})
    except NotRunning:
        return {"links": {"Home Assistant bridge": None}, "devices": []}


def reachable(door: Path) -> dict[str, bool]:
    return {device["id"]: device["isReachable"] for device in status(door)["devices"]}


def until(true: Callable[[], object], systemd: FakeSystemd) -> None:
    end_s = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end_s, systemd.log.read_text()
        assert systemd.process.poll() is None, systemd.log.read_text()
        time.sleep(0.05)
