"""Ask the running daemon something over its local socket."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent.config import Settings, StoreConfig, load

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


def where(config: Path, socket_path: Path | None) -> tuple[Path, tzinfo | None]:
    """The socket to ask at, and the time zone of the house; None where only a socket is named.

    Raises:
        ConfigError: the config file cannot be used.
    """
    if socket_path is not None:
        return socket_path, None
    settings = load(config)
    return door_of(settings), ZoneInfo(settings.house.timezone)


@contextmanager
def connected(path: Path, question: dict[str, Any], within_s: float) -> Iterator[socket.socket]:
    """The socket, with the question asked; what is sent there later is the answer.

    Raises:
        NotRunning: no daemon there.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.settimeout(within_s)
        try:
            door.connect(str(path))
            door.sendall(json.dumps(question).encode() + b"\n")
        except PermissionError:
            raise NotRunning(
                f"{path} is not for this user. Remedy: sudo, or the group hearth: sudo usermod -aG "
                "hearth $USER, and log in anew"
            ) from None
        except OSError as error:
            wrong = f"nobody answers at {path} ({error.strerror})"
            raise NotRunning(f"{wrong}; does Hearth run?") from None
        yield door


def ask(path: Path, question: dict[str, Any]) -> dict[str, Any]:
    """Return the daemon's answer.

    Raises:
        NotRunning: no daemon there, or it went away.
    """
    with connected(path, question, ANSWER_WITHIN_S) as door:
        try:
            with door.makefile("rb") as lines:
                line = lines.readline()
        except OSError as error:
            raise NotRunning(f"the daemon at {path} does not answer ({error})") from None
    if not line:
        raise NotRunning(f"the daemon at {path} hung up")
    answer: dict[str, Any] = json.loads(line)
    return answer
