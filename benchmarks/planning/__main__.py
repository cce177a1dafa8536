"""python -m benchmarks.planning: how much of what could be saved do plans save?"""

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from agent.backtest.scenario import Foresight
from benchmarks.planning import sources
from benchmarks.planning.judging import Result
from benchmarks.planning.plots import draw_all
from benchmarks.planning.run import Chosen, run_seed
from benchmarks.planning.table import grouped, table
from benchmarks.planning.ways import WAYS


def main() -> int:
    chosen = _parser().parse_args()
    if chosen.from_json:
        results = [_result(each) for each in json.loads(chosen.from_json.read_text())["results"]]
    else:
        results = _run(chosen)
    print(table(grouped(results)))
    if chosen.plots:
        draw_all(results, chosen.plots)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planning", description=__doc__)
    parser.add_argument("--scenarios", type=int, default=8, metavar="N")
    parser.add_argument("--weeks", type=int, default=4, help="no scenario is longer")
    parser.add_argument("--cars", type=int, default=3, help="no house has more")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the first scenario")
    parser.add_argument("--controllers", default=",".join(WAYS), metavar="A,B", help="%(default)s")
    parser.add_argument(
        "--forecasts", default=",".join(Foresight), metavar="A,B", help="%(default)s"
    )
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="measured prices and house")
    parser.add_argument("--folder", type=Path, help="keep the scenarios, for hearth backtest")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    parser.add_argument("--from-json", type=Path, metavar="FILE", help="show what was written")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="write the plots, as SVG")
    return parser


def _run(chosen: argparse.Namespace) -> list[Result]:
    where = sources.folder(chosen.data)
    if where is None:
        print(
            f"No measured prices and house: --data or {sources.FOLDER} names no folder with "
            f"{sources.PRICES_FILE} and {sources.HOUSE_FILE}. All is made by the model.",
            file=sys.stderr,
        )
    begun = monotonic()
    with TemporaryDirectory() as folder:
        wanted = Chosen(
            seeds=range(chosen.seed, chosen.seed + chosen.scenarios),
            ways=chosen.controllers.split(","),
            forecasts=[Foresight(each) for each in chosen.forecasts.split(",")],
            folder=chosen.folder or Path(folder),
            data=None if where is None else sources.measured(where),
            most_weeks=chosen.weeks,
            most_cars=chosen.cars,
        )
        results = list[Result]()
        for seed in wanted.seeds:
            for each in run_seed(wanted, seed):
                _told(each, begun)
                results.append(each)
            if chosen.json:
                _write(chosen.json, results)
    return results


def _write(path: Path, results: list[Result]) -> None:
    """After each scenario: whoever stops it keeps what was found."""
    document = {"figures": grouped(results), "results": [each.document() for each in results]}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _told(each: Result, begun: float) -> None:
    print(
        f"{monotonic() - begun:6.0f} s  {each.seed:4} {each.controller:9} {each.forecast:11} "
        f"{each.saved:7.2f} of {each.possible:6.2f} EUR = {each.share:5.2f}"
        f"{'' if each.judged else ' (not judged)'}  missed {each.missed}  over {each.over_s} s",
        file=sys.stderr,
    )


def _result(document: dict[str, object]) -> Result:
    return Result(**document)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
