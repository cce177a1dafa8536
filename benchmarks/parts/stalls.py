"""How late the daemon's loop is at most while the demo house lives: plans, prices and forecasts are
made, cars come and go, the database commits.

At real speed; HEARTH_STALLS_S sets for how long (300: both cars have come home by then). A timer in
the daemon's loop asks each 5 ms how late it is, and is not charged for the time in which another
process had the processor. The first seconds, in which modules are imported, are left out. The
baseline is the same timer in a loop that does nothing else, beside it.
"""

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.demo import demo_house
from benchmarks.figures import Baseline, Figure, percentile
from benchmarks.processes import Child

RUN_S = float(os.environ.get("HEARTH_STALLS_S", "300"))
BEGUN_S = 10.0
PEER = Path(__file__).parents[1] / "peers" / "late_loop"
AIM_MS = 20.0
IDLE = "import asyncio, sys; asyncio.run(asyncio.sleep(float(sys.argv[1])))"


def measure(folder: Path) -> list[Figure]:
    ours, bare = folder / "ours.json", folder / "bare.json"
    with (
        Child("bare", ["-c", IDLE, str(RUN_S)], folder, _watched(bare, "-c")) as idle,
        demo_house(folder, settings=_watched(ours, "agent")),
    ):
        time.sleep(RUN_S)
        while idle.running:
            time.sleep(0.1)
    ours_ms, bare_ms = _late_ms(ours), _late_ms(bare)
    return [
        Figure(
            name=f"stalls.daemon_{name}_ms",
            value=percentile(ours_ms, percent),
            unit="ms",
            baseline=Baseline("a loop that does nothing", percentile(bare_ms, percent)),
            aim=AIM_MS,
            part="stalls",
        )
        for name, percent in (("p99", 99), ("max", 100))
    ]


def _watched(file: Path, of: str) -> Mapping[str, str]:
    path = os.pathsep.join([str(PEER), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    return {"PYTHONPATH": path.strip(os.pathsep), "LATE_LOOP_FILE": str(file), "LATE_LOOP_OF": of}


def _late_ms(file: Path) -> list[float]:
    turns: Sequence[tuple[float, float, float]] = json.loads(file.read_text(encoding="ascii"))
    late_ms = [(at_s, max(0.0, late - waited)) for at_s, late, waited in turns if at_s > BEGUN_S]
    for at_s, late in sorted(late_ms, key=lambda each: -each[1])[:3]:
        print(f"[{file.stem}: {late:.1f} ms at {at_s:.0f} s]", end=" ", file=sys.stderr)
    return [late for _, late in late_ms]
