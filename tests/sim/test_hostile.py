"""Nonsense from every side into one house; HEARTH_HOSTILE_FRAMES sets how much (20,000).

`python -m benchmarks --only hostile` does the same with a million frames.
"""

import logging
import os
from pathlib import Path

import pytest

from benchmarks.hostile import hostile_house

FRAMES = int(os.environ.get("HEARTH_HOSTILE_FRAMES", "20000"))


@pytest.mark.timeout(60 + FRAMES / 500)
async def test_nothing_that_devices_or_people_send_breaks_anything(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    caplog.set_level(logging.CRITICAL)
    async with hostile_house(tmp_path, seed) as house:
        for _ in range(FRAMES):
            await house.frame()
    assert house.crashes[:3] == []
    assert house.frames == FRAMES
    assert house.understood > FRAMES / 10, "nearly all of it was refused at the door"
