"""Errors of own forecasts of load and sun, on a recorded house, beside two guesses.

HEARTH_PLANNING_DATA names the folder with the recording; it is not shipped with Hearth. The
baseline is the better of "same as yesterday" and "mean of 7 days" at each lead.
"""

import os
from pathlib import Path

from benchmarks.figures import Baseline, Figure, Missing
from benchmarks.forecasts.run import (
    FILE,
    LEADS_H,
    OURS,
    WEEK,
    YESTERDAY,
    of_load,
    of_sun,
    read,
    run,
)

EVERY_H = int(os.environ.get("HEARTH_FORECASTS_EVERY_H", "5"))
FOLDER = "HEARTH_PLANNING_DATA"
INSIDE_AIM = 85.0


def measure(folder: Path) -> list[Figure]:
    del folder  # nothing is written
    given = os.environ.get(FOLDER)
    if given is None or not (Path(given) / FILE).is_file():
        raise Missing(f"there is no recorded house; name the folder with {FILE} in {FOLDER}")
    load, sun = read(Path(given) / FILE)
    figures = []
    for what, series, make in (("load", load, of_load), ("sun", sun, of_sun(None))):
        tally = run(series, make, EVERY_H)
        for lead_h in LEADS_H:
            guesses = {who: tally.mean_error_w(who, lead_h) for who in (YESTERDAY, WEEK)}
            name = min(guesses, key=lambda who: guesses[who])
            figures.append(
                Figure(
                    name=f"forecasts.{what}.error_{lead_h}h_w",
                    value=tally.mean_error_w(OURS, lead_h),
                    unit="W",
                    baseline=Baseline(name, guesses[name]),
                    aim=guesses[name],
                    part="forecasts",
                )
            )
        figures.append(
            Figure(
                name=f"forecasts.{what}.inside_24h_percent",
                value=tally.inside_percent(24),
                unit="%",
                better="higher",
                baseline=Baseline("what the band promises", 90.0),
                aim=INSIDE_AIM,
                part="forecasts",
            )
        )
    return figures
