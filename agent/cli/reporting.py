"""hearth status --vehicle: how a car's source tells of it."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.cli.ask import ask, where

MINUTE_S = 60.0
UNKNOWN = "not known yet"
UNTIL_THEN = (
    "until that is known, Hearth takes it to tell of a plug within a minute three times in four,"
    " and else within 20 min or hardly ever"
)
"""The prior of agent/pairing/reporting.py in words."""


def reporting(config: Path, socket_path: Path | None, vehicle: str, *, as_json: bool) -> int:
    """Print it; 1 = no such car.

    Raises:
        ConfigError, NotRunning: see `where` and `ask`.
    """
    doc = ask(where(config, socket_path)[0], {"ask": "why", "device": vehicle})
    problem = doc.get("problem") if "deviceId" not in doc else None
    if problem is None and doc["kind"] != "vehicle":
        problem = f"{vehicle} is a {doc['kind']}; only cars report late, rounded or not at all"
    if problem is not None:
        print(problem, file=sys.stderr)
        return 1
    found = doc["state"].get("reporting")
    if as_json:
        print(json.dumps({"vehicleId": doc["deviceId"], "reporting": found}, indent=2))
        return 0
    print(f"{doc['name']} ({doc['deviceId']})")
    for line in lines(found):
        print(f"  {line}")
    return 0


def lines(found: Mapping[str, Any] | None) -> Iterator[str]:
    """What was measured, in words."""
    if found is None:
        yield "nothing measured yet; that takes a few plug-ins at a charger of yours"
        yield UNTIL_THEN
        return
    late_s = found["delaySeconds"]
    late = "at once" if late_s == 0 else f"within {_time(late_s)}"
    yield f"usually tells of a plug: {UNKNOWN if late_s is None else late}"
    step = found["levelStep"]
    yield f"gives its level in steps of: {UNKNOWN if step is None else f'{step:g} %'}"
    yield f"is usually silent while it stands for: {_time(found['silenceSeconds'])}"
    only = found["onChangeOnly"]
    told = "only what changed" if only else "everything"
    yield f"tells each time: {UNKNOWN if only is None else told}"
    ghosts = found["ghostRate"]
    stuck = UNKNOWN if ghosts is None else f"{ghosts:.0%} of them"
    yield f"plug-ins before which it was said to be plugged in already: {stuck}"
    many = "1 plug-in" if found["samples"] == 1 else f"{found['samples']} plug-ins"
    yield f"measured on {many}"
    if late_s is None:
        yield UNTIL_THEN


def _time(seconds: float | None) -> str:
    if seconds is None:
        return UNKNOWN
    return f"{seconds:.0f} s" if seconds < 2 * MINUTE_S else f"{seconds / MINUTE_S:.0f} min"
