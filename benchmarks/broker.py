"""A Mosquitto of one's own, with or without TCP_NODELAY."""

import os
import shutil
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import Missing
from benchmarks.processes import READY_WITHIN_S, Child, DidNotStart, free_port


@contextmanager
def mosquitto(folder: Path, *, nodelay: bool, more: Sequence[str] = ()) -> Iterator[int]:
    """Run one; yields its port.

    Args:
        more: lines of its configuration, after the listener's line.

    Raises:
        Missing: this machine has none.
    """
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    program = shutil.which("mosquitto", path=places)
    if program is None:
        raise Missing("mosquitto is not installed; remedy: apt install mosquitto")
    port = free_port()
    name = f"mosquitto {nodelay=} {port}"
    config = folder / f"{name}.conf"
    lines = [f"listener {port} 127.0.0.1", "allow_anonymous true", "persistence false"]
    lines += ["set_tcp_nodelay true"] if nodelay else []
    config.write_text("\n".join([*lines, *more, ""]))
    with Child(name, [program, "-c", str(config)], folder) as broker:
        _wait(broker, port)
        yield port


def _wait(broker: Child, port: int) -> None:
    end_s = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end_s or not broker.running:
                raise DidNotStart(f"mosquitto: {broker.last_words()}") from None
            time.sleep(0.02)
        else:
            return
