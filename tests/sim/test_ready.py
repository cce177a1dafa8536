"""Whoever hears that Hearth is ready can ask it things."""

import asyncio
import logging
import os
import signal
import stat
from pathlib import Path

import pytest

from agent import app
from agent.clock import SystemClock
from agent.config import Settings, load

CONFIG = """\
house: {{timezone: UTC, fuse_a: 25}}
store: {{path: hearth.db}}
api: {{socket: {socket}}}
"""


class Listener(logging.Handler):
    """What is true in the very instant in which Hearth says that it is ready."""

    def __init__(self, door: Path) -> None:
        super().__init__()
        self._door, self.found = door, list[int | None]()

    def emit(self, record: logging.LogRecord) -> None:
        if "is ready" in record.getMessage():
            there = self._door.exists()
            self.found.append(stat.S_IMODE(self._door.stat().st_mode) if there else None)
            os.kill(os.getpid(), signal.SIGTERM)


def written(folder: Path, socket: Path) -> Settings:
    file = folder / "hearth.yaml"
    file.write_text(CONFIG.format(socket=socket))
    file.chmod(0o600)
    return load(file)


async def ready(settings: Settings) -> list[int | None]:
    """The rights of the socket when Hearth says that it is ready; None = there is none."""
    listener, log = Listener(settings.socket_path), logging.getLogger("agent.app")
    log.addHandler(listener)
    try:
        async with asyncio.timeout(5):
            await app.run(settings, SystemClock())
    finally:
        log.removeHandler(listener)
    return listener.found


async def test_the_local_socket_is_open_when_hearth_says_that_it_is_ready(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    door = tmp_path / "hearth.sock"
    assert await ready(written(tmp_path, door)) == [0o660]
    assert not door.exists()


async def test_a_socket_that_cannot_be_made_does_not_keep_the_house_waiting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert await ready(written(tmp_path, tmp_path / "nowhere" / "hearth.sock")) == [None]
    assert "set api.socket to a place that Hearth may write to" in caplog.text
