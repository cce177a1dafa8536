"""Draws scenarios and runs them under every controller."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agent.backtest.immediate import Immediate
from agent.backtest.reading import read_scenario
from agent.backtest.report import report
from agent.backtest.running import run
from agent.backtest.scenario import Foresight
from agent.backtest.world import world
from benchmarks.planning.bound import bound
from benchmarks.planning.judging import Result, judge
from benchmarks.planning.scenarios import draw
from benchmarks.planning.sources import Data
from benchmarks.planning.ways import BLIND, WAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is to be run."""

    seeds: Sequence[int]
    ways: Sequence[str]
    forecasts: Sequence[Foresight]
    folder: Path
    data: Data | None
    most_weeks: int
    most_cars: int


def run_seed(chosen: Chosen, seed: int) -> Iterator[Result]:
    """A scenario under every controller and forecast, one after the other."""
    drawn = draw(seed, chosen.folder, chosen.data, chosen.most_weeks, chosen.most_cars)
    truth = world(read_scenario(drawn.path))
    at_once = report(run(truth, Immediate()), truth)
    least = bound(truth, at_once)
    for way in chosen.ways:
        seen = (Foresight.PERSISTENCE,) if way in BLIND else chosen.forecasts
        for foresight in seen:
            scene = replace(truth, scenario=replace(truth.scenario, foresight=foresight))
            found = report(run(scene, WAYS[way](scene)), scene, at_once)
            yield judge(found, way, least, seed=seed, judged=drawn.judged, weeks=drawn.weeks)
