"""Ask the running daemon something over its local socket."""

import json
import socket
from pathlib import Path
from typing import Any

from agent.config import Settings, StoreConfig

ANSWER_WITHIN_S = 60.0
SERVICE_DOOR = Path("/run/hearth/hearth.sock")
"""RuntimeDirectory= of the service; a shell does not know that variable."""


class NotRunning(Exception):
    """Nobody answers at the socket; the message names it."""


def door_of(settings: Settings) -> Path:
    """Where the daemon of this config file answers, also when it runs as the service."""
    untold = settings.api.socket is None and settings.store.path == StoreConfig().path
    if untold and SERVICE_DOOR.parent.is_dir():
        return SERVICE_DOOR
    return settings.socket_path


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
    except PermissionError:
        raise NotRunning(
            f"{path} is not for this user. Remedy: sudo, or the group hearth: sudo usermod -aG "
            "hearth $USER, and log in anew"
        ) from None
    except OSError as error:
        raise NotRunning(f"nobody answers at {path} ({error.strerror}); does Hearth run?") from None
    if not line:
        raise NotRunning(f"the daemon at {path} hung up")
    answer: dict[str, Any] = json.loads(line)
    return answer
