"""A million frames that no sane device sends: OCPP messages, Modbus registers, MQTT commands.

What Hearth understands of them goes through control and out again (see benchmarks/hostile.py).
HEARTH_HOSTILE_FRAMES sets how many there are. The baseline is the `ocpp` library, which Hearth
does not use for reading: the frames at which it raises something else than its own errors.
"""

import asyncio
import logging
import os
import random
import time
from pathlib import Path

from benchmarks.figures import Baseline, Figure
from benchmarks.hostile import HostileHouse, hostile_house, ocpp_frame

FRAMES = int(os.environ.get("HEARTH_HOSTILE_FRAMES", "1000000"))
BARE_FRAMES = max(1, FRAMES // 20)
SEED = 16
BARE = "ocpp 2.1, unpack and schema"


def measure(folder: Path) -> list[Figure]:
    """Crashes per million frames, and how many a second Hearth bears."""
    logging.disable()
    try:
        crashes, ours_per_s = asyncio.run(_ours(folder))
        bare_crashes, bare_per_s = asyncio.run(_bare())
    finally:
        logging.disable(logging.NOTSET)
    return [
        Figure(
            name="hostile.crashes",
            value=1e6 * crashes / FRAMES,
            unit="in 1 M frames",
            baseline=Baseline(BARE, 1e6 * bare_crashes / BARE_FRAMES),
            aim=0.0,
            part="hostile",
        ),
        Figure(
            name="hostile.frames_per_s",
            value=ours_per_s,
            unit="1/s",
            better="higher",
            baseline=Baseline(BARE, bare_per_s),
            part="hostile",
        ),
    ]


async def _ours(folder: Path) -> tuple[int, float]:
    async with hostile_house(folder, SEED) as house:
        began_s = time.monotonic()
        for _ in range(FRAMES):
            await house.frame()
        passed_s = time.monotonic() - began_s
    _tell(house)
    return len(house.crashes), FRAMES / passed_s


def _tell(house: HostileHouse) -> None:
    for kind, what, error in house.crashes[:10]:
        print(f"{kind} {what!r}: {error!r}")


async def _bare() -> tuple[int, float]:
    from ocpp.exceptions import OCPPError
    from ocpp.messages import Call, unpack, validate_payload

    dice, crashes, began_s = random.Random(SEED), 0, time.monotonic()
    for _ in range(BARE_FRAMES):
        data = ocpp_frame(dice)
        try:
            message = unpack(data.decode(errors="replace"))
            if isinstance(message, Call):
                await validate_payload(message, "1.6")
        except OCPPError:
            continue
        except Exception:  # noqa: BLE001 - these are counted
            crashes += 1
    return crashes, BARE_FRAMES / (time.monotonic() - began_s)
