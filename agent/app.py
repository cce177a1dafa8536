"""Composition root: builds every part once, hands each only what it needs, and ends cleanly."""

import asyncio
import gc
import logging
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from agent.assembly.bridges import build_bridges
from agent.assembly.cloud import build_herald
from agent.assembly.control import build_control
from agent.assembly.links import build_drivers
from agent.clock import CLOCK_SET_AFTER, FastClock, SystemClock, boot_id
from agent.config import Settings
from agent.control import Control
from agent.house import House
from agent.model.driver import Driver, Report
from agent.model.limits import GRID_INPUT
from agent.store import Store
from agent.supervise import (
    AT_ONCE,
    FAR_AWAY,
    NEARBY,
    Pauses,
    best_effort,
    keep_running,
    patience_s,
    run_while_heard,
    tell_systemd,
)

log = logging.getLogger(__name__)

SAFE_WITHIN_S = 2.0

Job = Callable[[], Awaitable[None]]


async def run(
    settings: Settings, clock: SystemClock | FastClock, more: Sequence[Driver] = ()
) -> None:
    """Run until SIGTERM or SIGINT, or until a vital job fails.

    Args:
        more: drivers beside those of the config file.

    Raises:
        StoreError: the database cannot be used; the message names the remedy.
    """
    began_s = time.perf_counter()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    store = await Store.open(
        settings.store.path,
        clock,
        commit_every_s=settings.store.commit_every_s,
        quota_mb=settings.store.quota_mb,
        keep_raw_days=settings.store.keep_raw_days,
        boot_id=boot_id(),
    )
    try:
        persisted = await store.load()
        if isinstance(clock, SystemClock):
            clock.not_before = persisted.last_at or CLOCK_SET_AFTER
        house = House()
        drivers = [*build_drivers(settings, clock, store), *more]
        herald = store.herald = build_herald(settings, persisted)
        control = build_control(settings, clock, house, store, drivers, persisted, herald)
        door_tried = asyncio.Event()
        bridges = build_bridges(
            settings, clock, house, control, store, persisted.resources, door_tried
        )
        await _live(house, store, control, drivers, bridges, door_tried, stop, began_s)
    finally:
        await store.close()


async def _live(
    house: House,
    store: Store,
    control: Control,
    drivers: Sequence[Driver],
    bridges: Mapping[str, Job],
    door_tried: asyncio.Event,
    stop: asyncio.Event,
    began_s: float,
) -> None:
    """All tasks of Hearth. Links and bridges are restarted for ever; the rest is vital.

    Whoever hears that Hearth is ready can ask it things: the local socket, the first of the
    bridges, is there by then, unless it cannot be made at all.
    """
    async with asyncio.TaskGroup() as group:

        def start(name: str, job: Awaitable[None]) -> asyncio.Task[None]:
            return group.create_task(_as_task(job), name=name)

        def bridge(name: str, job: Job) -> asyncio.Task[None]:
            told, pauses = partial(control.driver_state, name), _pauses(name)
            return start(name, keep_running(name, job, told, pauses))

        books = start("store", store.run())
        door, *others = bridges.items()
        links = [bridge(*door)]
        await door_tried.wait()
        vital = [
            start("control", control.run()),
            start("heartbeat", control.heartbeat()),
            start("facts", control.write()),
            start("samples", control.bookkeeper.sample(house)),
            start("books", control.bookkeeper.keep()),
            start("planner", control.planner.run()),
        ]
        vital += [start(o.name, keep_running(o.name, o.run)) for o in control.outlets.values()]
        for driver in drivers:
            told = partial(control.driver_state, driver.name)
            run = _link(driver, house.report)
            links.append(start(driver.name, keep_running(driver.name, run, told)))
        links += [bridge(*each) for each in others]
        control.pulse.watch((*vital, books, *links))
        log.info(
            "Hearth is ready after %.2f s; it waits for: %s",
            time.perf_counter() - began_s,
            ", ".join(info.id for driver in drivers for info in driver.devices) or "nothing",
        )
        tell_systemd("READY=1")
        with _lasting():
            await stop.wait()
        tell_systemd("STOPPING=1")
        log.info("Hearth stops; every device is left in its safe state")
        house.quiet = True
        _cancel(vital)
        await _make_safe(drivers)
        _cancel(links)
        await control.bookkeeper.save()
        _cancel([books])


async def _make_safe(drivers: Sequence[Driver]) -> None:
    """All at once: none waits for another that does not answer."""
    async with asyncio.TaskGroup() as group:
        for driver in drivers:
            name = f"safe state of {driver.name}"
            group.create_task(best_effort(name, driver.make_safe(), SAFE_WITHIN_S), name=name)


@contextmanager
def _lasting() -> Iterator[None]:
    """What is there now lives as long as Hearth: modules, settings, maps of registers. To look
    through all of it in each full collection would hold up the loop for some 30 ms."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _pauses(bridge: str) -> Pauses:
    if bridge.startswith(GRID_INPUT):
        return AT_ONCE
    return FAR_AWAY if bridge == "cloud" else NEARBY


def _link(driver: Driver, report: Report) -> Callable[[], Awaitable[None]]:
    silent_s = patience_s(driver.devices)
    if silent_s is None:
        return partial(driver.run, report)
    return partial(run_while_heard, driver.run, report, silent_s)


def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()


async def _as_task(job: Awaitable[None]) -> None:
    await job
