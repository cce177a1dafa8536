"""What pairing remembers over a year without restart, at a busy house with everything adverse."""

import os
import time
from collections.abc import Iterator

import orjson

from agent import pairing
from agent.bridges.streams import Stream
from agent.model.pairs import Commanded, Observation
from agent.pairing.memory import Memory
from benchmarks.pairing.household import Household, household
from benchmarks.processes import rss_mb

MONTH_DAYS, MONTHS, LOOKED_AT = 30, 12, 20
DAY_S = 86_400.0


def year(seed: int) -> Iterator[str]:
    """A row for each month: what is remembered (as it goes to disk), and by how much this process
    has grown since the stream, which is made and held beforehand, began.

    Args:
        seed: the busiest of LOOKED_AT households from there on is taken.
    """
    seeds = range(seed, seed + LOOKED_AT)
    busiest = max(seeds, key=lambda each: len(household("hard", each, 10).plugs))
    home = household("hard", busiest, MONTH_DAYS * MONTHS)
    stream = list(home.stream())
    things = {kind: sum(d["kind"] == kind for d in home.header["devices"])
              for kind in ("vehicle", "charger")}  # fmt: skip
    yield (
        f"hard, seed {busiest}: {things['vehicle']} cars, {things['charger']} chargers,"
        f" {len(home.plugs):,} plug-ins, {len(home.lines):,} messages in"
        f" {MONTH_DAYS * MONTHS} days"
    )
    yield f"{'month':>5}{'messages':>12}{'on disk, bytes':>16}{'grown by, MB':>14}{'CPU, s':>9}"
    yield from _lived(home, stream)


def _lived(home: Household, stream: list[bytes]) -> Iterator[str]:
    source = Stream(f"seed {home.seed}", iter(stream), lenient=False)
    memory, steps, month = pairing.begin(source.header.pairing_settings()), 0, 1
    began_mb, began_s = rss_mb(os.getpid()), time.process_time()
    for entry in source.entries():
        if isinstance(entry.says, Observation | Commanded):
            memory = pairing.step((entry.says,), memory, entry.seen).memory
            steps += 1
        if (entry.seen.at.timestamp() - home.starts_at) / DAY_S >= month * MONTH_DAYS:
            yield _row(month, memory, steps, began_mb, began_s)
            month += 1
    yield _row(month, memory, steps, began_mb, began_s)


def _row(month: int, memory: Memory, steps: int, began_mb: float, began_s: float) -> str:
    size = len(orjson.dumps(memory.to_json()))
    grown_mb, took_s = rss_mb(os.getpid()) - began_mb, time.process_time() - began_s
    return f"{month:>5}{steps:>12,}{size:>16,}{grown_mb:>14.1f}{took_s:>9.1f}"
