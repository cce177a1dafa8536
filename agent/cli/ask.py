"""Ask the running daemon something over its local socket."""

import json
import socket
from pathlib import Path
from typing import Any

ANSWER_WITHIN_S = 60.0


class NotRunning(Exception):
    """Nobody answers at the socket; the message names it."""


def ask(path: Path, question: dict[str, Any]) -> dict[str, Any]:
    """Return the daemon's answer.

    Raises:
        NotRunning: no daemon there, or it went away.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
            door.settimeout(ANSWER_WITHIN_S)
            door.connect(str(path))
            door.sendall(json.dumps(question).encode() + b"\n")
            with door.makefile("rb") as lines:
                line = lines.readline()
    except OSError as error:
        raise NotRunning(f"nobody answers at {path} ({error.strerror}); does Hearth run?") from None
    if not line:
        raise NotRunning(f"the daemon at {path} hung up")
    answer: dict[str, Any] = json.loads(line)
    return answer
