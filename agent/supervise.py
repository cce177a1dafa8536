"""Keep links alive and tell systemd how we are.

The only file that may catch every exception: a bug in one driver must not stop the car from
charging.
"""

import asyncio
import logging
import os
import random
import socket
from collections.abc import Awaitable, Callable
from typing import NoReturn

from agent.model.driver import LinkDown

log = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S, HEALTHY_AFTER_S = 1.0, 120.0, 60.0

OnState = Callable[[str], None]


def _ignore(_state: str) -> None:
    """For links whose state nobody shows."""


async def keep_running(
    name: str, job: Callable[[], Awaitable[None]], on_state: OnState = _ignore
) -> NoReturn:
    """Run job for ever; only cancellation ends it.

    LinkDown is weather: one warning when an outage starts. Anything else is a bug: logged
    with its trace and still contained.

    Args:
        on_state: told "up" when the job starts and why it is down when it ends.
    """
    clock = asyncio.get_running_loop().time
    pause_s = FIRST_PAUSE_S
    while True:
        started = clock()
        on_state("up")
        try:
            await job()
            raise LinkDown("the link ended without saying why")
        except LinkDown as error:
            on_state(str(error))
            if clock() - started > HEALTHY_AFTER_S:
                pause_s = FIRST_PAUSE_S
            if pause_s == FIRST_PAUSE_S:
                log.warning("%s is down: %s; will keep trying", name, error)
        except Exception as error:
            on_state(f"a bug in Hearth: {error}")
            log.exception("%s broke; this is a bug in Hearth", name)
        await asyncio.sleep(pause_s * random.uniform(0.8, 1.2))
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)


async def best_effort(name: str, job: Awaitable[None], within_s: float) -> None:
    """Await job for at most `within_s`; whatever goes wrong is logged, never raised."""
    try:
        async with asyncio.timeout(within_s):
            await job
    except TimeoutError:
        log.warning("%s did not finish within %g s", name, within_s)
    except LinkDown as error:
        log.info("%s: %s", name, error)
    except Exception:
        log.exception("%s broke; this is a bug in Hearth", name)


def tell_systemd(message: str) -> None:
    """Send READY=1, WATCHDOG=1 or STOPPING=1 where systemd listens; else do nothing.

    Source: sd_notify(3); the address may be an abstract socket written with a leading @.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        try:
            sock.connect(address)
            sock.send(message.encode())
        except OSError as error:
            log.debug("systemd does not listen: %s", error)
