"""`make bench`: measure everything, print a table, write benchmarks/results.json."""

import argparse
import importlib
import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, Missing, rounded
from benchmarks.processes import DidNotStart

PARTS = ("start", "memory", "cpu", "ocpp", "modbus", "mqtt", "loop", "disk", "replay", "solver")
LONGER = (
    "outbox",
    "wire",
    "hostile",
    "bad_disk",
    "week",
    "growth",
    "fleet",
    "pairing",
    "forecasts",
    "limits",
    "stalls",
)
"""Minutes each; they run only when asked for by name."""

RESULTS = Path(__file__).with_name("results.json")
WIDTH = 120  # of a table in a file or a pipe
MARKS = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}


def main() -> int:
    """Returns 0 when every part that was asked for ran or is known to be impossible here, and 1
    when one broke; the others are measured all the same."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=PARTS + LONGER, help="one part alone")
    only: str | None = parser.parse_args().only
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    figures: list[Figure] = []
    left_out: dict[str, str] = {}
    broken: dict[str, str] = {}
    for part in (only,) if only else PARTS:
        began_s = time.monotonic()
        print(f"{part} ...", end=" ", flush=True, file=sys.stderr)
        module = importlib.import_module(f"benchmarks.parts.{part}")
        with TemporaryDirectory(prefix="hearth-bench-") as folder:
            try:
                figures += module.measure(Path(folder))
            except Missing as error:
                left_out[part] = str(error)
            except DidNotStart as error:
                broken[part] = str(error)
        print(f"{time.monotonic() - began_s:.0f} s", file=sys.stderr)
    console.print(_table(figures))
    for part, why in left_out.items():
        console.print(f"left out: {part}: {why}", style="yellow", markup=False)
    for part, why in broken.items():
        console.print(f"broken: {part}: {why}", style="red", markup=False)
    RESULTS.write_text(json.dumps([f.document() for f in figures], indent=2) + "\n")
    return 1 if broken else 0


def _table(figures: list[Figure]) -> Table:
    table = Table(title="Hearth beside its baselines")
    for heading in ("figure", "value", "unit", "baseline", "its value", "ratio", "aim", ""):
        numeric = heading in {"value", "its value", "ratio", "aim"}
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for f in figures:
        aim = "" if f.aim is None else f"{'≤' if f.better == 'lower' else '≥'} {f.aim:g}"
        value, base = f"{rounded(f.value):g}", f"{rounded(f.baseline.value):g}"
        ratio = "" if f.ratio is None else f"{f.ratio:g}"
        table.add_row(f.name, value, f.unit, f.baseline.name, base, ratio, aim, MARKS[f.met])
    return table


if __name__ == "__main__":
    sys.exit(main())
