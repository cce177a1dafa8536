"""hearth record"""

import gzip
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from agent.cli.ask import NotRunning, connected, where
from agent.config import ConfigError

ANSWER_WITHIN_S = 5.0
DROPPED = b'{"dropped":'
UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def record(
    config: Path, socket_path: Path | None, out: Path | None, length: str | None, question: Any
) -> int:
    """Write down what the house does, until the time is over or Ctrl-C."""
    try:
        for_s = seconds_of(length)
        path, _ = where(config, socket_path)
    except (ConfigError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    lines = dropped = 0
    try:
        with ExitStack() as stack:
            file = _opened(out, stack)
            for line in _heard(path, question, for_s):
                if line.startswith(DROPPED):
                    dropped = json.loads(line)["dropped"]
                    continue
                file.write(line)
                lines += 1
    except KeyboardInterrupt:
        pass
    except NotRunning as error:
        print(error, file=sys.stderr)
        return 3
    except OSError as error:
        print(f"{out}: {error.strerror}; name a file that can be written", file=sys.stderr)
        return 1
    if out is not None:
        print(f"{out}: {lines} lines")
    if dropped:
        print(f"{dropped} lines are missing: the disk was too slow", file=sys.stderr)
    return 0


def seconds_of(text: str | None) -> float | None:
    """Read 90s, 10m, 2h or 1d.

    Raises:
        ValueError: it is something else.
    """
    if text is None:
        return None
    try:
        seconds = float(text[:-1]) * UNITS_S[text[-1:]]
    except (ValueError, KeyError):
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise ValueError(f"--for {text}: write a time such as 90s, 10m or 2h")
    return seconds


def _opened(out: Path | None, stack: ExitStack) -> BinaryIO | gzip.GzipFile:
    if out is None:
        return sys.stdout.buffer
    file = stack.enter_context(out.open("wb"))
    if out.suffix != ".gz":
        return file
    return stack.enter_context(gzip.GzipFile(fileobj=file, mode="wb"))


def _heard(path: Path, question: dict[str, Any], for_s: float | None) -> Iterator[bytes]:
    """Lines as the daemon gives them.

    Raises:
        NotRunning: no daemon there, or it went away.
    """
    until_s = None if for_s is None else time.monotonic() + for_s
    with connected(path, question, ANSWER_WITHIN_S) as door:
        rest = b""
        while True:
            left_s = None if until_s is None else until_s - time.monotonic()
            if left_s is not None and left_s <= 0:
                return
            door.settimeout(left_s)
            try:
                news = door.recv(65_536)
            except TimeoutError:
                return
            except OSError as error:
                raise NotRunning(f"the daemon at {path} hung up ({error.strerror})") from None
            if not news:
                raise NotRunning(f"the daemon at {path} hung up")
            *whole, rest = (rest + news).split(b"\n")
            yield from (line + b"\n" for line in whole)
