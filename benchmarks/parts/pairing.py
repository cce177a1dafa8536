"""How often pairing is wrong, how often it knows, and how soon, on generated households.

Each household is drawn anew from its seed; see benchmarks/pairing, whose own command line tells
more. HEARTH_PAIRING_HOUSES sets how many house-months of each profile are run (40). The baseline
is the status rule of evcc on the same streams. A wrong car, or any on a guest's cable, that is
named for more than a minute counts as false; recall is over the house's own sessions of more than
20 minutes.
"""

import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.figures import Baseline, Figure
from benchmarks.pairing.load import load
from benchmarks.pairing.profiles import PROFILES, Profile
from benchmarks.pairing.run import OURS, RULE, Extent, run

HOUSES = int(os.environ.get("HEARTH_PAIRING_HOUSES", "40"))
FIRST_SEED, DAYS = 20_000, 30
NAME = "status rule of evcc"

AIMS: dict[str, dict[str, float]] = {
    "typical": {
        "false_per_10000": 5, "recall": 92, "recall_identifiable": 99, "paired_time": 90,
        "minutes_median": 7, "minutes_p90": 100,
    },
    "hard": {
        "false_per_10000": 90, "recall": 80, "recall_identifiable": 92.5, "paired_time": 75,
        "minutes_median": 25, "minutes_p90": 400,
    },
    "single": {
        "false_per_10000": 5, "recall": 93, "recall_identifiable": 99.5, "paired_time": 92,
        "minutes_median": 5, "minutes_p90": 30,
    },
}  # fmt: skip
LAG_S, CPU_MS, CPU_PERCENT = 10.0, 10.0, 0.1


def measure(folder: Path) -> list[Figure]:
    del folder  # nothing is written
    return [_load(), *(figure for profile in PROFILES for figure in _profile(profile))]


def _load() -> Figure:
    found = load()
    return Figure(
        name="pairing.three_cars_three_chargers_cpu_percent",
        value=100 * found.share,
        unit="%",
        baseline=Baseline(NAME, 100 * found.rule_share),
        aim=CPU_PERCENT,
        part="pairing",
    )


def _profile(profile: Profile) -> list[Figure]:
    seeds = range(FIRST_SEED, FIRST_SEED + HOUSES)
    methods = run(profile, seeds, Extent(days=DAYS)).document()["methods"]
    ours, rule = _flat(methods[OURS]), _flat(methods[RULE])
    low, high = (methods[OURS]["falsePer10000"][end] for end in ("low", "high"))
    print(
        f"[{profile}: {methods[OURS]['plugIns']} plug-ins, {methods[OURS]['false']} false,"
        f" {low:.0f} to {high:.0f} per 10,000]",
        end=" ",
        file=sys.stderr,
    )
    aims = {**AIMS[profile], "lag_s": LAG_S, "house_day_ms": CPU_MS}
    return [
        Figure(
            name=f"pairing.{profile}.{name}",
            value=value,
            unit=UNITS[name],
            better="higher" if UNITS[name] == "%" else "lower",
            baseline=Baseline(NAME, rule[name]),
            aim=aims[name],
            part="pairing",
        )
        for name, value in ours.items()
    ]


UNITS = {
    "false_per_10000": "", "recall": "%", "recall_identifiable": "%", "paired_time": "%",
    "minutes_median": "min", "minutes_p90": "min", "lag_s": "s", "house_day_ms": "ms",
}  # fmt: skip


def _flat(method: dict[str, Any]) -> dict[str, float]:
    return {
        "false_per_10000": method["falsePer10000"]["value"],
        "recall": method["recallAllPercent"]["value"],
        "recall_identifiable": method["recallIdentifiablePercent"]["value"],
        "paired_time": method["sessionTimePairedPercent"]["value"],
        "minutes_median": method["minutesToPair"]["p50"] or 0.0,
        "minutes_p90": method["minutesToPair"]["p90"] or 0.0,
        "lag_s": method["lagAfterUnplugSeconds"]["p99"] or 0.0,
        "house_day_ms": method["cpuMsPerHouseDay"],
    }
