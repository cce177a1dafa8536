"""hearth pair: say which car hangs on a charger, or take it back."""

import sys
from pathlib import Path

from agent.cli.ask import NotRunning, ask, door_of
from agent.config import ConfigError, load


def pair(config: Path, socket_path: Path | None, charger: str, car: str, *, always: bool) -> int:
    """Tell the daemon; 1 = it was not taken, 3 = Hearth does not run."""
    question = {"ask": "pair", "charger": charger, "car": car, "always": always}
    try:
        answer = ask(socket_path or door_of(load(config)), question)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    except NotRunning as error:
        print(error, file=sys.stderr)
        return 3
    if "problem" in answer:
        print(answer["problem"], file=sys.stderr)
        return 1
    print(f"{answer['name']}: {answer['says']}")
    return 0
