"""Figures of the methods: what the table and the JSON hold."""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.figures import percentile
from benchmarks.pairing.intervals import DRAWS, bootstrap, none_seen
from benchmarks.pairing.scoring import Tally

BANDS = ((0.99, 0.995), (0.995, 0.999), (0.999, 1.01))
PER = 10_000
REACHED_MIN = (0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720)
MINUTE_S = 60

Figure = Callable[[Sequence[Tally]], float]


def _share(over: str, under: str, scale: float = 100) -> Figure:
    def figure(houses: Sequence[Tally]) -> float:
        whole = sum(getattr(h, under) for h in houses)
        return scale * sum(getattr(h, over) for h in houses) / whole if whole else 0.0

    return figure


FIGURES: dict[str, Figure] = {
    "falsePer10000": _share("false", "plugs", PER),
    "falseMinutesPer10000": _share("false_s", "plugs", PER / MINUTE_S),
    "recallAllPercent": _share("found", "own"),
    "recallIdentifiablePercent": _share("known_found", "known"),
    "sessionTimePairedPercent": _share("found_s", "own_s"),
}


def summary(houses: Sequence[Tally], draws: int = DRAWS) -> dict[str, Any]:
    """Of one method on one profile; each share with its interval."""
    whole = Tally()
    for house in houses:
        whole.add(house)
    figures: dict[str, Any] = {
        "households": len(houses),
        "plugIns": whole.plugs,
        "guests": whole.guests,
        "ownSessions": whole.own,
        "identifiablePercent": round(100 * whole.known / max(1, whole.own), 1),
        "false": whole.false,
    }
    for name, figure in FIGURES.items():
        low, high = bootstrap(houses, figure, draws)
        if name.startswith("false") and not whole.false:
            high = PER * none_seen(whole.plugs) if name == "falsePer10000" else high
        figures[name] = {
            "value": round(figure(houses), 2), "low": round(low, 2), "high": round(high, 2),
        }  # fmt: skip
    figures["minutesToPair"] = _spread(whole.waits_s, MINUTE_S, (50, 90))
    figures["lagAfterUnplugSeconds"] = _spread(whole.lags_s, 1, (50, 99))
    figures["cpuMsPerHouseDay"] = round(1000 * whole.cpu_s / max(1, whole.days), 2)
    figures["replayMsPerHouseDay"] = round(1000 * whole.replay_s / max(1, whole.days), 2)
    figures["stated"] = [_band(whole, low, high) for low, high in BANDS]
    figures["minutesCurve"] = _reached(whole)
    figures["wrong"] = whole.wrong
    return figures


def _spread(values: list[float], scale: float, parts: tuple[int, int]) -> dict[str, float | None]:
    return {
        f"p{part}": round(percentile(values, part) / scale, 1) if values else None for part in parts
    }


def _reached(whole: Tally) -> list[tuple[float, float]]:
    """Share of own sessions named right after so many minutes."""
    return [
        (at, round(sum(w <= at * MINUTE_S for w in whole.waits_s) / max(1, whole.own), 4))
        for at in REACHED_MIN
    ]


def _band(whole: Tally, low: float, high: float) -> dict[str, Any]:
    inside = [right for stated, right in whole.stated if low <= stated < high]
    mean = [stated for stated, _ in whole.stated if low <= stated < high]
    return {
        "from": low,
        "to": min(high, 1.0),
        "names": len(inside),
        "statedMean": round(sum(mean) / len(mean), 5) if mean else None,
        "right": sum(inside),
        "rightPercent": round(100 * sum(inside) / len(inside), 2) if inside else None,
    }


def table(profile: str, methods: dict[str, dict[str, Any]]) -> str:
    """For people."""
    head = f"{profile:<28}" + "".join(f"{name:>28}" for name in methods)
    rows = [head]
    for name in FIGURES:
        cells = (m[name] for m in methods.values())
        rows.append(f"{name:<28}" + "".join(f"{_cell(c):>28}" for c in cells))
    for name in ("minutesToPair", "lagAfterUnplugSeconds"):
        cells = (" / ".join(str(v) for v in m[name].values()) for m in methods.values())
        rows.append(f"{name:<28}" + "".join(f"{c:>28}" for c in cells))
    rows += [
        f"{name:<28}" + "".join(f"{m[name]!s:>28}" for m in methods.values())
        for name in ("plugIns", "identifiablePercent", "cpuMsPerHouseDay", "replayMsPerHouseDay")
    ]
    return "\n".join(rows)


def _cell(figure: dict[str, float]) -> str:
    return f"{figure['value']:,.1f} [{figure['low']:,.1f}, {figure['high']:,.1f}]"


def ablation(without: dict[str, dict[str, Any]]) -> str:
    """For people."""
    names = ("falsePer10000", "falseMinutesPer10000", "recallAllPercent",
             "recallIdentifiablePercent")  # fmt: skip
    rows = [f"{'without':<24}" + "".join(f"{name:>28}" for name in names) + f"{'p90 min':>10}"]
    for kind, figures in without.items():
        cells = "".join(f"{_cell(figures[name]):>28}" for name in names)
        rows.append(f"{kind:<24}{cells}{figures['minutesToPair']['p90'] or 0:>10}")
    return "\n".join(rows)
