"""hearth backtest"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.backtest.lived import Lived
    from agent.backtest.report import Report
    from agent.backtest.scenario import Scenario

FAULTY = 2
NO_SOLVER = (
    "No solver is installed on this machine (highspy): plans are made without one, "
    "as with --solver off"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked on the command line.

    Args:
        trace: where the rows of the only scenario go. solver: on, off or child.
        from_history, tariff: the house's own past instead of scenarios, under a tariff.
    """

    scenarios: Sequence[Path]
    as_json: bool
    trace: Path | None
    solver: str
    from_history: bool
    tariff: Path | None
    config: Path


def backtest(question: Question) -> int:
    """Run scenarios and print what they cost.

    Returns:
        2 when the command line, a scenario or the history cannot be used; 1 when the config
        file cannot.
    """
    from agent.backtest.faults import BadScenario
    from agent.config import ConfigError

    problem = _problem(question)
    if problem is not None:
        print(problem, file=sys.stderr)
        return FAULTY
    try:
        found = _history(question) if question.from_history else _scenarios(question)
    except BadScenario as error:
        print(error, file=sys.stderr)
        return FAULTY
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    if question.trace is not None and not _written(question.trace, found.reports[0]):
        return FAULTY
    _print(found, as_json=question.as_json)
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """
    Args:
        remarks: what a reader should know of a scenario made from history.
        measured: what the house's own meter would have been billed; see `measured_cost`.
    """

    reports: Sequence["Report"]
    remarks: Sequence[str] = ()
    measured: tuple[float, float] | None = None


def _problem(question: Question) -> str | None:
    """What is wrong with the command line."""
    if question.from_history:
        if question.scenarios:
            return "--from-history takes no scenario; leave one of the two out"
        if question.tariff is None:
            return (
                "--from-history needs --tariff FILE: a CSV of prices, or a YAML file with prices: "
                "as in a scenario or tariff: as in the config file"
            )
        return None
    if question.tariff is not None:
        return "--tariff belongs to --from-history; a scenario has prices of its own"
    if not question.scenarios:
        return "name a scenario, or --from-history --tariff FILE; docs/backtest.md shows one"
    if question.trace is not None and len(question.scenarios) > 1:
        return "--trace takes one scenario; run the others by themselves"
    return None


def _scenarios(question: Question) -> Found:
    from agent.backtest.reading import read_scenario

    scenarios = [read_scenario(path) for path in question.scenarios]
    return Found(reports=[_run(scenario, question.solver) for scenario in scenarios])


def _history(question: Question) -> Found:
    from agent.backtest.contract import read_any_tariff
    from agent.backtest.lived import lived
    from agent.backtest.measured import measured_cost
    from agent.backtest.world import world
    from agent.config import load

    assert question.tariff is not None  # noqa: S101 -- checked with the command line
    settings = load(question.config)
    tariff = read_any_tariff(question.tariff, settings)
    found: Lived = lived(settings, tariff.tariff, tariff.currency, tariff.known_minute)
    report = _run(found.scenario, question.solver)
    measured = measured_cost(found, world(found.scenario), report.prices)
    return Found(reports=[report], remarks=(*tariff.remarks, *found.remarks), measured=measured)


def _run(scenario: "Scenario", solver: str) -> "Report":
    from agent.backtest.comparing import compared
    from agent.backtest.decided import Decided
    from agent.backtest.planned import planned
    from agent.backtest.world import world

    truth = world(scenario)
    try:
        controller = planned(truth, solver)
    except ImportError:
        print(NO_SOLVER, file=sys.stderr)
        controller = planned(truth, "off")
    return compared(truth, Decided(controller))


def _written(path: Path, found: "Report") -> bool:
    from agent.backtest import trace

    try:
        trace.write(path, [car.id for car in found.scenario.vehicles], found.run.rows)
    except OSError as error:
        print(f"{path} cannot be written: {error.strerror}; name another file", file=sys.stderr)
        return False
    return True


def _print(found: Found, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_document(found), indent=2))
        return
    from rich.console import Console

    from agent.backtest import page

    page.show(found.reports, Console(highlight=False))
    if found.measured is not None:
        cost, missed_h = found.measured
        missed = f" (it was silent for {missed_h:.0f} h)" if missed_h else ""
        currency = found.reports[0].scenario.currency
        print(f"What the grid meter measured would have cost {cost:.2f} {currency}{missed}.")
    for remark in found.remarks:
        print(remark)


def _document(found: Found) -> Any:
    from agent.backtest.report import document

    documents = [document(each) for each in found.reports]
    if len(documents) > 1:
        return documents
    if found.remarks or found.measured is not None:
        cost, missed_h = found.measured or (None, None)
        documents[0]["measured"] = {"cost": cost, "unknownHours": missed_h}
        documents[0]["remarks"] = list(found.remarks)
    return documents[0]
