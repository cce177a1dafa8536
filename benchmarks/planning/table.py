"""The table of the benchmark, and the same as figures for programs."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks.planning.judging import Result
from benchmarks.planning.ways import BLIND, WORDS

WORTHWHILE = 3.0
"""EUR a week that can be saved, from which on a scenario is judged by itself."""


def summed(results: Sequence[Result]) -> dict[str, Any]:
    """The figures of one controller under one forecast."""
    judged = [each for each in results if each.judged]
    possible = sum(each.possible for each in judged)
    shares = [each.share for each in judged if each.possible > 0.01]
    worthwhile = [each for each in judged if each.possible > WORTHWHILE * each.weeks]
    times = sorted(ms for each in results for ms in each.plan_ms)
    worst = min(worthwhile, key=lambda each: each.share, default=None)
    return {
        "controller": results[0].controller,
        "forecast": None if results[0].controller in BLIND else results[0].forecast,
        "scenarios": len(results),
        "judged": len(judged),
        "share": sum(each.saved for each in judged) / possible if possible else None,
        "median": median(shares) if shares else None,
        "worst": None if worst is None else worst.share,
        "worstSeed": None if worst is None else worst.seed,
        "worthwhile": len(worthwhile),
        "departures": sum(each.departures for each in results),
        "late": sum(each.late for each in results),
        "missed": sum(each.missed for each in results),
        "missedSeeds": [each.seed for each in results if each.missed],
        "overSeconds": sum(each.over_s for each in results),
        "overSeeds": [each.seed for each in results if each.over_s],
        "startsPerCarDay": _per(sum(e.starts for e in results), sum(e.car_days for e in results)),
        "mostStarts": max(each.most_starts for each in results),
        "plans": len(times),
        "planMsMedian": median(times) if times else None,
        "planMsMax": times[-1] if times else None,
    }


def grouped(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Figures by controller and forecast, in the order of the runs."""
    keys = dict.fromkeys((each.controller, each.forecast) for each in results)
    return [summed([r for r in results if (r.controller, r.forecast) == key]) for key in keys]


def table(figures: Sequence[dict[str, Any]]) -> str:
    heads = (
        "controller", "forecast", "share in sum", "median", "worst, where over 3 EUR a week",
        "missed", "s over", "starts per car and day (most)", "plan ms median / max",
    )  # fmt: skip
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for each in figures:
        cells = (
            WORDS[each["controller"]],
            each["forecast"] or "-",
            _share(each["share"]),
            _share(each["median"]),
            _share(each["worst"]),
            f"{each['missed']} of {each['departures']}",
            str(each["overSeconds"]),
            f"{_figure(each['startsPerCarDay'])} ({each['mostStarts']})",
            f"{_figure(each['planMsMedian'])} / {_figure(each['planMsMax'])}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _per(count: int, of: int) -> float | None:
    return count / of if of else None


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
