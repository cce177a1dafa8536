"""The tables of docs/pairing.md, each after <!-- figures: NAME --> and before <!-- /figures -->."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.pairing.run import OURS, RULE, TABLE

Doc = Mapping[str, Any]
"""Of all profiles, as figures.json has it."""

TITLES = {
    "typical": "**typical**",
    "hard": "**hard: everything adverse at once**",
    "single": "**one car, one charger, guests**",
}
METHODS = (RULE, TABLE, OURS)
FEW = 100
"""Below that a rate is told with one digit."""

BANDS = ("0.99 to 0.995", "0.995 to 0.999", "above")


class NoMarks(Exception):
    """The page lacks the place of a table."""


def rewritten(page: str, document: Doc) -> str:
    """The page with all its tables anew; what stands between them stays.

    Raises:
        NoMarks
    """
    for name, table in TABLES.items():
        opens, closes = f"<!-- figures: {name} -->\n", "<!-- /figures -->"
        marked = re.compile(f"{opens}.*?{closes}", re.DOTALL)
        if not marked.search(page):
            raise NoMarks(f"the page has no {opens.strip()} with a {closes} after it")
        body = opens + "\n".join(table(document)) + "\n" + closes
        page = marked.sub(lambda _, body=body: body, page)  # type: ignore[misc]
    return page


def _methods(document: Doc) -> list[str]:
    rows: list[str] = []
    for profile, title in TITLES.items():
        methods = document[profile]["methods"]
        ours = methods[OURS]
        head = f"{title}: {ours['plugIns']:,} plug-ins, {ours['households']} households"
        known = f"recall over the identifiable ({ours['identifiablePercent']:.0f} %), %"
        rows += [""] if rows else []
        rows += [
            f"| {head} | status rule | point table | Hearth |",
            "|---|---|---|---|",
            _row("false pairs per 10,000 plug-ins", methods, _rate("falsePer10000")),
            _row("minutes of them", methods, _plain("falseMinutesPer10000", 0)),
            _row("recall over all, %", methods, _share("recallAllPercent")),
            _row(known, methods, _share("recallIdentifiablePercent")),
            _row("minutes to pair, median / p90", methods, _minutes),
            _row("session time paired, %", methods, _plain("sessionTimePairedPercent", 1)),
            _row("seconds after an unplug, median / p99", methods, _lag),
            _row("processor, ms per house-day", {OURS: ours}, _processor),
        ]
    return rows


def _row(name: str, methods: Doc, cell: Callable[[Doc], str]) -> str:
    cells = (cell(methods[method]) if method in methods else "" for method in METHODS)
    return f"| {name} | {' | '.join(cells)} |"


def _rate(name: str) -> Callable[[Doc], str]:
    def cell(method: Doc) -> str:
        value, low, high = (method[name][part] for part in ("value", "low", "high"))
        form = ",.1f" if value < FEW else ",.0f"
        return f"{value:{form}} [{low:{form}}, {high:{form}}]"

    return cell


def _share(name: str) -> Callable[[Doc], str]:
    def cell(method: Doc) -> str:
        value, low, high = (method[name][part] for part in ("value", "low", "high"))
        return f"{value:.1f} [{low:.1f}, {high:.1f}]"

    return cell


def _plain(name: str, digits: int) -> Callable[[Doc], str]:
    return lambda method: f"{method[name]['value']:,.{digits}f}"


def _processor(method: Doc) -> str:
    return _figure(method["cpuMsPerHouseDay"], 1)


def _minutes(method: Doc) -> str:
    median, late = method["minutesToPair"]["p50"], method["minutesToPair"]["p90"]
    return f"{_figure(median, 1)} / {_figure(late, 0)}"


def _lag(method: Doc) -> str:
    return " / ".join(_figure(method["lagAfterUnplugSeconds"][part], 1) for part in ("p50", "p99"))


def _figure(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def _stated(document: Doc) -> list[str]:
    names = {"typical": "typical", "hard": "hard", "single": "one car"}
    rows = [
        "| stated when named | " + " | ".join(f"{n}: names, right" for n in names.values()) + " |",
        "|---|---|---|---|",
    ]
    for index, words in enumerate(BANDS):
        bands = [document[profile]["methods"][OURS]["stated"][index] for profile in names]
        cells = (f"{b['names']:,}, {_figure(b['rightPercent'], 2)} %" for b in bands)
        rows.append(f"| {words} | {' | '.join(cells)} |")
    return rows


def _thresholds(document: Doc) -> list[str]:
    levels = list(document["typical"]["thresholds"])
    rows = [f"| named from | {' | '.join(levels)} |", "|---" * (len(levels) + 1) + "|"]
    for profile in ("typical", "hard"):
        found = document[profile]["thresholds"]
        both = [(found[at]["falsePer10000"], found[at]["recallAllPercent"]) for at in levels]
        cells = (f"{false['value']:.0f}; {recall['value']:.0f}" for false, recall in both)
        rows.append(f"| {profile}: false; recall | {' | '.join(cells)} |")
    return rows


def _without(document: Doc) -> list[str]:
    both = document["typical"]["without"], document["hard"]["without"]
    if not all(both):
        return []
    counts = " and ".join(f"{part['nothing']['plugIns']:,}" for part in both)
    shown = "recall all / identifiable, false, p90 min"
    rows = [f"| without ({counts} plug-ins) | typical: {shown} | hard: the same |", "|---|---|---|"]
    rows += [f"| {kind} | {_less(both[0][kind])} | {_less(both[1][kind])} |" for kind in both[0]]
    return rows


def _less(found: Doc) -> str:
    recall = f"{found['recallAllPercent']['value']:.1f} / "
    recall += f"{found['recallIdentifiablePercent']['value']:.1f}"
    false = f"{found['falsePer10000']['value']:.0f}"
    return f"{recall}, {false}, {_figure(found['minutesToPair']['p90'], 0)}"


def _probes(document: Doc) -> list[str]:
    found = {profile: document[profile].get("probes") for profile in ("typical", "hard")}
    if not all(found.values()):
        return []
    heads = (
        "probes",
        "households",
        "wished, made, answered per 100 plug-ins",
        "false pairs per 10,000",
        "recall all / identifiable, %",
        "time paired, %",
        "p90 min",
    )
    rows = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for profile, probes in found.items():
        per = 100 / probes["plugIns"]
        counts = ", ".join(f"{probes[n] * per:.1f}" for n in ("wished", "made", "answered"))
        for word, shown in (("without", ""), ("with", counts)):
            each = probes[word]
            recall = [each[f"recall{k}Percent"]["value"] for k in ("All", "Identifiable")]
            rows.append(
                f"| {profile}, {word} | {probes['households']} | {shown}"
                f" | {each['falsePer10000']['value']:.1f} | {recall[0]:.1f} / {recall[1]:.1f}"
                f" | {each['sessionTimePairedPercent']['value']:.1f}"
                f" | {_figure(each['minutesToPair']['p90'], 0)} |"
            )
    return rows


TABLES: dict[str, Callable[[Doc], list[str]]] = {
    "methods": _methods,
    "stated": _stated,
    "thresholds": _thresholds,
    "without": _without,
    "probes": _probes,
}
