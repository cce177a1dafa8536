"""A disk whose flushes take 200 ms longer, or fail with an I/O error.

A small library in front of the C library's fsync makes it so; it is compiled here. The loop must
not notice the delay, and no fact may be acknowledged while flushes fail. The baseline commits
with sqlite3 in the loop itself.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.figures import Baseline, Figure, Missing, percentile
from benchmarks.processes import Child

DELAY_MS = 200
SOURCE = Path(__file__).parents[1] / "peers" / "bad_fsync.c"
BARE = "sqlite3 in the loop itself"


def measure(folder: Path) -> list[Figure]:
    library = _compiled(folder)
    ours_ms = _run(folder, library, "ours", "late_ms")["late_ms"]
    bare_ms = _run(folder, library, "inline", "late_ms")["late_ms"]
    facts = _run(folder, library, "facts", "kept")
    print(f"facts of which every third met a failing flush: {facts}")
    wrong = facts["false"] + facts["lost"]
    return [
        *(
            Figure(
                name=f"bad_disk.stall_{name}_ms",
                value=percentile(ours_ms, percent),
                unit="ms",
                baseline=Baseline(BARE, percentile(bare_ms, percent)),
                aim=aim_ms,
                part="bad_disk",
            )
            for name, percent, aim_ms in (("p99", 99, 20.0), ("max", 100, 100.0))
        ),
        Figure(
            name="bad_disk.false_acknowledgements",
            value=wrong,
            unit="",
            baseline=Baseline("facts that met a failing flush", facts["refused"] + facts["false"]),
            aim=0.0,
            part="bad_disk",
        ),
    ]


def _compiled(folder: Path) -> Path:
    """Raises:
    Missing: there is no C compiler.
    """
    compiler, library = shutil.which("cc"), folder / "bad_fsync.so"
    if compiler is None:
        raise Missing("no C compiler; remedy: apt install gcc")
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return library


def _run(folder: Path, library: Path, what: str, key: str) -> dict[str, Any]:
    settings = {"LD_PRELOAD": str(library), "BAD_FSYNC_FAILS": str(folder / "fails")}
    if what != "facts":
        settings["BAD_FSYNC_MS"] = str(DELAY_MS)
    command = ["-m", "benchmarks.peers.store_writer", what, str(folder)]
    with Child(what, command, folder, settings) as child:
        return child.next(key)
