"""Chargers at the whole daemon, and what the household sees of them."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from ocpp.v16 import call
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from agent.cli.ask import NotRunning, ask
from tests.sim.ocpp_library import LibraryPeer, library_peer
from tests.sim.ocpp_peer import basic
from tests.sim.ports import free_port

PATIENCE_S = 10.0
CONFIG = """\
house: {{timezone: Europe/Brussels, fuse_a: 63}}
store: {{path: {folder}/hearth.db}}
api: {{socket: {folder}/hearth.sock}}
ocpp: {{listen: 127.0.0.1, port: {port}}}
chargers:
  garage: {{identity: CP1, mode: fast}}
  yard: {{identity: CP2, mode: "off"}}
  gate: {{identity: CP3, password: open-sesame}}
"""
Devices = dict[str, dict[str, Any]]


class Daemon:
    """`hearth run`, its log and its status document."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        config = folder / "hearth.yaml"
        config.write_text(CONFIG.format(folder=folder, port=self.port))
        config.chmod(0o600)
        self._door = folder / "hearth.sock"
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "agent", "run", "-c", str(config)], stdout=log, stderr=log
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    def status(self) -> dict[str, Any]:
        document: dict[str, Any] = ask(self._door, {"ask": "status"})
        return document

    def devices(self) -> Devices:
        return {device["id"]: device for device in self.status()["devices"]}

    async def shows(self, true: Callable[[Devices], bool]) -> Devices:
        """Wait until the status document says so."""
        devices: Devices = {}
        async with asyncio.timeout(PATIENCE_S):
            while not devices or not true(devices):
                await asyncio.sleep(0.05)
                devices = await asyncio.to_thread(self.devices)
        return devices


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path_factory.mktemp("daemon"))
    try:
        until = time.monotonic() + PATIENCE_S
        while "waiting for it to connect as CP3" not in daemon.log:
            assert time.monotonic() < until, daemon.log
            time.sleep(0.05)
        yield daemon
        assert daemon.process.poll() is None, daemon.log
        assert "Traceback" not in daemon.log
        daemon.process.send_signal(signal.SIGTERM)
        assert daemon.process.wait(PATIENCE_S) == 0
    except NotRunning:
        pytest.fail(daemon.log)
    finally:
        daemon.process.kill()
        daemon.process.wait()


@asynccontextmanager
async def plugged_in(daemon: Daemon, identity: str) -> AsyncIterator[LibraryPeer]:
    async with library_peer(daemon.port, identity) as cp:
        await cp.boot()
        await cp.status("Available")
        await cp.status("Preparing")
        yield cp


async def knock(daemon: Daemon, identity: str, **options: Any) -> int:
    try:
        async with connect(f"ws://127.0.0.1:{daemon.port}/{identity}", **options):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_a_car_is_charged_from_plug_to_plug(daemon: Daemon) -> None:
    async with plugged_in(daemon, "CP1") as cp:
        asked = await cp.was_asked("RemoteStartTransaction")
        assert cp.limit_a() == 16
        await cp.say(call.Authorize(id_tag=asked["id_tag"]))
        number = await cp.begin(tag=asked["id_tag"])
        await cp.status("Charging")
        await cp.meter(11040, 1012, number)
        garage = (await daemon.shows(lambda d: d["garage"]["state"]["chargeRate"] == 11.04))[
            "garage"
        ]
        assert garage["isReachable"]
        assert garage["state"]["powerDeliveryState"] == "PLUGGED_IN:CHARGING"
        assert garage["state"]["transactionId"] == number
        assert garage["state"]["maxCurrent"] == 16.0
        assert "as fast as allowed" in garage["target"]["reason"]["sentence"]
        await cp.end(number, reason="EVDisconnected", register_wh=1013)
        await cp.status("Finishing")
        await cp.status("Available")
        garage = (await daemon.shows(lambda d: d["garage"]["state"]["transactionId"] is None))[
            "garage"
        ]
        assert garage["state"]["powerDeliveryState"] == "UNPLUGGED"
        assert garage["state"]["anomalies"] is None
    garage = (await daemon.shows(lambda d: not d["garage"]["isReachable"]))["garage"]
    assert garage["problem"] == "it said goodbye"


async def test_a_charger_that_is_off_is_paused_when_a_card_starts_it(daemon: Daemon) -> None:
    async with plugged_in(daemon, "CP2") as cp:
        yard = (await daemon.shows(lambda d: d["yard"]["state"]["isPluggedIn"]))["yard"]
        assert yard["state"]["powerDeliveryState"] == "PLUGGED_IN:STOPPED"
        number = await cp.begin()
        await cp.status("Charging")
        await cp.was_asked("SetChargingProfile")
        assert cp.limit_a() == 0
        await cp.status("SuspendedEVSE")
        await cp.end(number, register_wh=1000)
        await cp.status("Available")
        assert "RemoteStartTransaction" not in [action for action, _ in cp.asked]


async def test_deviations_are_counted_and_shown(daemon: Daemon) -> None:
    async with connect(
        f"ws://127.0.0.1:{daemon.port}/CP2",
        subprotocols=["ocpp1.6"],  # type: ignore[list-item]
    ) as socket_:
        await socket_.send("garbage")
        await socket_.send(json.dumps([2, "1", "StatusNotification", {"status": "Dancing"}]))
        yard = (await daemon.shows(lambda d: d["yard"]["state"]["anomalies"] == 2))["yard"]
        assert yard["state"]["lastAnomaly"] == "unknown status"
    assert daemon.log.count("deviates from OCPP") == 2


async def test_an_unknown_charger_waits_for_approval(daemon: Daemon) -> None:
    assert await knock(daemon, "STRANGER") == 404
    assert await knock(daemon, "STRANGER") == 404
    assert daemon.status()["pendingApproval"] == ["STRANGER"]
    assert daemon.log.count("STRANGER") == 1
    assert "give it a place in the config file" in daemon.log


async def test_a_wrong_password_names_the_remedy_and_locks_out_nobody_else(
    daemon: Daemon,
) -> None:
    wrong, right = basic("CP3", "open-barley"), basic("CP3", "open-sesame")
    statuses = [await knock(daemon, "CP3", additional_headers=wrong) for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert await knock(daemon, "CP3", additional_headers=right) == 429  # for less than a minute
    assert await knock(daemon, "CP2") == 101
    gate = daemon.devices()["gate"]
    assert "wrong password" in gate["problem"]
    assert daemon.log.count("type the password of the config file into the charger") == 1
    assert "open-" not in daemon.log
