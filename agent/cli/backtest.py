"""hearth backtest"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.backtest.report import Report
    from agent.backtest.scenario import Scenario

FAULTY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked on the command line.

    Args:
        trace: where the rows of the only scenario go.
    """

    scenarios: Sequence[Path]
    as_json: bool
    trace: Path | None


def backtest(question: Question) -> int:
    """Run scenarios and print what they cost; returns 2 when one cannot be used."""
    from agent.backtest.faults import BadScenario
    from agent.backtest.reading import read_scenario

    if question.trace is not None and len(question.scenarios) > 1:
        print("--trace takes one scenario; run the others by themselves", file=sys.stderr)
        return FAULTY
    try:
        scenarios = [read_scenario(path) for path in question.scenarios]
    except BadScenario as error:
        print(error, file=sys.stderr)
        return FAULTY
    found = [_run(scenario) for scenario in scenarios]
    if question.trace is not None and not _written(question.trace, found[0]):
        return FAULTY
    try:
        _print(found, as_json=question.as_json)
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()  # the reader has seen enough
    return 0


def _run(scenario: "Scenario") -> "Report":
    from agent.backtest.comparing import compared
    from agent.backtest.immediate import Immediate
    from agent.backtest.world import world

    return compared(world(scenario), Immediate())


def _written(path: Path, found: "Report") -> bool:
    from agent.backtest import trace

    try:
        trace.write(path, [car.id for car in found.scenario.vehicles], found.run.rows)
    except OSError as error:
        print(f"{path} cannot be written: {error.strerror}; name another file", file=sys.stderr)
        return False
    return True


def _print(found: Sequence["Report"], *, as_json: bool) -> None:
    if as_json:
        from agent.backtest.report import document

        documents = [document(each) for each in found]
        print(json.dumps(documents[0] if len(documents) == 1 else documents, indent=2))
        return
    from rich.console import Console

    from agent.backtest import page

    page.show(found, Console(highlight=False))
