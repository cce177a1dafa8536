"""The plots of docs/pairing.md: is stated confidence kept, what does caution cost, how soon."""

from math import log10, sqrt
from pathlib import Path
from typing import Any

from benchmarks.pairing.run import OURS, RULE, TABLE
from benchmarks.pairing.svg import Plot, surprise

COLOURS = {"typical": "#1b7837", "hard": "#b2182b", "single": "#2166ac"}
METHODS = {OURS: "#1b7837", TABLE: "#7f7f7f", RULE: "#e08214"}
NINES = (0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995)
MOST = 0.9999


def draw_all(document: dict[str, Any], folder: Path) -> None:
    """reliability.svg, threshold.svg and minutes.svg."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reliability.svg").write_text(_reliability(document))
    (folder / "threshold.svg").write_text(_threshold(document))
    (folder / "minutes.svg").write_text(_minutes(document))


def _reliability(document: dict[str, Any]) -> str:
    ends = (0.95, MOST)
    labels = ("stated confidence when named", "share that was right (95 % interval)")
    plot = Plot("Is what is stated true?", labels, ends, ends, surprise, surprise)
    plot.ticks((0.95, 0.99, 0.995, 0.999), NINES)
    plot.line([(0.95, 0.95), (MOST, MOST)], "#999999", dashed=True)
    for profile, figures in document.items():
        plot.legend(profile, COLOURS[profile])
        for band in figures["methods"][OURS]["stated"]:
            if band["names"]:
                share, bar = band["right"] / band["names"], _wilson(band["right"], band["names"])
                plot.point(band["statedMean"], share, COLOURS[profile], bar)
    plot.legend("as stated", "#999999")
    return plot.svg()


def _wilson(right: int, names: int) -> tuple[float, float]:
    """Of a share. Source: Wilson 1927, z = 1.96."""
    z2 = 1.96**2
    share, whole = right / names, 1 + z2 / names
    middle = (share + z2 / 2 / names) / whole
    half = 1.96 / whole * sqrt(share * (1 - share) / names + z2 / 4 / names**2)
    return middle - half, middle + half


def _threshold(document: dict[str, Any]) -> str:
    labels = (
        "false pairs per 10,000 plug-ins (none: left edge)",
        "recall over all own sessions, %",
    )
    plot = Plot("What caution costs", labels, (1, 10_000), (30, 100), log10)
    plot.ticks((1, 10, 100, 1000, 10_000), (30, 40, 50, 60, 70, 80, 90, 100))
    for profile, figures in document.items():
        points = []
        for at, found in figures["thresholds"].items():
            x, y = found["falsePer10000"]["value"], found["recallAllPercent"]["value"]
            points.append((x, y))
            if at in {"0.8", "0.99", "0.999"}:
                plot.point(x, y, COLOURS[profile])
                plot.note(x, y, at)
        plot.line(points, COLOURS[profile])
        plot.legend(profile, COLOURS[profile])
        for method, word in ((TABLE, "table"), (RULE, "rule")):
            found = figures["methods"][method]
            x, y = found["falsePer10000"]["value"], found["recallAllPercent"]["value"]
            plot.point(x, y, COLOURS[profile])
            plot.note(x, y, word)
    return plot.svg()


def _minutes(document: dict[str, Any]) -> str:
    labels = ("minutes since the plug", "own sessions named right, %")
    plot = Plot("How soon", labels, (0.5, 720), (0, 100), log10)
    plot.ticks((0.5, 1, 2, 5, 10, 30, 60, 180, 720), (0, 20, 40, 60, 80, 100))
    for profile, dashed in (("typical", False), ("hard", True)):
        for method, colour in METHODS.items() if profile in document else ():
            curve = document[profile]["methods"][method]["minutesCurve"]
            plot.line([(x, 100 * y) for x, y in curve], colour, dashed=dashed)
    for method, colour in METHODS.items():
        plot.legend(method, colour)
    plot.legend("dashed: hard", "#ffffff")
    return plot.svg()
