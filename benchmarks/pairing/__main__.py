"""python -m benchmarks.pairing: write generated households, or judge three methods on them."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.pairing.household import household
from benchmarks.pairing.page import rewritten
from benchmarks.pairing.plots import draw_all
from benchmarks.pairing.profiles import PROFILES, Profile
from benchmarks.pairing.report import ablation, table
from benchmarks.pairing.run import Extent, run
from benchmarks.pairing.scoring import Tally
from benchmarks.pairing.second import second
from benchmarks.pairing.year import year

PAGE = Path("docs/pairing.md")
ABLATED, PROBED = 24, 60
"""So many households of --docs are also run without each kind of evidence, and with probes."""


def main() -> int:
    chosen = _parser().parse_args()
    if chosen.year:
        for row in year(chosen.seed):
            print(row, flush=True)
        return 0
    profiles = PROFILES if chosen.profile == "all" or chosen.docs else (chosen.profile,)
    if chosen.out is not None:
        for profile in profiles:
            _write(chosen.out, profile, chosen)
        return 0
    document = _read(chosen) or {p: _judged(p, _extent(p, chosen), chosen) for p in profiles}
    if chosen.docs:
        chosen.json, chosen.plots = PAGE.with_suffix("") / "figures.json", PAGE.with_suffix("")
        PAGE.write_text(rewritten(PAGE.read_text("utf-8"), document), "utf-8")
    if chosen.json:
        chosen.json.write_text(json.dumps(document, indent=1) + "\n")
    for line in _told(document):
        print(line, end="\n\n")
    if chosen.plots:
        draw_all(document, chosen.plots)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pairing", description=__doc__)
    parser.add_argument("--profile", choices=(*PROFILES, "all"), default="typical")
    parser.add_argument("--households", type=int, default=None, help="10; with --docs 120")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1, help="of the first household")
    parser.add_argument("--jobs", type=int, default=1, help="processes at work")
    parser.add_argument("--out", type=Path, help="write streams and truths here, judge nothing")
    parser.add_argument("--second", action="store_true", help="of the other generator")
    parser.add_argument("--ablate", action="store_true", help="without each kind of evidence too")
    parser.add_argument("--probe", action="store_true", help="with probes in closed loop too")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--from-json", type=Path, help="show and plot figures written before")
    parser.add_argument("--plots", type=Path, help="write the plots here, as SVG")
    parser.add_argument(
        "--docs",
        action="store_true",
        help=f"everything that {PAGE} shows: its tables, plots and figures.json, with --jobs 2 in"
        " a quarter of an hour",
    )
    parser.add_argument(
        "--year", action="store_true", help="what pairing remembers over a year without restart"
    )
    return parser


def _extent(profile: Profile, chosen: argparse.Namespace) -> Extent:
    all_of_them, both = _count(chosen), profile != "single"
    ablated = ABLATED if chosen.docs and both else all_of_them * chosen.ablate
    probed = PROBED if chosen.docs and both else all_of_them * chosen.probe
    if chosen.second:
        probed = 0  # that world cannot be lived anew
    return Extent(
        days=chosen.days,
        generate=second if chosen.second else household,
        ablate=min(all_of_them, ablated),
        probe=min(all_of_them, probed),
        jobs=chosen.jobs,
    )


def _count(chosen: argparse.Namespace) -> int:
    return int(chosen.households or (120 if chosen.docs else 10))


def _read(chosen: argparse.Namespace) -> dict[str, Any] | None:
    if chosen.from_json is None:
        return None
    document: dict[str, Any] = json.loads(chosen.from_json.read_text())
    return document


def _judged(profile: Profile, extent: Extent, chosen: argparse.Namespace) -> dict[str, Any]:
    def done(seed: int, tally: Tally) -> None:
        print(f"{profile} {seed}: {tally.plugs} plug-ins", *tally.wrong, sep="\n  ",
              file=sys.stderr)  # fmt: skip

    return run(profile, range(chosen.seed, chosen.seed + _count(chosen)), extent, done).document()


def _told(document: dict[str, Any]) -> Iterator[str]:
    """For people."""
    for profile, figures in document.items():
        yield table(profile, figures["methods"])
        if figures["without"]:
            yield ablation(figures["without"])
        if figures.get("probes"):
            yield json.dumps(figures["probes"], indent=1)


def _write(folder: Path, profile: Profile, chosen: argparse.Namespace) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(chosen.seed, chosen.seed + _count(chosen)):
        made = (second if chosen.second else household)(profile, seed, chosen.days)
        with (folder / f"{profile}-{seed}.jsonl").open("wb") as file:
            file.writelines(made.stream())
        with (folder / f"{profile}-{seed}.truth.jsonl").open("wb") as file:
            file.writelines(made.truth())


if __name__ == "__main__":
    sys.exit(main())
