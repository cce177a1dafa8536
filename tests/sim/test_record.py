"""What `hearth record` writes of a living house, `hearth replay` reads."""

import asyncio
import gzip
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ocpp.v16 import call

from tests.sim.ocpp_library import library_peer
from tests.sim.ports import free_port

CONFIG = """\
house: {{id: home, timezone: Europe/Brussels, fuse_a: 63}}
store: {{path: {folder}/hearth.db}}
api: {{socket: {folder}/hearth.sock}}
ocpp: {{listen: 127.0.0.1, port: {port}}}
chargers:
  garage: {{identity: CP1, mode: fast}}
"""
PATIENCE_S = 10.0


class Daemon:
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.config, self.door = folder / "hearth.yaml", folder / "hearth.sock"
        self.config.write_text(CONFIG.format(folder=folder, port=self.port))
        self.config.chmod(0o600)
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "agent", "run", "-c", str(self.config)],
                stdout=log, stderr=log,
            )  # fmt: skip

    async def ready(self) -> None:
        """Both doors are open: the local socket, and that of the chargers a moment later."""
        async with asyncio.timeout(PATIENCE_S):
            while not (self.door.exists() and await self._hears_chargers()):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def _hears_chargers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except ConnectionRefusedError:
            return False
        writer.close()
        await writer.wait_closed()
        return True


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path_factory.mktemp("record"))
    try:
        yield daemon
    finally:
        daemon.process.send_signal(signal.SIGTERM)
        daemon.process.wait(PATIENCE_S)


def begun(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "agent", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    with process:
        out, error = process.communicate(timeout=PATIENCE_S)
        return process.returncode, out, error


def hearth(*arguments: str) -> tuple[int, str, str]:
    return ended(begun(*arguments))


async def test_a_recording_of_a_living_house_replays_without_a_fault(
    daemon: Daemon, tmp_path: Path
) -> None:
    await daemon.ready()
    file = tmp_path / "house.jsonl.gz"
    async with library_peer(daemon.port, "CP1") as peer:
        await peer.call(call.BootNotification(charge_point_model="M", charge_point_vendor="V"))
        recording = begun("record", "--socket", str(daemon.door), "--out", str(file), "--for", "3s")
        await asyncio.sleep(1.2)
        await peer.call(status("Available"))
        await peer.call(status("Preparing"))
        await peer.call(
            call.StartTransaction(
                connector_id=1, id_tag="04A1B2C3", meter_start=1000, timestamp=NOW
            )
        )
        await peer.call(status("Charging"))
        code, out, error = await asyncio.to_thread(ended, recording)
    assert (code, error) == (0, "")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    assert out == f"{file}: {len(rows)} lines\n"
    assert rows[0]["hearth"] == "stream/1"
    assert [d["id"] for d in rows[0]["devices"] if d["kind"] == "charger"] == ["garage"]
    states = [r["powerDeliveryState"] for r in rows[1:] if "powerDeliveryState" in r]
    assert states[-1] == "PLUGGED_IN:CHARGING"
    assert "04A1B2C3" not in json.dumps(rows)
    assert any("idToken" in row for row in rows)
    replayed = hearth("replay", str(file))
    assert (replayed[0], replayed[2]) == (0, "")
    told = [json.loads(line) for line in replayed[1].splitlines()]
    assert told[-1]["pair"]["chargerId"] == "garage"
    assert replayed == hearth("replay", str(file))


NOW = "2026-06-01T12:00:00Z"


def status(word: str) -> call.StatusNotification:
    return call.StatusNotification(connector_id=1, error_code="NoError", status=word)


async def test_a_recording_ends_with_the_daemon_and_the_daemon_ends_in_peace(
    tmp_path: Path,
) -> None:
    daemon = Daemon(tmp_path)
    await daemon.ready()
    recording = begun("record", "--socket", str(daemon.door), "--out", str(tmp_path / "file"))
    async with asyncio.timeout(PATIENCE_S):
        while not (tmp_path / "file").exists():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)
    daemon.process.send_signal(signal.SIGTERM)
    code, _, error = await asyncio.to_thread(ended, recording)
    assert (code, daemon.process.wait(PATIENCE_S)) == (3, 0)
    assert "hung up" in error
    assert "Exception" not in (tmp_path / "log").read_text()


def test_a_recording_without_a_daemon_says_so(tmp_path: Path) -> None:
    code, _, error = hearth("record", "--socket", str(tmp_path / "none"), "--for", "1s")
    assert code == 3
    assert "does Hearth run?" in error


def test_a_time_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    code, _, error = hearth("record", "--socket", str(tmp_path / "none"), "--for", "ten")
    assert code == 1
    assert "write a time such as 90s, 10m or 2h" in error
