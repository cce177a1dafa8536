"""Hearth itself: the stream through what `hearth replay` does."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from agent import pairing
from agent.bridges.streams import Stream
from agent.cli.replaying import Replay
from agent.model.pairs import Commanded, Observation
from agent.model.readings import DeviceId
from agent.pairing.evidence import has_contact
from agent.pairing.memory import Held
from benchmarks.pairing.household import Household
from benchmarks.pairing.scoring import Named


class Step(NamedTuple):
    """What was held of a charger from `t_s` on.

    Args:
        named: what was published, `share` its probability, or that of the best car.
        best: the likeliest car if anything ties it to this charger, else None.
    """

    t_s: float
    charger: str
    named: str | None
    best: str | None
    share: float


@dataclass(slots=True)
class Run:
    """
    Args:
        cpu_s: of the whole replay: reading the stream, pairing, deciding.
        steps: for curves; empty unless asked for.
    """

    named: list[Named]
    cpu_s: float
    steps: list[Step] = field(default_factory=list)


def hearth(home: Household, stream: list[bytes], *, follow: bool = False) -> Run:
    """
    Args:
        follow: note every change of what is held. It costs time that counts as Hearth's.
    """
    began_s = time.process_time()
    source = Stream(f"seed {home.seed}", iter(stream), lenient=False)
    run = Replay(source.header)
    told: list[bytes] = []
    steps: list[Step] = []
    before: dict[DeviceId, Held] = {}
    for entry in source.entries():
        told += run.take(entry)
        if follow:
            steps += _steps(run, before, entry.seen.at.timestamp() - home.starts_at)
    told += run.end()
    took_s = time.process_time() - began_s
    return Run(names(home, told), took_s, steps)


def names(home: Household, told: list[bytes]) -> list[Named]:
    """What was published, of all that a replay told."""
    rows = [orjson.loads(line) for line in told if b'"pair":' in line]
    return [_named(home, row) for row in rows if "pair" in row]


def pairing_cpu_s(home: Household, stream: list[bytes]) -> float:
    """CPU seconds of pairing alone, message by message, without reading them and without the rest
    of the engine."""
    source = Stream(f"seed {home.seed}", iter(stream), lenient=False)
    said = [
        (entry.says, entry.seen)
        for entry in source.entries()
        if isinstance(entry.says, Observation | Commanded)
    ]
    memory = pairing.begin(source.header.pairing_settings())
    began_s = time.process_time()
    for says, seen in said:
        memory = pairing.step((says,), memory, seen).memory
    return time.process_time() - began_s


def _steps(run: Replay, before: dict[DeviceId, Held], t_s: float) -> list[Step]:
    made, now = [], run.held
    for charger, held in now.items():
        if before.get(charger) is held:
            continue
        before[charger] = held
        if not held.shares:
            continue
        likeliest = max(held.shares, key=lambda car: held.shares[car])
        shown = held.vehicle or likeliest
        tied = has_contact(held.items.get(likeliest, ()))
        best = likeliest if tied else None
        made.append(Step(t_s, charger, held.vehicle, best, held.shares.get(shown, 0.0)))
    for charger in before.keys() - now.keys():
        del before[charger]
        made.append(Step(t_s, charger, None, None, 0.0))
    return made


def _named(home: Household, row: dict[str, Any]) -> Named:
    pair = row["pair"]
    t_s = datetime.fromisoformat(row["time"]).timestamp() - home.starts_at
    return Named(t_s, pair["chargerId"], pair["vehicleId"], pair["confidence"])
