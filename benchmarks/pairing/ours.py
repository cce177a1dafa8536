"""Hearth itself: the stream through what `hearth replay` does."""

import time
from datetime import datetime
from typing import Any

import orjson

from agent.bridges.streams import Stream
from agent.cli.replaying import Replay
from benchmarks.pairing.household import Household
from benchmarks.pairing.scoring import Named


def hearth(home: Household, stream: list[bytes]) -> tuple[list[Named], float]:
    """What was published, and the CPU seconds that reading and inferring took."""
    began_s = time.process_time()
    source = Stream(f"seed {home.seed}", iter(stream), lenient=False)
    run = Replay(source.header)
    told = [line for entry in source.entries() for line in run.take(entry)]
    told += run.end()
    took_s = time.process_time() - began_s
    pairs = (orjson.loads(line) for line in told if b'"pair":' in line)
    return [_named(home, row) for row in pairs if "pair" in row], took_s


def _named(home: Household, row: dict[str, Any]) -> Named:
    pair = row["pair"]
    t_s = datetime.fromisoformat(row["time"]).timestamp() - home.starts_at
    return Named(t_s, pair["chargerId"], pair["vehicleId"], pair["confidence"])
