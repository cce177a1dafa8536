"""How the memory of the whole daemon grows while the demo house lives a thousand times as fast.

Two chargers whose cars come and go and say over MQTT how they are, a schedule, meter, inverter and
battery over Modbus, Home Assistant on a local broker, and a cloud that goes away and comes back.
After a warm-up the resident memory is looked at once a second; its growth is the
slope of a line through those looks, as a week of the house would have it. HEARTH_GROWTH_S sets
how long that takes (180 s, 50 hours of the house). The baseline is the process that simulates
the house, Python as well, with its four servers and its physics.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import linear_regression

from benchmarks.demo import demo_house
from benchmarks.figures import Baseline, Figure
from benchmarks.processes import DidNotStart, rss_mb

SPEED = 1000.0
WARM_UP_S = 120.0  # two absences of the cloud: a first backlog takes its memory once
MEASURED_S = float(os.environ.get("HEARTH_GROWTH_S", "180"))
LOOK_EVERY_S = 1.0
WEEK_S = 7 * 86_400.0
BARE = "the simulated house's own process"


def measure(folder: Path) -> list[Figure]:
    looks: list[tuple[float, float, float]] = []
    with demo_house(folder, speed=SPEED) as house:
        began_s = time.monotonic() + WARM_UP_S
        while (passed_s := time.monotonic() - began_s) < MEASURED_S:
            if not house.daemon.running:
                raise DidNotStart(f"hearth ended: {house.daemon.log.read_text()[-1500:]}")
            house.cloud.live(time.monotonic(), MEASURED_S - passed_s)
            if passed_s >= 0.0:
                ours_mb, bare_mb = rss_mb(house.daemon.pid), rss_mb(house.house.pid)
                looks.append((passed_s * SPEED, ours_mb, bare_mb))
            time.sleep(LOOK_EVERY_S)
        document = house.status()
    _tell(looks, document)
    at_s = [look[0] for look in looks]
    return [
        Figure(
            name="growth.mb_per_week",
            value=max(0.0, _per_week_mb(at_s, [look[1] for look in looks])),
            unit="MB/week",
            baseline=Baseline(BARE, max(0.0, _per_week_mb(at_s, [look[2] for look in looks]))),
            aim=1.0,
            part="growth",
        )
    ]


def _per_week_mb(at_s: Sequence[float], sizes_mb: Sequence[float]) -> float:
    return linear_regression(at_s, sizes_mb).slope * WEEK_S


def _tell(looks: Sequence[tuple[float, float, float]], document: dict[str, object]) -> None:
    hours, first, last = looks[-1][0] / 3600, looks[0], looks[-1]
    print(f"after {hours:.0f} h of the house: {first[1]:.1f} -> {last[1]:.1f} MB;", document["at"])
