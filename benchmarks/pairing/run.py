"""All methods on the same streams, household by household."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from benchmarks.pairing.ablation import without_each
from benchmarks.pairing.curve import THRESHOLDS, at_threshold
from benchmarks.pairing.household import Household, household
from benchmarks.pairing.loop import looped
from benchmarks.pairing.ours import hearth, pairing_cpu_s
from benchmarks.pairing.profiles import Profile
from benchmarks.pairing.report import summary
from benchmarks.pairing.rule import status_rule
from benchmarks.pairing.scoring import Tally, judge
from benchmarks.pairing.table import point_table

RULE, TABLE, OURS = "status rule", "point table", "hearth"

Generator = Callable[[Profile, int, int], Household]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is run.

    Args:
        days: of each household.
        ablate, probe: so many of the households also without each kind of evidence (fourteen
            times as long), and with probes (twice as long).
        jobs: processes at work.
    """

    days: int = 30
    generate: Generator = household
    ablate: int = 0
    probe: int = 0
    jobs: int = 1


@dataclass(slots=True)
class Probes:
    """Of households that were lived with probes: Tallies without and with them."""

    without: list[Tally] = field(default_factory=list)
    probed: list[Tally] = field(default_factory=list)
    wished: int = 0
    made: int = 0
    answered: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Probes") -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def document(self) -> dict[str, Any]:
        plugs = max(1, sum(tally.plugs for tally in self.probed))
        return {
            "households": len(self.probed),
            "plugIns": plugs,
            "wished": self.wished,
            "made": self.made,
            "answered": self.answered,
            "madePer100": round(100 * self.made / plugs, 2),
            "refused": dict(self.refused.most_common()),
            "without": _short(self.without),
            "with": _short(self.probed),
        }


@dataclass(slots=True)
class Judged:
    """Of one profile: a Tally for each household, by method; curve and ablation likewise."""

    methods: dict[str, list[Tally]] = field(default_factory=dict)
    curve: dict[float, list[Tally]] = field(default_factory=dict)
    without: dict[str, list[Tally]] = field(default_factory=dict)
    probes: Probes = field(default_factory=Probes)

    def add(self, other: "Judged") -> None:
        for name in ("methods", "curve", "without"):
            mine = getattr(self, name)
            for key, tallies in getattr(other, name).items():
                mine.setdefault(key, []).extend(tallies)
        self.probes.add(other.probes)

    def document(self) -> dict[str, Any]:
        return {
            "methods": {name: summary(houses) for name, houses in self.methods.items()},
            "thresholds": {str(at): _short(houses) for at, houses in self.curve.items()},
            "without": {name: _short(houses) for name, houses in self.without.items()},
            "probes": self.probes.document() if self.probes.probed else None,
        }


def run(
    profile: Profile,
    seeds: Sequence[int],
    extent: Extent,
    done: Callable[[int, Tally], None] | None = None,
) -> Judged:
    """
    Args:
        done: told of each household when it is judged: its seed, and Hearth's tally.
    """
    judged = Judged()
    for seed, one in zip(seeds, _each(profile, seeds, extent), strict=True):
        judged.add(one)
        if done is not None:
            done(seed, one.methods[OURS][0])
    return judged


def _each(profile: Profile, seeds: Sequence[int], extent: Extent) -> Iterator[Judged]:
    first = seeds[0] if seeds else 0
    judge_one = partial(_one, profile, first, extent)
    if extent.jobs == 1:
        yield from map(judge_one, seeds)
        return
    with ProcessPoolExecutor(extent.jobs) as pool:
        yield from pool.map(judge_one, seeds)


def _one(profile: Profile, first: int, extent: Extent, seed: int) -> Judged:
    judged = Judged()
    home = extent.generate(profile, seed, extent.days)
    rule, points = (m(home.header, home.lines) for m in (status_rule, point_table))
    stream = list(home.stream())
    ours = hearth(home, stream, follow=True)
    tally = judge(home, ours.named)
    tally.cpu_s, tally.replay_s = pairing_cpu_s(home, stream), ours.cpu_s
    judged.methods = {RULE: [judge(home, rule)], TABLE: [judge(home, points)], OURS: [tally]}
    judged.curve = {at: [judge(home, at_threshold(ours.steps, at))] for at in THRESHOLDS}
    if seed < first + extent.ablate:
        judged.without = {kind: [judge(home, named)] for kind, named in without_each(home)}
    if seed < first + extent.probe:
        judged.probes = _probed(profile, seed, extent.days, tally)
    return judged


def _probed(profile: Profile, seed: int, days: int, without: Tally) -> Probes:
    found = looped(profile, seed, days)
    return Probes(
        without=[without],
        probed=[judge(found.home, found.named)],
        wished=found.wished,
        made=len(found.steps),
        answered=found.answered,
        refused=found.refused,
    )


def _short(houses: list[Tally]) -> dict[str, Any]:
    full = summary(houses, draws=200)
    names = ("plugIns", "false", "falsePer10000", "falseMinutesPer10000", "recallAllPercent",
             "recallIdentifiablePercent", "sessionTimePairedPercent", "minutesToPair")  # fmt: skip
    return {name: full[name] for name in names}
