"""Keep links alive and tell systemd how we are.

The only file that may catch every exception: a bug in one driver must not stop the car from
charging.
"""

import asyncio
import logging
import os
import random
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from agent.model.driver import DeviceInfo, LinkDown, Report
from agent.model.readings import DeviceKind, Reading

log = logging.getLogger(__name__)

HEALTHY_AFTER_S = 60.0
SILENT_POLLS, SILENT_AT_LEAST_S = 20, 120.0

_POLLED = frozenset({DeviceKind.METER, DeviceKind.INVERTER, DeviceKind.BATTERY})

OnState = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """Between two tries of a link; each is twice as long as the one before, up to the longest.

    Args:
        least_share, most_share: a pause is drawn between these shares of its length.
    """

    first_s: float = 1.0
    longest_s: float
    least_share: float = 0.8
    most_share: float = 1.2


NEARBY = Pauses(longest_s=120.0)
"""For what stands in the house."""

AT_ONCE = Pauses(longest_s=5.0)
"""For what limits the house: an order of the grid operator is obeyed within seconds."""

FAR_AWAY = Pauses(longest_s=300.0, least_share=0.0, most_share=1.0)
"""For what many houses share: full jitter, so that they do not come back all at once."""


def _ignore(_state: str) -> None:
    """For links whose state nobody shows."""


async def keep_running(
    name: str,
    job: Callable[[], Awaitable[None]],
    on_state: OnState = _ignore,
    pauses: Pauses = NEARBY,
) -> NoReturn:
    """Run job for ever; only cancellation ends it.

    LinkDown is weather: one warning when an outage starts. Anything else is a bug: logged
    with its trace and still contained.

    Args:
        on_state: told "up" when the job starts and why it is down when it ends.
    """
    clock = asyncio.get_running_loop().time
    pause_s = pauses.first_s
    while True:
        started = clock()
        on_state("up")
        match await _outcome(job) or LinkDown("the link ended without saying why"):
            case LinkDown() as error:
                on_state(str(error))
                if clock() - started > HEALTHY_AFTER_S:
                    pause_s = pauses.first_s
                if pause_s == pauses.first_s:
                    log.warning("%s is down: %s; will keep trying", name, error)
            case bug:
                on_state(f"a bug in Hearth: {bug}")
                log.error("%s broke; this is a bug in Hearth", name, exc_info=bug)
        await asyncio.sleep(pause_s * random.uniform(pauses.least_share, pauses.most_share))
        pause_s = min(pause_s * 2, pauses.longest_s)


async def _outcome(job: Callable[[], Awaitable[None]]) -> Exception | None:
    """How a link ended, in a task of its own.

    A TaskGroup in which something fails while it is cancelled raises that failure and forgets
    the cancellation (until Python 3.13). In there it is the cancellation of a task that nobody
    asks any more, so the link is not begun anew and Hearth can stop.

    Raises:
        CancelledError: we were cancelled, or the link was by its own hand.
    """
    async with asyncio.TaskGroup() as alone:
        link = alone.create_task(_ended(job), name=_name_of_this_task())
    return link.result()


async def _ended(job: Callable[[], Awaitable[None]]) -> Exception | None:
    try:
        await job()
    except Exception as error:
        return error
    return None


def _name_of_this_task() -> str | None:
    task = asyncio.current_task()
    return None if task is None else task.get_name()


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


def patience_s(devices: Sequence[DeviceInfo]) -> float | None:
    """How long a link may be silent before it must be hanging; None where silence is normal.

    Whoever polls is heard all the time; a charger or a car may have nothing to say for days.
    """
    polls_s = [info.poll_s for info in devices if info.kind in _POLLED]
    if not polls_s or len(polls_s) < len(devices):
        return None
    slowest_s = max((poll_s for poll_s in polls_s if poll_s is not None), default=None)
    return None if slowest_s is None else max(SILENT_AT_LEAST_S, SILENT_POLLS * slowest_s)


async def run_while_heard(
    run: Callable[[Report], Awaitable[None]], report: Report, silent_s: float
) -> None:
    """Run a link whose driver polls; a driver that hangs is ended, so that it is begun anew.

    A device that its driver has given up as lost may be silent for ever.

    Raises:
        LinkDown: neither a value nor a loss was reported for `silent_s`, in real seconds.
    """
    clock = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(silent_s) as patience:

            async def heard(reading: Reading) -> None:
                if not patience.expired():
                    lost = reading.reachable is False
                    patience.reschedule(None if lost else clock() + silent_s)
                await report(reading)

            await run(heard)
    except TimeoutError:
        if not patience.expired():
            raise
        raise LinkDown(f"its driver hung, nothing was heard for {silent_s:g} s") from None


def tell_systemd(message: str) -> None:
    """Send READY=1, WATCHDOG=1, STATUS=... or STOPPING=1 where systemd listens; else do nothing.

    Never waits: a systemd that does not read must not hold up the house.

    Source: sd_notify(3); the address may be an abstract socket written with a leading @.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        sock.setblocking(False)
        try:
            sock.connect(address)
            sock.send(message.encode())
        except OSError as error:
            log.debug("systemd does not listen: %s", error)


def watchdog_s() -> float | None:
    """Within how many seconds systemd wants the next sign of life; None when it wants none.

    Source: sd_watchdog_enabled(3); WATCHDOG_PID names another process where one was started for us.
    """
    wanted_us = os.environ.get("WATCHDOG_USEC", "")
    if not wanted_us.isdecimal() or int(wanted_us) == 0:
        return None
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(wanted_us) / 1e6
