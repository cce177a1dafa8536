"""One household-month through Hearth's own replay, and through the status rule."""

import time
from datetime import datetime
from random import Random
from typing import Any

import orjson

from agent.bridges.streams.header import Header, read
from agent.bridges.streams.lines import Lines
from agent.cli.replaying import Replay
from benchmarks.households.judge import Tally, Told, judge
from benchmarks.households.life import DAY_S, live
from benchmarks.households.naive import named
from benchmarks.households.profiles import Profile, house
from benchmarks.households.telling import START, header, line, told

DAYS = 28


def month(profile: Profile, seed: int, days: int = DAYS) -> tuple[Tally, Tally]:
    """Simulate one household and judge Hearth and the status rule on it."""
    dice = Random(f"{profile} {seed}")
    home = house(profile, dice)
    life = live(home, days, dice)
    events = told(home, life, days, dice)
    chargers = [box.id for box in home.chargers]
    trees = [line(event) for event in events]
    head = read(header(home))
    began_s = time.process_time()
    out = replayed(head, trees)
    cpu_s = time.process_time() - began_s
    ours = judge(life, chargers, out, days * DAY_S)
    ours.days, ours.lines, ours.cpu_s = days, len(events), cpu_s
    rule = named(events, {car.id for car in home.cars})
    return ours, judge(life, chargers, rule, days * DAY_S)


def replayed(head: Header, trees: list[dict[str, Any]]) -> list[Told]:
    """Which car Hearth names on each charger, and when."""
    lines, run = Lines(head.devices), Replay(head)
    rows = (orjson.loads(raw) for tree in trees for raw in run.take(lines.read(tree)))
    return [
        (_instant_s(row["time"]), pair["chargerId"], pair["vehicleId"], pair["confidence"])
        for row in rows
        if (pair := row.get("pair")) is not None
    ]


def _instant_s(text: str) -> float:
    return (datetime.fromisoformat(text) - START).total_seconds()
