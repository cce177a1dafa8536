"""A backtest whose plans come from a solver process of their own, as in the living house."""

from pathlib import Path

from agent.backtest.planned import planned
from agent.backtest.reading import read_scenario
from agent.backtest.running import run
from agent.backtest.world import world
from tests.unit.backtest_house import TEXT, write_files

SELDOM_S = 12 * 3600


def test_a_solver_of_its_own_process_gives_the_same_rows(tmp_path: Path) -> None:
    text = TEXT.replace("to: 2024-04-03", "to: 2024-04-02")
    seen = world(read_scenario(write_files(tmp_path, text)))
    here = run(seen, planned(seen, "on", SELDOM_S))
    child = run(seen, planned(seen, "child", SELDOM_S))
    assert here.rows == child.rows
    assert len(child.plan_ms) == len(here.plan_ms) > 3
