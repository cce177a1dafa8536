"""python -m benchmarks.forecasts FILE [--every-h N] [--latitude-deg X --longitude-deg Y]"""

import argparse
from pathlib import Path

from agent.forecasts import Place
from benchmarks.forecasts.run import (
    LEADS_H,
    OURS,
    WEEK,
    YESTERDAY,
    Tally,
    of_load,
    of_sun,
    read,
    run,
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecasts", description=__doc__)
    parser.add_argument("file", type=Path, help="CSV with start_utc, load_w and pv_w")
    parser.add_argument(
        "--every-h", type=int, default=5, help="hours from one forecast to the next"
    )
    parser.add_argument("--latitude-deg", type=float, help="of the house, for the sun")
    parser.add_argument("--longitude-deg", type=float)
    asked = parser.parse_args()
    place = None
    if asked.latitude_deg is not None and asked.longitude_deg is not None:
        place = Place(latitude_deg=asked.latitude_deg, longitude_deg=asked.longitude_deg)
    load, sun = read(asked.file)
    _print("load", run(load, of_load, asked.every_h))
    _print("sun", run(sun, of_sun(place), asked.every_h))


def _print(what: str, tally: Tally) -> None:
    print(f"| {what}, mean absolute error in W | {' | '.join(f'{h} h' for h in LEADS_H)} |")
    print("|---|" + "---|" * len(LEADS_H))
    for who in (OURS, YESTERDAY, WEEK):
        print(f"| {who} | {' | '.join(f'{tally.mean_error_w(who, h):.0f}' for h in LEADS_H)} |")
    print(f"| bias | {' | '.join(f'{tally.bias_w(OURS, h):+.0f}' for h in LEADS_H)} |")
    print(f"| inside % | {' | '.join(f'{tally.inside_percent(h):.0f}' for h in LEADS_H)} |")
    print(f"forecasts: {len(tally.errors[OURS][LEADS_H[0]])}\n")


if __name__ == "__main__":
    main()
