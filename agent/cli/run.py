"""hearth run"""

import asyncio
import faulthandler
import logging
import sys
from pathlib import Path

from agent import app
from agent.cli import logs
from agent.clock import FastClock, SystemClock
from agent.config import ConfigError, load
from agent.store import StoreError

log = logging.getLogger(__name__)

TURN_S = 0.001
"""How long the loop waits at most for a thread that makes a plan, prices or a forecast; Python's
own 5 ms, several times in one step, are what a late answer is made of."""

CONFIG_IS_WRONG = 78
"""EX_CONFIG of sysexits.h: the service file tells systemd not to try again."""


def run(path: Path, verbose: bool, simulated_time: str | None) -> int:  # noqa: FBT001
    """Run the daemon; returns the exit code."""
    try:
        clock = FastClock.parse(simulated_time) if simulated_time else SystemClock()
    except ValueError:
        print(
            f"--simulated-time is {simulated_time}: write START/UNIX/SPEED,"
            " e.g. 2024-06-01T06:00:00Z/1700000000/60",
            file=sys.stderr,
        )
        return 2
    try:
        settings = load(path)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return CONFIG_IS_WRONG
    logs.set_up(settings.log_level, verbose=verbose)
    sys.setswitchinterval(TURN_S)
    faulthandler.enable()  # systemd's watchdog ends a hung Hearth with SIGABRT: say where it hung
    for warning in settings.warnings:
        log.warning("%s", warning)
    try:
        asyncio.run(app.run(settings, clock))
    except StoreError as error:
        log.critical("%s", error)
        return 1
    except ExceptionGroup as error:
        log.critical("Hearth broke and ends; systemd starts it again", exc_info=error)
        return 1
    return 0
