"""What every simulator's process does: one JSON line when ready, an orderly end on SIGTERM."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Mapping


def say(line: Mapping[str, object]) -> None:
    """Print one JSON line and let it out at once; a reader that has gone does not matter."""
    try:
        sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = open("/dev/null", "w", encoding="utf-8")  # noqa: SIM115, PTH123 -- for good


async def until_told(on_user_signal: Callable[[], None] = lambda: None) -> None:
    """Wait for SIGTERM or SIGINT; call `on_user_signal` at each SIGUSR1."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    loop.add_signal_handler(signal.SIGUSR1, on_user_signal)
    await ended.wait()
