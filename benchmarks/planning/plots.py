"""The plots of docs/planning.md: what is saved, in sum and scenario by scenario."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.pairing.svg import Plot
from benchmarks.planning.judging import Result
from benchmarks.planning.ways import WORDS

COLOURS = {
    "immediate": "#7f7f7f",
    "window": "#e08214",
    "slots": "#b2182b",
    "fallback": "#2166ac",
    "full": "#1b7837",
    "killed": "#762a83",
}


def draw_all(results: Sequence[Result], folder: Path) -> None:
    """shares.svg, scenarios.svg."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shares.svg").write_text(_ranked(results), encoding="utf-8")
    (folder / "scenarios.svg").write_text(_scenarios(results), encoding="utf-8")


def _best_of(results: Sequence[Result]) -> dict[str, list[Result]]:
    """By controller, with the persistence forecast."""
    found = dict[str, list[Result]]()
    for each in results:
        if each.judged and each.forecast == "persistence" and each.controller != "immediate":
            found.setdefault(each.controller, []).append(each)
    return found


def _ranked(results: Sequence[Result]) -> str:
    """The shares of each controller, from its worst scenario to its best."""
    labels = (
        "scenarios with over 3 EUR a week to save, worst first, %",
        "share of it that is saved",
    )
    plot = Plot("How much of what could be saved is saved", labels, (0, 100), (-0.5, 1))
    plot.ticks((0, 25, 50, 75, 100), (-0.5, -0.25, 0, 0.25, 0.5, 0.75, 1))
    for way, found in _best_of(results).items():
        shares = sorted(each.share for each in found if each.possible > 3 * each.weeks)
        last = max(1, len(shares) - 1)
        plot.line([(100 * n / last, share) for n, share in enumerate(shares)], COLOURS[way])
        plot.legend(WORDS[way], COLOURS[way])
    return plot.svg()


def _scenarios(results: Sequence[Result]) -> str:
    """What was saved against what could be, scenario by scenario."""
    found = _best_of(results)
    most = max((each.possible / each.weeks for r in found.values() for each in r), default=1.0)
    labels = ("could be saved, EUR a week", "is saved, EUR a week")
    plot = Plot("Scenario by scenario", labels, (0, most), (-0.2 * most, most))
    marks = [round(most * n / 5, 1) for n in range(6)]
    plot.ticks(marks, marks)
    plot.line([(0, 0), (most, most)], "#999999", dashed=True)
    for way in ("slots", "fallback", "full"):
        for each in found.get(way, ()):
            plot.point(each.possible / each.weeks, each.saved / each.weeks, COLOURS[way])
        if way in found:
            plot.legend(WORDS[way], COLOURS[way])
    return plot.svg()
