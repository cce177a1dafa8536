"""All methods on the same streams, household by household."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from benchmarks.pairing.car_lines import Line
from benchmarks.pairing.curve import THRESHOLDS, at_threshold
from benchmarks.pairing.household import Household, household
from benchmarks.pairing.ours import hearth, pairing_cpu_s
from benchmarks.pairing.profiles import Profile
from benchmarks.pairing.report import summary
from benchmarks.pairing.rule import status_rule
from benchmarks.pairing.scoring import Tally, judge
from benchmarks.pairing.table import point_table

RULE, TABLE, OURS = "status rule", "point table", "hearth"

LEFT_OUT: dict[str, tuple[str, ...]] = {
    "the cars' plug": ("isPluggedIn",),
    "the cars' charging": ("isCharging",),
    "plug and charging": ("isPluggedIn", "isCharging"),
    "the cars' power": ("chargeRate",),
    "level": ("batteryLevel",),
    "position": ("latitude", "longitude", "accuracyM"),
    "tokens": ("idToken",),
}
"""Kinds of evidence that are taken away in turn: what cars, or for tokens chargers, do not say."""


Generator = Callable[[Profile, int, int], Household]


@dataclass(slots=True)
class Judged:
    """Of one profile: a Tally for each household, by method; curve and ablation likewise."""

    methods: dict[str, list[Tally]] = field(default_factory=dict)
    curve: dict[float, list[Tally]] = field(default_factory=dict)
    without: dict[str, list[Tally]] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        return {
            "methods": {name: summary(houses) for name, houses in self.methods.items()},
            "thresholds": {str(at): _short(houses) for at, houses in self.curve.items()},
            "without": {name: _short(houses) for name, houses in self.without.items()},
        }


def run(
    profile: Profile,
    seeds: Iterable[int],
    days: int,
    *,
    generate: Generator = household,
    ablate: bool = False,
    done: Callable[[Household, Tally], None] | None = None,
) -> Judged:
    """
    Args:
        ablate: also without each kind of evidence; eight times as long.
        done: told of each household when it is judged, with Hearth's tally.
    """
    judged = Judged()
    for seed in seeds:
        home = generate(profile, seed, days)
        rule, points = (m(home.header, home.lines) for m in (status_rule, point_table))
        _add(judged.methods, RULE, judge(home, rule))
        _add(judged.methods, TABLE, judge(home, points))
        stream = list(home.stream())
        ours = hearth(home, stream, follow=True)
        tally = judge(home, ours.named)
        tally.cpu_s, tally.replay_s = pairing_cpu_s(home, stream), ours.cpu_s
        _add(judged.methods, OURS, tally)
        for threshold in THRESHOLDS:
            at = judge(home, at_threshold(ours.steps, threshold))
            judged.curve.setdefault(threshold, []).append(at)
        if ablate:
            _add(judged.without, "nothing", tally)
            for kind, fields in LEFT_OUT.items():
                less = hearth(home, stripped(home, fields))
                _add(judged.without, kind, judge(home, less.named))
        if done is not None:
            done(home, tally)
    return judged


def stripped(home: Household, fields: tuple[str, ...]) -> list[bytes]:
    """The stream without some fields of cars, and without tokens if those are named."""
    cars = {d["id"] for d in home.header["devices"] if d["kind"] == "vehicle"}
    tokens = "idToken" in fields
    lines = []
    for line in home.lines:
        if line.at_s is None or (line.device in cars) == tokens:
            lines.append(line)
            continue
        kept = {k: v for k, v in _spelled(line, fields).items() if k not in fields}
        lines.append(line._replace(fields=kept))
    stream = home.stream(lines)
    if not tokens:
        return list(stream)
    header = {k: v for k, v in home.header.items() if k != "idTokens"}
    next(stream)
    return [orjson.dumps(header, option=orjson.OPT_APPEND_NEWLINE), *stream]


def _spelled(line: Line, fields: tuple[str, ...]) -> dict[str, Any]:
    """A state as two flags, where one of them is to go."""
    said = dict(line.fields)
    if {"isPluggedIn", "isCharging"} & set(fields) and "powerDeliveryState" in said:
        state = said.pop("powerDeliveryState")
        said["isPluggedIn"] = None if state is None else state != "UNPLUGGED"
        said["isCharging"] = None if state is None else state == "PLUGGED_IN:CHARGING"
    return said


def _add(by_name: dict[str, list[Tally]], name: str, tally: Tally) -> None:
    by_name.setdefault(name, []).append(tally)


def _short(houses: list[Tally]) -> dict[str, Any]:
    full = summary(houses, draws=200)
    names = ("falsePer10000", "falseMinutesPer10000", "recallAllPercent",
             "recallIdentifiablePercent", "minutesToPair")  # fmt: skip
    return {name: full[name] for name in names}
