"""python -m benchmarks.pairing: write generated households, or judge three methods on them."""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.pairing.household import Household, household
from benchmarks.pairing.plots import draw_all
from benchmarks.pairing.profiles import PROFILES, Profile
from benchmarks.pairing.report import ablation, table
from benchmarks.pairing.run import run
from benchmarks.pairing.scoring import Tally
from benchmarks.pairing.second import second


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pairing", description=__doc__)
    parser.add_argument("--profile", choices=(*PROFILES, "all"), default="typical")
    parser.add_argument("--households", type=int, default=10)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1, help="of the first household")
    parser.add_argument("--out", type=Path, help="write streams and truths here, judge nothing")
    parser.add_argument("--second", action="store_true", help="of the other generator")
    parser.add_argument("--ablate", action="store_true", help="without each kind of evidence too")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--from-json", type=Path, help="show and plot figures written before")
    parser.add_argument("--plots", type=Path, help="write the plots here, as SVG")
    chosen = parser.parse_args()
    profiles = PROFILES if chosen.profile == "all" else (chosen.profile,)
    if chosen.out is not None:
        for profile in profiles:
            _write(chosen.out, profile, range(chosen.seed, chosen.seed + chosen.households), chosen)
        return 0
    if chosen.from_json:
        document = json.loads(chosen.from_json.read_text())
    else:
        document = {profile: _judged(profile, chosen) for profile in profiles}
    if chosen.json:
        chosen.json.write_text(json.dumps(document, indent=1) + "\n")
    for profile, figures in document.items():
        print(table(profile, figures["methods"]), end="\n\n")
        if figures["without"]:
            print(ablation(figures["without"]), end="\n\n")
    if chosen.plots:
        draw_all(document, chosen.plots)
    return 0


def _judged(profile: Profile, chosen: argparse.Namespace) -> dict[str, object]:
    def done(home: Household, tally: Tally) -> None:
        print(f"{profile} {home.seed}: {tally.plugs} plug-ins", *tally.wrong, sep="\n  ",
              file=sys.stderr)  # fmt: skip

    seeds = range(chosen.seed, chosen.seed + chosen.households)
    generate = second if chosen.second else household
    judged = run(profile, seeds, chosen.days, generate=generate, ablate=chosen.ablate, done=done)
    return judged.document()


def _write(folder: Path, profile: Profile, seeds: range, chosen: argparse.Namespace) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        made = (second if chosen.second else household)(profile, seed, chosen.days)
        with (folder / f"{profile}-{seed}.jsonl").open("wb") as file:
            file.writelines(made.stream())
        with (folder / f"{profile}-{seed}.truth.jsonl").open("wb") as file:
            file.writelines(made.truth())


if __name__ == "__main__":
    sys.exit(main())
