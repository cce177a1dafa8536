"""hearth pair: say which car hangs on a charger, or take it back."""

import sys
from pathlib import Path

from agent.cli.ask import ask, where


def pair(config: Path, socket_path: Path | None, charger: str, car: str, *, always: bool) -> int:
    """Tell the daemon; 1 = it was not taken.

    Raises:
        ConfigError, NotRunning: see `where` and `ask`.
    """
    question = {"ask": "pair", "charger": charger, "car": car, "always": always}
    answer = ask(where(config, socket_path)[0], question)
    if "problem" in answer:
        print(answer["problem"], file=sys.stderr)
        return 1
    print(f"{answer['name']}: {answer['says']}")
    return 0
