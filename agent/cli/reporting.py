"""hearth status --vehicle: how a car's source tells of it."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.cli.ask import ask, where

MINUTE_S = 60.0


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
        return
    yield f"tells what happened after {_time(found['delaySeconds'])}, usually"
    step = found["levelStep"]
    yield "gives its level in steps of " + ("unknown size" if step is None else f"{step:g} %")
    yield f"is silent for {_time(found['silenceSeconds'])} while it sleeps, usually"
    only = found["onChangeOnly"]
    yield (
        "not known whether it tells only what changed"
        if only is None
        else ("tells only what changed" if only else "tells everything each time")
    )
    ghosts = found["ghostRate"]
    shown = "unknown" if ghosts is None else f"{ghosts:.1%}"
    yield f"plug messages that no charger confirmed: {shown}"
    yield f"measured on {found['samples']} events"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "a time not measured yet"
    return f"{seconds:.0f} s" if seconds < 2 * MINUTE_S else f"{seconds / MINUTE_S:.0f} min"
