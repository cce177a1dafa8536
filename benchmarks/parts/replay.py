"""How fast a stream runs through the engine: house-hours a minute, on one core.

Generated households of the typical profile, as files, through what `hearth replay` does; writing
the files is not measured. HEARTH_REPLAY_HOUSES sets how many house-months are run (6). The
baseline reads every line as JSON and does nothing with it.
"""

import os
import time
from pathlib import Path
from random import Random

import orjson

from agent.bridges.streams import opened
from agent.cli.replaying import Replay
from benchmarks.figures import Baseline, Figure, median
from benchmarks.households.life import live
from benchmarks.households.profiles import house
from benchmarks.households.telling import header, line, told

HOUSES = int(os.environ.get("HEARTH_REPLAY_HOUSES", "6"))
DAYS = 28
AIM = 10_000.0
BARE = "orjson.loads of every line"


def measure(folder: Path) -> list[Figure]:
    speeds, bare, per_day_ms = [], [], []
    for seed in range(HOUSES):
        path = folder / f"{seed}.jsonl"
        _write(path, seed)
        began_s = time.perf_counter()
        _replay(path)
        took_s = time.perf_counter() - began_s
        speeds.append(DAYS * 24 / took_s * 60)
        per_day_ms.append(took_s / DAYS * 1000)
        began_s = time.perf_counter()
        for raw in path.read_bytes().splitlines():
            orjson.loads(raw)
        bare.append(DAYS * 24 / (time.perf_counter() - began_s) * 60)
        path.unlink()
    return [
        Figure(
            name="replay.house_hours_per_min",
            value=median(speeds),
            unit="h/min",
            better="higher",
            baseline=Baseline(BARE, median(bare)),
            aim=AIM,
            part="replay",
        ),
        Figure(
            name="replay.house_day_ms",
            value=median(per_day_ms),
            unit="ms",
            baseline=Baseline(BARE, 24 * 60_000 / median(bare)),
            part="replay",
        ),
    ]


def _write(path: Path, seed: int) -> None:
    dice = Random(f"replay {seed}")
    home = house("typical", dice)
    life = live(home, DAYS, dice)
    with path.open("wb") as file:
        file.write(orjson.dumps(header(home)) + b"\n")
        file.writelines(orjson.dumps(line(e)) + b"\n" for e in told(home, life, DAYS, dice))


def _replay(path: Path) -> None:
    with opened(path) as stream:
        run = Replay(stream.header)
        for entry in stream.entries():
            for _ in run.take(entry):
                pass
        for _ in run.end():
            pass
