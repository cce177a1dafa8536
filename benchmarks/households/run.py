"""One household-month through hearth's own replay."""

import time
from datetime import datetime
from random import Random
from typing import Any

import orjson

from agent.bridges.streams.header import read
from agent.bridges.streams.lines import Lines
from agent.cli.replaying import Replay
from benchmarks.households.judge import Tally, Told, judge
from benchmarks.households.life import DAY_S, live
from benchmarks.households.profiles import Profile, house
from benchmarks.households.telling import START, header, line, told

DAYS = 28


def month(profile: Profile, seed: int, days: int = DAYS) -> tuple[Tally, list[dict[str, Any]]]:
    """Simulate and judge one household; also gives what was printed that was false."""
    dice = Random(f"{profile} {seed}")
    home = house(profile, dice)
    life = live(home, days, dice)
    events = told(home, life, days, dice)
    trees = [line(event) for event in events]
    head = read(header(home))
    began_s = time.process_time()
    out = _replayed(head, trees)
    cpu_s = time.process_time() - began_s
    named: list[Told] = [
        (_instant_s(row["time"]), row["pair"]["chargerId"], row["pair"]["vehicleId"],
         row["pair"]["confidence"])
        for row in out
    ]  # fmt: skip
    tally = judge(life, [box.id for box in home.chargers], named, days * DAY_S)
    tally.days, tally.lines, tally.cpu_s = days, len(events), cpu_s
    return tally, out


def _replayed(head: Any, trees: list[dict[str, Any]]) -> list[dict[str, Any]]:
    lines, run = Lines(head.devices), Replay(head)
    return [orjson.loads(raw) for tree in trees for raw in run.take(lines.read(tree))]


def _instant_s(text: str) -> float:
    return (datetime.fromisoformat(text) - START).total_seconds()
