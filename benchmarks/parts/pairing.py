"""How often pairing is wrong, how often it knows, and how soon, on generated households.

Each household is drawn anew from its seed; see benchmarks/households. HEARTH_PAIRING_HOUSES sets
how many house-months of each profile are run (40). The baseline is the status rule of evcc on
the same streams. A wrong car, or any on a guest's cable, that is named for more than a minute
counts as false; recall is over the house's own sessions of more than 20 minutes.
"""

import os
import sys
from pathlib import Path

from benchmarks.figures import Baseline, Figure, median, percentile
from benchmarks.households.judge import Tally
from benchmarks.households.profiles import PROFILES, Profile
from benchmarks.households.run import month

HOUSES = int(os.environ.get("HEARTH_PAIRING_HOUSES", "40"))
FIRST_SEED = 20_000
RULE = "status rule of evcc"


def measure(folder: Path) -> list[Figure]:
    del folder  # nothing is written
    return [figure for profile in PROFILES for figure in _profile(profile)]


def _profile(profile: Profile) -> list[Figure]:
    ours, rule = Tally(), Tally()
    for seed in range(FIRST_SEED, FIRST_SEED + HOUSES):
        mine, theirs = month(profile, seed)
        ours.add(mine)
        rule.add(theirs)
    print(f"[{profile}: {ours.plugs} plug-ins, {ours.false} false]", end=" ", file=sys.stderr)

    def figure(name: str, unit: str, value: float, base: float, better: str = "lower") -> Figure:
        return Figure(
            name=f"pairing.{profile}.{name}",
            value=value,
            unit=unit,
            better="higher" if better == "higher" else "lower",
            baseline=Baseline(RULE, base),
            part="pairing",
        )

    return [
        figure("false_per_10000", "", 1e4 * ours.false / ours.plugs, 1e4 * rule.false / rule.plugs),
        figure("recall", "%", 100 * ours.found / ours.own, 100 * rule.found / rule.own, "higher"),
        figure("paired_time", "%", 100 * ours.found_s / ours.own_s,
               100 * rule.found_s / rule.own_s, "higher"),
        figure("minutes_median", "min", median(ours.minutes), median(rule.minutes)),
        figure("minutes_p90", "min", percentile(ours.minutes, 90), percentile(rule.minutes, 90)),
        figure("house_day_ms", "ms", 1000 * ours.cpu_s / ours.days, 0.0),
    ]  # fmt: skip
