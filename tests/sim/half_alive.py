"""A Hearth with one driver that is broken on purpose: python -m tests.sim.half_alive FOLDER HOW

HOW is block (it holds up the whole loop) or vanish (its task ends by itself).
"""

import asyncio
import faulthandler
import logging
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from agent import app
from agent.clock import SystemClock
from agent.config import load
from agent.model.driver import DeviceInfo, Report
from agent.model.readings import DeviceId, DeviceKind, MeterReading
from agent.model.targets import Target

GRID = DeviceId("grid")
HEALTHY_S = 0.5
CONFIG = "house: {timezone: UTC, fuse_a: 25}\nstore: {path: hearth.db}\n"


class BrokenDriver:
    name = "grid"
    devices: Sequence[DeviceInfo] = (
        DeviceInfo(id=GRID, kind=DeviceKind.METER, name="grid", driver="broken", poll_s=1.0),
    )

    def __init__(self, how: str) -> None:
        self._how = how

    async def run(self, report: Report) -> None:
        now = datetime.now(UTC)
        await report(MeterReading(device=GRID, at=now, mono_s=time.monotonic(), power_w=500.0))
        await asyncio.sleep(HEALTHY_S)
        task = asyncio.current_task()
        if self._how == "vanish" and task is not None:
            task.cancel()
            await asyncio.sleep(0)
        hang_in_the_loop()

    async def send(self, target: Target) -> None:
        """Nothing can be set."""

    async def make_safe(self) -> None:
        """Nothing to do."""


def hang_in_the_loop() -> None:
    time.sleep(600)


async def main(folder: Path, how: str) -> None:
    config = folder / "hearth.yaml"
    config.write_text(CONFIG)
    await app.run(load(config), SystemClock(), [BrokenDriver(how)])


if __name__ == "__main__":
    logging.basicConfig(level="INFO")
    faulthandler.enable()
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
