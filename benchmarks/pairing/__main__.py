"""python -m benchmarks.pairing: write generated households, or judge the methods on them."""

import argparse
import sys
from pathlib import Path

from benchmarks.pairing.household import household
from benchmarks.pairing.ours import hearth
from benchmarks.pairing.profiles import PROFILES
from benchmarks.pairing.rule import status_rule
from benchmarks.pairing.scoring import Tally, judge
from benchmarks.pairing.table import point_table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pairing", description=__doc__)
    parser.add_argument("--profile", choices=PROFILES, default="typical")
    parser.add_argument("--households", type=int, default=10)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1, help="of the first household")
    parser.add_argument("--out", type=Path, help="write streams and truths here, judge nothing")
    chosen = parser.parse_args()
    if chosen.out is None:
        return _judge(chosen)
    chosen.out.mkdir(parents=True, exist_ok=True)
    for seed in range(chosen.seed, chosen.seed + chosen.households):
        made = household(chosen.profile, seed, chosen.days)
        stem = f"{chosen.profile}-{seed}"
        with (chosen.out / f"{stem}.jsonl").open("wb") as file:
            file.writelines(made.stream())
        with (chosen.out / f"{stem}.truth.jsonl").open("wb") as file:
            file.writelines(made.truth())
    return 0


def _judge(chosen: argparse.Namespace) -> int:
    tallies = {"status rule": Tally(), "point table": Tally(), "hearth": Tally()}
    for seed in range(chosen.seed, chosen.seed + chosen.households):
        made = household(chosen.profile, seed, chosen.days)
        tallies["status rule"].add(judge(made, status_rule(made.header, made.lines)))
        tallies["point table"].add(judge(made, point_table(made.header, made.lines)))
        named, cpu_s = hearth(made, list(made.stream()))
        tallies["hearth"].add(judge(made, named, cpu_s))
    for method, tally in tallies.items():
        print(
            f"{method}: {tally.plugs} plug-ins, {tally.false} false,"
            f" recall {tally.found / tally.own:.1%} of all,"
            f" {tally.known_found / tally.known:.1%} of the identifiable"
        )
    print("\n".join(tallies["hearth"].wrong))
    return 0


if __name__ == "__main__":
    sys.exit(main())
